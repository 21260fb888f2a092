"""Disputes: a customer's bank asks for the money back, and the shop answers, once and in time.

Stripe tells of a dispute by webhooks, in any order. `record` keeps what it is now, under the
order's lock. Nothing of its order leaves the shop while the money may be lost.

https://docs.stripe.com/disputes/how-disputes-work
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import stripe
from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from sample_app import audit
from sample_app.after_sales import Dispute
from sample_app.ledger import PAGE_SIZE, made
from sample_app.models import Customer, Order, new_idempotency_key, now
from sample_app.orders import lock

# How far it has come, until it is decided. Statuses that start with "warning" are an inquiry: the
# bank asks, and has taken no money yet.
COURSE = ("warning_needs_response", "warning_under_review", "needs_response", "under_review")
ANSWERABLE = {"warning_needs_response", "needs_response"}
# In these the shop has its money, and nobody asks for it any more.
SETTLED = {"won", "warning_closed"}
OVER = {*SETTLED, "lost", "prevented"}

# What a shop of goods can say in words. Stripe takes files too, and much that is about services:
# https://docs.stripe.com/api/disputes/update
EVIDENCE = (
    "product_description",
    "shipping_carrier",
    "shipping_tracking_number",
    "shipping_date",
    "uncategorized_text",
)


class NotAnswerable(Exception):
    """The bank takes no evidence: it has some already, or it has decided. Says which."""

    def __init__(self, dispute: Dispute) -> None:
        due = (
            f" Evidence was due by {dispute.due_by:%d %B %Y, %H:%M} UTC." if dispute.due_by else ""
        )
        reason = "it is over" if dispute.status in OVER else "the bank has your answer"
        super().__init__(f"This dispute cannot be answered: {reason} ({dispute.status}).{due}")


def record(session: Session, order: Order, stripe_dispute: stripe.Dispute) -> Dispute:
    """Keep what Stripe says of a dispute about this order, and commit; any number of times.

    Two may have asked Stripe, and the slower one come with the older answer: that is dropped.
    """
    lock(session, order)
    dispute = session.get(Dispute, stripe_dispute.id, populate_existing=True)
    if dispute is None or _progress(stripe_dispute.status) >= _progress(dispute.status):
        dispute = _keep(session, order, dispute, stripe_dispute)
    session.commit()
    return dispute


def needing_response(client: stripe.StripeClient, since: datetime | None) -> list[stripe.Dispute]:
    """Return, each with its charge, those made `since` then that Stripe waits for an answer to.

    Raises `stripe.StripeError`.
    """
    params: Any = {"limit": PAGE_SIZE, "expand": ["data.charge"], **made(since)}
    told = client.v1.disputes.list(params).auto_paging_iter()
    return [dispute for dispute in told if dispute.status in ANSWERABLE]


def blocks_shipment(order: Order) -> bool:
    """Whether its money is lost, or may be; as the database says now: lock the order first."""
    session = object_session(order)
    if session is None:
        raise ValueError(f"{order.id} belongs to no session")
    statuses = session.scalars(select(Dispute.status).where(Dispute.order_id == order.id))
    return not SETTLED.issuperset(statuses)


def answer(
    session: Session,
    client: stripe.StripeClient,
    dispute: Dispute,
    evidence: Mapping[str, str],
    *,
    staff: Customer,
    submit: bool,
) -> Dispute:
    """Keep this evidence at Stripe; with `submit`, send all to the bank, which takes it once only.

    Raises `NotAnswerable`, or the `stripe.StripeError` that kept the shop from knowing: then
    answer again, with the same evidence or with other.
    """
    key, order = dispute.idempotency_key, dispute.order
    action = "evidence submitted" if submit else "evidence saved"
    wish: Any = {"submit": submit, **({"evidence": dict(evidence)} if evidence else {})}
    _require_answerable(session, client, dispute)
    try:
        told = client.v1.disputes.update(dispute.id, wish, {"idempotency_key": key})
    except stripe.StripeError as error:
        # It may be with the bank all the same: who sent it is on record.
        audit.note(session, f"{action}, unconfirmed", order, staff, detail=dispute.id)
        session.commit()
        if error.http_status is not None:
            _end_attempt(session, dispute, key)
        if isinstance(error, stripe.InvalidRequestError | stripe.IdempotencyError):
            # Somebody else answered a moment ago, or the bank decided.
            _require_answerable(session, client, dispute)
        raise
    _end_attempt(session, dispute, key)
    audit.note(session, action, order, staff, detail=dispute.id)
    return record(session, order, told)


def _keep(session: Session, order: Order, dispute: Dispute | None, told: stripe.Dispute) -> Dispute:
    details = told.evidence_details
    if dispute is None:
        dispute = Dispute(id=told.id, order_id=order.id, opened_at=_moment(told.created), status="")
        session.add(dispute)
    if dispute.status != told.status:
        audit.note(session, f"dispute {told.status}", order, detail=told.id)
    dispute.status = told.status
    dispute.amount, dispute.currency, dispute.reason = told.amount, told.currency, told.reason
    dispute.due_by = _moment(details.due_by) if details.due_by else None
    if details.submission_count and dispute.evidence_sent_at is None:
        dispute.evidence_sent_at = now()
    return dispute


def _require_answerable(session: Session, client: stripe.StripeClient, dispute: Dispute) -> None:
    """Whether the time is over, Stripe's clock says, not ours. Raises `NotAnswerable`."""
    session.commit()  # no transaction stays open while Stripe is asked
    record(session, dispute.order, client.v1.disputes.retrieve(dispute.id))
    if dispute.status not in ANSWERABLE:
        raise NotAnswerable(dispute)


def _end_attempt(session: Session, dispute: Dispute, key: str) -> None:
    """Stripe answered, and repeats that answer for this key: the next attempt needs a new one."""
    lock(session, dispute.order)
    session.refresh(dispute)
    if dispute.idempotency_key == key:
        dispute.idempotency_key = new_idempotency_key()
    session.commit()


def _progress(status: str) -> int:
    """What is not in `COURSE` is decided, and comes after all of it."""
    return COURSE.index(status) if status in COURSE else len(COURSE)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
