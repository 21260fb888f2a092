"""How far a reconciliation has come; the key of an attempt to answer a dispute."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "disputes",
        sa.Column("idempotency_key", sa.String(36), nullable=False, server_default=""),
    )
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("list", sa.String(40), nullable=False),
        sa.Column("after", sa.String(255)),
        sa.PrimaryKeyConstraint("id", name="pk_reconciliations"),
    )
