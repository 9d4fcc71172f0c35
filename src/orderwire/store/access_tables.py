"""Tables of who may use the console."""

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, String, Table

from orderwire.ports.access import Role
from orderwire.store.columns import Choice, Instant, Names, Words
from orderwire.store.tables import metadata

users: Final = Table(
    "users",
    metadata,
    Column("name", Words, primary_key=True),
    Column("role", Choice(Role), nullable=False),
    Column("password_hash", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("partners", Names, nullable=False),
    Column("disabled", Boolean, nullable=False),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user", Words, nullable=False),
    Column("csrf", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("address", Words, nullable=False),
    Index("ix_sessions_user", "user"),
)

tokens: Final = Table(
    "tokens",
    metadata,
    Column("id", Words, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("user", Words, nullable=False),
    Column("label", Words, nullable=False),
    Column("scopes", Names, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Index("ix_tokens_user", "user"),
)

login_tries: Final = Table(
    "login_tries",
    metadata,
    Column("key", Words, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
)
