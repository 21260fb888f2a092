"""The audit trail grows, tells what happened and nothing else, and keeps what it has told."""

import pytest
from sqlalchemy import delete, select, update

from sample_app import audit
from sample_app.after_sales import AuditEntry


@pytest.fixture
def entry(session, order):
    audit.note(session, "shipped", order, detail="by hand")
    session.commit()
    return session.scalar(select(AuditEntry))


def kept(session):
    session.rollback()
    session.expire_all()
    return [(entry.action, entry.detail) for entry in session.scalars(select(AuditEntry))]


def test_an_entry_is_not_changed(session, entry):
    entry.detail = "by nobody"
    with pytest.raises(audit.AuditTrailIsFinal):
        session.commit()
    assert kept(session) == [("shipped", "by hand")]


def test_an_entry_is_not_taken_out(session, entry):
    session.delete(entry)
    with pytest.raises(audit.AuditTrailIsFinal):
        session.commit()
    assert kept(session) == [("shipped", "by hand")]


@pytest.mark.parametrize("statement", [update(AuditEntry).values(detail="-"), delete(AuditEntry)])
def test_entries_are_not_changed_many_at_once(session, entry, statement):
    with pytest.raises(audit.AuditTrailIsFinal):
        session.execute(statement)
    assert kept(session) == [("shipped", "by hand")]


def test_what_did_not_happen_is_not_told(session, order):
    audit.note(session, "shipped", order)
    session.rollback()
    assert kept(session) == []


def test_the_trail_of_an_order_is_in_the_order_of_what_happened(session, order):
    for action in ["refund asked for", "refund succeeded", "shipped"]:
        audit.note(session, action, order)
    audit.note(session, "role revoked", None)
    session.commit()
    told = [entry.action for entry in audit.trail(session, order)]
    assert told == ["refund asked for", "refund succeeded", "shipped"]
