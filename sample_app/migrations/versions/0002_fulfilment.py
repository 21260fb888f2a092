"""Stock, who gets the confirmation, what was fulfilled, and the inbox of webhooks.

Columns are added where the tables are: SQLite would drop and copy a table to change more of it,
and `order_items` goes with its orders. Hence a unique index, and no unique constraint.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "items", sa.Column("stock", sa.Integer, nullable=False, server_default=sa.text("1000"))
    )
    op.add_column("orders", sa.Column("email", sa.String(254)))
    op.add_column("orders", sa.Column("checkout_session_id", sa.String(255)))
    op.add_column("orders", sa.Column("fulfilled_at", sa.DateTime(timezone=True)))
    op.add_column("orders", sa.Column("confirmation_claimed_at", sa.DateTime(timezone=True)))
    op.add_column("orders", sa.Column("confirmation_sent_at", sa.DateTime(timezone=True)))
    op.create_index("ix_orders_checkout_session_id", "orders", ["checkout_session_id"], unique=True)
    op.create_table(
        "webhook_events",
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("type", sa.String(255), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True)),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("ignored", sa.String(500)),
        sa.Column("last_error", sa.String(500)),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_events"),
    )
    op.create_index("ix_webhook_events_due_at", "webhook_events", ["due_at"])
    op.create_index("ix_webhook_events_received_at", "webhook_events", ["received_at"])
