"""Many rows by one statement, prepared once: SQLite takes them as lists of values, PostgreSQL as one array a column."""

import struct
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

#: PostgreSQL's arrays as they are sent: dimensions, whether any is NULL, kind of the elements, how many, the first's.
_ARRAY: Final = struct.Struct(">iiiii")
_NO_ELEMENTS: Final = struct.Struct(">iii")
_LENGTH: Final = struct.Struct(">i")
_NULL: Final = _LENGTH.pack(-1)
_TEXT: Final = 25  # its object identifier

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


class TextArray(bytes):
    """An array of texts, as PostgreSQL reads it without looking for quotes; `engine` makes its driver send it so."""


class _Arrays:
    """`SELECT … FROM unnest(…)`: one statement and one answer, however many rows.

    What all rows have in common is sent once, and is no array: each is a list of its own that PostgreSQL walks through.
    """

    def __init__(self, statement: Insert, names: tuple[str, ...], dialect: Dialect) -> None:
        self._columns = _Columns(statement, names, dialect)
        self._statement, self._dialect = statement, dialect
        self._sql_of = lru_cache(maxsize=64)(self._compiled)

    def insert(self, send: Send, rows: Sequence[Row]) -> int:
        columns = dict(zip(self._columns.types, self._columns.of(rows), strict=True))
        listed = [name for name, values in columns.items() if values.count(values[0]) != len(values)]
        if not listed and len(rows) > 1:
            listed = [next(iter(columns))]
        values = {
            name: text_array(column) if name in listed else _written(column[0]) for name, column in columns.items()
        }
        return send(self._sql_of(tuple(listed)), values)

    def _compiled(self, listed: tuple[str, ...]) -> str:
        """Return the statement for rows that differ in some columns; one row does in none."""
        quote = self._dialect.identifier_preparer.quote
        types = {name: _name_of(kind, self._dialect) for name, kind in self._columns.types.items()}
        same = {name: f"CAST(:{name} AS {kind}) AS {quote(name)}" for name, kind in types.items() if name not in listed}
        values = ", ".join(same.get(name, quote(name)) for name in types)
        arrays = ", ".join(f"CAST(CAST(:{name} AS TEXT[]) AS {types[name]}[])" for name in listed)
        rows = f" FROM unnest({arrays}) AS listed ({', '.join(map(quote, listed))})" if listed else ""
        source = text(f"SELECT {values}{rows}").columns(*[column(name) for name in types])
        statement = self._statement.from_select(list(types), source, include_defaults=False)
        return str(statement.compile(dialect=self._dialect))


def _name_of(kind: TypeEngine[Any], dialect: Dialect) -> str:
    """Return the type's name; for texts without a length, so that one that is too long is refused, not cut."""
    name = str(kind.compile(dialect))
    return "TEXT" if name.startswith("VARCHAR") else name


def text_array(values: Sequence[Any]) -> TextArray:
    """Return values as an array of texts."""
    elements = [_element(value) for value in values]
    if not elements:
        return TextArray(_NO_ELEMENTS.pack(0, 0, _TEXT))
    return TextArray(_ARRAY.pack(1, int(None in values), _TEXT, len(elements), 1) + b"".join(elements))


def _element(value: Any) -> bytes:
    written = _written(value)
    if written is None:
        return _NULL
    content = written.encode()
    return _LENGTH.pack(len(content)) + content


def _written(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return value.isoformat() if isinstance(value, datetime) else str(value)
