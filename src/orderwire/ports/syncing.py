"""Commits made durable together: one sync of SQLite's write-ahead log serves every commit that came before it."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Condition


def sync_log(database: Path) -> None:
    """Sync the write-ahead log of a database to the disk; a log that is gone has been written back, and synced."""
    with suppress(FileNotFoundError):
        # SQLite locks the database's file, not its log: closing this one gives up none of its locks.
        log = os.open(f"{database}-wal", os.O_RDWR)
        try:
            os.fsync(log)
        finally:
            os.close(log)


class Syncing:
    """Lets committers wait for a sync that began after their commit. Thread-safe.

    SQLite syncs within a commit, while nobody else can write. Outside, others write meanwhile, and a sync under way
    is followed by one for all who have committed since.
    """

    def __init__(self, sync: Callable[[], None]) -> None:
        self._sync = sync
        self._changed = Condition()
        self._waiting = 0  # the last number given to a committer
        self._durable = 0  # up to which number all is on the disk
        self._running = False

    def wait(self) -> None:
        """Return when all that was committed before the call is on the disk.

        Raises:
            OSError: it cannot be synced.
        """
        with self._changed:
            self._waiting += 1
            ours = self._waiting
            while self._running and self._durable < ours:
                self._changed.wait()
            if self._durable >= ours:
                return
            self._running, seen = True, self._waiting
        done = False
        try:
            self._sync()
            done = True
        finally:
            with self._changed:
                self._running = False
                self._durable = seen if done else self._durable
                self._changed.notify_all()
