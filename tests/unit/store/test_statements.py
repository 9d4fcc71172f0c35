"""Statements that go to SQLite's driver directly."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import bindparam, select

from orderwire.config.settings import StoreSettings
from orderwire.errors import BusyError, UnavailableError
from orderwire.ports.orders import OrderState
from orderwire.store.engine import Database, connect
from orderwire.store.migration import migrate
from orderwire.store.statements import Statements
from orderwire.store.tables import orders

STATES = select(orders.c.order_no, orders.c.state, orders.c.created_at).where(
    orders.c.order_no.in_(bindparam("nos", expanding=True)), orders.c.state != bindparam("but")
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = connect(StoreSettings(url=SecretStr(f"sqlite:///{tmp_path}/orderwire.db")))
    with made.begin() as connection:
        migrate(connection)
        connection.exec_driver_sql(
            "INSERT INTO orders (id, partner, order_no, content_hash, document_id, revision, state, fence, 'order',"
            " created_at) VALUES ('a', 'p', '1', 'x', 'd', 0, 'new', 0, '{}', 1), ('b', 'p', '2', 'x', 'd', 0,"
            " 'held', 0, '{}', 1)"
        )
    yield made
    made.close()


def test_run_answers_as_sqlalchemy_does(database: Database) -> None:
    """Values come back in the column's own type, by place and by name, for lists of any length."""
    with database.begin() as connection:
        statements = Statements(connection)
        for nos in ([], ["1"], ["1", "2", "3"]):
            values = {"nos": nos, "but": OrderState.ANSWERED}
            ours: Any = statements.run(STATES, values).all()
            assert ours == [tuple(row) for row in statements.execute(STATES, values)]
            assert [row.state for row in ours] == [OrderState.NEW, OrderState.HELD][: min(len(nos), 2)]


def test_a_transaction_that_the_database_undid_is_over(database: Database) -> None:
    """SQLite may undo everything by itself; then nothing more is written as if it were still open."""

    def work() -> None:
        with database.begin() as connection:
            statements = Statements(connection)
            statements.plain("DELETE FROM orders WHERE id = 'a'")
            with pytest.raises(sqlite3.IntegrityError):
                statements.plain("INSERT OR ROLLBACK INTO orders SELECT * FROM orders")
            statements.plain("DELETE FROM orders WHERE id = 'b'")

    with pytest.raises(UnavailableError, match="lost"):
        work()
    with database.begin() as connection:
        left = Statements(connection).run(STATES, {"nos": ["1", "2"], "but": OrderState.ANSWERED})
        assert left.scalars() == ["1", "2"]


def test_the_drivers_errors_are_told_in_our_words(database: Database) -> None:
    """A lock is busy, as it is when SQLAlchemy meets it."""
    locked = sqlite3.OperationalError("database is locked")
    locked.sqlite_errorcode = sqlite3.SQLITE_BUSY
    with database.begin() as connection:
        statements = Statements(connection)

        def refuse(*_: object) -> sqlite3.Cursor:
            raise locked

        with pytest.raises(BusyError):
            statements._direct(refuse, "SELECT 1", ())
