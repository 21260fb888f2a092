"""Hold a page of one of Stripe's lists against the shop: what it does not know, and what mends it.

What the shop says otherwise goes to the very function that the webhook about it would have called.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import stripe
from sqlalchemy import select
from sqlalchemy.orm import Session

from sample_app import handlers, metadata
from sample_app.after_sales import Dispute, Refund
from sample_app.models import Order
from sample_app.money import format_money
from sample_app.order_status import OrderStatus


class Due(NamedTuple):
    """Something to mend, and what will be so once it is."""

    mend: Callable[[], object]
    outcome: str


@dataclass(frozen=True)
class Sweep:
    """One of Stripe's lists. `due` says what of a page the shop does not know."""

    list: str
    service: Callable[[stripe.StripeClient], Any]
    due: Callable[[Session, list[Any]], Iterable[Due]]
    expand: tuple[str, ...] = ()


def _checkouts(session: Session, sessions: list[stripe.checkout.Session]) -> Iterator[Due]:
    orders = _orders(session, map(metadata.order_id, sessions))
    for checkout in sessions:
        order = orders.get(metadata.order_id(checkout))
        if order is None:
            continue
        pending = order.status is OrderStatus.PENDING
        address = checkout.customer_details and checkout.customer_details.email
        unknown = address and not (order.email or order.customer_id)
        over = checkout.status == "expired" or _bounced(checkout)
        if checkout.payment_status == "paid" and (pending or unknown):
            yield Due(
                lambda id=checkout.id: handlers.checkout_completed(id),
                f"{order.id} is what {checkout.id} says of it",
            )
        elif over and pending and order.checkout_session_id == checkout.id:
            yield Due(
                lambda id=checkout.id: handlers.checkout_failed(id),
                f"{order.id} waits no longer for {checkout.id}",
            )


def _payments(session: Session, intents: list[stripe.PaymentIntent]) -> Iterator[Due]:
    orders = _orders(session, map(metadata.order_id, intents))
    for intent in intents:
        order = orders.get(metadata.order_id(intent))
        if order is None or order.status is not OrderStatus.PENDING:
            continue
        its_only_way = order.payment_intent_id == intent.id and not order.checkout_session_id
        if intent.status == "succeeded" or (intent.status == "canceled" and its_only_way):
            yield Due(
                lambda id=intent.id: handlers.payment_changed(id),
                f"{order.id} is what {intent.id} says of it: {intent.status}",
            )


def _refunds(session: Session, made: list[stripe.Refund]) -> Iterator[Due]:
    known = select(Refund.stripe_id, Refund.status)
    known = known.where(Refund.stripe_id.in_([refund.id for refund in made]))
    yield from _news(session, made, dict(session.execute(known).all()), handlers.refund_changed)


def _disputes(session: Session, told: list[stripe.Dispute]) -> Iterator[Due]:
    known = select(Dispute.id, Dispute.status)
    known = known.where(Dispute.id.in_([dispute.id for dispute in told]))
    yield from _news(session, told, dict(session.execute(known).all()), handlers.dispute_changed)


def _news(
    session: Session, things: list[Any], statuses: dict[Any, str], changed: Callable[[str], None]
) -> Iterator[Due]:
    """Those of an order's payment whose status the shop does not know."""
    about = [thing for thing in things if thing.payment_intent]
    orders = _orders(session, (metadata.order_id(thing.payment_intent) for thing in about))
    for thing in about:
        order = orders.get(metadata.order_id(thing.payment_intent))
        if order is None or statuses.get(thing.id) == thing.status:
            continue
        if (
            order.status is OrderStatus.PENDING
            or order.payment_intent_id == thing.payment_intent.id
        ):
            amount = format_money(thing.amount, thing.currency)
            yield Due(
                lambda id=thing.id: changed(id),
                f"{order.id} knows of {thing.id}, {amount}: {thing.status}",
            )


def _orders(session: Session, ids: Iterable[str]) -> dict[str, Any]:
    """By its id, as little of each order as tells whether it is news."""
    columns = (
        Order.id, Order.status, Order.payment_intent_id, Order.checkout_session_id, Order.email,
        Order.customer_id,
    )  # fmt: skip
    found = session.execute(select(*columns).where(Order.id.in_(list(ids))))
    return {order.id: order for order in found}


def _bounced(checkout: stripe.checkout.Session) -> bool:
    """Its bank debit was on the way, and no money came."""
    intent: Any = checkout.payment_intent
    return checkout.status == "complete" and intent and intent.status == "requires_payment_method"


OF_PAYMENT = ("data.payment_intent",)
SWEEPS = (
    # First: an order whose money all went back is not handed over any more.
    Sweep("refunds", lambda client: client.v1.refunds, _refunds, OF_PAYMENT),
    Sweep("disputes", lambda client: client.v1.disputes, _disputes, OF_PAYMENT),
    # Before the payments: here, a guest's address is known.
    Sweep("checkout sessions", lambda client: client.v1.checkout.sessions, _checkouts, OF_PAYMENT),
    Sweep("payments", lambda client: client.v1.payment_intents, _payments),
)
