"""Publishing beside the calls: whoever sends an order does not wait for the broker, which may be away."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Final

import structlog

from orderwire.canonical.envelope import Event

log = structlog.get_logger(__name__)

#: Events are in the outbox anyway: what finds the line this long is left to the worker's sweep.
MAX_WAITING: Final = 1000
#: Published together.
MAX_BATCH: Final = 100
#: For what is in hand when the server stops.
STOP_SECONDS: Final = 5.0


class Announcer:
    """Hands events over to one thread while `running`, and publishes them at once otherwise."""

    def __init__(self, announce: Callable[[Sequence[Event]], None]) -> None:
        self._announce = announce
        self._waiting: SimpleQueue[Event | None] = SimpleQueue()
        self._running = False

    def __call__(self, events: Sequence[Event]) -> None:
        if not self._running:
            self._announce(events)
        elif self._waiting.qsize() + len(events) > MAX_WAITING:
            log.warning("publish_left_to_sweep", events=len(events))
        else:
            for event in events:
                self._waiting.put(event)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Publish in a thread inside the block."""
        thread = threading.Thread(target=self._run, name="announcer", daemon=True)
        thread.start()
        self._running = True
        try:
            yield
        finally:
            self._running = False
            self._waiting.put(None)
            thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            events, last = self._batch(first)
            try:
                self._announce(events)
            except Exception:
                log.exception("publish_failed", events=len(events))
            if last:
                return

    def _batch(self, first: Event) -> tuple[list[Event], bool]:
        """Return what else waits, and whether it was the last."""
        events = [first]
        while len(events) < MAX_BATCH:
            try:
                event = self._waiting.get_nowait()
            except Empty:
                break
            if event is None:
                return events, True
            events.append(event)
        return events, False
