"""Columns of documents that many of them have nothing in are indexed where they have something."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

#: By column, the kind of its index on PostgreSQL; a hash takes words of any length.
COLUMNS = {
    "parent_id": "btree",
    "replay_of": "btree",
    "sha256": "btree",
    "order_no": "hash",
    "erp_no": "hash",
    "control_ref": "hash",
    "sender": "hash",
}


def upgrade() -> None:
    for name, using in COLUMNS.items():
        filled = sa.text(f"{name} IS NOT NULL")
        op.drop_index(f"ix_documents_{name}", "documents")
        op.create_index(
            f"ix_documents_{name}",
            "documents",
            [name],
            postgresql_using=using,
            postgresql_where=filled,
            sqlite_where=filled,
        )
