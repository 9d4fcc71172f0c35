"""What a driver's error means to us: translated where it arises, so that no caller meets SQLAlchemy's."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from orderwire.errors import BusyError, LimitError, OrderwireError, UnavailableError

#: PostgreSQL: serialization failure, deadlock, lock not available, and a statement or lock time-out.
_PG_BUSY: Final = frozenset({"40001", "40P01", "55P03", "57014"})
#: Class 22 data exception (a character or number the type does not hold), class 54 program limit exceeded.
_PG_LIMIT: Final = ("22", "54")
#: A table or a column is missing, so `migrate` has not run yet.
_PG_UNMIGRATED: Final = frozenset({"42P01", "42703"})

_SQLITE_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def translate(context: ExceptionContext) -> OrderwireError | None:
    """Return what to raise instead of a driver's error; None: it is a bug and stays as it is."""
    if _undone(context):
        context.is_disconnect = True  # from here on every statement fails, until the caller has left the transaction
    error = context.original_exception
    if isinstance(error, sqlite3.Error):
        return of_sqlite(error)
    return _of_postgresql(error, lost=context.is_disconnect)


@contextmanager
def translated() -> Iterator[None]:
    """Translate what SQLAlchemy raises of its own accord.

    Raises:
        UnavailableError: no connection came free, or the transaction's was lost and the caller went on regardless.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise UnavailableError("no database connection came free in time") from error
    except PendingRollbackError as error:
        raise UnavailableError("the database connection was lost within the transaction") from error


def _undone(context: ExceptionContext) -> bool:
    """Tell whether SQLite has rolled the whole transaction back, as it may for a full disk: nothing may follow."""
    connection = context.connection
    if connection is None or connection.dialect.name != "sqlite" or connection.invalidated:
        return False
    raw = connection.connection.dbapi_connection
    return connection.in_transaction() and isinstance(raw, sqlite3.Connection) and not raw.in_transaction


def of_sqlite(error: sqlite3.Error) -> OrderwireError | None:
    """Return what to raise instead; None: it is a bug and stays as it is."""
    if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _SQLITE_BUSY:
        return BusyError("the database is locked", database="sqlite")
    if isinstance(error, sqlite3.DataError):
        return LimitError("the database cannot hold this value", database="sqlite", cause=str(error))
    if isinstance(error, (sqlite3.OperationalError, sqlite3.InterfaceError)):
        return UnavailableError("the database did not answer", database="sqlite", cause=str(error))
    return None


def _of_postgresql(error: BaseException | None, *, lost: bool) -> OrderwireError | None:
    import psycopg  # where the store is SQLite, it is not loaded before there is trouble

    if not isinstance(error, psycopg.Error):
        return None
    state = error.sqlstate or ""
    facts = {"database": "postgresql", "sqlstate": state or None, "cause": _first_line(error)}
    if state in _PG_BUSY:
        return BusyError("the database is locked", **facts)
    if state.startswith(_PG_LIMIT) or (not state and isinstance(error, psycopg.DataError)):
        return LimitError("the database cannot hold this value", **facts)
    if lost or state in _PG_UNMIGRATED or isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        return UnavailableError("the database did not answer", **facts)
    return None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
