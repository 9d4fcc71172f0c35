"""The first schema. Versions only go forward; a copy of the database is the way back."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from orderwire.store.columns import Exact, Facts, Instant, Words

revision = "0001"
down_revision = None

_SERIAL: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table("blobs", *_blobs())
    op.create_table("documents", *_documents())
    op.create_table("steps", *_steps())
    op.create_table(
        "claims",
        _words("key"),
        _words("sha256"),
        _words("document_id"),
        _column("created_at", Instant()),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_claims")),
    )
    op.create_table(
        "counters",
        _words("name"),
        _column("value", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "inbox",
        _words("consumer"),
        _words("event_id"),
        _column("at", Instant()),
        sa.PrimaryKeyConstraint("consumer", "event_id", name=op.f("pk_inbox")),
    )
    op.create_table("outbox", *_outbox())
    op.create_table("orders", *_orders())
    op.create_table("stock_items", *_stock_items())
    op.create_table("holds", *_holds())
    op.create_table("parked", *_parked())
    op.create_table("audit", *_audit())
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.schema.CreateSequence(sa.Sequence("draws")))


def _column(name: str, kind: Any, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, kind, nullable=nullable)


def _words(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, Words(), nullable=nullable)


def _partial(name: str, column: str, where: str) -> sa.Index:
    return sa.Index(name, column, postgresql_where=sa.text(where), sqlite_where=sa.text(where))


def _blobs() -> list[sa.schema.SchemaItem]:
    return [
        _column("sha256", sa.String(64)),
        _column("content", sa.LargeBinary()),
        _column("packed", sa.Boolean()),
        _column("size", sa.BigInteger()),
        _column("created_at", Instant()),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blobs")),
    ]


def _documents() -> list[sa.schema.SchemaItem]:
    return [
        _words("id"),
        _words("direction"),
        _words("channel"),
        _words("kind"),
        _column("state", sa.String(16)),
        _words("correlation_id"),
        _column("received_at", Instant()),
        _words("parent_id", nullable=True),
        _words("replay_of", nullable=True),
        _column("epoch", sa.Integer()),
        _words("partner", nullable=True),
        _words("sender", nullable=True),
        _words("control_ref", nullable=True),
        _words("message_ref", nullable=True),
        _column("message_no", sa.Integer(), nullable=True),
        _words("order_no", nullable=True),
        _words("erp_no", nullable=True),
        _words("sha256", nullable=True),
        _words("name", nullable=True),
        _column("test", sa.Boolean()),
        _words("code", nullable=True),
        _words("reason", nullable=True),
        _column("attempts", sa.Integer()),
        _column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.Index("ix_documents_received_at", "received_at", "id"),
        sa.Index("ix_documents_state", "state", "received_at"),
        sa.Index("ix_documents_partner", "partner", "received_at"),
        sa.Index("ix_documents_correlation_id", "correlation_id"),
        sa.Index("ix_documents_parent_id", "parent_id"),
        sa.Index("ix_documents_order_no", "order_no", postgresql_using="hash"),
        sa.Index("ix_documents_erp_no", "erp_no", postgresql_using="hash"),
        sa.Index("ix_documents_control_ref", "control_ref", postgresql_using="hash"),
    ]


def _steps() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("seq", _SERIAL, autoincrement=True, nullable=False),
        _words("document_id"),
        _column("at", Instant()),
        _words("name"),
        _words("event_id", nullable=True),
        _column("detail", Facts(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_steps")),
        sa.Index("ix_steps_document_id", "document_id"),
    ]


def _outbox() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("seq", _SERIAL, autoincrement=True, nullable=False),
        _words("event_id"),
        _words("cause", nullable=True),
        _column("time", Instant()),
        _words("event"),
        _column("sent_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_outbox_event_id")),
        _partial("ix_outbox_unsent", "seq", "sent_at IS NULL"),
        _partial("ix_outbox_unsent_cause", "cause", "sent_at IS NULL"),
    ]


def _orders() -> list[sa.schema.SchemaItem]:
    return [
        _words("id"),
        _words("partner"),
        _words("order_no"),
        _words("content_hash"),
        _words("document_id"),
        _column("state", sa.String(16)),
        _words("order"),
        _column("created_at", Instant()),
        _column("revision", sa.Integer()),
        _words("draft", nullable=True),
        _words("erp_no", nullable=True),
        _words("response", nullable=True),
        _words("outcome", nullable=True),
        _column("fence", sa.BigInteger()),
        _words("lease_owner", nullable=True),
        _column("lease_until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("partner", "order_no", name=op.f("uq_orders_partner_order_no")),
        sa.Index("ix_orders_order_no", "order_no"),
        sa.Index("ix_orders_erp_no", "erp_no"),
        sa.Index("ix_orders_created_at", "created_at"),
        sa.Index("ix_orders_state", "state", "created_at"),
    ]


def _stock_items() -> list[sa.schema.SchemaItem]:
    return [
        _words("item_no"),
        _words("location"),
        _words("variant"),
        _words("lease_owner", nullable=True),
        _column("lease_until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("item_no", "location", "variant", name=op.f("pk_stock_items")),
    ]


def _holds() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        _words("order_id"),
        _words("line_no"),
        _words("item_no"),
        _words("location"),
        _words("variant"),
        _column("quantity", Exact()),
        _column("backordered", Exact(), nullable=True),
        _column("state", sa.String(16)),
        _column("confirmed_sequence", sa.BigInteger(), nullable=True),
        _column("backordered_sequence", sa.BigInteger(), nullable=True),
        _column("created_at", Instant()),
        _column("ended_at", Instant(), nullable=True),
        _words("reason", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_holds_order_id")),
        sa.CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name=op.f("ck_holds_pending_is_open")),
        sa.Index("ix_holds_order_id", "order_id"),
        _partial("ix_holds_pending", "item_no", "ended_at IS NULL"),
        sa.Index("ix_holds_confirmed_sequence", "confirmed_sequence"),
        _partial("ix_holds_backordered", "item_no", "backordered_sequence IS NOT NULL"),
    ]


def _parked() -> list[sa.schema.SchemaItem]:
    return [
        _words("id"),
        _words("document_id", nullable=True),
        _words("order_no", nullable=True),
        _words("partner", nullable=True),
        _words("flow"),
        _words("code"),
        _words("reason"),
        _column("facts", Facts()),
        _words("fingerprint"),
        _column("body", sa.LargeBinary()),
        _column("attempts", sa.Integer()),
        _column("first_at", Instant()),
        _column("last_at", Instant()),
        _words("state"),
        _words("note", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked")),
        sa.Index("ix_parked_last_at", "last_at", "id"),
        sa.Index("ix_parked_state", "state", "last_at"),
        sa.Index("ix_parked_code", "code"),
        sa.Index("ix_parked_order_no", "order_no", postgresql_using="hash"),
        sa.Index("ix_parked_partner", "partner", postgresql_using="hash"),
    ]


def _audit() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        _column("at", Instant()),
        _words("who"),
        _words("what"),
        _words("subject"),
        _words("why"),
        _column("previous", sa.String(64)),
        _column("digest", sa.String(64)),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    ]
