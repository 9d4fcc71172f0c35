"""Tables of the stock holds."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, String, Table, text

from orderwire.store.columns import Exact, Instant, Serial, Words
from orderwire.store.tables import metadata

stock_items: Final = Table(
    "stock_items",
    metadata,
    Column("item_no", Words, primary_key=True),
    Column("location", Words, primary_key=True),
    Column("variant", Words, primary_key=True),
    Column("lease_owner", Words),
    Column("lease_until", Instant),
)

_pending: Final = text("ended_at IS NULL")
_uncovered: Final = text("backordered_sequence IS NOT NULL")

holds: Final = Table(
    "holds",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("order_id", Words, ForeignKey("orders.id"), nullable=False),
    Column("line_no", Words, nullable=False),
    Column("item_no", Words, nullable=False),
    Column("location", Words, nullable=False),
    Column("variant", Words, nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("backordered", Exact),  # None: nothing
    Column("state", String(16), nullable=False),
    Column("confirmed_sequence", BigInteger),
    Column("backordered_sequence", BigInteger),  # since when it stands uncovered in NAV
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("reason", Words),
    CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name="pending_is_open"),
    Index("ix_holds_order_id", "order_id"),
    # These two find the few holds a reading may not have seen among any number of old ones.
    Index("ix_holds_pending", "item_no", postgresql_where=_pending, sqlite_where=_pending),
    Index("ix_holds_confirmed_sequence", "confirmed_sequence"),
    Index("ix_holds_backordered", "item_no", postgresql_where=_uncovered, sqlite_where=_uncovered),
)
