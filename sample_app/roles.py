"""Who may do what in the shop, as a table. Everybody starts as a customer."""

import enum


class Role(enum.StrEnum):
    CUSTOMER = "customer"
    SUPPORT = "support"
    MANAGER = "manager"


class Permission(enum.StrEnum):
    SEE_ORDERS = "see every order"
    SHIP = "ship an order"
    ANSWER_DISPUTES = "answer a dispute"
    REFUND = "give money back"


_SUPPORT = frozenset({Permission.SEE_ORDERS, Permission.SHIP, Permission.ANSWER_DISPUTES})

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.CUSTOMER: frozenset(),
    Role.SUPPORT: _SUPPORT,
    Role.MANAGER: _SUPPORT | {Permission.REFUND},
}
