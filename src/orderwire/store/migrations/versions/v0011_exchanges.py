"""What went to NAV and came back, as long as its own days."""

import sqlalchemy as sa
from alembic import op

from orderwire.store.columns import Instant, Words

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "exchanges",
        sa.Column("document_id", Words(), nullable=False),
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("service", Words(), nullable=False),
        sa.Column("operation", Words(), nullable=False),
        sa.Column("outcome", Words(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("problem", Words(), nullable=True),
        sa.Column("request_bytes", sa.Integer(), nullable=False),
        sa.Column("answer_bytes", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "id", name=op.f("pk_exchanges")),
    )
    op.create_index("ix_exchanges_at", "exchanges", ["at"])
