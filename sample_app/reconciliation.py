"""Find what the webhooks missed, and mend it as they would have.

Stripe's lists are gone through page by page. What the shop says otherwise goes to the very function
that the webhook about it would have called. Then comes what the shop itself left half done: refunds
that got no answer, orders that were paid and not handed over.

After each page, how far it came is committed: a run that died is taken up where it was. Two runs at
one time do the same twice, which does no harm. No money moves that nobody asked for.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import stripe
from flask import current_app
from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from sample_app import handlers, refunds
from sample_app.after_sales import NOT_GIVEN, Dispute, Reconciliation, Refund
from sample_app.confirmation import CLAIM, ConfirmationUnderway
from sample_app.fulfilment import OrderNotPaid, fulfil
from sample_app.ledger import PAGE_SIZE, made
from sample_app.mail import MailFailed
from sample_app.models import Order, now
from sample_app.money import format_money
from sample_app.order_status import OrderStatus
from sample_app.refunds import RefundRefused
from sample_app.settlement import UnexpectedPayment
from sample_app.ways_to_pay import OrderNotPayable

# The rest of a list says nothing of what came since the run began: an older one begins anew.
TAKEN_UP_WITHIN = timedelta(hours=1)
# Longer than whoever asks for a refund waits for Stripe.
UNANSWERED = timedelta(minutes=1)

# Then it stays as it was; in the statement, and so in sight, if it is about money.
LEFT = (
    *handlers.FOREIGN, handlers.Ignored, UnexpectedPayment, OrderNotPayable, OrderNotPaid,
    RefundRefused, ConfirmationUnderway, MailFailed, stripe.InvalidRequestError,
)  # fmt: skip


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


def mend(
    session: Session,
    client: stripe.StripeClient,
    since: datetime | None,
    seen: Callable[[str, int], None],
) -> Iterator[str]:
    """Go through everything at Stripe that was made `since` then; say of each mended thing what.

    `seen` is told, after each page, of which list how many were seen. Raises the
    `stripe.StripeError` that ended the run: then call again.
    """
    run_id, name, after = _take_up(session, since)
    names = [sweep.list for sweep in SWEEPS]
    for sweep in SWEEPS[names.index(name) :]:
        count = 0
        for page in _pages(client, sweep, since, after):
            yield from _mended(session, sweep.due(session, page))
            _remember(session, run_id, list=sweep.list, after=page[-1].id)
            count += len(page)
            seen(sweep.list, count)
        after = None
    yield from _mended(session, _half_done(session, client))
    session.execute(delete(Reconciliation).where(Reconciliation.id == run_id))
    session.commit()


def _pages(
    client: stripe.StripeClient, sweep: Sweep, since: datetime | None, after: str | None
) -> Iterator[list[Any]]:
    params = {"limit": PAGE_SIZE, "expand": list(sweep.expand), **made(since)}
    if after:
        params["starting_after"] = after
    page = sweep.service(client).list(params)
    while page.data:
        yield page.data
        page = page.next_page()


def _mended(session: Session, things: Iterable[Due]) -> Iterator[str]:
    """Mend each. What cannot be is left, and keeps nothing after it from being mended."""
    for thing in reversed(list(things)):  # the oldest first: it paid for the order
        session.commit()  # no transaction stays open while Stripe is asked
        try:
            thing.mend()
        except LEFT as reason:
            session.rollback()
            current_app.logger.warning("Not mended, so that %s: %s", thing.outcome, reason)
        except stripe.StripeError:
            raise  # Stripe does not answer, or not to this key: it is the same with the rest
        except Exception:
            session.rollback()
            current_app.logger.exception("Not mended, so that %s", thing.outcome)
        else:
            yield thing.outcome
    session.commit()


def _take_up(session: Session, since: datetime | None) -> tuple[int, str, str | None]:
    """The run that died lately, and where it was; or a new one."""
    known = (
        select(Reconciliation)
        .where(Reconciliation.since == since if since else Reconciliation.since.is_(None))
        .where(Reconciliation.started_at > now() - TAKEN_UP_WITHIN)
        .order_by(Reconciliation.id.desc())
        .limit(1)
    )
    run = session.scalar(known)
    if run is None:
        run = Reconciliation(since=since, list=SWEEPS[0].list)
        session.add(run)
    session.commit()
    return run.id, run.list, run.after


def _remember(session: Session, run_id: int, **place: str) -> None:
    """(Another run may have ended, and taken the row with it.)"""
    session.execute(update(Reconciliation).where(Reconciliation.id == run_id).values(place))
    session.commit()


def _checkouts(session: Session, sessions: list[stripe.checkout.Session]) -> Iterator[Due]:
    orders = _orders(session, map(_order_id, sessions))
    for checkout in sessions:
        order = orders.get(_order_id(checkout))
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
    orders = _orders(session, map(_order_id, intents))
    for intent in intents:
        order = orders.get(_order_id(intent))
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


OF_PAYMENT = ("data.payment_intent",)
SWEEPS = (
    # First: an order whose money all went back is not handed over any more.
    Sweep("refunds", lambda client: client.v1.refunds, _refunds, OF_PAYMENT),
    Sweep("disputes", lambda client: client.v1.disputes, _disputes, OF_PAYMENT),
    # Before the payments: here, a guest's address is known.
    Sweep("checkout sessions", lambda client: client.v1.checkout.sessions, _checkouts, OF_PAYMENT),
    Sweep("payments", lambda client: client.v1.payment_intents, _payments),
)


def _news(
    session: Session, things: list[Any], statuses: dict[Any, str], changed: Callable[[str], None]
) -> Iterator[Due]:
    """Those of an order's payment whose status the shop does not know."""
    about = [thing for thing in things if thing.payment_intent]
    orders = _orders(session, (_order_id(thing.payment_intent) for thing in about))
    for thing in about:
        order = orders.get(_order_id(thing.payment_intent))
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


def _half_done(session: Session, client: stripe.StripeClient) -> Iterator[Due]:
    """What the shop began and did not end."""
    for refund in session.scalars(select(Refund).where(unanswered())):
        amount = format_money(refund.amount, refund.order.currency)
        yield Due(
            lambda refund=refund: refunds.resume(session, client, refund),
            f"{refund.order_id} has its refund of {amount}",
        )
    for order in session.scalars(select(Order).where(not_handed_over())):
        yield Due(
            lambda order=order: fulfil(session, current_app.extensions["mail"], order),
            f"{order.id} is fulfilled",
        )


def unanswered() -> ColumnElement[bool]:
    """Refunds that were asked for, and of which nobody knows whether Stripe has them."""
    asked = Refund.stripe_id.is_(None) & Refund.status.not_in(NOT_GIVEN)
    return asked & (Refund.created_at < now() - UNANSWERED)


def not_handed_over() -> ColumnElement[bool]:
    """Orders that were paid, and whose goods or whose e-mail nobody is just sending."""
    claimed = Order.confirmation_claimed_at
    unclaimed = or_(claimed.is_(None), claimed < now() - CLAIM)
    unfulfilled = (Order.status == OrderStatus.PAID) & Order.fulfilled_at.is_(None)
    return unfulfilled | (unconfirmed() & unclaimed)


def unconfirmed() -> ColumnElement[bool]:
    """Orders that were paid, and whose customer waits for the e-mail."""
    reachable = or_(Order.email.is_not(None), Order.customer_id.is_not(None))
    return (Order.status == OrderStatus.PAID) & reachable & Order.confirmation_sent_at.is_(None)


def _orders(session: Session, ids: Iterable[str]) -> dict[str, Any]:
    """By its id, as little of each order as tells whether it is news."""
    columns = (
        Order.id, Order.status, Order.payment_intent_id, Order.checkout_session_id, Order.email,
        Order.customer_id,
    )  # fmt: skip
    found = session.execute(select(*columns).where(Order.id.in_(list(ids))))
    return {order.id: order for order in found}


def _order_id(about: stripe.checkout.Session | stripe.PaymentIntent) -> str:
    return (about.metadata.to_dict() if about.metadata else {}).get("order_id", "")


def _bounced(checkout: stripe.checkout.Session) -> bool:
    """Its bank debit was on the way, and no money came."""
    intent: Any = checkout.payment_intent
    return checkout.status == "complete" and intent and intent.status == "requires_payment_method"
