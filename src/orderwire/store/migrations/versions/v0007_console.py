"""The operations console: search by text, workers, failures by cause, runs of replays."""

import hashlib

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from orderwire.store.columns import Facts, Instant, Serial, Sizes, Words

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _search()
    _watching()
    _runs()
    _indexes()
    _groups()


def _search() -> None:
    op.create_table(
        "texts",
        sa.Column("seq", Serial, nullable=False, autoincrement=True),
        sa.Column("document_id", Words(), nullable=False),
        sa.Column("words", TSVECTOR().with_variant(sa.String(1), "sqlite")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_texts")),
        sa.UniqueConstraint("document_id", name=op.f("uq_texts_document_id")),
    )
    op.create_index(
        "ix_texts_words", "texts", ["words"], postgresql_using="gin", sqlite_where=sa.text("words IS NOT NULL")
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE text_index USING fts5(words, detail=none, tokenize='unicode61 remove_diacritics 0')"
        )
    op.create_table(
        "saved_searches",
        sa.Column("user", Words(), nullable=False),
        sa.Column("name", Words(), nullable=False),
        sa.Column("query", Words(), nullable=False),
        sa.PrimaryKeyConstraint("user", "name", name=op.f("pk_saved_searches")),
    )


def _watching() -> None:
    op.create_table(
        "workers",
        sa.Column("id", Words(), nullable=False),
        sa.Column("host", Words(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", Words(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("paused", Facts(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_table(
        "group_notes",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("assignee", Words()),
        sa.Column("note", Words()),
        sa.Column("by", Words(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_notes")),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("who", Words(), nullable=False),
        sa.Column("why", Words(), nullable=False),
        sa.Column("wanted", Facts(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.Column("ramp", Sizes(), nullable=False),
        sa.Column("stop_on", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("step_until", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant()),
        sa.Column("started_at", Instant()),
        sa.Column("finished_at", Instant()),
        sa.Column("note", Words()),
        sa.Column("fence", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("lease_owner", Words()),
        sa.Column("lease_until", Instant()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.Index("ix_runs_created_at", "created_at"),
    )
    op.create_table(
        "run_items",
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("parked_id", Words(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("document_id", Words()),
        sa.Column("event_id", Words()),
        sa.Column("sent_at", Instant()),
        sa.Column("ended_at", Instant()),
        sa.Column("detail", Words()),
        sa.Column("trial", Facts()),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_run_items")),
        sa.Index("ix_run_items_state", "run_id", "state", "position"),
    )
    sent = sa.text("state = 'sent'")
    op.create_index("ix_run_items_sent", "run_items", ["state", "run_id"], sqlite_where=sent, postgresql_where=sent)


def _indexes() -> None:
    op.create_index("ix_documents_sender", "documents", ["sender"], postgresql_using="hash")
    op.create_index("ix_documents_replay_of", "documents", ["replay_of"])
    op.create_index("ix_documents_partner_state", "documents", ["partner", "state", "received_at"])
    op.create_index("ix_documents_finished_at", "documents", ["finished_at", "state", "partner"])
    op.create_index("ix_orders_partner_created_at", "orders", ["partner", "created_at"])


def _groups() -> None:
    op.add_column("parked", sa.Column("group_id", sa.String(32)))
    parked = sa.table("parked", sa.column("id"), sa.column("fingerprint"), sa.column("group_id"))
    connection = op.get_bind()
    set_group = parked.update().where(parked.c.fingerprint == sa.bindparam("cause"))
    causes = connection.execute(sa.select(parked.c.fingerprint).distinct()).scalars().all()
    for cause in causes:
        group_id = hashlib.sha256(cause.encode()).hexdigest()[:32]
        connection.execute(set_group, {"cause": cause, "group_id": group_id})
    op.create_index("ix_parked_group", "parked", ["state", "group_id", "last_at"])
    op.create_index("ix_parked_group_id", "parked", ["group_id", "first_at"])
    op.create_index("ix_parked_document_id", "parked", ["document_id"])
