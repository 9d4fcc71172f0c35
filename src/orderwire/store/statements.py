"""The statements of one transaction: rows that nobody reads yet wait, and go to the database many at a time."""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from sqlalchemy import Connection, CursorResult, Executable, Insert, Table
from sqlalchemy.engine.interfaces import Dialect

from orderwire.store.tables import metadata

if TYPE_CHECKING:
    from sqlalchemy.sql.selectable import TypedReturnsRows

R = TypeVar("R", bound=tuple[Any, ...])

#: Tables in the order in which their rows must be inserted.
_RANKS: Final[dict[Any, int]] = {table: rank for rank, table in enumerate(metadata.sorted_tables)}


class Statements:
    """Executes at once, or later: before anything else is executed, and before the transaction ends.

    A statement of many rows costs a fraction of as many statements, and most rows that a flow writes are read by
    others only, after the commit.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: defaultdict[Insert, list[dict[str, Any]]] = defaultdict(list)

    @property
    def dialect(self) -> Dialect:
        return self._connection.dialect

    @overload
    def execute(self, statement: "TypedReturnsRows[R]", values: Any = None) -> CursorResult[R]: ...
    @overload
    def execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]: ...
    def execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        """Execute now."""
        self.flush()
        return self._connection.execute(statement, values)

    def later(self, statement: Insert, values: dict[str, Any]) -> None:
        """Insert a row when it is time. The statement must be harmless, or right to fail, when the row is there."""
        self._waiting[statement].append(values)

    def flush(self) -> None:
        """Insert what waits."""
        waiting, self._waiting = self._waiting, defaultdict(list)
        for statement in sorted(waiting, key=_rank):
            rows = waiting[statement]
            written = _written(statement, tuple(rows[0]), self._connection.dialect)
            self._connection.exec_driver_sql(written.sql, written.parameters(rows))

    def forget(self) -> None:
        """Drop what waits, because what it belongs to is undone."""
        self._waiting.clear()


class _Written:
    """An insert as the driver takes it: prepared once, where SQLAlchemy would look at each value of each row anew."""

    def __init__(self, statement: Insert, names: tuple[str, ...], dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=list(names))
        if compiled.insert_prefetch:
            raise TypeError("a column that makes its own values is inserted at once")
        self.sql = str(compiled)
        self._positional = bool(compiled.positional)
        order = compiled.positiontup if self._positional else names
        columns = statement.table.columns
        self._values = [(name, columns[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in order]

    def parameters(self, rows: Sequence[dict[str, Any]]) -> Any:
        """Return the rows in the driver's form; each has the values of the first one's names."""
        if self._positional:
            return [tuple(take(row[name]) if take else row[name] for name, take in self._values) for row in rows]
        return [{name: take(row[name]) if take else row[name] for name, take in self._values} for row in rows]


@lru_cache(maxsize=64)
def _written(statement: Insert, names: tuple[str, ...], dialect: Dialect) -> _Written:
    return _Written(statement, names, dialect)


def _rank(statement: Insert) -> int:
    table: Table = statement.table  # type: ignore[assignment]  # all of ours insert into tables
    return _RANKS[table]
