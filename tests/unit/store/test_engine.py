"""Engines."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import cast

import pytest
from pydantic import SecretStr

from orderwire.config.settings import StoreSettings
from orderwire.errors import BusyError, ConfigurationError, UnavailableError
from orderwire.ports.syncing import Syncing
from orderwire.store.engine import Turn, _write_ahead, connect


def at(url: str) -> StoreSettings:
    return StoreSettings(url=SecretStr(url))


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("", "not a database URL"),
        ("no url", "not a database URL"),
        ("postgresql://user:geheim@host:port/db", "not a database URL"),
        ("mysql://user:geheim@host/db", "must begin with"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("sqlite:///file:x.db?uri=true", "must name a file"),
        ("sqlite:////dev/null/orderwire.db", "cannot be made"),
    ],
)
def test_wrong_urls_are_refused(url: str, complaint: str) -> None:
    """A URL that is of no database we know is told at start-up, without its password."""
    with pytest.raises(ConfigurationError, match=complaint) as raised:
        connect(at(url))

    assert "geheim" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_is_reached_by_psycopg(scheme: str) -> None:
    """However PostgreSQL's URL begins, psycopg 3 is used; nothing is connected before the first use."""
    database = connect(at(f"{scheme}://user@host/db"))

    assert database.transactions.dialect.driver == "psycopg"
    assert database.turn is None


def test_sqlite_is_durable(tmp_path: Path) -> None:
    """A commit goes into the log, to be synced from there; foreign keys are checked; the folder is made."""
    database = connect(at(f"sqlite:///{tmp_path}/new/orderwire.db"))

    with database.begin() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in (
                "journal_mode",
                "synchronous",
                "foreign_keys",
                "busy_timeout",
                "wal_autocheckpoint",
                "cache_size",
            )
        }

    wanted = {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 30_000}
    assert found == wanted | {"wal_autocheckpoint": 8000, "cache_size": -32 * 1024}
    database.close()


def test_a_commit_is_synced_before_anybody_is_told(tmp_path: Path) -> None:
    """What was written is in the log when it is synced, and the block is left after that; reading syncs nothing."""
    path, synced = tmp_path / "orderwire.db", list[int]()
    reading = sqlite3.connect(path)
    database = connect(at(f"sqlite:///{path}"))

    def sync() -> None:
        synced.append(reading.execute("SELECT count(*) FROM t").fetchone()[0])

    watched = replace(database, syncing=Syncing(sync))

    with watched.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
    assert synced == [1]

    with watched.begin() as connection:
        connection.exec_driver_sql("SELECT * FROM t").all()
    with pytest.raises(ZeroDivisionError), watched.begin() as connection:
        assert connection.exec_driver_sql("INSERT INTO t VALUES (2)").rowcount / 0
    assert synced == [1]
    reading.close()
    database.close()


def test_what_need_not_last_is_synced_with_what_does(tmp_path: Path) -> None:
    """Nobody waits for it; the log is synced whole by the next commit that lasts."""
    path, synced = tmp_path / "orderwire.db", list[int]()
    reading = sqlite3.connect(path)
    database = connect(at(f"sqlite:///{path}"))
    watched = replace(
        database, syncing=Syncing(lambda: synced.append(reading.execute("SELECT count(*) FROM t").fetchone()[0]))
    )

    with watched.begin(lasting=False) as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
    assert synced == []

    with watched.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (2)")
    assert synced == [2]
    reading.close()
    database.close()


def test_what_cannot_be_synced_is_not_done(tmp_path: Path) -> None:
    """The caller is told, and tries again: nothing that it would do next may rest on this commit."""
    database = connect(at(f"sqlite:///{tmp_path}/orderwire.db"))

    def broken() -> None:
        raise OSError("I/O error")

    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")

    with pytest.raises(UnavailableError, match="synced"), replace(database, syncing=Syncing(broken)).begin() as at_risk:
        at_risk.exec_driver_sql("INSERT INTO t VALUES (1)")
    database.close()


def test_sqlite_transactions_are_real(tmp_path: Path) -> None:
    """Tables too are undone, since the driver begins and commits nothing of its own."""
    database = connect(at(f"sqlite:///{tmp_path}/orderwire.db"))

    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        assert connection.exec_driver_sql("CREATE TABLE t (x)").rowcount / 0

    with database.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one() == 0
    database.close()


class Crowded:
    """A connection to a new file that others open at the same moment."""

    def __init__(self, code: int, refusals: int) -> None:
        self.code, self.refusals = code, refusals

    def execute(self, _statement: str) -> "Crowded":
        self.refusals -= 1
        if self.refusals >= 0:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = self.code
            raise error
        return self

    def fetchone(self) -> None:
        pass


def test_a_new_file_is_switched_to_wal_when_others_are_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite may refuse the switch at once, whatever its busy time-out: it is asked again."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    crowded = Crowded(sqlite3.SQLITE_BUSY, refusals=3)

    _write_ahead(cast("sqlite3.Connection", crowded))

    assert crowded.refusals == -1


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR])
def test_a_file_that_cannot_be_switched_is_given_up(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One does not ask for ever, nor again after another error."""
    monkeypatch.setattr("orderwire.store.engine.LOCK_WAIT_SECONDS", -1)

    with pytest.raises(sqlite3.OperationalError):
        _write_ahead(cast("sqlite3.Connection", Crowded(code, refusals=1)))


def test_turns_are_taken_one_at_a_time() -> None:
    """No two threads have the turn at once."""
    turn, inside = Turn(), []

    def work(_: int) -> int:
        with turn.take():
            inside.append(1)
            most = len(inside)
            inside.pop()
            return most

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, range(200))) == {1}


def test_a_turn_is_given_back_after_an_error() -> None:
    """Whoever fails within its turn gives it back."""
    turn = Turn()
    with pytest.raises(ZeroDivisionError), turn.take():
        raise ZeroDivisionError

    with turn.take():
        pass


def test_a_turn_that_does_not_come_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread does not wait for ever."""
    monkeypatch.setattr("orderwire.store.engine.LOCK_WAIT_SECONDS", 0.01)
    turn, taken, leave = Turn(), Event(), Event()

    def hold() -> None:
        with turn.take():
            taken.set()
            leave.wait(10)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold)
        taken.wait(10)
        with pytest.raises(BusyError), turn.take():
            pass
        leave.set()


def test_a_thread_does_not_wait_for_itself() -> None:
    """A second turn within the first is a bug, and told at once."""
    turn = Turn()

    with turn.take(), pytest.raises(RuntimeError), turn.take():
        pass
