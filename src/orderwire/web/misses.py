"""Guessing: who names a wrong token, id or key too often from one address waits for the rest of the minute."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

import structlog
from fastapi import Request

from orderwire.config.punchout import PunchoutSettings
from orderwire.web.problems import Problem

log = structlog.get_logger(__name__)

_WINDOW_SECONDS: Final = 60
#: Callers counted at once; with more of them, none is let guess.
_MAX_CALLERS: Final = 10_000


class Misses:
    """Counts per caller and minute. Thread-safe."""

    def __init__(self, settings: PunchoutSettings, seconds: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._seconds = settings, seconds
        self._lock = threading.Lock()
        self._since = seconds()
        self._counts: Counter[str] = Counter()

    def caller(self, request: Request) -> str:
        """Return who calls: by the proxy's word where one is set up, else by the connection."""
        header = self._settings.client_header
        # The proxy's word is the last: what a caller wrote there himself stands before it.
        named = ",".join(request.headers.getlist(header)).rpartition(",")[2].strip() if header else ""
        return (named or (request.client.host if request.client else ""))[:64]

    def check(self, caller: str) -> None:
        """Return if the caller may try.

        Raises:
            Problem: 429, it missed too often in this minute.
        """
        with self._lock:
            left = self._turn()
            if self._counts[caller] < self._settings.misses_per_minute and len(self._counts) <= _MAX_CALLERS:
                return
        raise Problem(429, "too_many_requests", "too many wrong addresses or keys", headers={"Retry-After": str(left)})

    def note(self, caller: str) -> None:
        """Count a miss."""
        with self._lock:
            self._turn()
            self._counts[caller] += 1
            reached = self._counts[caller] == self._settings.misses_per_minute
        if reached:
            log.warning("guessing_stopped", caller=caller)

    def _turn(self) -> int:
        """Begin a new minute where the old one is over; return the seconds left of this one."""
        now = self._seconds()
        if now - self._since >= _WINDOW_SECONDS:
            self._since = now
            self._counts.clear()
        return max(1, round(_WINDOW_SECONDS - (now - self._since)))
