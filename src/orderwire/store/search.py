"""Searches: every one bounded, so that a common number or word costs no more than a rare one."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Select, and_, delete, func, literal, or_, select, union, union_all
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.journal import Document
from orderwire.ports.orders import OrderRecord
from orderwire.ports.search import Found, Place, SavedSearch, Wanted
from orderwire.store.console_tables import saved_searches
from orderwire.store.rows import columns_of, record_of, values_of
from orderwire.store.statements import Statements
from orderwire.store.tables import documents, orders
from orderwire.store.texts import MAX_HITS, hits

#: Of documents that bear a number, so many of each kind of number are looked at.
_SAME_NUMBER: Final = 2000
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

    def documents(self, wanted: Wanted) -> Found:
        statement, looked_through = select(*_DOCUMENT).where(*_conditions(wanted)), None
        if wanted.number is not None:
            bearing = [documents.c[name] == wanted.number for name in _NUMBERS]
            bounded = [select(select(documents.c.id).where(one).limit(_SAME_NUMBER).subquery()) for one in bearing]
            statement = statement.where(documents.c.id.in_(union(*bounded)))
            looked_through = _SAME_NUMBER if self._common(bearing) else None
        if wanted.words:
            within, more = self._written(wanted)
            statement, looked_through = statement.where(within), MAX_HITS if more else looked_through
        statement = _page(statement, documents.c.received_at, documents.c.id, wanted)
        rows = self._connection.execute(statement)
        return Found([record_of(Document, row) for row in rows], looked_through)

    def _common(self, bearing: Iterable[Any]) -> bool:
        """Tell whether more documents bear a number than are looked at."""
        one = literal(1)
        bounded = (select(one).where(each).limit(_SAME_NUMBER + 1).subquery() for each in bearing)
        counts = self._connection.execute(union_all(*(select(func.count()).select_from(each) for each in bounded)))
        return any(count > _SAME_NUMBER for count in counts.scalars())

    def _written(self, wanted: Wanted) -> tuple[Any, bool]:
        """Narrow to documents with these words; when more is asked for, to all that came of such documents.

        There may be more of them than are looked through.
        """
        hit = self._connection.execute(hits(self._connection.dialect.name, wanted)).scalars().all()
        newest, more = hit[:MAX_HITS], len(hit) > MAX_HITS
        if not wanted.narrowed:
            return documents.c.id.in_(newest), more
        families = self._connection.execute(select(documents.c.correlation_id).where(documents.c.id.in_(newest)))
        return documents.c.correlation_id.in_(set(families.scalars())), more

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
    bare = wanted.number is None and not wanted.words
    # By expressions, or SQLite walks all of a partner or a state instead of the few that number or words lead to.
    by = {name: documents.c[name] if bare else func.coalesce(documents.c[name], None) for name in _EQUALITIES}
    asked = [by[name] == value for name in _EQUALITIES if (value := getattr(wanted, name)) is not None]
    if wanted.since is not None:
        asked.append(documents.c.received_at >= wanted.since)
    if wanted.until is not None:
        asked.append(documents.c.received_at < wanted.until)
    if wanted.partners and wanted.partner is None:
        asked.append(by["partner"].in_(wanted.partners))
    return asked


def _page(statement: Select[Any], at: Any, key: Any, wanted: Wanted) -> Select[Any]:
    """Put in order, the newest first, and begin after the last one seen."""
    place: Place | None = wanted.after
    if place is not None:
        statement = statement.where(at <= place.at, or_(at < place.at, key < place.id))
    return statement.order_by(at.desc(), key.desc()).limit(max(0, wanted.limit))
