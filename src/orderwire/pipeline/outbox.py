"""Publish what the outbox holds; a sweep makes up for whoever died between commit and publish."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from orderwire.canonical.envelope import Event
from orderwire.errors import TransientError
from orderwire.ports.clock import Clock
from orderwire.ports.queue import Transport
from orderwire.ports.store import Store

log = structlog.get_logger(__name__)


class Sent:
    """Events that the broker has confirmed, until the next transaction of their flow marks them. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: list[str] = []

    def add(self, event_ids: Iterable[str]) -> None:
        with self._lock:
            self._ids.extend(event_ids)

    @contextmanager
    def taken(self) -> Iterator[Sequence[str]]:
        """Lend them to a transaction; they stay here if it fails. What is never marked is published once more."""
        with self._lock:
            ids, self._ids = self._ids, []
        try:
            yield ids
        except BaseException:
            self.add(ids)
            raise

    def mark(self, store: Store, clock: Clock) -> None:
        """Mark them now, in a transaction of their own."""
        if self._ids:
            with self.taken() as ids, store.begin(lasting=False) as tx:  # forgotten, they are published once more
                tx.outbox.mark_sent(ids, clock())


@dataclass(frozen=True)
class Dispatcher:
    """Publishes committed events and marks them sent; safe to run anywhere, any number of times."""

    store: Store
    transport: Transport
    clock: Clock
    sweep_after_seconds: float = 5.0
    sent: Sent = field(default_factory=Sent)  # what the lanes have published, and not marked yet

    def announce(self, events: Sequence[Event]) -> None:
        """Publish now if the broker answers; if not, the sweep does it later."""
        try:
            self.publish(events)
        except TransientError as error:
            log.warning("publish_postponed", events=len(events), code=error.code)

    def publish(self, events: Sequence[Event]) -> None:
        """Publish and mark sent. Raises UnavailableError when the broker does not confirm."""
        if not events:
            return
        self.transport.publish(events)
        with self.store.begin() as tx:
            tx.outbox.mark_sent([event.id for event in events], self.clock())

    def sweep(self) -> int:
        """Publish what has waited too long, and return how many events that were."""
        total = 0
        self.sent.mark(self.store, self.clock)
        while True:
            with self.store.begin() as tx:
                late = tx.outbox.unsent(before=self.clock() - timedelta(seconds=self.sweep_after_seconds))
            if not late:
                return total
            self.publish(late)
            total += len(late)

    def run(self, stopping: threading.Event) -> None:
        """Sweep until told to stop."""
        while not stopping.wait(self.sweep_after_seconds / 2):
            try:
                swept = self.sweep()
            except TransientError as error:
                log.warning("sweep_postponed", code=error.code)
            except Exception:
                log.exception("sweep_failed")  # the next one may do better; without any, events would stay behind
            else:
                if swept:
                    log.info("outbox_swept", events=swept)
