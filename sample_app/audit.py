"""The audit trail: who did what, and when, to an order or to the powers of staff.

It grows, and nothing in it changes. An entry is written in the transaction of what it tells: there
is none for what did not happen. The database's own user can change any row; against that, keep a
copy elsewhere.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import ORMExecuteState, Session, joinedload

from sample_app.after_sales import AuditEntry
from sample_app.models import Customer, Order


class AuditTrailIsFinal(Exception):
    """Somebody tried to change an entry, or to take it out."""


def note(
    session: Session,
    action: str,
    order: Order | None,
    staff: Customer | None = None,
    detail: str = "",
) -> None:
    """Add an entry to the current transaction. No `staff`: the shop did it by itself."""
    entry = AuditEntry(
        action=action,
        order_id=order.id if order else None,
        staff_id=staff.id if staff else None,
        detail=detail,
    )
    session.add(entry)


def trail(session: Session, order: Order | None) -> Sequence[AuditEntry]:
    """What was done to an order, oldest first; of None, to no order: roles and phones."""
    order_id = order.id if order else None
    entries = select(AuditEntry).where(AuditEntry.order_id == order_id).order_by(AuditEntry.id)
    return session.scalars(entries.options(joinedload(AuditEntry.staff))).all()


@event.listens_for(AuditEntry, "before_update")
@event.listens_for(AuditEntry, "before_delete")
def _refuse(_mapper: object, _connection: object, entry: AuditEntry) -> None:
    raise AuditTrailIsFinal(f"Entry {entry.id} stays as it is.")


@event.listens_for(Session, "do_orm_execute")
def _refuse_in_bulk(state: ORMExecuteState) -> None:
    mapper: Any = state.bind_mapper
    if (state.is_update or state.is_delete) and mapper and mapper.class_ is AuditEntry:
        raise AuditTrailIsFinal("The entries stay as they are.")
