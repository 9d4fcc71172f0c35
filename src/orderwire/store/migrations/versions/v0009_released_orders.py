"""Held orders that a person let go on."""

import sqlalchemy as sa
from alembic import op

from orderwire.store.columns import Words

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("orders", sa.Column("released", Words()))
