"""The exchanges with the ERP that belong to documents."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.exchange import Exchange
from orderwire.store.inserts import Insertion
from orderwire.store.rows import columns_of, names_of, portions, record_of, row_of
from orderwire.store.statements import Statements
from orderwire.store.tables import exchanges

_ADD: Final = Insertion(insert(exchanges).on_conflict_do_nothing(), ("document_id", *names_of(Exchange)))
_LAST: Final = select(exchanges.c.document_id, *columns_of(Exchange, exchanges)).order_by(exchanges.c.id.desc())


class SqlExchanges:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def add(self, document_id: str, exchanges: Collection[Exchange]) -> None:
        for exchange in exchanges:
            self._connection.later(_ADD, (document_id, *row_of(exchange)))

    def of(self, document_ids: Collection[str], limit: int) -> Sequence[tuple[str, Exchange]]:
        found = [
            (row[0], record_of(Exchange, row[1:]))
            for some in portions(document_ids)
            for row in self._connection.execute(_LAST.where(exchanges.c.document_id.in_(some)).limit(limit))
        ]
        return sorted(found, key=lambda one: one[1].id)[-limit:]
