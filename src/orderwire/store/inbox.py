"""The inbox: which consumer has worked off which event."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from orderwire.store.rows import portions
from orderwire.store.statements import Statements
from orderwire.store.tables import inbox

_MARK: Final = insert(inbox).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
_SEEN: Final = select(inbox.c.event_id).where(
    inbox.c.consumer == bindparam("by"), inbox.c.event_id.in_(bindparam("ids", expanding=True))
)


class SqlInbox:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def seen(self, consumer: str, event_ids: Collection[str]) -> set[str]:
        return {
            event_id
            for ids in portions(event_ids)
            for event_id in self._connection.run(_SEEN, {"by": consumer, "ids": ids}).scalars()
        }

    def mark(self, consumer: str, event_ids: Collection[str], at: datetime) -> bool:
        # Sorted, so that two workers that share some lock them in one order.
        rows = [{"consumer": consumer, "event_id": event_id, "at": at} for event_id in sorted(event_ids)]
        return not rows or bool(self._connection.run(_MARK, rows).rowcount == len(rows))
