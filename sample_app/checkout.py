"""Sell through Checkout, the page that Stripe hosts: https://docs.stripe.com/payments/checkout

The order becomes a Checkout Session, at the prices that the order was placed at. An order has one
session that is open, however often its customer comes back to it.
"""

import re
from typing import Any

import stripe
from sqlalchemy.orm import Session

from sample_app import metadata
from sample_app.models import Order, OrderItem
from sample_app.order_status import OrderStatus
from sample_app.orders import OrderNotFound, lock
from sample_app.settlement import settle_checkout
from sample_app.ways_to_pay import (
    OrderNotPayable,
    attempt,
    describe,
    leave_card,
    leave_checkout,
)

__all__ = ["find_checkout", "settle_checkout", "start_checkout"]

# Besides cards; a debit settles days later. Stripe offers it if the shop's account may take it.
BANK_DEBITS = {"usd": "us_bank_account", "eur": "sepa_debit"}

SESSION_ID = re.compile(r"cs_\w{1,250}", re.ASCII)


def start_checkout(
    session: Session, client: stripe.StripeClient, order: Order, success_url: str, cancel_url: str
) -> str:
    """Return the address of the page where the order can be paid, and no longer anywhere else.

    In `success_url`, Stripe puts the session's id in place of `{CHECKOUT_SESSION_ID}`.
    Raises `OrderNotPayable`, or the `stripe.StripeError` that kept the shop from knowing.
    """
    checkout = _open_session(session, client, order)
    if checkout is None:
        if order.status is not OrderStatus.PENDING:
            raise OrderNotPayable(order)
        params = _params(order, success_url, cancel_url)
        checkout = _create_session(session, client, order, params)
    leave_card(session, client, order)
    if order.status is not OrderStatus.PENDING:
        raise OrderNotPayable(order)
    return str(checkout.url)


def find_checkout(
    client: stripe.StripeClient, order: Order, session_id: str
) -> stripe.checkout.Session:
    """Return this Checkout Session with its PaymentIntent expanded, if it is one of this order.

    Raises `OrderNotFound`.
    """
    if not SESSION_ID.fullmatch(session_id):
        raise OrderNotFound("There is no such payment.")
    try:
        checkout = client.v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent"]})
    except stripe.InvalidRequestError as error:
        raise OrderNotFound("There is no such payment.") from error
    if metadata.order_id(checkout) != order.id:  # its reference, others may have chosen
        raise OrderNotFound("There is no such payment.")
    return checkout


def _open_session(
    session: Session, client: stripe.StripeClient, order: Order
) -> stripe.checkout.Session | None:
    """The session of an earlier click; one that is not open any more is left behind."""
    if order.checkout_session_id is None:
        return None
    session_id = order.checkout_session_id
    session.commit()  # no transaction stays open while Stripe is asked
    checkout = client.v1.checkout.sessions.retrieve(session_id)
    if checkout.status == "open":
        return checkout
    leave_checkout(session, client, order)
    return None


def _create_session(
    session: Session, client: stripe.StripeClient, order: Order, params: Any
) -> stripe.checkout.Session:
    with attempt(session, order) as key:
        options: Any = {"idempotency_key": f"{key}:checkout"}
        checkout = client.v1.checkout.sessions.create(params, options)
    lock(session, order)
    if order.idempotency_key == key:
        order.checkout_session_id = order.checkout_session_id or checkout.id
    session.commit()
    if order.checkout_session_id != checkout.id:
        raise OrderNotPayable(order)
    return checkout


def _params(order: Order, success_url: str, cancel_url: str) -> Any:
    """What Stripe is told. The PaymentIntent has metadata of its own: a refund finds its order."""
    about = {"order_id": order.id}
    debit = BANK_DEBITS.get(order.currency)
    return {
        "mode": "payment",
        "allowed_payment_method_types": ["card", *([debit] if debit else [])],
        "line_items": [_line(order, line) for line in order.lines],
        "client_reference_id": order.id,
        "metadata": about,
        "payment_intent_data": {"metadata": about, "description": describe(order)},
        "success_url": success_url,
        "cancel_url": cancel_url,
        **({"customer_email": order.address} if order.address else {}),
    }


def _line(order: Order, line: OrderItem) -> Any:
    return {
        "quantity": line.quantity,
        "price_data": {
            "currency": order.currency,
            "unit_amount": line.unit_price,
            "product_data": {"name": line.item.name},
        },
    }
