"""Whether store, broker and ERP answer: asked in the background, one question at a time, and soon forgotten."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final

import structlog

from orderwire.errors import OrderwireError
from orderwire.ports.erp import Erp
from orderwire.ports.queue import QueueDepth, Transport
from orderwire.ports.store import Store
from orderwire.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)

#: An answer is good for so long.
FRESH_SECONDS: Final = 1.0
#: Whoever asks waits so long; the question goes on.
PATIENCE_SECONDS: Final = 3.0


class Probe:
    """One question. However many ask and however long the answer takes, it occupies one thread."""

    def __init__(self, name: str, ask: Callable[[], None], patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._name, self._ask, self._patience_seconds = name, ask, patience_seconds
        self._running: Future[str | None] | None = None
        self._answered = 0.0

    async def trouble(self) -> str | None:
        """Return None when all is well, else the error's code; `timeout` when there is no answer yet."""
        running = self._running
        if running is None or (running.done() and time.monotonic() - self._answered > FRESH_SECONDS):
            running = self._running = self._asked()
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(running)), self._patience_seconds)
        except TimeoutError:
            return "timeout"

    def _asked(self) -> "Future[str | None]":
        """Ask in a thread that holds up nobody's exit."""
        answer: Future[str | None] = Future()
        thread = threading.Thread(
            target=lambda: answer.set_result(self._try()), name=f"probe-{self._name}", daemon=True
        )
        thread.start()
        return answer

    def _try(self) -> str | None:
        try:
            self._ask()
        except OrderwireError as error:
            return error.code
        except Exception:
            log.exception("probe_failed", component=self._name)
            return OrderwireError.code
        else:
            return None
        finally:
            self._answered = time.monotonic()


class Probes:
    """Everything that can be away. Asking also brings the gauges up to date."""

    def __init__(self, store: Store, transport: Transport, erp: Erp, metrics: Metrics) -> None:
        def ask_store() -> None:
            with store.begin() as tx:
                metrics.outbox(tx.outbox.waiting())

        self.depths: Sequence[QueueDepth] = ()  # as they were when last asked

        def ask_broker() -> None:
            self.depths = transport.depths()
            metrics.depths(self.depths)

        self.store = Probe("store", ask_store)
        self.broker = Probe("broker", ask_broker)
        self.erp = Probe("erp", erp.ping)
