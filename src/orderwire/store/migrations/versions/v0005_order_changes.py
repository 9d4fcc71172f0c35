"""Requests to change or cancel orders."""

import sqlalchemy as sa
from alembic import op

from orderwire.store.columns import Instant, Words

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "order_changes",
        sa.Column("id", Words(), nullable=False),
        sa.Column("order_id", Words(), nullable=False),
        sa.Column("document_id", Words(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("request", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("draft", Words()),
        sa.Column("response", Words()),
        sa.Column("outcome", Words()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_changes")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_changes_order_id")),
        sa.Index("ix_order_changes_order_id", "order_id", "created_at"),
        sa.Index("ix_order_changes_document_id", "document_id"),
    )
