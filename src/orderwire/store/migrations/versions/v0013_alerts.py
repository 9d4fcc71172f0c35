"""Alerts, and the notices that tell of them."""

import sqlalchemy as sa
from alembic import op

from orderwire.store.columns import Facts, Instant, Words

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("cause", Words(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("partner", Words()),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer()),
        sa.Column("facts", Facts(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant()),
        sa.Column("quiet_by", Words()),
        sa.PrimaryKeyConstraint("cause", name=op.f("pk_alerts")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("receiver", Words(), nullable=False),
        sa.Column("body", Facts(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("sent_at", Instant()),
        sa.Column("problem", Words()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index("ix_notices_due", "notices", ["state", "due_at"])
    op.create_index("ix_notices_created_at", "notices", ["created_at"])
