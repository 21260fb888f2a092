"""What the shop keeps of what comes after a sale: refunds, disputes, and who did what.

    Order 1 --- * Refund
    Order 1 --- * Dispute
    Order 1 --- * AuditEntry

Money is in minor units (cents).
"""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, func, select
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from sample_app.models import Base, Customer, Order, UtcDateTime, new_idempotency_key, now

# Refunds of which nothing arrives: the money stays with the shop, or came back to it.
NOT_GIVEN = ("canceled", "failed")


def new_refund_id() -> str:
    return str(uuid.uuid4())


class Refund(Base):
    """Money that goes back to a customer: kept before Stripe is asked, so that none goes twice."""

    __tablename__ = "refunds"
    __table_args__ = (CheckConstraint("amount > 0", name="amount_positive"),)

    # Also its idempotency key at Stripe, and in the metadata of Stripe's refund.
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_refund_id)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)
    amount: Mapped[int]
    reason: Mapped[str] = mapped_column(String(500), default="")
    # The form that asked for it: sent twice, it is one refund.
    request_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    # Who asked; None if somebody did it in Stripe's dashboard.
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    # None until Stripe answered.
    stripe_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    # Stripe's word for it: pending, requires_action, succeeded, failed or canceled.
    status: Mapped[str] = mapped_column(String(20), default="pending")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    order: Mapped[Order] = relationship(back_populates="refunds")
    staff: Mapped[Customer | None] = relationship()

    @property
    def is_given(self) -> bool:
        """Whether its money went back, or is on its way."""
        return self.status not in NOT_GIVEN


class Dispute(Base):
    """A customer's bank asks for the money back, as far as the shop last heard of it."""

    __tablename__ = "disputes"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)  # Stripe's
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(50))
    # Stripe's word for it: https://docs.stripe.com/api/disputes/object#dispute_object-status
    status: Mapped[str] = mapped_column(String(30))
    # Until when evidence is taken; None where none is.
    due_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    evidence_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The current attempt to answer it, at Stripe.
    idempotency_key: Mapped[str] = mapped_column(String(36), default=new_idempotency_key)

    order: Mapped[Order] = relationship(back_populates="disputes")


class AuditEntry(Base):
    """Who did what to an order, and when. Rows are added, and never changed."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    # None: the shop itself, because of something that Stripe told it.
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    order_id: Mapped[str | None] = mapped_column(ForeignKey("orders.id"), index=True)
    action: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(Text, default="")

    staff: Mapped[Customer | None] = relationship()


class Reconciliation(Base):
    """How far a reconciliation has come that has not ended; see `reconciliation.py`."""

    __tablename__ = "reconciliations"

    id: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    # Which of Stripe's lists it is in, and the last id of the last page that it is done with.
    list: Mapped[str] = mapped_column(String(40))
    after: Mapped[str | None] = mapped_column(String(255))


# Asked of the database with each order, so that a list of orders needs no query for each.
Order.amount_refunded = column_property(
    select(func.coalesce(func.sum(Refund.amount), 0))
    .where(Refund.order_id == Order.id, Refund.status.not_in(NOT_GIVEN))
    .correlate_except(Refund)
    .scalar_subquery()
)
