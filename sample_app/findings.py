"""What needs a person: money that nobody can explain, and work that no program can do.

Each finding names what it is about, and says what to do.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import stripe
from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased, joinedload

from sample_app import metadata
from sample_app.after_sales import NOT_GIVEN, Dispute, Refund
from sample_app.bookkeeping import Claims, Difference, Line
from sample_app.confirmation import CLAIM
from sample_app.disputes import ANSWERABLE
from sample_app.ledger import Ledger
from sample_app.models import Order, WebhookEvent, now
from sample_app.money import format_money
from sample_app.order_status import OrderStatus
from sample_app.unfinished import not_handed_over, unanswered, unconfirmed

# So long before its deadline, somebody has to sit down to a dispute.
CLOSE = timedelta(days=3)


class Finding(NamedTuple):
    """What is wrong, with its ids, and what to do about it."""

    what: str
    to_do: str


def of_differences(
    session: Session, differences: list[Difference], ledger: Ledger
) -> Iterator[Finding]:
    """Put each difference into words."""
    about = {movement.payment: movement.order_id for movement in ledger.movements}
    for difference in differences:
        if difference.line is Line.UNEXPECTED:
            order = session.get(Order, about.get(difference.id, ""))
            yield _unexpected(difference, order)
        else:
            yield Finding(WORDS[difference.line](difference), TO_DO[difference.line])


def of_disputes(
    session: Session, disputes: Iterable[stripe.Dispute], claims: Claims
) -> Iterator[Finding]:
    """Name those whose payment no order claims: on the shop's own pages, nobody sees them."""
    for dispute in disputes:
        charge: Any = dispute.charge
        payment = charge.payment_intent or charge.id
        if (Line.PAYMENTS, payment) in claims:
            continue
        why = _why(session.get(Order, metadata.order_id(charge)), charge.amount, charge.currency)
        amount = format_money(dispute.amount, dispute.currency)
        yield Finding(
            f"{dispute.id} asks for {amount} of {payment}, which paid for nothing: {why}.",
            "Answer it in Stripe's dashboard, which says until when, or accept it there.",
        )


def of_the_shop(session: Session, since: datetime | None) -> Iterator[Finding]:
    """Go through what the shop knows to be stuck; `since` bounds what is over."""
    for find in (_refunds, _disputes, _orders, _events):
        yield from find(session, since)


def _payment(difference: Difference) -> str:
    if not difference.stripe:
        return f"{difference.id} paid for an order here, and is not in Stripe's ledger."
    return _differs(difference)


def _differs(difference: Difference) -> str:
    here, there = (
        format_money(amount, difference.currency) for amount in (difference.shop, difference.stripe)
    )
    return f"{difference.id} is {here} here, and {there} in Stripe's ledger."


def _balance(difference: Difference) -> str:
    came_to, balance = (
        format_money(amount, difference.currency) for amount in (difference.shop, difference.stripe)
    )
    return f"Stripe's ledger comes to {came_to}, and its balance is {balance}."


WORDS: dict[Line, Callable[[Difference], str]] = {
    Line.PAYMENTS: _payment,
    Line.REFUNDS: _differs,
    Line.DISPUTES: _differs,
    Line.BALANCE: _balance,
}
TO_DO = {
    Line.PAYMENTS: "Look it up at Stripe before anything is shipped for it.",
    Line.REFUNDS: "Look it up at Stripe, and run this again.",
    Line.DISPUTES: "Look it up at Stripe, and run this again.",
    Line.BALANCE: "Run this again; if it stays, ask Stripe's support.",
}


def _unexpected(difference: Difference, order: Order | None) -> Finding:
    amount = format_money(difference.stripe, difference.currency)
    why = _why(order, difference.stripe, difference.currency)
    if difference.stripe < 0:
        return Finding(
            f"{difference.id} paid for nothing ({why}), and more went back than came: {amount}.",
            "Look up what happened to it at Stripe.",
        )
    return Finding(
        f"{difference.id} brought {amount}, and paid for nothing: {why}.",
        "Give it back in Stripe's dashboard.",
    )


def _why(order: Order | None, amount: int, currency: str) -> str:
    """Why a payment of this amount did not pay for the order that it names."""
    match order:
        case None:
            return "it names no order of this shop"
        case Order(status=OrderStatus.CANCELED):
            return f"{order.id} is canceled"
        case Order(status=OrderStatus.PENDING, amount=costs, currency=of):
            if (costs, of) == (amount, currency):
                return f"{order.id} is pending still: run this again"
            return f"{order.id} costs {format_money(costs, of)}"
        case _:
            return f"{order.id} was paid by {order.payment_intent_id}"


def _refunds(session: Session, since: datetime | None) -> Iterator[Finding]:
    later = aliased(Refund)
    made_good = exists().where(
        later.order_id == Refund.order_id,
        later.created_at > Refund.created_at,
        later.status.not_in(NOT_GIVEN),
    )
    failed = select(Refund).where(
        Refund.status == "failed", Refund.stripe_id.is_not(None), ~made_good
    )
    if since:
        failed = failed.where(Refund.created_at >= since)
    for refund in session.scalars(failed.options(joinedload(Refund.order))):
        amount = format_money(refund.amount, refund.order.currency)
        yield Finding(
            f"{refund.stripe_id}, {amount} of {refund.order_id}, did not arrive.",
            "Ask the customer how to give it back, and do.",
        )
    for refund in session.scalars(select(Refund).where(unanswered())):
        yield Finding(
            f"The refund {refund.id} of {refund.order_id} is not at Stripe.", "Run this again."
        )


def _disputes(session: Session, _since: datetime | None) -> Iterator[Finding]:
    pressing = select(Dispute).where(Dispute.status.in_(ANSWERABLE), Dispute.due_by < now() + CLOSE)
    for dispute in session.scalars(pressing.order_by(Dispute.due_by)):
        amount = format_money(dispute.amount, dispute.currency)
        yield Finding(
            f"{dispute.id}, {amount} of {dispute.order_id}, has no answer, and is due by "
            f"{dispute.due_by:%Y-%m-%d %H:%M} UTC.",
            f"Answer it: /staff/disputes/{dispute.id}",
        )


def _orders(session: Session, _since: datetime | None) -> Iterator[Finding]:
    # Whoever sends an e-mail is done by then, or fails each time.
    stuck = unconfirmed() & (Order.fulfilled_at < now() - CLAIM)
    for order in session.scalars(select(Order).where(not_handed_over() | stuck)):
        missing = "its e-mail" if order.fulfilled_at else "its goods"
        yield Finding(
            f"{order.id} is paid, and waits for {missing}.",
            "Read the log above, and run this again.",
        )


def _events(session: Session, _since: datetime | None) -> Iterator[Finding]:
    given_up = select(WebhookEvent).where(
        WebhookEvent.handled_at.is_(None), WebhookEvent.due_at.is_(None)
    )
    for event in session.scalars(given_up.order_by(WebhookEvent.received_at)):
        yield Finding(
            f"{event.id} ({event.type}) was given up: {event.last_error}",
            f"flask --app sample_app events replay {event.id}",
        )
