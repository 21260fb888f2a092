"""What the shop sells, who buys, and what was ordered.

    Customer 1 --- * Order 1 --- * OrderItem * --- 1 Item

`OrderItem` is an association object: the row between an order and an item has columns of its own,
the quantity and the unit price at the time of the order. Money is in minor units (cents).

`WebhookEvent` stands alone: the inbox of what Stripe told the shop; see `inbox.py`.
What comes after a sale is in `after_sales.py`.
"""

import enum
import secrets
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask_login import UserMixin
from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, validates
from sqlalchemy.types import TypeDecorator

from sample_app.order_status import OrderStatus, check_transition
from sample_app.roles import PERMISSIONS, Permission, Role

if TYPE_CHECKING:
    from sample_app.after_sales import Dispute, Refund

MAX_ID = 2**31 - 1  # an INTEGER of PostgreSQL
MAX_QUANTITY = 100
LONGEST_REASON = 500  # characters
FULL_SHELF = 1000  # pieces of an item that nobody has counted


def new_order_id() -> str:
    """An id that nobody guesses (128 random bits): whoever holds a guest's order id may read it."""
    return f"ord_{secrets.token_urlsafe(16)}"


def new_idempotency_key() -> str:
    """A name for one attempt to pay; see `payments.py`."""
    return str(uuid.uuid4())


def now() -> datetime:
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, on SQLite too, which keeps no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _values(kind: type[enum.StrEnum], **options: Any) -> Enum:
    """A column of this enum's values, as text: a new one needs no new type in the database."""
    return Enum(
        kind,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        length=20,
        **options,
    )


class Base(DeclarativeBase):
    # Every constraint has a name, so that a migration can change it on every database.
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )


class Item(Base):
    """Something the shop sells, at today's price."""

    __tablename__ = "items"
    __table_args__ = (CheckConstraint("price >= 0", name="price_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(String(500), default="")
    price: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3), default="usd")
    # How many are left. Below zero, so many are owed: two bought the last one at one moment.
    stock: Mapped[int] = mapped_column(default=FULL_SHELF)


class Customer(UserMixin, Base):  # type: ignore[misc]  # Flask-Login has no types
    """Somebody with an account. Guests buy without one."""

    __tablename__ = "customers"
    # A session that outlives its customer is nobody's: SQLite, too, gives no id twice.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    # Goes up at each sign-out: a session that names a lower one is over, whoever kept a copy.
    session_version: Mapped[int] = mapped_column(default=0)
    role: Mapped[Role] = mapped_column(_values(Role), default=Role.CUSTOMER)
    # Staff sign in with a code from their phone as well, and with each code once.
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    totp_last_step: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    # Whoever has orders stays: without their customer, they would be open to guests.
    orders: Mapped[list["Order"]] = relationship(back_populates="customer", passive_deletes="all")

    @property
    def is_staff(self) -> bool:
        return bool(PERMISSIONS[Role(self.role)])

    def may(self, permission: Permission) -> bool:
        return permission in PERMISSIONS[Role(self.role)]

    def get_id(self) -> str:
        """What a session says of who is signed in."""
        return f"{self.id}:{self.session_version}"


class Order(Base):
    """What somebody wants to buy, for an amount that the shop computed."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        # One customer's orders, newest first; everybody's, for staff.
        Index(None, "customer_id", "created_at", "id"),
        Index(None, "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_order_id)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    status: Mapped[OrderStatus] = mapped_column(
        _values(OrderStatus, create_constraint=True, name="status_known"),
        default=OrderStatus.PENDING,
    )
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    # The current attempt to pay, at Stripe, and what it made there.
    idempotency_key: Mapped[str] = mapped_column(String(36), default=new_idempotency_key)
    payment_intent_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    # What the client's own Idempotency-Key became: the repeated request finds this order.
    request_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    # The order's page at Stripe, if the customer went there to pay; see `checkout.py`.
    checkout_session_id: Mapped[str | None] = mapped_column(String(255), unique=True, index=True)
    # A guest's address, if it is known; a customer's is in the account.
    email: Mapped[str | None] = mapped_column(String(254), index=True)
    # When the goods left the stock; then, when somebody began to send the e-mail, and had sent it.
    fulfilled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmation_claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmation_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When the parcel was handed over.
    shipped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    customer: Mapped[Customer | None] = relationship(back_populates="orders")
    lines: Mapped[list["OrderItem"]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="OrderItem.item_id"
    )
    # Whatever money moved back stays on record, and so does its order.
    refunds: Mapped[list["Refund"]] = relationship(
        back_populates="order", passive_deletes="all", order_by="Refund.created_at"
    )
    disputes: Mapped[list["Dispute"]] = relationship(
        back_populates="order", passive_deletes="all", order_by="Dispute.opened_at"
    )
    if TYPE_CHECKING:
        # What went back, or is on its way: the sum that `after_sales.py` names.
        amount_refunded: Mapped[int]

    @property
    def description(self) -> str:
        """What a person reads on the receipt: "1x Desk lamp, 3x Chair"."""
        return ", ".join(f"{line.quantity}x {line.item.name}" for line in self.lines)

    @property
    def address(self) -> str | None:
        """Where e-mail about it goes; None if nobody has said."""
        return str(self.customer.email) if self.customer else self.email

    @validates("status")
    def _move(self, _name: str, status: OrderStatus) -> OrderStatus:
        """Every assignment to `status` passes here. Raises `IllegalTransition`."""
        return check_transition(self.status, status)


class OrderItem(Base):
    """So many of one item in one order, at the price of that day."""

    __tablename__ = "order_items"
    __table_args__ = (
        CheckConstraint(f"quantity BETWEEN 1 AND {MAX_QUANTITY}", name="quantity_in_range"),
        CheckConstraint("unit_price >= 0", name="unit_price_not_negative"),
    )

    # An item stands at most once in an order: the pair is the key.
    order_id: Mapped[str] = mapped_column(
        ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True
    )
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True, index=True)
    quantity: Mapped[int]
    unit_price: Mapped[int]

    order: Mapped[Order] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship()

    @property
    def amount(self) -> int:
        return self.quantity * self.unit_price


class WebhookEvent(Base):
    """Something that Stripe told the shop; told twice, it is still one row."""

    __tablename__ = "webhook_events"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    type: Mapped[str] = mapped_column(String(255))
    payload: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When it is tried next; None once it is handled, or given up.
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=now, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    # Why nothing was to be done about it.
    ignored: Mapped[str | None] = mapped_column(String(LONGEST_REASON))
    last_error: Mapped[str | None] = mapped_column(String(LONGEST_REASON))
