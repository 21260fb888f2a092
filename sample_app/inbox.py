"""The inbox: what Stripe told the shop, kept before it is handled.

An event is stored under its id, so a second delivery is no second event. To take it is to set the
next try: a worker that dies in the middle leaves an event that comes due again by itself. What
fails is tried again ever later, then given up; `flask --app sample_app events` shows it.

So each event is handled at least once. That it acts once is up to what it calls, such as `fulfil`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, case, func, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sample_app.database import db
from sample_app.handlers import Ignored, Postponed, handle
from sample_app.models import LONGEST_REASON, UtcDateTime, WebhookEvent, now
from sample_app.redaction import redact

RETRIES = tuple(
    timedelta(**wait)
    for wait in (
        {"seconds": 30},
        {"minutes": 2},
        {"minutes": 10},
        {"hours": 1},
        {"hours": 4},
        {"hours": 12},
        {"hours": 24},
    )
)
"""From one try to the next. The first is longer than a handler takes."""


@dataclass(frozen=True)
class State:
    """How many events wait, how many were given up, and when the oldest that waits came."""

    waiting: int
    given_up: int
    oldest: datetime | None


class EventNotFound(Exception):
    """There is no such event in the inbox."""


def keep(session: Session, event_id: str, type: str, payload: str) -> bool:
    """Store the event and commit it; False if it came before."""
    session.add(WebhookEvent(id=event_id, type=type, payload=payload))
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return False
    return True


def work() -> int:
    """Handle every event that is due; returns how many were tried."""
    tried = 0
    while work_on_next():
        tried += 1
    return tried


def work_on_next() -> bool:
    """Handle the event that is due for longest; False if none is due."""
    event = take(db.session)
    if event is None:
        return False
    _try(db.session, event)
    db.session.close()  # the next one sees what others did meanwhile
    return True


def take(session: Session) -> WebhookEvent | None:
    """The event that is due for longest, which nobody else takes now; None if none is due."""
    moment = now()
    oldest = (
        select(WebhookEvent.id)
        .where(WebhookEvent.due_at <= moment)
        .order_by(WebhookEvent.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)  # no lock on SQLite, where one writes at a time
    )
    taken = (
        update(WebhookEvent)
        .where(WebhookEvent.id == oldest.scalar_subquery(), WebhookEvent.due_at <= moment)
        .values(attempts=WebhookEvent.attempts + 1, due_at=_next_try(moment))
        .returning(WebhookEvent)
    )
    event = session.scalars(taken, execution_options={"populate_existing": True}).one_or_none()
    session.commit()
    return event


def replay(session: Session, event_id: str) -> WebhookEvent:
    """Have an event handled again, with all its tries. Raises `EventNotFound`."""
    event = session.get(WebhookEvent, event_id)
    if event is None:
        raise EventNotFound(f"There is no event {event_id}.")
    event.attempts, event.due_at = 0, now()
    event.handled_at = event.ignored = event.last_error = None
    session.commit()
    return event


def latest(session: Session, limit: int) -> Sequence[WebhookEvent]:
    """The newest events; before them, the newest of those that are not handled."""
    open_first = WebhookEvent.handled_at.is_not(None), WebhookEvent.received_at.desc()
    return session.scalars(select(WebhookEvent).order_by(*open_first).limit(limit)).all()


def state(session: Session) -> State:
    """Count what is not handled."""
    waits, oldest = WebhookEvent.due_at.is_not(None), func.min(WebhookEvent.received_at)
    query = select(func.count(), func.count(WebhookEvent.due_at), oldest.filter(waits))
    unhandled, waiting, came = session.execute(query.where(WebhookEvent.handled_at.is_(None))).one()
    return State(waiting, unhandled - waiting, came)


def _try(session: Session, event: WebhookEvent) -> None:
    changes: dict[str, object] = {"last_error": None, "due_at": None}
    try:
        handle(event)
        changes["handled_at"] = now()
    except Ignored as reason:
        changes |= {"handled_at": now(), "ignored": str(reason)[:LONGEST_REASON]}
    except Postponed as reason:
        changes = {"last_error": str(reason)[:LONGEST_REASON]}
    except Exception as error:  # whatever it is, the event is kept, and somebody is told
        then = "next try later" if event.due_at else "given up"
        current_app.logger.exception(
            "%s (%s) failed, try %s: %s", event.id, event.type, event.attempts, then
        )
        # An answer that the SDK cannot read is in its error, with all that it says of a customer.
        changes = {"last_error": redact(f"{type(error).__name__}: {error}")[:LONGEST_REASON]}
    session.rollback()
    # Another worker may have handled it meanwhile: then that stands.
    outcome = update(WebhookEvent).where(
        WebhookEvent.id == event.id, WebhookEvent.handled_at.is_(None)
    )
    session.execute(outcome.values(changes), execution_options={"synchronize_session": False})
    session.commit()


def _next_try(moment: datetime) -> ColumnElement[datetime | None]:
    """When an event is due again that is taken now; never after the last try."""
    times = [literal(moment + wait, UtcDateTime()) for wait in RETRIES]
    return case(dict(enumerate(times)), value=WebhookEvent.attempts, else_=None)
