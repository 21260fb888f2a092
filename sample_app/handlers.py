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

from sample_app import disputes, metadata, refunds
from sample_app.config import TEST_PREFIXES
from sample_app.confirmation import ConfirmationUnderway
from sample_app.database import db
from sample_app.fulfilment import fulfil
from sample_app.models import Order, WebhookEvent
from sample_app.order_status import OrderStatus
from sample_app.orders import OrderNotFound, find_any_order, lock
from sample_app.refunds import ForeignRefund
from sample_app.settlement import (
    ForeignCheckoutSession,
    ForeignPaymentIntent,
    UnexpectedPayment,
    settle,
    settle_checkout,
)
from sample_app.ways_to_pay import leave_checkout

Fetched = TypeVar("Fetched")

# Raised of what others sold at the same Stripe account: no order of this shop is meant.
FOREIGN = (OrderNotFound, ForeignPaymentIntent, ForeignCheckoutSession, ForeignRefund)


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
    except FOREIGN as error:
        raise Ignored(f"{object_id} is for no order of this shop: {error}") from error
    except ConfirmationUnderway as error:
        raise Postponed(str(error)) from error
    except UnexpectedPayment as unexpected:
        _require_refund(unexpected)


def payment_changed(intent_id: str) -> None:
    """Make the order say what its payment says, and fulfil it if it is paid."""
    _fulfil_if_paid(_settled_order(intent_id))


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
    """Record every refund of the charge."""
    charge = _fetch(_client().v1.charges.retrieve, charge_id)
    order = _order_paid_by(charge)
    made = _client().v1.refunds.list({"charge": charge_id, "limit": 100})
    for refund in made.auto_paging_iter():
        refunds.record(db.session, order, refund)
    _fulfil_if_paid(order)


def refund_changed(refund_id: str) -> None:
    """Record how far the refund is. One that failed leaves its order paid: so that is fulfilled."""
    refund = _fetch(_client().v1.refunds.retrieve, refund_id)
    order = _order_paid_by(refund)
    refunds.record(db.session, order, refund)
    _fulfil_if_paid(order)


def dispute_changed(dispute_id: str) -> None:
    """Keep what a dispute of an order's payment is now."""
    dispute = _fetch(_client().v1.disputes.retrieve, dispute_id)
    try:
        order = _order_paid_by(dispute)
    except UnexpectedPayment as unexpected:
        raise Ignored(f"{dispute_id} is about a payment for nothing: {unexpected}") from unexpected
    disputes.record(db.session, order, dispute)
    _fulfil_if_paid(order)


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
        case "refund.created" | "refund.updated" | "refund.failed":
            refund_changed(object_id)
        case (
            "charge.dispute.created"
            | "charge.dispute.updated"
            | "charge.dispute.closed"
            | "charge.dispute.funds_withdrawn"
            | "charge.dispute.funds_reinstated"
        ):
            dispute_changed(object_id)
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


def _settled_order(intent_id: str) -> Order:
    """The order of this payment, which it now agrees with."""
    intent = _fetch(_client().v1.payment_intents.retrieve, intent_id)
    order = find_any_order(db.session, metadata.order_id(intent))
    settle(db.session, order, intent)
    return order


def _order_paid_by(part: stripe.Charge | stripe.Refund | stripe.Dispute) -> Order:
    """Whose money this is. The news of its payment may be still on its way: it is settled here."""
    if not part.payment_intent:
        raise Ignored(f"{part.id} is of no payment of this shop's")
    return _settled_order(str(part.payment_intent))


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
