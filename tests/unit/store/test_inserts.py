"""Many rows in one statement."""

import struct
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, select
from sqlalchemy.dialects.postgresql import insert

from orderwire.store import statements
from orderwire.store.inserts import text_array
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


def rows(count: int) -> list[dict[str, Any]]:
    return [{"consumer": "fulfil", "event_id": f"event-{number}", "at": NOON} for number in range(count)]


@pytest.mark.parametrize("count", [1, 4, 5, 31, 131, 256])
def test_any_number_of_rows_is_inserted_once(connection: Connection, count: int) -> None:
    """In statements of some sizes; those that are there already are not counted."""
    once = Statements(connection)
    statement = insert(inbox).on_conflict_do_nothing()

    assert once.insert(statement, rows(count)) == count
    assert once.insert(statement, rows(count + 2)) == 2
    assert len(connection.execute(select(inbox)).all()) == count + 2


def test_much_does_not_wait(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that hold more than may wait in memory go to the database."""
    monkeypatch.setattr(statements, "_MOST_WAITING", 100)
    waiting = Statements(connection)
    statement = insert(inbox).on_conflict_do_nothing()

    for row in rows(3):
        waiting.later(statement, row, 50)

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
