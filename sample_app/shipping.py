"""Ship an order: hand its parcel over, once, and only while the shop has its money."""

from sqlalchemy.orm import Session

from sample_app import audit, disputes
from sample_app.models import Customer, Order, now
from sample_app.order_status import OrderStatus
from sample_app.orders import lock


class NotShippable(Exception):
    """The parcel stays here, and why."""


def ship(session: Session, order: Order, staff: Customer) -> None:
    """Note that the parcel was handed over; any number of times. Raises `NotShippable`."""
    lock(session, order)
    obstacle = obstacle_to(order)
    if order.shipped_at is None and obstacle is None:
        order.shipped_at = now()
        audit.note(session, "shipped", order, staff)
    session.commit()
    if order.shipped_at is None:
        raise NotShippable(obstacle)


def obstacle_to(order: Order) -> str | None:
    """What keeps an order's parcel here; None if nothing does."""
    if order.status is not OrderStatus.PAID:
        return f"It is {order.status}."
    if order.fulfilled_at is None:
        return "Its goods have not left the stock yet."
    if disputes.blocks_shipment(order):
        return "The customer's bank disputes its payment."
    return None
