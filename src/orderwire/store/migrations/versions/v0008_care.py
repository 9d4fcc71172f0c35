"""Legal holds, and the way from raw bytes to their documents."""

import sqlalchemy as sa
from alembic import op

from orderwire.store.columns import Instant, Words

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "legal_holds",
        sa.Column("correlation_id", Words(), nullable=False),
        sa.Column("who", Words(), nullable=False),
        sa.Column("why", Words(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("correlation_id", name=op.f("pk_legal_holds")),
    )
    op.create_index("ix_documents_sha256", "documents", ["sha256"])
    op.create_index("ix_inbox_at", "inbox", ["at"])
