"""Engines: how to reach SQLite and PostgreSQL so that a commit is durable and nobody waits for ever."""

import math
import select
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock, get_ident
from typing import Any, Final

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError

from orderwire.config.settings import StoreSettings
from orderwire.errors import BusyError, ConfigurationError, UnavailableError
from orderwire.ports.syncing import Syncing, sync_log
from orderwire.store.failures import translate, translated
from orderwire.store.inserts import TextArray
from orderwire.store.statements import Statements

#: How long a statement waits for somebody else's lock before BusyError.
LOCK_WAIT_SECONDS: Final = 30
#: Connections for looks, and how long one may take (PostgreSQL) before it is broken off with BusyError.
LOOKS: Final = 4
LOOK_SECONDS: Final = 20
#: A write-ahead log that a long reader let grow is cut back to this.
_WAL_LIMIT_BYTES: Final = 64 * 1024 * 1024
#: The log is written back when it has so many pages (32 MB). Ids are random, so a batch touches hundreds of pages, and
#: the next one the same: SQLite's own 1,000 would write all of them back, with two syncs, at nearly every commit.
_WAL_PAGES: Final = 8000
#: What a writer keeps of the pages in memory: random ids go all over their indexes; SQLite's 2 MB are soon read anew.
_CACHE_KB: Final = 32 * 1024
#: A connection that was unused for longer is asked whether it is still there.
_ASK_AFTER_SECONDS: Final = 1.0
_UNUSED_SINCE: Final = "orderwire_unused_since"
_POSTGRESQL: Final = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
_SQLITE: Final = frozenset({"sqlite", "sqlite+pysqlite"})


class Turn:
    """One writer at a time in this process: threads stand in line, where SQLite's own waiting would poll."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._holder: int | None = None

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for the turn.

        Raises:
            BusyError: it did not come in time.
            RuntimeError: this thread has it already, and would wait for itself.
        """
        if self._holder == get_ident():
            raise RuntimeError("this thread has a transaction open; leave it first")
        if not self._lock.acquire(timeout=LOCK_WAIT_SECONDS):
            raise BusyError("the database is locked by another thread", database="sqlite")
        self._holder = get_ident()
        try:
            yield
        finally:
            self._holder = None
            self._lock.release()


class Lender:
    """Lends a connection: out of the pool, or to one thread after the other the same one, which costs much less."""

    def __init__(self, engine: Engine, *, keep: bool) -> None:
        self._engine, self._keep = engine, keep
        self._kept: Connection | None = None

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """Lend it; one that is kept must be sound, and out of any transaction, to be lent again."""
        if not self._keep:
            with self._engine.connect() as connection:
                yield connection
            return
        kept, self._kept = self._kept or self._engine.connect(), None
        try:
            yield kept
        finally:
            if kept.invalidated or kept.in_transaction() or _open(kept):
                kept.close()
            else:
                self._kept = kept

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        self._engine.dispose()


@dataclass(frozen=True)
class Database:
    """Three ways into one database: transactions, draws from the sequence beside them, and looks that write nothing."""

    transactions: Engine
    looks: Engine
    writing: Lender
    drawing: Lender
    turn: Turn | None = None  # SQLite's; PostgreSQL sees to that itself
    syncing: Syncing | None = None  # SQLite's too

    @contextmanager
    def begin(self, *, lasting: bool = True) -> Iterator[Connection]:
        """Open a transaction that may write: committed on leaving, and on the disk; rolled back when the block raises.

        On SQLite, one that need not be lasting is not waited for: it is on the disk with the next that is.

        Raises:
            UnavailableError: it was committed, but is not known to be on the disk; or as the database's errors are.
        """
        with translated():
            with self._wait(), self.writing.lend() as connection, connection.begin():
                if self.turn:
                    # Deferred, a transaction that reads first can fail at its first write; immediate, it waits here.
                    Statements(connection).plain("BEGIN IMMEDIATE")
                before = _changes(connection)
                yield connection
                wrote = _changes(connection) != before
            if self.syncing and wrote and lasting:
                self._sync(self.syncing)

    @staticmethod
    def _sync(syncing: Syncing) -> None:
        try:
            syncing.wait()
        except OSError as error:
            raise UnavailableError("the database could not be synced", database="sqlite", cause=str(error)) from error

    @contextmanager
    def outside(self) -> Iterator[Connection]:
        """Lend a connection on which each statement commits by itself."""
        with translated(), self._wait(), self.drawing.lend() as connection:
            yield connection

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment, writes nothing, and holds nobody up."""
        with translated(), self.looks.begin() as connection:
            if self.turn:
                Statements(connection).plain("BEGIN")
            yield connection

    def _wait(self) -> AbstractContextManager[None]:
        return self.turn.take() if self.turn else nullcontext()

    def close(self) -> None:
        self.writing.close()
        self.drawing.close()
        self.looks.dispose()


def _changes(connection: Connection) -> int:
    """Return a number that grows with every row that SQLite changes on the connection."""
    raw: Any = connection.connection.dbapi_connection
    return raw.total_changes if isinstance(raw, sqlite3.Connection) else 0


def _open(connection: Connection) -> bool:
    """Whether SQLite has a transaction open on the connection, whatever SQLAlchemy knows of it."""
    raw: Any = connection.connection.dbapi_connection
    return isinstance(raw, sqlite3.Connection) and raw.in_transaction


def connect(settings: StoreSettings) -> Database:
    """Prepare the engines; a connection is opened at the first use.

    Raises:
        ConfigurationError: the URL is of no database we know, or its folder cannot be made.
    """
    try:
        url = make_url(settings.url.get_secret_value())
    except (ArgumentError, ValueError):
        raise ConfigurationError("store.url is not a database URL") from None
    if url.drivername in _SQLITE:
        return _sqlite(url)
    if url.drivername in _POSTGRESQL:
        return _postgresql(url, settings)
    raise ConfigurationError("store.url must begin with sqlite: or postgresql:", found=url.drivername)


def _postgresql(url: URL, settings: StoreSettings) -> Database:
    engine = _postgresql_engine(url, settings, settings.pool_size)
    limits = f"-c statement_timeout={LOOK_SECONDS}s -c default_transaction_read_only=on"
    # A search is planned for what is asked: a plan for any word would read every row for a rare one.
    looks = _postgresql_engine(url, settings, LOOKS, f"{limits} -c plan_cache_mode=force_custom_plan -c jit=off")
    draws = engine.execution_options(isolation_level="AUTOCOMMIT")
    return Database(engine, looks, Lender(engine, keep=False), Lender(draws, keep=False))


def _postgresql_engine(url: URL, settings: StoreSettings, pool_size: int, more: str = "") -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=settings.connect_timeout_seconds,
        hide_parameters=True,
        connect_args={
            "connect_timeout": max(2, round(settings.connect_timeout_seconds)),  # libpq takes 1 for 2
            "application_name": "orderwire",
            "options": f"-c timezone=UTC -c lock_timeout={LOCK_WAIT_SECONDS}s {more}",
            # A server that vanished without a word is given up after about a minute.
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "tcp_user_timeout": 60_000,
        },
    )
    event.listen(engine, "connect", _take_arrays)
    event.listen(engine, "checkin", _put_back)
    event.listen(engine, "checkout", partial(_asked, engine.dialect))
    event.listen(engine, "handle_error", translate, retval=True)
    return engine


def _put_back(_connection: Any, record: Any) -> None:
    record.info[_UNUSED_SINCE] = time.monotonic()


def _asked(dialect: Dialect, connection: Any, record: Any, _proxy: Any) -> None:
    """Ask a connection whether it is still there, if there is any doubt; the pool opens another if not."""
    fresh = time.monotonic() - record.info.get(_UNUSED_SINCE, -math.inf) < _ASK_AFTER_SECONDS
    if fresh and not _spoken(connection.fileno()):
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise DisconnectionError from error


def _spoken(socket: int) -> bool:
    """Whether something came that nobody asked for: the server's last words, or the connection's end."""
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))


def _take_arrays(connection: Any, _record: Any) -> None:
    """Teach the driver our arrays."""
    from psycopg.adapt import Dumper  # loaded with PostgreSQL's engine only
    from psycopg.pq import Format

    class ArrayDumper(Dumper):
        format = Format.BINARY
        oid = connection.adapters.types["text"].array_oid

        def dump(self, obj: TextArray) -> TextArray:
            return obj

    connection.adapters.register_dumper(TextArray, ArrayDumper)


def _sqlite(url: URL) -> Database:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise ConfigurationError("store.url must name a file: sqlite:///var/orderwire.db")
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError("the store's folder cannot be made", path=url.database, cause=error.strerror) from None
    syncing = Syncing(partial(sync_log, Path(url.database)))
    # A draw need not outlive a power cut by itself: a commit that used it comes later in the same log, and syncs it.
    engine, draws = _sqlite_engine(url), _sqlite_engine(url)
    lenders = Lender(engine, keep=True), Lender(draws, keep=True)
    return Database(engine, _sqlite_engine(url, looks=LOOKS), *lenders, Turn(), syncing)


def _sqlite_engine(url: URL, *, looks: int = 0) -> Engine:
    """Make an engine. To write, one connection is enough, since threads take turns; `looks` is how many only read."""
    pool = {"pool_size": looks or 1, "max_overflow": 0}
    engine = create_engine(url.set(drivername="sqlite+pysqlite"), hide_parameters=True, **pool)

    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing of its own; `Database.begin` does
        connection.execute(f"PRAGMA busy_timeout = {LOCK_WAIT_SECONDS * 1000}")
        _write_ahead(connection)
        # A commit goes into the log and is synced outside of it (`Syncing`); a checkpoint is synced by SQLite itself.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
        if looks:
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "handle_error", translate, retval=True)
    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL. SQLite's busy time-out does not cover this, and a new file is opened by many at once."""
    until = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return
