"""Commits made durable together."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orderwire.ports.syncing import Syncing, sync_log
from waiting import PATIENCE_SECONDS, until


class Disk:
    """Syncs one at a time, each when it is let through."""

    def __init__(self) -> None:
        self.syncs = 0
        self.begun = threading.Semaphore(0)
        self.open = threading.Semaphore(0)

    def sync(self) -> None:
        self.syncs += 1
        self.begun.release()
        assert self.open.acquire(timeout=PATIENCE_SECONDS)


def test_who_commits_during_a_sync_waits_for_the_next_one() -> None:
    """A sync under way may have missed the commit; the next one serves all who came meanwhile."""
    disk = Disk()
    syncing = Syncing(disk.sync)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(syncing.wait)
        assert disk.begun.acquire(timeout=PATIENCE_SECONDS)
        later = [pool.submit(syncing.wait) for _ in range(3)]
        until(lambda: syncing._waiting == 4)
        disk.open.release()
        first.result(PATIENCE_SECONDS)
        assert disk.begun.acquire(timeout=PATIENCE_SECONDS)
        assert not any(one.done() for one in later)
        disk.open.release()
        for one in later:
            one.result(PATIENCE_SECONDS)
    assert disk.syncs == 2


def test_a_sync_that_fails_makes_nothing_durable() -> None:
    """Its caller is told, and the others are served by a sync of their own."""
    failing = [OSError("I/O error")]

    def sync() -> None:
        if failing:
            raise failing.pop()

    syncing = Syncing(sync)
    with pytest.raises(OSError, match="I/O"):
        syncing.wait()
    syncing.wait()


def test_a_log_that_is_gone_needs_no_sync(tmp_path: Path) -> None:
    """SQLite has written it back, and synced that."""
    sync_log(tmp_path / "orderwire.db")
    (tmp_path / "orderwire.db-wal").write_bytes(b"frames")
    sync_log(tmp_path / "orderwire.db")
