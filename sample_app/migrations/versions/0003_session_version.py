"""A version of each customer's sessions: who signs out ends them all, copied cookies included."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column(
        "customers",
        sa.Column("session_version", sa.Integer, nullable=False, server_default=sa.text("0")),
    )
