"""Tables of alerts and of the notices that tell of them."""

from typing import Final

from sqlalchemy import Column, Index, Integer, String, Table

from orderwire.config.alerts import AlertKind
from orderwire.ports.alerts import NoticeState
from orderwire.store.columns import Choice, Facts, Instant, Words
from orderwire.store.tables import metadata

alerts: Final = Table(
    "alerts",
    metadata,
    Column("cause", Words, primary_key=True),
    Column("kind", Choice(AlertKind), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("partner", Words),
    Column("episode", Integer, nullable=False),
    Column("count", Integer),
    Column("facts", Facts, nullable=False),
    Column("since", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("told_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("quiet_by", Words),
)
notices: Final = Table(
    "notices",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("receiver", Words, nullable=False),
    Column("body", Facts, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", Choice(NoticeState), nullable=False),
    Column("sent_at", Instant),
    Column("problem", Words),
    Index("ix_notices_due", "state", "due_at"),
    Index("ix_notices_created_at", "created_at"),
)
