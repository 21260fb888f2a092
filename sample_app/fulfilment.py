"""Fulfil an order: take its items from the stock, once, and e-mail the customer.

The page that saw the payment calls this, and so does every webhook about it; any of them may come
twice, or both at the same moment.  https://docs.stripe.com/checkout/fulfillment
"""

from flask import current_app
from sqlalchemy import update
from sqlalchemy.orm import Session

from sample_app.confirmation import ConfirmationUnderway, confirm
from sample_app.database import db
from sample_app.mail import Mailer, MailFailed
from sample_app.models import Item, Order, now
from sample_app.order_status import OrderStatus
from sample_app.orders import lock


class OrderNotPaid(Exception):
    """Nothing leaves the shop for an order that is not paid, or that was paid back."""


def fulfil(session: Session, mailer: Mailer, order: Order) -> None:
    """Hand a paid order over; any number of times, by anybody.

    Raises `OrderNotPaid`; and `MailFailed` or `ConfirmationUnderway`: then call again.
    """
    _take_from_stock(session, order)
    confirm(session, mailer, order)


def fulfil_at_once(order: Order) -> None:
    """Fulfil for a page whose customer has paid, and need not know of our mail server's troubles.

    The webhook about the payment calls `fulfil` again.
    """
    try:
        fulfil(db.session, current_app.extensions["mail"], order)
    except (MailFailed, ConfirmationUnderway) as error:
        current_app.logger.warning("%s is left to the webhook: %s", order.id, error)


def _take_from_stock(session: Session, order: Order) -> None:
    lock(session, order)
    if order.status is not OrderStatus.PAID:
        session.commit()
        raise OrderNotPaid(f"{order.id} is {order.status}.")
    if order.fulfilled_at is None:
        for line in order.lines:  # by id of the item, so that two orders never wait for each other
            taken = update(Item).where(Item.id == line.item_id)
            session.execute(taken.values(stock=Item.stock - line.quantity))
        order.fulfilled_at = now()
    session.commit()
