"""The tables of documents, events and orders, and the MetaData of all; columns bear the names of records' fields."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    String,
    Table,
    UniqueConstraint,
    text,
)

from orderwire.ports.journal import DocumentState
from orderwire.ports.ledger import LedgerSide, LedgerState
from orderwire.ports.orders import OrderState
from orderwire.store.columns import Choice, Facts, Instant, Serial, Words

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

#: PostgreSQL's source of reading numbers; SQLite counts in `counters` under the same name.
draws: Final = Sequence("draws", metadata=metadata)

blobs: Final = Table(
    "blobs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("packed", Boolean, nullable=False),  # content is zlib's
    Column("size", BigInteger, nullable=False),  # of the raw bytes
    Column("created_at", Instant, nullable=False),
)


def _where_filled(name: str, using: str = "btree") -> Index:
    """Index a column of documents that many of them have nothing in: those cost the index nothing."""
    filled = text(f"{name} IS NOT NULL")
    return Index(f"ix_documents_{name}", name, postgresql_using=using, postgresql_where=filled, sqlite_where=filled)


documents: Final = Table(
    "documents",
    metadata,
    Column("id", Words, primary_key=True),
    Column("direction", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("state", Choice(DocumentState), nullable=False),
    Column("correlation_id", Words, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("parent_id", Words),
    Column("replay_of", Words),
    Column("epoch", Integer, nullable=False),
    Column("partner", Words),
    Column("sender", Words),
    Column("control_ref", Words),
    Column("message_ref", Words),
    Column("message_no", Integer),
    Column("order_no", Words),
    Column("erp_no", Words),
    Column("sha256", Words),
    Column("name", Words),
    Column("test", Boolean, nullable=False),
    Column("code", Words),
    Column("reason", Words),
    Column("attempts", Integer, nullable=False),
    Column("finished_at", Instant),
    Index("ix_documents_received_at", "received_at", "id"),
    Index("ix_documents_state", "state", "received_at"),
    Index("ix_documents_partner", "partner", "received_at"),
    Index("ix_documents_correlation_id", "correlation_id"),
    _where_filled("parent_id"),
    # A sender's words may be longer than a B-tree entry of PostgreSQL can be; a hash is not.
    _where_filled("order_no", "hash"),
    _where_filled("erp_no", "hash"),
    _where_filled("control_ref", "hash"),
    _where_filled("sender", "hash"),
    _where_filled("replay_of"),
    Index("ix_documents_kind", "kind", "received_at"),
    _where_filled("sha256"),
    Index("ix_documents_partner_state", "partner", "state", "received_at"),
    Index("ix_documents_finished_at", "finished_at", "state", "partner"),
)

steps: Final = Table(
    "steps",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("document_id", Words, nullable=False),
    Column("at", Instant, nullable=False),
    Column("name", Words, nullable=False),
    Column("event_id", Words),
    Column("detail", Facts),
    Index("ix_steps_document_id", "document_id"),
)

exchanges: Final = Table(
    "exchanges",
    metadata,
    Column("document_id", Words, primary_key=True),
    Column("id", String(24), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("service", Words, nullable=False),
    Column("operation", Words, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("status", Integer),
    Column("problem", Words),
    Column("request_bytes", Integer, nullable=False),
    Column("answer_bytes", Integer, nullable=False),
    Column("packed", LargeBinary, nullable=False),  # deflated
    Index("ix_exchanges_at", "at"),
)

claims: Final = Table(
    "claims",
    metadata,
    Column("key", Words, primary_key=True),
    Column("sha256", Words, nullable=False),
    Column("document_id", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
)

counters: Final = Table(
    "counters",
    metadata,
    Column("name", Words, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

inbox: Final = Table(
    "inbox",
    metadata,
    Column("consumer", Words, primary_key=True),
    Column("event_id", Words, primary_key=True),
    Column("at", Instant, nullable=False),
    Index("ix_inbox_at", "at"),
)

_unsent: Final = text("sent_at IS NULL")

outbox: Final = Table(
    "outbox",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("event_id", Words, nullable=False, unique=True),
    Column("cause", Words),
    Column("time", Instant, nullable=False),
    Column("event", Words, nullable=False),  # JSON
    Column("sent_at", Instant),
    Index("ix_outbox_unsent", "seq", "cause", postgresql_where=_unsent, sqlite_where=_unsent),
)

orders: Final = Table(
    "orders",
    metadata,
    Column("id", Words, primary_key=True),
    Column("partner", Words, nullable=False),
    Column("order_no", Words, nullable=False),
    Column("content_hash", Words, nullable=False),
    Column("document_id", Words, nullable=False),
    Column("state", Choice(OrderState), nullable=False),
    Column("order", Words, nullable=False),  # JSON
    Column("created_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("draft", Words),  # JSON
    Column("erp_no", Words),
    Column("response", Words),  # JSON
    Column("outcome", Words),
    Column("fence", BigInteger, nullable=False),
    Column("lease_owner", Words),
    Column("lease_until", Instant),
    Column("released", Words),
    UniqueConstraint("partner", "order_no"),
    Index("ix_orders_order_no", "order_no"),
    Index("ix_orders_erp_no", "erp_no"),
    Index("ix_orders_created_at", "created_at"),
    Index("ix_orders_partner_created_at", "partner", "created_at"),
    Index("ix_orders_state", "state", "created_at"),
)

order_changes: Final = Table(
    "order_changes",
    metadata,
    Column("id", Words, primary_key=True),
    Column("order_id", Words, ForeignKey("orders.id"), nullable=False),
    Column("document_id", Words, nullable=False),
    Column("state", Choice(OrderState), nullable=False),
    Column("request", Words, nullable=False),  # JSON
    Column("created_at", Instant, nullable=False),
    Column("draft", Words),  # JSON
    Column("response", Words),  # JSON
    Column("outcome", Words),
    Index("ix_order_changes_order_id", "order_id", "created_at"),
    Index("ix_order_changes_document_id", "document_id"),
)

parked: Final = Table(
    "parked",
    metadata,
    Column("id", Words, primary_key=True),
    Column("document_id", Words),
    Column("order_no", Words),
    Column("partner", Words),
    Column("flow", Words, nullable=False),
    Column("code", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("facts", Facts, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("state", Words, nullable=False),
    Column("note", Words),
    Column("group_id", String(32)),  # digest of the fingerprint
    Index("ix_parked_group", "state", "group_id", "last_at"),
    Index("ix_parked_group_id", "group_id", "first_at"),
    Index("ix_parked_document_id", "document_id"),
    Index("ix_parked_last_at", "last_at", "id"),
    Index("ix_parked_state", "state", "last_at"),
    Index("ix_parked_code", "code"),
    Index("ix_parked_order_no", "order_no", postgresql_using="hash"),
    Index("ix_parked_partner", "partner", postgresql_using="hash"),
)

audit: Final = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("who", Words, nullable=False),
    Column("what", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("why", Words, nullable=False),
    Column("previous", String(64), nullable=False),  # digest of the entry before
    Column("digest", String(64), nullable=False),
    Index("ix_audit_who", "who", "seq"),
    Index("ix_audit_subject", "subject", postgresql_using="hash"),
)

_open: Final = text("state = 'open'")

ledger: Final = Table(
    "ledger",
    metadata,
    Column("id", Words, primary_key=True),
    Column("document_id", Words, nullable=False),
    Column("partner", Words, nullable=False),
    Column("side", Choice(LedgerSide), nullable=False),
    Column("kind", Words, nullable=False),
    Column("ref", Words, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("state", Choice(LedgerState), nullable=False),
    Column("order_no", Words),
    Column("late_at", Instant),
    Column("met_at", Instant),
    Column("met_by", Words),
    Column("outcome", Words),
    Column("proof", Words),
    Index("ix_ledger_partner", "partner", "due_at"),
    Index("ix_ledger_document_id", "document_id"),
    Index("ix_ledger_ref", "ref", postgresql_using="hash"),
    # Finds the few that are due among any number of old ones.
    Index("ix_ledger_open", "due_at", postgresql_where=_open, sqlite_where=_open),
    Index("ix_ledger_state", "state", "due_at"),
)
