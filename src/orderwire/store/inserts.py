"""Many rows by one statement, prepared once: SQLite takes them as lists of values, PostgreSQL as one array a column."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any, Final, Protocol

from sqlalchemy import Insert, TypeDecorator, column, text
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeEngine

from orderwire.store.columns import Words, storable

#: Rows of one statement on SQLite, each a statement of its own to prepare; larger first.
_PORTIONS: Final = (100, 25, 10, 5, 4, 3, 2, 1)

#: Texts that are stored hold no NUL.
_BETWEEN: Final = "\0"

Row = dict[str, Any]
#: Executes a statement with its values, and returns the number of rows.
Send = Callable[[str, Any], int]


class Rows(Protocol):
    """An insert of rows that have values of the same names."""

    def insert(self, send: Send, rows: Sequence[Row]) -> int:
        """Return how many were new."""
        ...


@lru_cache(maxsize=64)
def rows_of(statement: Insert, names: tuple[str, ...], dialect: Dialect) -> Rows:
    """Return how that dialect inserts many rows with values of those names.

    Raises:
        TypeError: a column makes its own values.
    """
    kind = _Arrays if dialect.name == "postgresql" else _Lists
    return kind(statement, names, dialect)


class _Columns:
    """The values of many rows by column, as the driver takes them."""

    def __init__(self, statement: Insert, names: tuple[str, ...], dialect: Dialect) -> None:
        columns = statement.table.columns
        self.types: dict[str, TypeEngine[Any]] = {name: columns[name].type.dialect_impl(dialect) for name in names}
        # PostgreSQL's arrays are written here, so its driver's own forms of bytes and truth values are not wanted.
        own = dialect.name != "postgresql"
        self._takes = [
            (name, _take_of(kind, dialect) if own or isinstance(kind, TypeDecorator) else None)
            for name, kind in self.types.items()
        ]

    def of(self, rows: Sequence[Row]) -> list[list[Any]]:
        return [_taken([row[name] for row in rows], take) for name, take in self._takes]


def _take_of(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    return storable if isinstance(kind, Words) else kind.bind_processor(dialect)


def _taken(values: list[Any], take: Callable[[Any], Any] | None) -> list[Any]:
    """Return the values as the driver takes them; many columns hold the same one in row after row."""
    if take is None:
        return values
    previous = taken = None
    result = []
    for value in values:
        if value is not previous:
            previous, taken = value, None if value is None else take(value)
        result.append(taken)
    return result


class _Lists:
    """`VALUES (…), (…)`: one by one, each row would take its turn at Python's lock."""

    def __init__(self, statement: Insert, names: tuple[str, ...], dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=list(names))
        if compiled.insert_prefetch:
            raise TypeError("a column that makes its own values is inserted at once")
        self._columns = _Columns(statement, tuple(compiled.positiontup), dialect)
        one = f"({', '.join('?' * len(names))})"
        self._sql = {count: str(compiled).replace(one, ", ".join([one] * count), 1) for count in _PORTIONS}

    def insert(self, send: Send, rows: Sequence[Row]) -> int:
        values = list(zip(*self._columns.of(rows), strict=True))
        first = inserted = 0
        for count in _PORTIONS:
            while len(values) - first >= count:
                portion = tuple(chain.from_iterable(values[first : first + count]))
                inserted += send(self._sql[count], portion)
                first += count
        return inserted


class _Arrays:
    """`SELECT * FROM unnest(…)`: one statement and one answer, however many rows."""

    def __init__(self, statement: Insert, names: tuple[str, ...], dialect: Dialect) -> None:
        self._columns = _Columns(statement, names, dialect)
        arrays = ", ".join(
            f"CAST(:{name} AS {_name_of(kind, dialect)}[])" for name, kind in self._columns.types.items()
        )
        source = text(f"SELECT * FROM unnest({arrays})").columns(*[column(name) for name in names])  # noqa: S608  names
        compiled: Any = statement.from_select(list(names), source, include_defaults=False).compile(dialect=dialect)
        self._sql = str(compiled)
        self._names = names

    def insert(self, send: Send, rows: Sequence[Row]) -> int:
        values = dict(zip(self._names, map(array_of, self._columns.of(rows)), strict=True))
        return send(self._sql, values)


def _name_of(kind: TypeEngine[Any], dialect: Dialect) -> str:
    """Return the type's name; for texts without a length, so that one that is too long is refused, not cut."""
    name = str(kind.compile(dialect))
    return "TEXT" if name.startswith("VARCHAR") else name


def array_of(values: Sequence[Any]) -> str | None:
    """Return the text of a PostgreSQL array; None when all are NULL, which `unnest` fills up. Texts hold no NUL."""
    if values.count(None) == len(values):
        return None
    if all(type(value) is str for value in values):  # in one go, however many
        texts = _quoted(_BETWEEN.join(values)).replace(_BETWEEN, '","')
        return f'{{"{texts}"}}'
    return f"{{{','.join(['NULL' if value is None else _element(value) for value in values])}}}"


def _element(value: Any) -> str:
    if isinstance(value, str):
        return f'"{_quoted(value)}"'
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
