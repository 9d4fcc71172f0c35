"""NAV's concurrency: so many calls at once per tenant, so many that wait, and others turned away."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from threading import Event, Lock, Semaphore, Thread
from typing import Final

#: SOAPMaxConcurrentRequests, SOAPRequestQueueSize and SOAPServicesOperationTimeout, as documented.
NAV_SLOTS: Final = 5
NAV_QUEUE: Final = 95
NAV_TIMEOUT_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast NAV is, and how much it does at once."""

    latency_seconds: float = 0.0
    max_concurrent: int | None = None  # None: no limit
    queue_size: int = NAV_QUEUE
    queue_seconds: float = NAV_TIMEOUT_SECONDS


class Slots:
    """Where calls wait. Thread-safe."""

    def __init__(self, pace: Pace, stopping: Event) -> None:
        self._pace = pace
        self._stopping = stopping
        self._free = Semaphore(pace.max_concurrent) if pace.max_concurrent else None
        self._lock = Lock()
        self._waiting = self._active = self._most = 0

    @property
    def most_at_once(self) -> int:
        """How many calls were worked on at the same time, at most."""
        return self._most

    @property
    def waiting(self) -> int:
        """How many calls wait for a slot."""
        return self._waiting

    @contextmanager
    def taken(self) -> Iterator[HTTPStatus]:
        """Hold a slot for a block: OK; or TOO_MANY_REQUESTS at once, REQUEST_TIMEOUT after waiting for nothing."""
        with self._lock:
            full = self._waiting >= self._pace.queue_size
            self._waiting += not full
        if full:
            yield HTTPStatus.TOO_MANY_REQUESTS
            return
        got = self._free is None or self._free.acquire(timeout=self._pace.queue_seconds)
        with self._lock:
            self._waiting -= 1
            self._active += got
            self._most = max(self._most, self._active)
        if not got:
            yield HTTPStatus.REQUEST_TIMEOUT
            return
        try:
            yield HTTPStatus.OK
        finally:
            with self._lock:
                self._active -= 1
            if self._free is not None:
                self._free.release()

    def occupy(self, calls: int, seconds: float) -> None:
        """Be busy with other programs' calls: they queue like everybody, and each takes so long."""
        for _ in range(calls):
            Thread(target=self._hold, args=(seconds,), name="nav-simulator-load", daemon=True).start()

    def _hold(self, seconds: float) -> None:
        with self.taken() as status:
            if status is HTTPStatus.OK:
                self._stopping.wait(seconds)
