"""Staff, with their second step to sign in; shipment, refunds, disputes, and the audit trail."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column(
        "customers", sa.Column("role", sa.String(20), nullable=False, server_default="customer")
    )
    op.add_column("customers", sa.Column("totp_secret", sa.String(64)))
    op.add_column("customers", sa.Column("totp_last_step", sa.Integer))
    op.add_column("orders", sa.Column("shipped_at", sa.DateTime(timezone=True)))
    op.create_index("ix_orders_created_at_id", "orders", ["created_at", "id"])
    op.create_index("ix_orders_email", "orders", ["email"])
    op.create_table(
        "refunds",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("order_id", sa.String(32), nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("request_key", sa.String(64)),
        sa.Column("staff_id", sa.Integer),
        sa.Column("stripe_id", sa.String(255)),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_refunds_order_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["customers.id"], name="fk_refunds_staff_id"),
        sa.PrimaryKeyConstraint("id", name="pk_refunds"),
        sa.UniqueConstraint("request_key", name="uq_refunds_request_key"),
        sa.UniqueConstraint("stripe_id", name="uq_refunds_stripe_id"),
    )
    op.create_index("ix_refunds_order_id", "refunds", ["order_id"])
    op.create_table(
        "disputes",
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("order_id", sa.String(32), nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("reason", sa.String(50), nullable=False),
        sa.Column("status", sa.String(30), nullable=False),
        sa.Column("due_by", sa.DateTime(timezone=True)),
        sa.Column("evidence_sent_at", sa.DateTime(timezone=True)),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_disputes_order_id"),
        sa.PrimaryKeyConstraint("id", name="pk_disputes"),
    )
    op.create_index("ix_disputes_order_id", "disputes", ["order_id"])
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Integer),
        sa.Column("order_id", sa.String(32)),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_audit_entries_order_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["customers.id"], name="fk_audit_entries_staff_id"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
    )
    op.create_index("ix_audit_entries_order_id", "audit_entries", ["order_id"])
