"""Requests to change or cancel orders."""

from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.changes import ChangeRecord
from orderwire.store.rows import checked, columns_of, record_of, values_of
from orderwire.store.statements import Statements
from orderwire.store.tables import order_changes

_INSERT: Final = insert(order_changes).on_conflict_do_nothing()
_CHANGE: Final = select(*columns_of(ChangeRecord, order_changes))
_GET: Final = _CHANGE.where(order_changes.c.id == bindparam("key"))
_OF_ORDER: Final = _CHANGE.where(order_changes.c.order_id == bindparam("of_order")).order_by(
    order_changes.c.created_at, order_changes.c.id
)
_OF_DOCUMENT: Final = _CHANGE.where(order_changes.c.document_id == bindparam("of_document"))
_SAVE: Final = update(order_changes).where(order_changes.c.id == bindparam("key"))


class SqlChanges:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def open(self, record: ChangeRecord) -> ChangeRecord:
        self._connection.execute(_INSERT, values_of(record))
        return record_of(ChangeRecord, self._connection.execute(_GET, {"key": record.id}).one())

    def save(self, change_id: str, **changes: object) -> None:
        values = checked(ChangeRecord, changes, fixed=["id", "order_id"])
        self._connection.execute(_SAVE, {"key": change_id, **values})

    def of_document(self, document_id: str) -> ChangeRecord | None:
        row = self._connection.execute(_OF_DOCUMENT, {"of_document": document_id}).first()
        return None if row is None else record_of(ChangeRecord, row)

    def of_order(self, order_id: str) -> list[ChangeRecord]:
        rows = self._connection.execute(_OF_ORDER, {"of_order": order_id})
        return [record_of(ChangeRecord, row) for row in rows]
