"""Searches: every one bounded, so that a common number or word costs no more than a rare one."""

from typing import Any, Final

from sqlalchemy import Select, and_, delete, or_, select, union
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.journal import Document
from orderwire.ports.orders import OrderRecord
from orderwire.ports.search import Place, SavedSearch, Wanted
from orderwire.store.console_tables import saved_searches
from orderwire.store.rows import columns_of, record_of, values_of
from orderwire.store.statements import Statements
from orderwire.store.tables import documents, orders
from orderwire.store.texts import hits

#: Of documents that bear a number, so many of each kind of number are looked at.
_SAME_NUMBER: Final = 500
#: What people call a document by.
_NUMBERS: Final = ("id", "correlation_id", "order_no", "erp_no", "control_ref", "sender")
_EQUALITIES: Final = ("state", "partner", "kind", "direction")
_DOCUMENT: Final = columns_of(Document, documents)
_ORDER: Final = columns_of(OrderRecord, orders)
_save: Final = insert(saved_searches)
_SAVE: Final = _save.on_conflict_do_update(index_elements=["user", "name"], set_={"query": _save.excluded["query"]})


class SqlSearch:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def documents(self, wanted: Wanted) -> list[Document]:
        statement = select(*_DOCUMENT).where(*_conditions(wanted))
        if wanted.number is not None:
            numbered = [
                select(select(documents.c.id).where(documents.c[name] == wanted.number).limit(_SAME_NUMBER).subquery())
                for name in _NUMBERS
            ]
            statement = statement.where(documents.c.id.in_(union(*numbered)))
        if wanted.words:
            statement = self._written(statement, wanted)
        statement = _page(statement, documents.c.received_at, documents.c.id, wanted)
        return [record_of(Document, row) for row in self._connection.execute(statement)]

    def _written(self, statement: Select[Any], wanted: Wanted) -> Select[Any]:
        """Narrow to documents with these words; when more is asked for, to all that came of such documents."""
        found = hits(self._connection.dialect.name, wanted.words, beginnings=wanted.beginnings)
        if not wanted.narrowed:
            return statement.where(documents.c.id.in_(found))
        file = documents.alias("file")
        families = select(file.c.correlation_id).where(file.c.id.in_(found))
        return statement.where(documents.c.correlation_id.in_(families))

    def orders(self, wanted: Wanted, outcome: str | None = None) -> list[OrderRecord]:
        statement = select(*_ORDER)
        if wanted.number is not None:
            named = or_(*(orders.c[name] == wanted.number for name in ("order_no", "erp_no", "id")))
            statement = statement.where(named)
        if wanted.partner is not None:
            statement = statement.where(orders.c.partner == wanted.partner)
        if wanted.partners:
            statement = statement.where(orders.c.partner.in_(wanted.partners))
        if outcome is not None:
            statement = statement.where(orders.c.outcome == outcome)
        statement = _page(statement, orders.c.created_at, orders.c.id, wanted)
        return [record_of(OrderRecord, row) for row in self._connection.execute(statement)]

    def saved(self, user: str) -> list[SavedSearch]:
        statement = (
            select(*columns_of(SavedSearch, saved_searches))
            .where(saved_searches.c.user == user)
            .order_by(saved_searches.c.name)
        )
        return [record_of(SavedSearch, row) for row in self._connection.execute(statement)]

    def save(self, search: SavedSearch) -> None:
        self._connection.execute(_SAVE, values_of(search))

    def forget(self, user: str, name: str) -> None:
        mine = and_(saved_searches.c.user == user, saved_searches.c.name == name)
        self._connection.execute(delete(saved_searches).where(mine))


def _conditions(wanted: Wanted) -> list[Any]:
    asked = [documents.c[name] == value for name in _EQUALITIES if (value := getattr(wanted, name)) is not None]
    if wanted.since is not None:
        asked.append(documents.c.received_at >= wanted.since)
    if wanted.until is not None:
        asked.append(documents.c.received_at < wanted.until)
    if wanted.partners and wanted.partner is None:
        asked.append(documents.c.partner.in_(wanted.partners))
    return asked


def _page(statement: Select[Any], at: Any, key: Any, wanted: Wanted) -> Select[Any]:
    """Put in order, the newest first, and begin after the last one seen."""
    place: Place | None = wanted.after
    if place is not None:
        statement = statement.where(at <= place.at, or_(at < place.at, key < place.id))
    return statement.order_by(at.desc(), key.desc()).limit(max(0, wanted.limit))
