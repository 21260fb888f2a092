"""An order's status follows the table, and nothing else sets it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_app.models import Order
from sample_app.order_status import TRANSITIONS, IllegalTransition, OrderStatus, check_transition

STATUSES = list(OrderStatus)


def test_a_new_order_is_pending_and_nothing_else():
    assert TRANSITIONS[None] == {OrderStatus.PENDING}
    with pytest.raises(IllegalTransition, match="A new order cannot become paid"):
        Order(status=OrderStatus.PAID)


def test_the_table_knows_every_status():
    assert set(TRANSITIONS) == {None, *STATUSES}


def test_assigning_a_status_obeys_the_table():
    order = Order(status="pending")
    order.status = "paid"
    with pytest.raises(IllegalTransition, match="A paid order cannot become pending"):
        order.status = OrderStatus.PENDING
    assert order.status is OrderStatus.PAID


def test_what_is_no_status_is_refused():
    with pytest.raises(ValueError, match="'payed' is not a valid OrderStatus"):
        Order(status="payed")


@given(st.lists(st.sampled_from(STATUSES)))
def test_no_walk_leads_back_to_pending_or_out_of_canceled(walk):
    order = Order(status=OrderStatus.PENDING)
    seen = [order.status]
    for status in walk:
        if status in TRANSITIONS[order.status]:
            order.status = status
            seen.append(status)
        else:
            with pytest.raises(IllegalTransition):
                order.status = status
    assert "pending" not in seen[1:]
    assert "canceled" not in seen or seen == ["pending", "canceled"]


def test_canceled_is_final():
    assert TRANSITIONS[OrderStatus.CANCELED] == frozenset()


def test_a_refund_that_fails_leaves_its_order_paid():
    assert TRANSITIONS[OrderStatus.REFUNDED] == {OrderStatus.PAID}


def test_a_legal_move_gives_the_status_back():
    assert check_transition(OrderStatus.PENDING, "paid") is OrderStatus.PAID
