"""Tables of the follower."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, text

from orderwire.ports.following import FollowedState
from orderwire.store.columns import Choice, Exact, Instant, Words
from orderwire.store.tables import metadata

#: Work that one process at a time does.
leases: Final = Table(
    "leases",
    metadata,
    Column("name", Words, primary_key=True),
    Column("owner", Words),
    Column("until", Instant),
    Column("fence", BigInteger, nullable=False),
)

cursors: Final = Table(
    "cursors",
    metadata,
    Column("name", Words, primary_key=True),
    Column("mark", Words, nullable=False),
    Column("ahead", Words, nullable=False),
    Column("ahead_at", Instant),
    Column("resume", Words),
    Column("turned_at", Instant),
)

_open: Final = text("state = 'open'")

followed_orders: Final = Table(
    "followed_orders",
    metadata,
    Column("erp_no", Words, primary_key=True),
    Column("partner", Words, nullable=False),
    Column("order_no", Words, nullable=False),
    Column("document_id", Words, nullable=False),
    Column("state", Choice(FollowedState), nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("entered", Boolean, nullable=False),
    # Finds those that were not seen lately among any number that are long gone.
    Index("ix_followed_orders_open", "seen_at", postgresql_where=_open, sqlite_where=_open),
)

followed_lines: Final = Table(
    "followed_lines",
    metadata,
    Column("erp_no", Words, ForeignKey("followed_orders.erp_no"), primary_key=True),
    Column("line_no", BigInteger, primary_key=True, autoincrement=False),
    Column("item_no", Words, nullable=False),
    Column("description", Words, nullable=False),
    Column("unit", Words, nullable=False),
    Column("ordered", Exact, nullable=False),
    Column("delivered", Exact, nullable=False),
    Column("invoiced", Exact, nullable=False),
    Column("unit_price", Exact),
    Column("buyer_line_no", Words),
)

stock_figures: Final = Table(
    "stock_figures",
    metadata,
    Column("item_no", Words, primary_key=True),
    Column("location", Words, primary_key=True),
    Column("variant", Words, primary_key=True),
    Column("figure", Words, nullable=False),  # JSON
)
