"""Rows and the frozen records they stand for: field names are column names."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Column, Table

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

#: A dataclass, or a named tuple where many are made.
Record: TypeAlias = "DataclassInstance | NamedTuple"
R = TypeVar("R", bound=Record)
T = TypeVar("T")

#: Values in one IN list; far below what either database takes.
_IN_LIST = 500


@cache
def names_of(kind: type[Record]) -> tuple[str, ...]:
    """Return the columns of a record."""
    return kind._fields if issubclass(kind, tuple) else tuple(field.name for field in fields(kind))


@cache
def _values(kind: type[Record]) -> Callable[[Any], tuple[Any, ...]]:
    return tuple if issubclass(kind, tuple) else attrgetter(*names_of(kind))


def columns_of(kind: type[Record], table: Table) -> list[Column[Any]]:
    """Return the table's columns that make up a record, in the order of its fields."""
    return [table.c[name] for name in names_of(kind)]


def record_of(kind: type[R], row: Sequence[Any]) -> R:
    """Make a record of a row that was selected by `columns_of`."""
    make: Callable[..., R] = kind
    return make(*row)


def row_of(record: Record) -> tuple[Any, ...]:
    """Return a record's values in the order of its columns."""
    return _values(type(record))(record)


def values_of(record: Record) -> dict[str, Any]:
    """Return a record's values by column."""
    return dict(zip(names_of(type(record)), row_of(record), strict=True))


def checked(kind: type[Record], changes: Mapping[str, object], *, fixed: Iterable[str]) -> dict[str, Any]:
    """Return the changes.

    Raises:
        TypeError: one names no field of the record, or one that never changes.
    """
    known = set(names_of(kind)) - set(fixed)
    if unknown := sorted(set(changes) - known):
        raise TypeError(f"{kind.__name__} takes no change of {', '.join(unknown)}")
    return dict(changes)


def portions(values: Iterable[T]) -> Iterator[list[T]]:
    """Yield the values in lists short enough for one statement."""
    rest = iter(values)
    while portion := list(islice(rest, _IN_LIST)):
        yield portion
