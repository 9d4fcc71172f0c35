"""Statements that never change, as SQLite's driver takes them: prepared once, without SQLAlchemy's work each time."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Executable
from sqlalchemy.engine.interfaces import Dialect

#: Shapes kept; a statement has one for each number of values that its IN list comes with.
_SHAPES: Final = 512
#: Turns a value into the driver's, or back; None: it is that already.
_Turn = Callable[[Any], Any] | None


class Rows:
    """What a statement brought back: tuples whose values have names, too."""

    def __init__(self, rows: Sequence[Any], rowcount: int) -> None:
        self._rows, self.rowcount = rows, rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> Sequence[Any]:
        return self._rows

    def one(self) -> Any:
        (row,) = self._rows
        return row

    def one_or_none(self) -> Any | None:
        return self.one() if self._rows else None

    def scalars(self) -> list[Any]:
        return [row[0] for row in self._rows]

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalar_one_or_none(self) -> Any | None:
        return self.one()[0] if self._rows else None


class Prepared:
    """A statement for values of certain names, and lists of certain lengths."""

    def __init__(
        self, statement: Executable, names: Sequence[str], lengths: Mapping[str, int], dialect: Dialect
    ) -> None:
        compiled: Any = _compiled(statement, names, lengths, dialect)
        self.sql = str(compiled)
        turns = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        #: Values that the statement brings itself, as the driver takes them.
        self._own = {
            name: _turned(bind.value, turns[name]) for name, bind in compiled.binds.items() if name not in names
        }
        listed = {f"{name}_{number + 1}": (name, number) for name, count in lengths.items() for number in range(count)}
        places = [listed.get(place, (place, None)) for place in compiled.positiontup]
        self._places = [(name, number, None if name in self._own else turns[name]) for name, number in places]
        columns = compiled.statement.exported_columns
        self._turns: list[_Turn] = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
        ]
        self._make = _row_of([column.key for column in columns])

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the values as the driver takes them."""
        if self._own:
            values = {**self._own, **values}
        told = []
        for name, number, turn in self._places:
            value = values[name] if number is None else values[name][number]
            told.append(value if turn is None else turn(value))
        return told

    def rows(self, found: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Return what the driver found."""
        make, turns = self._make, self._turns
        if not any(turns):
            return [make(row) for row in found]
        return [make(map(_turned, row, turns)) for row in found]


def _row_of(names: Sequence[str]) -> Callable[[Iterable[Any]], Any]:
    make: Any = namedtuple  # noqa: PYI024  its names are known when it runs
    row: Callable[[Iterable[Any]], Any] = make("Row", names, rename=True)._make
    return row


@lru_cache(maxsize=_SHAPES)
def prepared(
    statement: Executable, names: tuple[str, ...], lengths: tuple[tuple[str, int], ...], dialect: Dialect
) -> Prepared:
    """Return the statement, prepared."""
    return Prepared(statement, names, dict(lengths), dialect)


def _compiled(statement: Any, names: Sequence[str], lengths: Mapping[str, int], dialect: Dialect) -> Any:
    if lengths:  # lists are written out; what is in them does not matter here
        sized = statement.params({name: [None] * lengths[name] if name in lengths else None for name in names})
        return sized.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    compiled = statement.compile(dialect=dialect, column_keys=list(names) if statement.is_dml else None)
    if statement.is_dml and (compiled.insert_prefetch or compiled.update_prefetch):
        raise TypeError("a column that makes its own values needs SQLAlchemy")
    return compiled


def _turned(value: Any, turn: _Turn) -> Any:
    return value if turn is None else turn(value)
