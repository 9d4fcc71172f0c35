"""The exchanges with the ERP that belong to documents."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.exchange import Exchange
from orderwire.store.inserts import Insertion
from orderwire.store.rows import columns_of, names_of, record_of, row_of
from orderwire.store.statements import Statements
from orderwire.store.tables import documents, exchanges

_ADD: Final = Insertion(insert(exchanges).on_conflict_do_nothing(), ("document_id", *names_of(Exchange)))
_LAST: Final = (
    select(exchanges.c.document_id, *columns_of(Exchange, exchanges))
    .join(documents, documents.c.id == exchanges.c.document_id)
    .where(documents.c.correlation_id == bindparam("key"))
    .order_by(exchanges.c.id.desc())
    .limit(bindparam("most"))
)


class SqlExchanges:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def add(self, document_id: str, exchanges: Collection[Exchange]) -> None:
        for exchange in exchanges:
            self._connection.later(_ADD, (document_id, *row_of(exchange)))

    def of(self, correlation_id: str, limit: int) -> Sequence[tuple[str, Exchange]]:
        rows = self._connection.execute(_LAST, {"key": correlation_id, "most": limit}).all()
        return [(row[0], record_of(Exchange, row[1:])) for row in reversed(rows)]
