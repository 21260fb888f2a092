"""What the shop does about an event of Stripe's.

Events come late, twice and out of order. So only two things of an event count: its type, and which
object it is about. The object is fetched anew, and what it is now decides.

https://docs.stripe.com/webhooks#event-ordering
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import stripe
from email_validator import EmailNotValidError, validate_email
from flask import current_app

from sample_app.config import TEST_PREFIXES
from sample_app.confirmation import ConfirmationUnderway
from sample_app.database import db
from sample_app.fulfilment import fulfil
from sample_app.models import Order, WebhookEvent
from sample_app.order_status import OrderStatus
from sample_app.orders import OrderNotFound, find_any_order, lock
from sample_app.settlement import (
    ForeignCheckoutSession,
    ForeignPaymentIntent,
    UnexpectedPayment,
    settle,
    settle_checkout,
)
from sample_app.ways_to_pay import leave_checkout

Fetched = TypeVar("Fetched")


class Ignored(Exception):
    """There is nothing to do about this event; says why."""


class Postponed(Exception):
    """Somebody else is at it: look again later."""


def handle(event: WebhookEvent) -> None:
    """Do what the event is about; any number of times.

    Raises `Ignored`; or `Postponed`, or whatever went wrong: then it is to be handled again.
    """
    body = json.loads(event.payload)
    _check_origin(body)
    object_id = body["data"]["object"].get("id")
    try:
        _act(event.type, object_id)
    except (OrderNotFound, ForeignPaymentIntent, ForeignCheckoutSession) as error:
        raise Ignored(f"{object_id} is for no order of this shop: {error}") from error
    except ConfirmationUnderway as error:
        raise Postponed(str(error)) from error
    except UnexpectedPayment as unexpected:
        _require_refund(unexpected)


def payment_changed(intent_id: str) -> None:
    """Make the order say what its payment says, and fulfil it if it is paid."""
    intent = _fetch(_client().v1.payment_intents.retrieve, intent_id)
    order = _order_of(intent)
    settle(db.session, order, intent)
    _fulfil_if_paid(order)


def checkout_completed(session_id: str) -> None:
    """Settle by the session's payment, if it took money: by bank debit, that comes days later."""
    checkout = _fetch(_client().v1.checkout.sessions.retrieve, session_id)
    order = find_any_order(db.session, checkout.client_reference_id or "")
    settle_checkout(db.session, _client(), order, checkout)
    _learn_address(order, checkout)
    _fulfil_if_paid(order)


def checkout_failed(session_id: str) -> None:
    """Nothing was taken: the order waits for this session no longer, and can be paid anew."""
    checkout = _fetch(_client().v1.checkout.sessions.retrieve, session_id)
    order = find_any_order(db.session, checkout.client_reference_id or "")
    settle_checkout(db.session, _client(), order, checkout)
    if order.checkout_session_id == session_id:
        leave_checkout(db.session, _client(), order)


def charge_refunded(charge_id: str) -> None:
    """An order whose money all went back is refunded; in part, it stays paid."""
    charge = _fetch(_client().v1.charges.retrieve, charge_id)
    if not charge.payment_intent:
        raise Ignored(f"{charge_id} is no payment of this shop's")
    intent = _fetch(_client().v1.payment_intents.retrieve, str(charge.payment_intent))
    order = _order_of(intent)
    settle(db.session, order, intent)  # the news of the payment may be still on its way
    lock(db.session, order)
    if charge.refunded and order.status is OrderStatus.PAID:
        order.status = OrderStatus.REFUNDED
    db.session.commit()


def _act(type: str, object_id: str) -> None:
    match type:
        case (
            "payment_intent.succeeded"
            | "payment_intent.processing"
            | "payment_intent.payment_failed"
            | "payment_intent.canceled"
        ):
            payment_changed(object_id)
        case "checkout.session.completed" | "checkout.session.async_payment_succeeded":
            checkout_completed(object_id)
        case "checkout.session.async_payment_failed" | "checkout.session.expired":
            checkout_failed(object_id)
        case "charge.refunded":
            charge_refunded(object_id)
        case _:
            raise Ignored("The shop has no use for events of this type.")


def _check_origin(body: dict[str, Any]) -> None:
    """An event of the other mode, or of somebody else's account, is about no order of ours."""
    if account := body.get("account"):
        raise Ignored(f"This is about the account {account}.")
    live = not current_app.config["STRIPE_SECRET_KEY"].startswith(TEST_PREFIXES)
    if body.get("livemode") != live:
        raise Ignored("This is about test mode." if live else "This is about live mode.")


def _client() -> stripe.StripeClient:
    client: stripe.StripeClient = current_app.extensions["stripe"]
    return client


def _fetch(retrieve: Callable[[str], Fetched], object_id: str) -> Fetched:
    """What the object is now. With the key of another account, Stripe knows no such object."""
    try:
        return retrieve(object_id)
    except stripe.InvalidRequestError as error:
        if error.code == "resource_missing":
            raise Ignored(f"Stripe has no {object_id} on this account.") from error
        raise


def _order_of(intent: stripe.PaymentIntent) -> Order:
    return find_any_order(db.session, intent.metadata.to_dict().get("order_id", ""))


def _fulfil_if_paid(order: Order) -> None:
    if order.status is OrderStatus.PAID:
        fulfil(db.session, current_app.extensions["mail"], order)


def _require_refund(unexpected: UnexpectedPayment) -> None:
    """Until the money went back, the event fails and stays in sight. Raises `UnexpectedPayment`."""
    charge = _fetch(_client().v1.charges.retrieve, str(unexpected.intent.latest_charge))
    if not charge.refunded:
        raise unexpected
    raise Ignored(f"{unexpected.intent.id} was given back.")


def _learn_address(order: Order, checkout: stripe.checkout.Session) -> None:
    """A guest typed it at Stripe's: mail goes to one address, and to no header of its own."""
    details = checkout.customer_details
    if details is None or details.email is None:
        return
    try:
        validate_email(details.email, check_deliverability=False)
    except EmailNotValidError:
        current_app.logger.warning("%s names no address for its mail", checkout.id)
        return
    lock(db.session, order)
    order.email = order.email or details.email
    db.session.commit()
