"""A parcel leaves once, and only while the shop has its money."""

import pytest
from sqlalchemy import select

from sample_app.after_sales import AuditEntry, Dispute
from sample_app.models import Customer, now
from sample_app.roles import Role
from sample_app.shipping import NotShippable, ship


@pytest.fixture
def staff(session):
    staff = Customer(email="sam@shop.example", password_hash="-", role=Role.SUPPORT)
    session.add(staff)
    session.commit()
    return staff


@pytest.fixture
def ready(session, order):
    """An order that is paid and fulfilled."""
    order.status = "paid"
    order.fulfilled_at = now()
    session.commit()
    return order


def dispute(order, status):
    return Dispute(
        id="du_1",
        order=order,
        amount=order.amount,
        currency=order.currency,
        reason="fraudulent",
        status=status,
        opened_at=now(),
    )


def test_a_ready_order_is_shipped_once(session, ready, staff):
    ship(session, ready, staff)
    first = ready.shipped_at
    ship(session, ready, staff)
    assert first and ready.shipped_at == first
    assert session.scalars(select(AuditEntry.action)).all() == ["shipped"]


@pytest.mark.parametrize("status", ["pending", "canceled"])
def test_what_is_not_paid_is_not_shipped(session, order, staff, status):
    if status == "canceled":
        order.status = status
    with pytest.raises(NotShippable, match=f"It is {status}"):
        ship(session, order, staff)
    assert order.shipped_at is None


def test_what_was_paid_back_is_not_shipped(session, ready, staff):
    ready.status = "refunded"
    session.commit()
    with pytest.raises(NotShippable, match="It is refunded"):
        ship(session, ready, staff)


def test_what_is_not_fulfilled_is_not_shipped(session, order, staff):
    order.status = "paid"
    session.commit()
    with pytest.raises(NotShippable, match="not left the stock"):
        ship(session, order, staff)


@pytest.mark.parametrize(
    "status", ["needs_response", "under_review", "lost", "warning_needs_response"]
)
def test_while_a_bank_may_keep_the_money_nothing_is_shipped(session, ready, staff, status):
    session.add(dispute(ready, status))
    session.commit()
    with pytest.raises(NotShippable, match="disputes its payment"):
        ship(session, ready, staff)
    assert session.scalars(select(AuditEntry)).all() == []


@pytest.mark.parametrize("status", ["won", "warning_closed"])
def test_what_the_shop_has_won_is_shipped(session, ready, staff, status):
    session.add(dispute(ready, status))
    session.commit()
    ship(session, ready, staff)
    assert ready.shipped_at
