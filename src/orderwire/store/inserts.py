"""Many rows by one statement, prepared once: SQLite takes them as lists of values, PostgreSQL as one array a column."""

import struct
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain, repeat
from operator import is_
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import Insert, TypeDecorator, column, text
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeEngine

from orderwire.canonical.model import iso_of
from orderwire.store.columns import Words, all_storable

#: Rows of one statement on SQLite, each a statement of its own to prepare; larger first. After each of them a thread
#: waits for its turn at Python's lock, while it holds the database's.
_PORTIONS: Final = (500, 250, 100, 50, 25, 10, 5, 4, 3, 2, 1)

#: PostgreSQL's arrays as they are sent: dimensions, whether any is NULL, kind of the elements, how many, the first's.
_ARRAY: Final = struct.Struct(">iiiii")
_NO_ELEMENTS: Final = struct.Struct(">iii")
_LENGTH: Final = struct.Struct(">i")
_NULL: Final = _LENGTH.pack(-1)
_TEXT: Final = 25  # its object identifier

Row = tuple[Any, ...]
#: Executes a statement with its values, and returns the number of rows.
Send = Callable[[str, Any], int]


class Insertion(NamedTuple):
    """An insert of rows, and the columns that they have values of."""

    statement: Insert
    names: tuple[str, ...]


class Rows(Protocol):
    """Rows on their way into the database."""

    def insert(self, send: Send, rows: Sequence[Row]) -> int:
        """Return how many were new."""
        ...


@lru_cache(maxsize=64)
def rows_of(insertion: Insertion, dialect: Dialect) -> Rows:
    """Return how that dialect inserts many rows.

    Raises:
        TypeError: a column makes its own values.
    """
    kind = _Arrays if dialect.name == "postgresql" else _Lists
    return kind(insertion, dialect)


class _Columns:
    """The values of many rows by column, as the driver takes them: most columns have the same one in every row."""

    def __init__(self, insertion: Insertion, dialect: Dialect) -> None:
        columns = insertion.statement.table.columns
        self.types: dict[str, TypeEngine[Any]] = {
            name: columns[name].type.dialect_impl(dialect) for name in insertion.names
        }
        # PostgreSQL's arrays are written here, so its driver's own forms of bytes and truth values are not wanted.
        own = dialect.name != "postgresql"
        self._takes = [
            (name, _take_of(kind, dialect) if own or isinstance(kind, TypeDecorator) else _as_they_are)
            for name, kind in self.types.items()
        ]

    def of(self, rows: Sequence[Row]) -> tuple[dict[str, Any], dict[str, Sequence[Any]]]:
        """Return what all rows have in common, and the columns in which they differ."""
        same: dict[str, Any] = {}
        listed: dict[str, Sequence[Any]] = {}
        for (name, take), values in zip(self._takes, zip(*rows, strict=True), strict=True):
            if all(map(is_, values, repeat(values[0]))):
                same[name] = take(values[:1])[0]
                continue
            taken = take(values)
            if taken.count(taken[0]) == len(taken):
                same[name] = taken[0]
            else:
                listed[name] = taken
        return same, listed


def _take_of(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Return what makes of a column's values what the driver takes."""
    if isinstance(kind, Words):
        return all_storable
    take: Callable[[Any], Any] | None = kind.bind_processor(dialect)
    if take is None:
        return _as_they_are
    return lambda values: [None if value is None else take(value) for value in values]


def _as_they_are(values: Sequence[Any]) -> Sequence[Any]:
    return values


class _Lists:
    """`VALUES (…), (…)`: one by one, each row would take its turn at Python's lock. What is the same is bound once."""

    def __init__(self, insertion: Insertion, dialect: Dialect) -> None:
        compiled: Any = insertion.statement.compile(dialect=dialect, column_keys=list(insertion.names))
        if compiled.insert_prefetch:
            raise TypeError("a column that makes its own values is inserted at once")
        self._columns = _Columns(insertion, dialect)
        self._sql, self._places = str(compiled), tuple(compiled.positiontup)
        self._sql_of = lru_cache(maxsize=256)(self._compiled)

    def insert(self, send: Send, rows: Sequence[Row]) -> int:
        same, listed = self._columns.of(rows)
        differing = list(zip(*listed.values(), strict=True)) or [()] * len(rows)
        first = inserted = 0
        for count in _PORTIONS:
            while len(rows) - first >= count:
                portion = chain.from_iterable(differing[first : first + count])
                inserted += send(self._sql_of(count, tuple(same), tuple(listed)), (*same.values(), *portion))
                first += count
        return inserted

    def _compiled(self, count: int, same: tuple[str, ...], listed: tuple[str, ...]) -> str:
        """Return the statement for so many rows that differ in some columns."""
        numbers = {name: number for number, name in enumerate((*same, *listed), 1)}
        places = [(numbers[name], len(listed) if name in listed else 0) for name in self._places]
        rows = (f"({', '.join(f'?{first + row * step}' for first, step in places)})" for row in range(count))
        return self._sql.replace(f"({', '.join('?' * len(self._places))})", ", ".join(rows), 1)


class TextArray(bytes):
    """An array of texts, as PostgreSQL reads it without looking for quotes; `engine` makes its driver send it so."""


class _Arrays:
    """`SELECT … FROM unnest(…)`: one statement and one answer, however many rows.

    What all rows have in common is sent once, and is no array: each is a list of its own that PostgreSQL walks through.
    """

    def __init__(self, insertion: Insertion, dialect: Dialect) -> None:
        self._columns = _Columns(insertion, dialect)
        self._statement, self._dialect = insertion.statement, dialect
        self._sql_of = lru_cache(maxsize=64)(self._compiled)

    def insert(self, send: Send, rows: Sequence[Row]) -> int:
        same, listed = self._columns.of(rows)
        if not listed and len(rows) > 1:
            name, value = same.popitem()
            listed = {name: [value] * len(rows)}
        arrays = {name: text_array(column) for name, column in listed.items()}
        values = arrays | {name: _written(value) for name, value in same.items()}
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
    if not values:
        return TextArray(_NO_ELEMENTS.pack(0, 0, _TEXT))
    written = values if set(map(type, values)) == {str} else [_written(value) for value in values]
    nulls = None in written
    head = _ARRAY.pack(1, int(nulls), _TEXT, len(values), 1)
    if nulls:
        return TextArray(head + b"".join([_NULL if text is None else _element(text) for text in written]))
    elements = [*map(str.encode, written)]
    sizes = map(_LENGTH.pack, map(len, elements))
    return TextArray(head + b"".join(chain.from_iterable(zip(sizes, elements, strict=True))))


def _element(text: str) -> bytes:
    content = text.encode()
    return _LENGTH.pack(len(content)) + content


def _written(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return iso_of(value) if isinstance(value, datetime) else str(value)
