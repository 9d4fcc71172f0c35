"""Many rows in one statement."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, select
from sqlalchemy.dialects.postgresql import insert

from orderwire.store import statements
from orderwire.store.inserts import array_of
from orderwire.store.statements import Statements
from orderwire.store.tables import inbox

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


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([], None),
        ([None, None], None),
        (["NULL", None, ""], '{"NULL",NULL,""}'),
        (['a"b\\c', "{x,y}"], '{"a\\\\"b\\\\\\\\c","{x,y}"}'),
        ([True, False, 7], "{True,False,7}"),
        ([NOON, None], "{2026-03-01T12:00:00+00:00,NULL}"),
        ([b"\x00\xff"], '{"\\\\\\\\x00ff"}'),
    ],
)
def test_arrays_are_written_as_postgresql_reads_them(values: list[Any], written: str | None) -> None:
    """Texts are quoted, no value is not; a column without any value is none."""
    assert array_of(values) == (None if written is None else written.replace("\\\\", "\\"))
