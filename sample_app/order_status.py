"""The life of an order, as a table.

A declined card is not in it: the order stays pending, and can be paid with another card. A refund
that fails, days later, leaves the order as it was before: paid.
"""

import enum


class OrderStatus(enum.StrEnum):
    PENDING = "pending"
    PAID = "paid"
    CANCELED = "canceled"
    REFUNDED = "refunded"


TRANSITIONS: dict[OrderStatus | None, frozenset[OrderStatus]] = {
    None: frozenset({OrderStatus.PENDING}),
    OrderStatus.PENDING: frozenset({OrderStatus.PAID, OrderStatus.CANCELED}),
    OrderStatus.PAID: frozenset({OrderStatus.REFUNDED}),
    OrderStatus.CANCELED: frozenset(),
    OrderStatus.REFUNDED: frozenset({OrderStatus.PAID}),
}


class IllegalTransition(Exception):
    """An order cannot go from its status to the one asked for."""


def check_transition(current: OrderStatus | None, new: str) -> OrderStatus:
    """Return the new status if `TRANSITIONS` allows it; `current` is None for a new order.

    Raises `IllegalTransition`, and `ValueError` for what is no status at all.
    """
    status = OrderStatus(new)
    if status not in TRANSITIONS[current]:
        raise IllegalTransition(f"A {current or 'new'} order cannot become {status}.")
    return status
