"""What the follower remembers: its lease, cursors, orders with their lines, and stock it told of."""

import sqlalchemy as sa
from alembic import op

from orderwire.store.columns import Exact, Instant, Words

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", Words(), nullable=False),
        sa.Column("owner", Words()),
        sa.Column("until", Instant()),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "cursors",
        sa.Column("name", Words(), nullable=False),
        sa.Column("mark", Words(), nullable=False),
        sa.Column("ahead", Words(), nullable=False),
        sa.Column("ahead_at", Instant()),
        sa.Column("resume", Words()),
        sa.Column("turned_at", Instant()),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cursors")),
    )
    op.create_table(
        "followed_orders",
        sa.Column("erp_no", Words(), nullable=False),
        sa.Column("partner", Words(), nullable=False),
        sa.Column("order_no", Words(), nullable=False),
        sa.Column("document_id", Words(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("entered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("erp_no", name=op.f("pk_followed_orders")),
    )
    is_open = sa.text("state = 'open'")
    op.create_index(
        "ix_followed_orders_open", "followed_orders", ["seen_at"], postgresql_where=is_open, sqlite_where=is_open
    )
    op.create_table(
        "followed_lines",
        sa.Column("erp_no", Words(), nullable=False),
        sa.Column("line_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_no", Words(), nullable=False),
        sa.Column("description", Words(), nullable=False),
        sa.Column("unit", Words(), nullable=False),
        sa.Column("ordered", Exact(), nullable=False),
        sa.Column("delivered", Exact(), nullable=False),
        sa.Column("invoiced", Exact(), nullable=False),
        sa.Column("unit_price", Exact()),
        sa.Column("buyer_line_no", Words()),
        sa.PrimaryKeyConstraint("erp_no", "line_no", name=op.f("pk_followed_lines")),
        sa.ForeignKeyConstraint(["erp_no"], ["followed_orders.erp_no"], name=op.f("fk_followed_lines_erp_no")),
    )
    op.create_table(
        "stock_figures",
        sa.Column("item_no", Words(), nullable=False),
        sa.Column("location", Words(), nullable=False),
        sa.Column("variant", Words(), nullable=False),
        sa.Column("figure", Words(), nullable=False),
        sa.PrimaryKeyConstraint("item_no", "location", "variant", name=op.f("pk_stock_figures")),
    )
