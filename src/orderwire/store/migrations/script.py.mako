"""${message}."""

import sqlalchemy as sa
from alembic import op

from orderwire.store import columns

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades}
