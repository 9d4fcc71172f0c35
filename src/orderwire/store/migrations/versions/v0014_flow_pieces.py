"""What each flow of each worker was done with, by pieces of time."""

import sqlalchemy as sa
from alembic import op

from orderwire.store.columns import Instant, Words

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "flow_pieces",
        sa.Column("start", Instant(), nullable=False),
        sa.Column("flow", Words(), nullable=False),
        sa.Column("worker", Words(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("worst_seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("start", "flow", "worker", name=op.f("pk_flow_pieces")),
    )
