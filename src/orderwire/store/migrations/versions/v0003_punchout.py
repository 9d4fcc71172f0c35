"""Punch-out sessions, their carts, and what order lines find the carts by."""

import sqlalchemy as sa
from alembic import op

from orderwire.store.columns import Instant, Words

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "punchout_sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("partner", Words(), nullable=False),
        sa.Column("shop", Words(), nullable=False),
        sa.Column("syntax", Words(), nullable=False),
        sa.Column("setup", Words(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("token_sha256", sa.String(64)),
        sa.Column("token_until", Instant()),
        sa.Column("document_id", Words(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("entered_at", Instant()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_punchout_sessions")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_punchout_sessions_token_sha256")),
        sa.Index("ix_punchout_sessions_opened_at", "opened_at"),
    )
    op.create_table(
        "carts",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("partner", Words(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("cart", Words()),
        sa.Column("findings", Words(), nullable=False),
        sa.Column("posted_at", Instant(), nullable=False),
        sa.Column("document_id", Words()),
        sa.Column("returned_at", Instant()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carts")),
        sa.UniqueConstraint("session_id", name=op.f("uq_carts_session_id")),
        sa.ForeignKeyConstraint(["session_id"], ["punchout_sessions.id"], name=op.f("fk_carts_session_id")),
        sa.Index("ix_carts_returned_at", "partner", "returned_at"),
    )
    op.create_table(
        "cart_lines",
        sa.Column("cart_id", sa.String(64), nullable=False),
        sa.Column("line_no", sa.String(20), nullable=False),
        sa.Column("auxiliary_id", Words(), nullable=False),
        sa.PrimaryKeyConstraint("cart_id", "line_no", name=op.f("pk_cart_lines")),
        sa.ForeignKeyConstraint(["cart_id"], ["carts.id"], name=op.f("fk_cart_lines_cart_id")),
        sa.Index("ix_cart_lines_auxiliary_id", "auxiliary_id", postgresql_using="hash"),
    )
