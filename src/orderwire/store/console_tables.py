"""Tables of the operations console: searches, workers, notes on failures, runs of replays."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    String,
    Table,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from orderwire.ports.replay import ItemState, RunState
from orderwire.store.columns import Choice, Facts, Instant, Serial, Sizes, Words
from orderwire.store.tables import metadata

#: Documents whose words are known. On SQLite the words themselves stand in the full-text table `text_index`.
texts: Final = Table(
    "texts",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("document_id", Words, nullable=False, unique=True),
    Column("words", TSVECTOR().with_variant(String(1), "sqlite")),
    Index("ix_texts_words", "words", postgresql_using="gin", sqlite_where=text("words IS NOT NULL")),
)
#: Words without their places: `detail=none` is a third of the size, and nobody asks for phrases.
TEXT_INDEX: Final = (
    "CREATE VIRTUAL TABLE text_index USING fts5(words, detail=none, tokenize='unicode61 remove_diacritics 0')"
)


@event.listens_for(texts, "after_create")
def _make_index(_table: Table, connection: Connection, **_more: object) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(TEXT_INDEX)


@event.listens_for(texts, "before_drop")
def _drop_index(_table: Table, connection: Connection, **_more: object) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TABLE text_index")


workers: Final = Table(
    "workers",
    metadata,
    Column("id", Words, primary_key=True),
    Column("host", Words, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", Words, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("paused", Facts, nullable=False),
)

flow_pieces: Final = Table(
    "flow_pieces",
    metadata,
    Column("start", Instant, primary_key=True),
    Column("flow", Words, primary_key=True),
    Column("worker", Words, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("worst_seconds", Float, nullable=False),
)

group_notes: Final = Table(
    "group_notes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("assignee", Words),
    Column("note", Words),
    Column("by", Words, nullable=False),
    Column("at", Instant, nullable=False),
)

saved_searches: Final = Table(
    "saved_searches",
    metadata,
    Column("user", Words, primary_key=True),
    Column("name", Words, primary_key=True),
    Column("query", Words, nullable=False),
)

runs: Final = Table(
    "runs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("who", Words, nullable=False),
    Column("why", Words, nullable=False),
    Column("wanted", Facts, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("state", Choice(RunState), nullable=False),
    Column("total", Integer, nullable=False),
    Column("rate", Float, nullable=False),
    Column("ramp", Sizes, nullable=False),
    Column("stop_on", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("step_until", Integer, nullable=False),
    Column("next_at", Instant),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("note", Words),
    Column("fence", BigInteger, nullable=False, server_default=text("0")),
    Column("lease_owner", Words),
    Column("lease_until", Instant),
    Index("ix_runs_created_at", "created_at"),
)

run_items: Final = Table(
    "run_items",
    metadata,
    Column("run_id", String(36), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("parked_id", Words, nullable=False),
    Column("state", Choice(ItemState), nullable=False),
    Column("document_id", Words),
    Column("event_id", Words),
    Column("sent_at", Instant),
    Column("ended_at", Instant),
    Column("detail", Words),
    Column("trial", Facts),
    Column("trial_result", String(16)),
    Index("ix_run_items_state", "run_id", "state", "position"),
    Index("ix_run_items_trial_result", "run_id", "trial_result", "position"),
    Index(
        "ix_run_items_sent",
        "state",
        "run_id",
        sqlite_where=text("state = 'sent'"),
        postgresql_where=text("state = 'sent'"),
    ),
)
