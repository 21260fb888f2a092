"""Charge an order, once, whatever happens on the way.

An order has one PaymentIntent, and Stripe lets a PaymentIntent succeed only once. Its id is
committed before anything is charged, so no crash, lost answer, double click or second card can
take the money twice: the next try finds the same PaymentIntent, and what became of it.

    commit the pending order, with an idempotency key
    create the PaymentIntent        a repeated call with this key finds the first one's
    commit its id
    confirm it with the card        money moves here
    commit what it says

A declined card leaves the PaymentIntent open; the next card confirms the same one.
"""

import re
from collections.abc import Mapping
from typing import Any

import stripe
from sqlalchemy.orm import Session

from sample_app import declines
from sample_app.models import Order, new_idempotency_key
from sample_app.order_status import OrderStatus
from sample_app.orders import lock

# What a PaymentIntent makes of its order; any other status leaves the order pending.
OUTCOMES = {"succeeded": OrderStatus.PAID, "canceled": OrderStatus.CANCELED}

# What a customer may pay with; nothing else is worth asking Stripe about.
TOKEN = re.compile(r"tok_\w{1,100}\Z", re.ASCII)
PAYMENT_METHOD = re.compile(r"pm_\w{1,100}\Z", re.ASCII)

# Code and parameter in Stripe's refusal of a payment method, as far as it names any.
UNUSABLE = {
    ("resource_missing", "payment_method"),  # there is none
    ("parameter_missing", "source"),  # it is kept for one of Stripe's customers
    (None, "payment_method"),
    (None, None),  # it was used before
}

# Characters, at Stripe: https://docs.stripe.com/api/payment_intents/create
MAX_DESCRIPTION = 1000


class PaymentDeclined(Exception):
    """The bank said no. The text is for the customer; the order is kept, and payable again."""

    def __init__(self, message: str, order: Order) -> None:
        super().__init__(message)
        self.order = order


class CardUnusable(Exception):
    """No such token or payment method, or one that is not for this order. `field` says which."""

    def __init__(self, field: str) -> None:
        super().__init__("This card cannot be used: enter it again, or try another one.")
        self.field = field


class OrderNotPayable(Exception):
    """The order was canceled or refunded, or its payment is still under way."""


class ForeignPaymentIntent(Exception):
    """This PaymentIntent was not made for this order: it proves nothing about it."""


def connect(config: Mapping[str, Any]) -> stripe.StripeClient:
    """Return the client for Stripe, or for wherever `STRIPE_API_BASE` says Stripe is."""
    # Telemetry writes a file into the home of whoever runs the shop, and describes the machine.
    stripe.enable_telemetry = False
    base = config["STRIPE_API_BASE"]
    return stripe.StripeClient(
        config["STRIPE_SECRET_KEY"],
        http_client=config.get("STRIPE_HTTP_CLIENT"),
        base_addresses={"api": base} if base else {},
    )


def pay(
    session: Session,
    client: stripe.StripeClient,
    order: Order,
    *,
    payment_method: str | None = None,
    token: str | None = None,
) -> Order:
    """Charge the order to a card, given as a PaymentMethod's id or as a token, and return it paid.

    A paid order is returned as it is. Raises `PaymentDeclined`, `CardUnusable`, `OrderNotPayable`,
    or the `stripe.StripeError` that kept the shop from knowing: then pay again, with any card.
    """
    if order.status is OrderStatus.PENDING:
        attempt = order.idempotency_key
        session.commit()  # no transaction stays open while Stripe is asked
        try:
            card = _card(client, order, payment_method, token)
            intent_id = order.payment_intent_id or _create_intent(session, client, order)
            intent = _confirm(client, attempt, intent_id, card)
        except stripe.StripeError as error:
            if error.http_status is not None:
                _end_attempt(session, order, attempt)
            if isinstance(error, stripe.CardError):
                raise PaymentDeclined(_reason(error), order) from error
            raise
        settle(session, order, intent)
    if order.status is not OrderStatus.PAID:
        raise OrderNotPayable(f"This order cannot be paid: it is {order.status}.")
    return order


def settle(session: Session, order: Order, intent: stripe.PaymentIntent) -> None:
    """Make the order say what its PaymentIntent says, and commit; any number of times.

    Raises `ForeignPaymentIntent` for the PaymentIntent of another order, amount or currency.
    """
    expected = (order.id, order.amount, order.currency)
    if (intent.metadata.to_dict().get("order_id"), intent.amount, intent.currency) != expected:
        raise ForeignPaymentIntent(f"{intent.id} is not a payment for {order.id}")
    lock(session, order)
    outcome = OUTCOMES.get(intent.status)
    if outcome and order.status is OrderStatus.PENDING:
        order.status = outcome
    session.commit()


def _card(
    client: stripe.StripeClient, order: Order, payment_method: str | None, token: str | None
) -> str:
    """Return the id of the PaymentMethod: the one that was given, or one made of the token."""
    match payment_method, token:
        case str(), None:
            return payment_method
        case None, str():
            return _method_of_token(client, order, token)
        case _:
            raise TypeError("Give a payment method or a token, one of the two.")


def _method_of_token(client: stripe.StripeClient, order: Order, token: str) -> str:
    """A token makes one PaymentMethod only; with this key, every attempt finds that one."""
    try:
        method = client.v1.payment_methods.create(
            {"type": "card", "card": {"token": token}},
            {"idempotency_key": f"{order.id}:{token}"},
        )
    except stripe.InvalidRequestError as error:
        raise CardUnusable("token") from error
    return method.id


def _reason(error: stripe.CardError) -> str:
    decline_code = error.error.decline_code if error.error else None
    return declines.message_for(error.code, decline_code)


def _create_intent(session: Session, client: stripe.StripeClient, order: Order) -> str:
    intent = client.v1.payment_intents.create(
        {
            "amount": order.amount,
            "currency": order.currency,
            "description": order.description[:MAX_DESCRIPTION],
            "metadata": {"order_id": order.id},
            "allowed_payment_method_types": ["card"],
        },
        {"idempotency_key": f"{order.idempotency_key}:intent"},
    )
    lock(session, order)
    # A second click may have come first: then its PaymentIntent stays, and ours is never used.
    chosen = order.payment_intent_id = order.payment_intent_id or intent.id
    session.commit()
    return chosen


def _confirm(
    client: stripe.StripeClient, attempt: str, intent_id: str, card: str
) -> stripe.PaymentIntent:
    try:
        return client.v1.payment_intents.confirm(
            intent_id,
            {"payment_method": card, "error_on_requires_action": True},
            {"idempotency_key": f"{attempt}:{card}"},
        )
    except stripe.InvalidRequestError as error:
        if error.code == "payment_intent_unexpected_state":
            return client.v1.payment_intents.retrieve(intent_id)
        if (error.code, error.param) in UNUSABLE:
            raise CardUnusable("payment_method") from error
        raise


def _end_attempt(session: Session, order: Order, attempt: str) -> None:
    """Stripe answered, and repeats that answer for this key: the next attempt needs a new one."""
    lock(session, order)
    if order.idempotency_key == attempt:
        order.idempotency_key = new_idempotency_key()
    session.commit()
