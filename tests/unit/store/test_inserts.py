"""Many rows in one statement."""

import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, select
from sqlalchemy.dialects.postgresql import insert

from orderwire.store import statements
from orderwire.store.inserts import Insertion, text_array
from orderwire.store.statements import Statements
from orderwire.store.tables import inbox

#: PostgreSQL's number of the type.
TEXT = 25
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def connection() -> Any:
    engine = create_engine("sqlite://")
    inbox.create(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


MARK = Insertion(insert(inbox).on_conflict_do_nothing(), ("consumer", "event_id", "at"))


def rows(count: int) -> list[tuple[str, str, datetime]]:
    return [("fulfil", f"event-{number}", NOON) for number in range(count)]


@pytest.mark.parametrize("count", [1, 4, 5, 31, 131, 256, 905])
def test_any_number_of_rows_is_inserted_once(connection: Connection, count: int) -> None:
    """In statements of some sizes; those that are there already are not counted."""
    once = Statements(connection)

    assert once.insert(MARK, rows(count)) == count
    assert once.insert(MARK, rows(count + 2)) == 2
    assert connection.execute(select(inbox).order_by(inbox.c.event_id)).all() == sorted(rows(count + 2))


@pytest.mark.parametrize("count", [1, 2, 7, 130])
@pytest.mark.parametrize(("by", "event", "days"), [(1, 0, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1), (0, 0, 0)])
def test_any_columns_may_be_the_same_in_every_row(
    connection: Connection, count: int, by: int, event: int, days: int
) -> None:
    """The one that is told once, and those that are told row by row, come to stand where they belong."""
    made = [(f"by-{by * n}", f"event-{event * n}", NOON + timedelta(days * n)) for n in range(count)]

    new = Statements(connection).insert(MARK, made)

    found = [tuple(row) for row in connection.execute(select(inbox))]
    assert len(found) == new == len({row[:2] for row in made})
    assert set(found) <= set(made)


def test_much_does_not_wait(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that hold more than may wait in memory go to the database."""
    monkeypatch.setattr(statements, "_MOST_WAITING", 100)
    waiting = Statements(connection)

    for row in rows(3):
        waiting.later(MARK, row, 50)

    assert len(connection.execute(select(inbox)).all()) == 3


def texts_of(array: bytes) -> list[str | None]:
    """Read an array as PostgreSQL's `array_recv` does."""
    dimensions, nulls, kind = struct.unpack_from(">iii", array)
    assert kind == TEXT
    if not dimensions:
        assert len(array) == 12
        return []
    count, first = struct.unpack_from(">ii", array, 12)
    assert (dimensions, first) == (1, 1)
    texts: list[str | None] = []
    at = 20
    for _ in range(count):
        (length,) = struct.unpack_from(">i", array, at)
        at += 4
        texts.append(None if length < 0 else array[at : at + length].decode())
        at += max(length, 0)
    assert at == len(array)
    assert bool(nulls) is (None in texts)
    return texts


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([], []),
        ([None, None], [None, None]),
        (["NULL", None, ""], ["NULL", None, ""]),
        (['a"b\\c', "{x,y}", "ü\n"], ['a"b\\c', "{x,y}", "ü\n"]),
        (["same", "same", "same"], ["same", "same", "same"]),
        ([True, False, 7], ["True", "False", "7"]),
        ([NOON, None], ["2026-03-01T12:00:00+00:00", None]),
        ([b"\x00\xff"], ["\\x00ff"]),
    ],
)
def test_arrays_are_written_as_postgresql_receives_them(values: list[Any], texts: list[str | None]) -> None:
    """Element by element, with its length."""
    assert texts_of(text_array(values)) == texts
