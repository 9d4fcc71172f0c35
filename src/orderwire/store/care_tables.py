"""Table of the care for the store: legal holds."""

from typing import Final

from sqlalchemy import Column, Table

from orderwire.store.columns import Instant, Words
from orderwire.store.tables import metadata

legal_holds: Final = Table(
    "legal_holds",
    metadata,
    Column("correlation_id", Words, primary_key=True),
    Column("who", Words, nullable=False),
    Column("why", Words, nullable=False),
    Column("at", Instant, nullable=False),
)
