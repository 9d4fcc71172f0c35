"""The store's contract: transactions, savepoints, the sequence. One suite over both databases."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, Event, Thread

import pytest

from orderwire.errors import BusyError, UnavailableError
from orderwire.ports.journal import Document, DocumentQuery, Step
from orderwire.store import SqlStore
from records import ENDLESS, NOON, a_document, a_hold, an_event, an_order
from services.stores import crash, open_at

THREADS = 8


def documents(store: SqlStore) -> list[Document]:
    with store.begin() as tx:
        return tx.journal.find(DocumentQuery())


def test_commit_is_seen_by_other_connections(store: SqlStore, store_url: str) -> None:
    """What a transaction did stands when the block is left."""
    with store.begin() as tx:
        tx.journal.add(a_document())
    other = open_at(store_url)

    assert documents(other) == [a_document()]
    other.close()


def test_an_exception_undoes_everything(store: SqlStore) -> None:
    """Nothing of a transaction stands when its block raises, and the exception comes through."""

    def work() -> None:
        with store.begin() as tx:
            tx.journal.add(a_document())
            crash()

    with pytest.raises(ZeroDivisionError):
        work()

    assert documents(store) == []


def test_a_process_that_dies_before_commit_leaves_nothing(store: SqlStore, store_url: str) -> None:
    """A crash before commit leaves nothing, and no lock behind."""
    script = (
        "import os, sys\n"
        "from records import a_document\n"
        "from services.stores import crash, open_at\n"
        "with open_at(sys.argv[1]).begin() as tx:\n"
        "    tx.journal.add(a_document())\n"
        "    tx.journal.next_number('control')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    died = subprocess.run(
        [sys.executable, "-c", script, store_url], check=False, env={"PYTHONPATH": os.pathsep.join(sys.path)}
    )

    assert died.returncode == -9
    assert documents(store) == []
    with store.begin() as tx:
        assert tx.journal.next_number("control") == 1


def test_a_savepoint_undoes_only_what_was_in_it(store: SqlStore) -> None:
    """A failed message is undone; those before and after it in the batch stand."""
    with store.begin() as tx:
        for number in range(5):
            with suppress(ZeroDivisionError), tx.savepoint():
                tx.journal.add(a_document(id=f"document-{number}"))
                tx.journal.step(Step(f"document-{number}", NOON, "received"))
                if number % 2:
                    crash()

    assert sorted(document.id for document in documents(store)) == ["document-0", "document-2", "document-4"]
    with store.begin() as tx:
        assert len(tx.journal.steps("correlation-1")) == 3


def test_a_savepoint_survives_a_refusal_by_the_database(store: SqlStore) -> None:
    """An error of the database inside a savepoint does not end the transaction around it."""
    with store.begin() as tx:
        tx.journal.add(a_document())
        with pytest.raises(Exception, match=r"fk_holds_order_id|FOREIGN KEY"), tx.savepoint():
            tx.holds.add([a_hold(order_id="nobody's")], NOON)
        tx.outbox.add(an_event(), cause=None)

    assert len(documents(store)) == 1
    with store.begin() as tx:
        assert len(tx.outbox.unsent()) == 1


def test_the_first_error_is_the_one_that_is_heard(store: SqlStore) -> None:
    """A connection that was lost together with an error in a savepoint does not hide that error."""

    def work() -> None:
        with store.begin() as tx, tx.savepoint():
            tx._connection.invalidate()
            crash()

    with pytest.raises(ZeroDivisionError):
        work()


def test_savepoints_nest(store: SqlStore) -> None:
    """An inner savepoint may stand or fall by itself."""
    with store.begin() as tx, tx.savepoint():
        tx.journal.add(a_document(id="outer"))
        with suppress(ZeroDivisionError), tx.savepoint():
            tx.journal.add(a_document(id="inner"))
            crash()

    assert [document.id for document in documents(store)] == ["outer"]


def test_the_sequence_grows_under_threads(store: SqlStore) -> None:
    """Every draw is larger than every draw that ended before it began, whichever thread drew."""
    start = Barrier(THREADS)

    def draw(_: int) -> list[int]:
        start.wait()
        return [store.next_sequence() for _ in range(25)]

    with ThreadPoolExecutor(THREADS) as pool:
        draws = list(pool.map(draw, range(THREADS)))

    assert all(mine == sorted(mine) for mine in draws)
    assert len({number for mine in draws for number in mine}) == THREADS * 25
    assert store.next_sequence() > max(number for mine in draws for number in mine)


def test_a_draw_is_not_undone(store: SqlStore, store_url: str) -> None:
    """A later process draws larger numbers, whatever was rolled back meanwhile."""
    first = store.next_sequence()
    with pytest.raises(ZeroDivisionError), store.begin():
        crash()
    other = open_at(store_url)

    assert other.next_sequence() > first
    other.close()


def test_a_draw_in_a_transaction_is_of_the_same_sequence(store: SqlStore) -> None:
    """It is larger than what was drawn before, and smaller than what is drawn when it has been committed."""
    before = store.next_sequence()
    with store.begin() as tx:
        numbers = [tx.next_sequence(), tx.next_sequence()]

    assert before < numbers[0] < numbers[1] < store.next_sequence()


def test_a_draw_waits_for_another_threads_transaction(store: SqlStore) -> None:
    """A draw beside a write transaction of another thread ends, at the latest when that one does."""
    writing, drawn = Event(), Event()

    def write() -> None:
        with store.begin() as tx:
            tx.journal.add(a_document())
            writing.set()
            drawn.wait(0.2)

    writer = Thread(target=write)
    writer.start()
    writing.wait()
    number = store.next_sequence()
    drawn.set()
    writer.join()

    assert number > 0


def test_writers_take_turns(store: SqlStore, store_url: str) -> None:
    """Transactions of many threads and processes that read before they write all commit, and lose no update."""
    stores = [store, open_at(store_url)]
    with store.begin() as tx:
        tx.orders.open(an_order())

    def count(number: int) -> None:
        with stores[number % 2].begin() as tx:
            tx.journal.find(DocumentQuery())
            record = tx.orders.open(an_order())
            tx.orders.save(record.id, 0, revision=record.revision + 1)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(count, range(100)))

    with store.begin() as tx:
        record = tx.orders.get("order-1")
    assert record is not None
    assert record.revision == 100
    stores[1].close()


def test_lock_conflicts_are_transient(store: SqlStore, store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting too long for somebody else's row is BusyError, which a retry can help."""
    monkeypatch.setattr("orderwire.store.engine.LOCK_WAIT_SECONDS", 0.1)
    impatient = open_at(store_url.replace("postgresql:", "postgres:"))
    with store.begin() as tx:
        tx.orders.open(an_order())

        with pytest.raises(BusyError), impatient.begin() as other:
            other.orders.open(an_order(id="order-2"))

    impatient.close()


def test_a_store_without_schema_is_unavailable(empty_store_url: str) -> None:
    """Before `migrate` has run, work is put off rather than parked."""
    store = open_at(empty_store_url)

    with pytest.raises(UnavailableError), store.begin() as tx:
        tx.journal.get("document-1")

    store.close()


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "x" * 300, "ä" * 300, "💥"])
def test_hostile_text_is_stored(store: SqlStore, text: str) -> None:
    """No text from outside makes the database refuse a journal row."""
    with store.begin() as tx:
        tx.journal.add(a_document(control_ref=text, sender=text, order_no=text, name=text, reason=text))
        tx.journal.step(Step("document-1", NOON, "received", detail={"text": text}))
        assert tx.journal.claim(text, "sha", "document-1").new
        assert not tx.journal.claim(text, "sha", "document-2").new
        found = tx.journal.find(DocumentQuery(control_ref=text))

    assert [document.id for document in found] == ["document-1"]


def test_very_long_references_are_found(store: SqlStore) -> None:
    """A reference longer than an index entry of PostgreSQL may be is stored, claimed and found all the same."""
    with store.begin() as tx:
        tx.journal.add(a_document(control_ref=ENDLESS, order_no=ENDLESS, erp_no=ENDLESS))
        assert tx.journal.claim(ENDLESS, "sha", "document-1").new
        assert not tx.journal.claim(ENDLESS, "sha", "document-2").new

        assert len(tx.journal.find(DocumentQuery(control_ref=ENDLESS))) == 1
