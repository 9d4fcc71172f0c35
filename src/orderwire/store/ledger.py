"""The ledger of acknowledgements owed and awaited."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.ledger import LedgerEntry, LedgerQuery, LedgerState, Met
from orderwire.store.rows import columns_of, record_of, values_of
from orderwire.store.statements import Statements
from orderwire.store.tables import ledger

_ADD: Final = insert(ledger).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
_ENTRY: Final = select(*columns_of(LedgerEntry, ledger))
_GET: Final = _ENTRY.where(ledger.c.id == bindparam("key"))
_MEET: Final = update(ledger).where(ledger.c.id == bindparam("key"), ledger.c.state != LedgerState.MET)
_OVERDUE: Final = (
    _ENTRY.where(ledger.c.state == LedgerState.OPEN, ledger.c.due_at <= bindparam("now"))
    .order_by(ledger.c.due_at, ledger.c.id)
    .limit(bindparam("at_most"))
)
_LATE: Final = update(ledger).where(ledger.c.id == bindparam("key"), ledger.c.state == LedgerState.OPEN)


class SqlLedger:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def open(self, entry: LedgerEntry) -> None:
        self._connection.execute(_ADD, values_of(entry))

    def get(self, entry_id: str) -> LedgerEntry | None:
        row = self._connection.execute(_GET, {"key": entry_id}).one_or_none()
        return None if row is None else record_of(LedgerEntry, row)

    def meet(self, entry: LedgerEntry, met: Met) -> bool:
        values = {"state": LedgerState.MET, "met_at": met.at, "met_by": met.by, "outcome": met.outcome}
        new = replace(entry, state=LedgerState.MET, met_at=met.at, met_by=met.by, outcome=met.outcome)
        if self._connection.execute(_ADD, values_of(new)).rowcount == 1:
            return True
        return self._connection.execute(_MEET, {"key": entry.id, **values}).rowcount == 1

    def overdue(self, now: datetime, limit: int = 100) -> list[LedgerEntry]:
        rows = self._connection.execute(_OVERDUE, {"now": now, "at_most": limit})
        return [record_of(LedgerEntry, row) for row in rows]

    def mark_late(self, entry_id: str, now: datetime) -> bool:
        values = {"key": entry_id, "state": LedgerState.LATE, "late_at": now}
        return self._connection.execute(_LATE, values).rowcount == 1

    def find(self, query: LedgerQuery) -> list[LedgerEntry]:
        asked = {name: getattr(query, name) for name in ("partner", "side", "kind", "ref")}
        statement = _ENTRY.where(*[ledger.c[name] == value for name, value in asked.items() if value is not None])
        if query.states:
            statement = statement.where(ledger.c.state.in_(query.states))
        if query.partners:
            statement = statement.where(ledger.c.partner.in_(query.partners))
        if query.document_ids:
            statement = statement.where(ledger.c.document_id.in_(query.document_ids))
        statement = statement.order_by(ledger.c.due_at.is_(None), ledger.c.due_at, ledger.c.id)
        rows = self._connection.execute(statement.limit(max(0, query.limit)))
        return [record_of(LedgerEntry, row) for row in rows]
