"""The statements of one transaction: rows that nobody reads yet wait, and go to the database many at a time."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from sqlalchemy import Connection, CursorResult, Executable, Table
from sqlalchemy.engine.interfaces import Dialect

from orderwire.errors import UnavailableError
from orderwire.store.columns import all_storable
from orderwire.store.failures import of_sqlite
from orderwire.store.inserts import Insertion, Row, rows_of, text_array
from orderwire.store.prepared import Rows, prepared
from orderwire.store.tables import metadata

if TYPE_CHECKING:
    from sqlalchemy.sql.selectable import TypedReturnsRows

R = TypeVar("R", bound=tuple[Any, ...])

#: So much may wait; SQLite copies it once more, and PostgreSQL takes no gigabyte at once.
_MOST_WAITING: Final = 32 * 1024 * 1024

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
        self._waiting: defaultdict[Insertion, list[Row]] = defaultdict(list)
        self._size = 0

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

    def later(self, insertion: Insertion, row: Row, size: int = 0) -> None:
        """Insert a row when it is time, `size` being what it holds in memory where that may be much.

        The statement must be harmless, or right to fail, when the row is there.
        """
        self._waiting[insertion].append(row)
        self._size += size
        if self._size > _MOST_WAITING:
            self.flush()

    def insert(self, insertion: Insertion, rows: Sequence[Row]) -> int:
        """Insert rows now; return how many were new."""
        self.flush()
        return self._insert(insertion, rows)

    def listed(self, names: Iterable[str]) -> str | bytes:
        """Return texts as one value, for a statement to take apart: a JSON array on SQLite, else PostgreSQL's own."""
        texts = all_storable(list(names))
        return json.dumps(texts) if self.dialect.name == "sqlite" else text_array(texts)

    def flush(self) -> None:
        """Insert what waits."""
        waiting, self._waiting, self._size = self._waiting, defaultdict(list), 0
        for insertion in sorted(waiting, key=_rank):
            self._insert(insertion, waiting[insertion])

    def forget(self) -> None:
        """Drop what waits, because what it belongs to is undone."""
        self._waiting.clear()
        self._size = 0

    def _insert(self, insertion: Insertion, rows: Sequence[Row]) -> int:
        return rows_of(insertion, self._connection.dialect).insert(self._send, rows)

    def _send(self, sql: str, values: Any) -> int:
        """Execute what is compiled already, and return the number of rows."""
        if self._sqlite is not None:
            return self._direct(self._sqlite.execute, sql, values).rowcount
        return self._connection.exec_driver_sql(sql, values).rowcount


def _rank(insertion: Insertion) -> int:
    table: Table = insertion.statement.table  # type: ignore[assignment]  # all of ours insert into tables
    return _RANKS[table]
