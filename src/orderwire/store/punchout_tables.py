"""Tables of punch-out: sessions, and the carts that come back."""

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, String, Table

from orderwire.ports.punchout import CartState, SessionState
from orderwire.store.columns import Choice, Instant, Words
from orderwire.store.tables import metadata

punchout_sessions: Final = Table(
    "punchout_sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("partner", Words, nullable=False),
    Column("shop", Words, nullable=False),
    Column("syntax", Words, nullable=False),
    Column("setup", Words, nullable=False),  # JSON
    Column("opened_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("token_sha256", String(64), unique=True),
    Column("token_until", Instant),
    Column("document_id", Words, nullable=False),
    Column("state", Choice(SessionState), nullable=False),
    Column("entered_at", Instant),
    Index("ix_punchout_sessions_opened_at", "opened_at"),
    Index("ix_punchout_sessions_document_id", "document_id"),
)

carts: Final = Table(
    "carts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("session_id", String(64), ForeignKey("punchout_sessions.id"), nullable=False, unique=True),
    Column("partner", Words, nullable=False),
    Column("state", Choice(CartState), nullable=False),
    Column("cart", Words),  # JSON; None: cancelled
    Column("findings", Words, nullable=False),  # JSON
    Column("posted_at", Instant, nullable=False),
    Column("document_id", Words),
    Column("returned_at", Instant),
    Index("ix_carts_returned_at", "partner", "returned_at"),
)

#: What an order line finds the cart by that it came from.
cart_lines: Final = Table(
    "cart_lines",
    metadata,
    Column("cart_id", String(64), ForeignKey("carts.id"), primary_key=True),
    Column("line_no", String(20), primary_key=True),
    Column("auxiliary_id", Words, nullable=False),
    Index("ix_cart_lines_auxiliary_id", "auxiliary_id", postgresql_using="hash"),
)
