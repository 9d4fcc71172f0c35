"""Users of the console, their sessions and tokens, and failed logins."""

import sqlalchemy as sa
from alembic import op

from orderwire.store.columns import Instant, Names, Words

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("name", Words(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password_hash", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("partners", Names(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_users")),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("user", Words(), nullable=False),
        sa.Column("csrf", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("address", Words(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
        sa.Index("ix_sessions_user", "user"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", Words(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("user", Words(), nullable=False),
        sa.Column("label", Words(), nullable=False),
        sa.Column("scopes", Names(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
        sa.Index("ix_tokens_user", "user"),
    )
    op.create_table(
        "login_tries",
        sa.Column("key", Words(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_tries")),
    )
