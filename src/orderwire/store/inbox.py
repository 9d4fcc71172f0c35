"""The inbox: which consumer has worked off which event."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Executable, bindparam, select, text
from sqlalchemy.dialects.postgresql import insert

from orderwire.store.columns import storable
from orderwire.store.inserts import Insertion
from orderwire.store.statements import Statements
from orderwire.store.tables import inbox

_MARK: Final = Insertion(insert(inbox).on_conflict_do_nothing(), ("consumer", "event_id", "at"))
#: The limit lets PostgreSQL ask the index for each of them, whatever its statistics say.
_SEEN: Final[Mapping[str, Executable]] = {
    "sqlite": select(inbox.c.event_id).where(
        inbox.c.consumer == bindparam("by"), inbox.c.event_id.in_(text("SELECT value FROM json_each(:ids)"))
    ),
    "postgresql": text(
        "SELECT found.event_id FROM unnest(CAST(:ids AS TEXT[])) AS asked (event_id) CROSS JOIN LATERAL"
        " (SELECT event_id FROM inbox WHERE consumer = :by AND event_id = asked.event_id LIMIT 1) AS found"
    ),
}


class SqlInbox:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def seen(self, consumer: str, event_ids: Collection[str]) -> set[str]:
        values = {"by": storable(consumer), "ids": self._connection.listed(event_ids)}
        return set(self._connection.run(_SEEN[self._connection.dialect.name], values).scalars())

    def mark(self, consumer: str, event_ids: Collection[str], at: datetime) -> bool:
        # Sorted, so that two workers that share some lock them in one order.
        rows = [(consumer, event_id, at) for event_id in sorted(event_ids)]
        return not rows or self._connection.insert(_MARK, rows) == len(rows)
