"""The intake: polls the inlets, and has what they find received."""

import threading
import time
from collections.abc import Iterable

import structlog

from orderwire.errors import OrderwireError
from orderwire.ports.intake import Inlet, Receive

log = structlog.get_logger(__name__)


class Intake:
    """Polls inlets until stopped: each in its own thread, so that a slow one keeps none back."""

    def __init__(self, inlets: Iterable[Inlet], receive: Receive, poll_seconds: float = 0.5) -> None:
        self._receive, self._poll_seconds = receive, poll_seconds
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(inlet,), name=f"intake-{type(inlet).__name__}", daemon=True)
            for inlet in inlets
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        deadline = time.monotonic() + 10
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self, inlet: Inlet) -> None:
        told: str | None = None  # the code of the trouble that has been told: an outage is one line
        while not self._stopping.wait(self._poll_seconds):
            try:
                inlet.poll(self._receive)
            except OrderwireError as error:
                if error.code != told:
                    log.warning("inlet_disturbed", inlet=type(inlet).__name__, code=error.code, reason=str(error))
                told = error.code
            except Exception:
                log.exception("inlet_failed", inlet=type(inlet).__name__)
            else:
                told = None
