"""Unsent events are found by place and by cause in one index: each event costs one entry less."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    unsent = sa.text("sent_at IS NULL")
    op.drop_index("ix_outbox_unsent_cause", "outbox")
    op.drop_index("ix_outbox_unsent", "outbox")
    op.create_index("ix_outbox_unsent", "outbox", ["seq", "cause"], postgresql_where=unsent, sqlite_where=unsent)
