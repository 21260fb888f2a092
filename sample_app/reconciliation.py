"""Find what the webhooks missed, and mend it as they would have.

Stripe's lists are gone through page by page; `sweeps.py` says what of a page is news. Then comes
what the shop itself left half done: refunds that got no answer, orders that were paid and not
handed over.

After each page, how far it came is committed: a run that died is taken up where it was. Two runs at
one time do the same twice, which does no harm. No money moves that nobody asked for.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import stripe
from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from sample_app import handlers, refunds
from sample_app.after_sales import Reconciliation, Refund
from sample_app.confirmation import ConfirmationUnderway
from sample_app.fulfilment import OrderNotPaid, fulfil
from sample_app.ledger import PAGE_SIZE, made
from sample_app.mail import MailFailed
from sample_app.models import Order, now
from sample_app.money import format_money
from sample_app.refunds import RefundRefused
from sample_app.settlement import UnexpectedPayment
from sample_app.sweeps import SWEEPS, Due, Sweep
from sample_app.unfinished import not_handed_over, unanswered
from sample_app.ways_to_pay import OrderNotPayable

# The rest of a list says nothing of what came since the run began: an older one begins anew.
TAKEN_UP_WITHIN = timedelta(hours=1)

# Then it stays as it was; in the statement, and so in sight, if it is about money.
LEFT = (
    *handlers.FOREIGN, handlers.Ignored, UnexpectedPayment, OrderNotPayable, OrderNotPaid,
    RefundRefused, ConfirmationUnderway, MailFailed, stripe.InvalidRequestError,
)  # fmt: skip


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
