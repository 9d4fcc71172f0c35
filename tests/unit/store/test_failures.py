"""Drivers' errors in our words."""

import sqlite3
from types import SimpleNamespace
from typing import cast

import psycopg
import pytest
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from orderwire.errors import BusyError, LimitError, OrderwireError, UnavailableError
from orderwire.store.failures import translate, translated


def context(error: Exception, *, is_disconnect: bool = False) -> ExceptionContext:
    made = SimpleNamespace(original_exception=error, connection=None, is_disconnect=is_disconnect)
    return cast("ExceptionContext", made)


def of_sqlite(kind: type[sqlite3.Error], code: int) -> sqlite3.Error:
    error = kind("disk I/O error")
    error.sqlite_errorcode = code
    return error


def of_postgresql(state: str) -> psycopg.Error:
    return psycopg.errors.lookup(state)("the first line\nDETAIL: a second")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (of_sqlite(sqlite3.OperationalError, sqlite3.SQLITE_BUSY), BusyError),
        (of_sqlite(sqlite3.OperationalError, sqlite3.SQLITE_BUSY_SNAPSHOT), BusyError),
        (of_sqlite(sqlite3.OperationalError, sqlite3.SQLITE_LOCKED), BusyError),
        (of_sqlite(sqlite3.OperationalError, sqlite3.SQLITE_FULL), UnavailableError),
        (of_sqlite(sqlite3.OperationalError, sqlite3.SQLITE_IOERR), UnavailableError),
        (of_sqlite(sqlite3.OperationalError, sqlite3.SQLITE_ERROR), UnavailableError),
        (of_sqlite(sqlite3.DataError, sqlite3.SQLITE_TOOBIG), LimitError),
        (sqlite3.InterfaceError("no code"), UnavailableError),
        (of_postgresql("40001"), BusyError),  # serialization failure
        (of_postgresql("40P01"), BusyError),  # deadlock
        (of_postgresql("55P03"), BusyError),  # lock not available
        (of_postgresql("57P01"), UnavailableError),  # shut down by the administrator
        (of_postgresql("53300"), UnavailableError),  # too many connections
        (of_postgresql("53100"), UnavailableError),  # disk full
        (of_postgresql("42P01"), UnavailableError),  # no such table
        (of_postgresql("42703"), UnavailableError),  # no such column
        (of_postgresql("54000"), LimitError),  # index row too large
        (of_postgresql("22003"), LimitError),  # number out of range
        (psycopg.DataError("text with NUL"), LimitError),
        (psycopg.OperationalError("no connection"), UnavailableError),
        (psycopg.InterfaceError("connection closed"), UnavailableError),
    ],
    ids=lambda value: getattr(value, "sqlstate", None) or repr(value),
)
def test_errors_say_whether_a_retry_can_help(error: Exception, expected: type[OrderwireError]) -> None:
    """What passes is transient, what never fits is permanent."""
    assert type(translate(context(error))) is expected


@pytest.mark.parametrize(
    "error",
    [
        of_sqlite(sqlite3.IntegrityError, sqlite3.SQLITE_CONSTRAINT),
        of_postgresql("23503"),
        of_postgresql("42601"),
        ValueError("not the driver's"),
    ],
    ids=repr,
)
def test_bugs_stay_what_they_are(error: Exception) -> None:
    """A broken constraint or wrong SQL is our own mistake, and not dressed up as an outage."""
    assert translate(context(error)) is None


def test_a_lost_connection_is_unavailable_whatever_it_said() -> None:
    """An error that came with the loss of the connection is an outage."""
    assert type(translate(context(of_postgresql("XX000"), is_disconnect=True))) is UnavailableError


def test_a_cause_is_one_line() -> None:
    """The server's sentence is kept as a fact, without its details."""
    found = translate(context(of_postgresql("40P01")))

    assert found is not None
    assert found.facts == {"database": "postgresql", "sqlstate": "40P01", "cause": "the first line"}


@pytest.mark.parametrize("error", [PoolTimeoutError("QueuePool"), PendingRollbackError("rolled back")], ids=repr)
def test_sqlalchemys_own_errors_are_unavailable(error: Exception) -> None:
    """No caller meets SQLAlchemy's own exceptions."""
    with pytest.raises(UnavailableError), translated():
        raise error
