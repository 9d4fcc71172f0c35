"""What a command that runs for long waits for: the others it needs, and its own end."""

import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

import structlog

from orderwire.errors import OutageError, TransientError

log = structlog.get_logger(__name__)

FIRST_BACK_OFF_SECONDS: Final = 0.5
LONGEST_BACK_OFF_SECONDS: Final = 5.0


def to_be_told() -> threading.Event:
    """Return what SIGTERM or SIGINT will set."""
    told = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda _number, _frame: told.set())
    return told


def until_told(told: threading.Event | None = None) -> None:
    """Wait for SIGTERM or SIGINT."""
    told = told or to_be_told()
    while not told.wait(0.2):
        pass


def arrived(name: str, reach: Callable[[], None], told: threading.Event) -> bool:
    """Reach what may be away, again and again until it is there; False: told to end meanwhile."""
    back_off = FIRST_BACK_OFF_SECONDS
    waited = False
    while not told.is_set():
        attempt = _attempt(reach)
        while not attempt.done() and not told.wait(0.01):
            pass
        if told.is_set():
            break
        error = attempt.exception()
        if error is None:
            if waited:
                log.info("arrived", what=name)
            return True
        if not isinstance(error, (OutageError, TransientError)):
            raise error
        log.warning("awaited", what=name, code=error.code, reason=str(error), next_seconds=back_off)
        waited = True
        told.wait(back_off)
        back_off = min(2 * back_off, LONGEST_BACK_OFF_SECONDS)
    return False


def _attempt(reach: Callable[[], None]) -> "Future[None]":
    """Try it in a thread that holds up nobody's exit: a machine that is gone may take its time to be so."""
    attempt: Future[None] = Future()

    def run() -> None:
        try:
            reach()
        except BaseException as error:  # noqa: BLE001  handed to whoever waits
            attempt.set_exception(error)
        else:
            attempt.set_result(None)

    threading.Thread(target=run, name="arrival", daemon=True).start()
    return attempt
