"""Publish what the outbox holds; a sweep makes up for whoever died between commit and publish."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from orderwire.canonical.envelope import Event
from orderwire.errors import TransientError
from orderwire.ports.clock import Clock
from orderwire.ports.queue import Transport
from orderwire.ports.store import Store

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Dispatcher:
    """Publishes committed events and marks them sent; safe to run anywhere, any number of times."""

    store: Store
    transport: Transport
    clock: Clock
    sweep_after_seconds: float = 5.0

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
