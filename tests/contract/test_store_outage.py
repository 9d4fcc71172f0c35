"""The store's contract: the database goes away, or undoes a transaction by itself."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier

import pytest

from orderwire.errors import BusyError, LimitError, UnavailableError
from orderwire.ports.journal import DocumentQuery
from orderwire.store import SqlStore
from records import ENDLESS, NOON, a_document, an_order
from services.postgres import PostgresServer
from services.stores import migrate_store, open_at


@pytest.fixture
def away(postgres: PostgresServer) -> Iterator[SqlStore]:
    """A store on PostgreSQL."""
    url = postgres.create_database(template=postgres.template("store", migrate_store))
    opened = open_at(url)
    yield opened
    opened.close()
    postgres.drop_database(url)


def ids(store: SqlStore) -> list[str]:
    with store.begin() as tx:
        return [document.id for document in tx.journal.find(DocumentQuery())]


def test_an_unreachable_database_is_unavailable() -> None:
    """A server that does not answer raises UnavailableError, without the password."""
    store = open_at("postgresql://orderwire:geheim@127.0.0.1:1/orderwire")

    with pytest.raises(UnavailableError) as raised, store.begin():
        pass

    assert "geheim" not in str(raised.value)
    store.close()


def test_a_broken_connection_is_replaced(away: SqlStore, postgres: PostgresServer) -> None:
    """A connection that broke while idle is no error: another is opened."""
    with away.begin() as tx:
        tx.journal.add(a_document())

    postgres.break_connections()

    assert ids(away) == ["document-1"]


def test_a_connection_that_breaks_within_a_transaction(away: SqlStore, postgres: PostgresServer) -> None:
    """The transaction is undone with UnavailableError, and the next one works."""

    def work() -> None:
        with away.begin() as tx:
            tx.journal.add(a_document())
            postgres.break_connections()
            tx.journal.add(a_document(id="document-2"))

    with pytest.raises(UnavailableError):
        work()

    assert ids(away) == []


def test_work_after_a_swallowed_break_is_not_committed(away: SqlStore, postgres: PostgresServer) -> None:
    """A batch that goes on after a message met a broken connection commits nothing, and says so."""

    def work() -> None:
        with away.begin() as tx:
            tx.journal.add(a_document())
            postgres.break_connections()
            with suppress(UnavailableError), tx.savepoint():
                tx.journal.add(a_document(id="document-2"))
            with tx.savepoint():
                tx.journal.add(a_document(id="document-3"))

    with pytest.raises(UnavailableError):
        work()

    assert ids(away) == []


def test_the_server_goes_and_comes_back(away: SqlStore, postgres: PostgresServer) -> None:
    """While the server is away everything is UnavailableError; afterwards what was committed stands."""
    with away.begin() as tx:
        tx.journal.add(a_document())
    postgres.stop()
    try:
        with pytest.raises(UnavailableError), away.begin():
            pass
        with pytest.raises(UnavailableError):
            away.next_sequence()
        with pytest.raises(UnavailableError):
            away.migrate()
    finally:
        postgres.start()

    assert ids(away) == ["document-1"]
    assert away.next_sequence() > 0


def test_an_exhausted_pool_is_unavailable(away: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every connection in use, one waits for a while and is then put off."""
    pool = away._database.transactions.pool
    monkeypatch.setattr(pool, "_timeout", 0.05)
    held = [away._database.transactions.connect() for _ in range(10)]

    with pytest.raises(UnavailableError), away.begin():
        pass

    for connection in held:
        connection.close()


def test_a_deadlock_is_busy(away: SqlStore) -> None:
    """Of two transactions that wait for each other one gets BusyError, and the other goes on."""
    meet = Barrier(2)
    with away.begin() as tx:
        tx.orders.open(an_order(id="o-0", order_no="o-0"))
        tx.orders.open(an_order(id="o-1", order_no="o-1"))

    def cross(numbers: tuple[str, str]) -> str:
        try:
            with away.begin() as tx:
                tx.orders.open(an_order(order_no=numbers[0]))
                meet.wait()
                tx.orders.open(an_order(order_no=numbers[1]))
        except BusyError:
            return "busy"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(cross, [("o-0", "o-1"), ("o-1", "o-0")])) == ["busy", "done"]


def test_an_oversized_key_is_permanent(away: SqlStore) -> None:
    """What the database can never hold is refused for good, instead of being retried for ever."""
    with pytest.raises(LimitError), away.begin() as tx:
        tx.inbox.mark("fulfil", [ENDLESS], NOON)


@pytest.fixture
def filed(tmp_path: Path) -> Iterator[SqlStore]:
    """A store on SQLite."""
    url = f"sqlite:///{tmp_path}/orderwire.db"
    migrate_store(url)
    opened = open_at(url)
    yield opened
    opened.close()


def test_a_full_disk_is_unavailable(filed: SqlStore) -> None:
    """SQLite without room raises UnavailableError, and goes on when there is room again."""
    with filed.begin() as tx:
        tx._connection.exec_driver_sql("PRAGMA max_page_count = 1")

    with pytest.raises(UnavailableError), filed.begin() as tx:
        tx.archive.put(os.urandom(1_000_000))

    with filed.begin() as tx:
        tx._connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        assert tx.archive.put(os.urandom(1_000_000))


def test_nothing_follows_a_transaction_that_sqlite_undid(filed: SqlStore) -> None:
    """After SQLite rolled everything back, as it may for a failing disk, a batch that goes on commits nothing."""

    def work() -> None:
        with filed.begin() as tx:
            tx.journal.add(a_document())
            with suppress(UnavailableError), tx.savepoint():
                tx._connection.connection.rollback()
                tx._connection.exec_driver_sql("SELECT nothing")
            with tx.savepoint():
                tx.journal.add(a_document(id="document-2"))

    with pytest.raises(UnavailableError):
        work()

    assert ids(filed) == []


def test_a_transaction_within_a_transaction_is_a_bug(filed: SqlStore) -> None:
    """A thread that opens a second transaction, or draws, within its own would wait for itself: told at once."""
    with filed.begin():
        with pytest.raises(RuntimeError), filed.begin():
            pass
        with pytest.raises(RuntimeError):
            filed.next_sequence()
