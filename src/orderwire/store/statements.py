"""The statements of one transaction: rows that nobody reads yet wait, and go to the database many at a time."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from sqlalchemy import Connection, CursorResult, Executable, Insert, Table
from sqlalchemy.engine.interfaces import Dialect

from orderwire.errors import UnavailableError
from orderwire.store.failures import of_sqlite
from orderwire.store.prepared import Rows, prepared
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
        raw: Any = connection.connection.dbapi_connection
        self._sqlite = raw if isinstance(raw, sqlite3.Connection) else None
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

    def run(self, statement: Executable, values: Any = None) -> Rows:
        """Execute a statement that is a constant of the program now: it is prepared once. Lists are for IN."""
        self.flush()
        if self._sqlite is None:
            result = self._connection.execute(statement, values)
            return Rows(result.all() if result.returns_rows else (), result.rowcount)
        many = isinstance(values, list)
        first = values[0] if many else values or {}
        lengths = tuple((name, len(value)) for name, value in first.items() if isinstance(value, list))
        ready = prepared(statement, tuple(first), lengths, self._connection.dialect)
        if many:
            return Rows((), self._direct(self._sqlite.executemany, ready.sql, map(ready.parameters, values)).rowcount)
        cursor = self._direct(self._sqlite.execute, ready.sql, ready.parameters(first))
        found = cursor.fetchall()
        return Rows(ready.rows(found) if found else found, cursor.rowcount)

    def plain(self, sql: str) -> None:
        """Execute a statement without values now, as it is."""
        if self._sqlite is None:
            self._connection.exec_driver_sql(sql)
        else:
            self._direct(self._sqlite.execute, sql, ())

    def _direct(self, execute: Callable[[str, Any], sqlite3.Cursor], sql: str, values: Any) -> sqlite3.Cursor:
        """Call SQLite's driver, and say of its errors what `failures` does of those that come through SQLAlchemy."""
        if self._connection.invalidated:
            raise UnavailableError("the database connection was lost within the transaction")
        try:
            return execute(sql, values)
        except sqlite3.Error as error:
            if self._sqlite is not None and self._connection.in_transaction() and not self._sqlite.in_transaction:
                self._connection.invalidate(error)  # SQLite has undone the whole transaction: nothing may follow
            told = of_sqlite(error)
            if told is None:
                raise
            raise told from error

    def later(self, statement: Insert, values: dict[str, Any]) -> None:
        """Insert a row when it is time. The statement must be harmless, or right to fail, when the row is there."""
        self._waiting[statement].append(values)

    def flush(self) -> None:
        """Insert what waits."""
        waiting, self._waiting = self._waiting, defaultdict(list)
        for statement in sorted(waiting, key=_rank):
            rows = waiting[statement]
            if self._sqlite is not None:
                ready = prepared(statement, tuple(rows[0]), (), self._connection.dialect)
                self._direct(self._sqlite.executemany, ready.sql, map(ready.parameters, rows))
                continue
            written = _written(statement, tuple(rows[0]), self._connection.dialect)
            self._connection.exec_driver_sql(written.sql, written.parameters(rows))

    def forget(self) -> None:
        """Drop what waits, because what it belongs to is undone."""
        self._waiting.clear()


class _Written:
    """An insert as psycopg takes it: prepared once, where SQLAlchemy would look at each value of each row anew."""

    def __init__(self, statement: Insert, names: tuple[str, ...], dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=list(names))
        if compiled.insert_prefetch:
            raise TypeError("a column that makes its own values is inserted at once")
        self.sql = str(compiled)
        columns = statement.table.columns
        self._values = [(name, columns[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names]

    def parameters(self, rows: Sequence[dict[str, Any]]) -> Any:
        """Return the rows in the driver's form; each has the values of the first one's names."""
        return [{name: take(row[name]) if take else row[name] for name, take in self._values} for row in rows]


@lru_cache(maxsize=64)
def _written(statement: Insert, names: tuple[str, ...], dialect: Dialect) -> _Written:
    return _Written(statement, names, dialect)


def _rank(statement: Insert) -> int:
    table: Table = statement.table  # type: ignore[assignment]  # all of ours insert into tables
    return _RANKS[table]
