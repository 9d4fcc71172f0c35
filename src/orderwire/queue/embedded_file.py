"""The SQLite file behind the embedded transport: one connection and its transactions."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from orderwire.errors import UnavailableError
from orderwire.ports.syncing import Syncing, sync_log


class QueueFile:
    """One connection to the file, for one thread at a time. Thread-safe; other processes have their own."""

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self._path = path
        self._busy_seconds = busy_seconds
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        self._syncing = Syncing(partial(sync_log, path))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read without a transaction.

        Raises:
            UnavailableError: the file cannot be read, or nothing was declared there.
        """
        with self._lock, _translated(self._path):
            yield self._open()

    @contextmanager
    def writing(self, *, lasting: bool = True) -> Iterator[sqlite3.Connection]:
        """Write in one transaction, which is on the disk when the block has been left.

        Unless `lasting`: then it is there with the next one that is, and the machine's end may undo it.

        Raises:
            UnavailableError: the file cannot be written: locked for too long, disk full, nothing declared there.
        """
        with _translated(self._path):
            with self._lock:
                connection = self._open()
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
            if lasting:
                self._syncing.wait()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._closed:
            raise UnavailableError("the transport is closed")
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self._path, timeout=self._busy_seconds, isolation_level=None, check_same_thread=False
            )
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")  # a commit is synced outside of the lock
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise UnavailableError("the queue's file cannot be used", file=path.name, reason=str(error)) from error
