"""The ledger of acknowledgements owed and awaited."""

import sqlalchemy as sa
from alembic import op

from orderwire.store.columns import Instant, Words

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", Words(), nullable=False),
        sa.Column("document_id", Words(), nullable=False),
        sa.Column("partner", Words(), nullable=False),
        sa.Column("side", sa.String(16), nullable=False),
        sa.Column("kind", Words(), nullable=False),
        sa.Column("ref", Words(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("due_at", Instant()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("order_no", Words()),
        sa.Column("late_at", Instant()),
        sa.Column("met_at", Instant()),
        sa.Column("met_by", Words()),
        sa.Column("outcome", Words()),
        sa.Column("proof", Words()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        sa.Index("ix_ledger_partner", "partner", "due_at"),
        sa.Index("ix_ledger_ref", "ref", postgresql_using="hash"),
    )
    is_open = sa.text("state = 'open'")
    op.create_index("ix_ledger_open", "ledger", ["due_at"], postgresql_where=is_open, sqlite_where=is_open)
    op.create_index("ix_ledger_state", "ledger", ["state", "due_at"])
