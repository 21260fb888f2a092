"""Charge an order, once, whatever happens on the way.

An order has one PaymentIntent, and Stripe lets a PaymentIntent succeed only once. Its id is
committed before anything is charged, so no crash, lost answer, double click or second card can
take the money twice: the next try finds the same PaymentIntent, and what became of it.

    commit the pending order, with an idempotency key
    create the PaymentIntent        a repeated call with this key finds the first one's
    commit its id
    confirm it with the card        money moves here
    commit what it says

A declined card leaves the PaymentIntent open; the next card confirms the same one. So does a bank
that asks its customer first (3D Secure): the order is pending until the customer has answered.
"""

import re
from collections.abc import Mapping
from typing import Any

import stripe
from sqlalchemy.orm import Session

from sample_app import declines, stripe_errors
from sample_app.models import Order
from sample_app.order_status import OrderStatus
from sample_app.orders import lock
from sample_app.settlement import ForeignPaymentIntent, settle
from sample_app.ways_to_pay import (
    OrderNotPayable,
    attempt,
    describe,
    end_attempt,
    leave_checkout,
)

__all__ = [
    "BankAsks",
    "CardUnusable",
    "ForeignPaymentIntent",
    "OrderNotPayable",
    "PaymentDeclined",
    "connect",
    "open_payment",
    "pay",
    "resume",
    "settle",
]

# What a customer may pay with; nothing else is worth asking Stripe about. The API's document has
# these patterns too: its readers' regexes know no \Z, and the end of a line is not the end here.
TOKEN = re.compile(r"^tok_\w{1,100}(?![\s\S])", re.ASCII)
PAYMENT_METHOD = re.compile(r"^pm_\w{1,100}(?![\s\S])", re.ASCII)

# Code and parameter in Stripe's refusal of a payment method, as far as it names any.
UNUSABLE = {
    ("resource_missing", "payment_method"),  # there is none
    ("parameter_missing", "source"),  # it is kept for one of Stripe's customers
    (None, "payment_method"),
    (None, None),  # it was used before
}


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


class BankAsks(Exception):
    """The bank asks its customer first, on a page at `url`; the order is kept meanwhile."""

    def __init__(self, url: str) -> None:
        super().__init__("Your bank wants to ask you first.")
        self.url = url


def connect(config: Mapping[str, Any]) -> stripe.StripeClient:
    """Return the client for Stripe, or for wherever `STRIPE_API_BASE` says Stripe is.

    It does not wait for ever, and makes a call again, with the same key, that got no answer.
    """
    # Telemetry writes a file into the home of whoever runs the shop, and describes the machine.
    stripe.enable_telemetry = False
    base = config["STRIPE_API_BASE"]
    timeout = config["STRIPE_CONNECT_TIMEOUT"], config["STRIPE_READ_TIMEOUT"]
    return stripe.StripeClient(
        config["STRIPE_SECRET_KEY"],
        http_client=config.get("STRIPE_HTTP_CLIENT") or stripe.RequestsClient(timeout),
        max_network_retries=config["STRIPE_MAX_RETRIES"],
        base_addresses={"api": base} if base else {},
    )


def pay(
    session: Session,
    client: stripe.StripeClient,
    order: Order,
    *,
    payment_method: str | None = None,
    token: str | None = None,
    return_url: str | None = None,
) -> Order:
    """Charge the order to a card, given as a PaymentMethod's id or as a token, and return it paid.

    A paid order is returned as it is. Raises `PaymentDeclined`, `CardUnusable`, `OrderNotPayable`,
    or the `stripe.StripeError` that kept the shop from knowing: then pay again, with any card.
    Raises `BankAsks` if there is a `return_url`, the page that the bank leads back to; without
    one, a card whose bank asks first is declined.
    """
    leave_checkout(session, client, order)
    if order.status is OrderStatus.PENDING:
        try:
            with attempt(session, order) as key:
                card = _card(client, order, payment_method, token)
                intent_id = order.payment_intent_id or _create_intent(session, client, order)
                intent = _confirm(client, key, intent_id, card, return_url)
        except stripe.CardError as error:
            stripe_errors.log(error, order.id)
            raise PaymentDeclined(_reason(error.error), order) from error
        settle(session, order, intent)
        if intent.status == "requires_action":
            end_attempt(session, order, key)
            raise BankAsks(_page_of_the_bank(intent))
    if order.status is not OrderStatus.PAID:
        raise OrderNotPayable(order)
    return order


def open_payment(session: Session, client: stripe.StripeClient, order: Order) -> str:
    """Return the client secret of the order's PaymentIntent: its page may confirm that one.

    Raises `OrderNotPayable`, or the `stripe.StripeError` that kept the shop from knowing.
    """
    leave_checkout(session, client, order)
    if order.status is OrderStatus.PENDING:
        with attempt(session, order):
            intent_id = order.payment_intent_id or _create_intent(session, client, order)
            intent = client.v1.payment_intents.retrieve(intent_id)
        settle(session, order, intent)
        if order.status is OrderStatus.PENDING and intent.client_secret:
            return intent.client_secret
    raise OrderNotPayable(order)


def resume(session: Session, client: stripe.StripeClient, order: Order) -> Order:
    """Ask Stripe what became of a payment that went to the bank, and return the order paid.

    Raises `PaymentDeclined` and `OrderNotPayable`.
    """
    if order.status is OrderStatus.PENDING and order.payment_intent_id:
        session.commit()  # no transaction stays open while Stripe is asked
        intent = client.v1.payment_intents.retrieve(order.payment_intent_id)
        settle(session, order, intent)
        if intent.status == "requires_action":
            raise PaymentDeclined(declines.UNANSWERED, order)
        if intent.status == "requires_payment_method":
            raise PaymentDeclined(_reason(intent.last_payment_error), order)
    if order.status is not OrderStatus.PAID:
        raise OrderNotPayable(order)
    return order


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


def _reason(error: Any) -> str:
    """What the customer is told of an error of Stripe's, or of a PaymentIntent's last one."""
    return declines.message_for(getattr(error, "code", None), getattr(error, "decline_code", None))


def _page_of_the_bank(intent: stripe.PaymentIntent) -> str:
    action = intent.next_action
    page = action.redirect_to_url if action else None
    if page is None or page.url is None:
        raise ValueError(f"{intent.id} leads to no page")  # it was confirmed without a return_url
    return page.url


def _create_intent(session: Session, client: stripe.StripeClient, order: Order) -> str:
    key = order.idempotency_key
    intent = client.v1.payment_intents.create(
        {
            "amount": order.amount,
            "currency": order.currency,
            "description": describe(order),
            "metadata": {"order_id": order.id},
            "allowed_payment_method_types": ["card"],
        },
        {"idempotency_key": f"{key}:intent"},
    )
    lock(session, order)
    # A second click may have come first: then its payment stays, and ours is never used.
    if order.idempotency_key == key:
        order.payment_intent_id = order.payment_intent_id or intent.id
    session.commit()
    if order.payment_intent_id is None or order.checkout_session_id:
        raise OrderNotPayable(order)
    return order.payment_intent_id


def _confirm(
    client: stripe.StripeClient, key: str, intent_id: str, card: str, return_url: str | None
) -> stripe.PaymentIntent:
    asking: Any = {"return_url": return_url} if return_url else {"error_on_requires_action": True}
    try:
        return client.v1.payment_intents.confirm(
            intent_id,
            {"payment_method": card, **asking},
            {"idempotency_key": f"{key}:{card}"},
        )
    except stripe.InvalidRequestError as error:
        if error.code == "payment_intent_unexpected_state":
            return client.v1.payment_intents.retrieve(intent_id)
        if (error.code, error.param) in UNUSABLE:
            raise CardUnusable("payment_method") from error
        raise
