"""Connections that bring nothing, or take nothing, are hung up on: there are only so many."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

#: Every so often each connection is looked at.
LOOK_SECONDS: Final = 15.0
#: Whoever takes an answer more slowly is not waited for.
MIN_BYTES_PER_SECOND: Final = 1024


class PatientProtocol(H11Protocol):
    """A connection whose next request must come within a look, and whose answers must be taken."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the class above
        super().connection_made(transport)
        self._request: Any = None
        self._untaken = 0
        self._next_look = self.loop.call_later(LOOK_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        self._next_look.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        untaken = self.transport.get_write_buffer_size()
        stuck = untaken > max(0, self._untaken - LOOK_SECONDS * MIN_BYTES_PER_SECOND) and self._untaken > 0
        if stuck or self._brings_nothing():
            self.transport.abort()
            return
        self._request, self._untaken = self.cycle, untaken
        self._next_look = self.loop.call_later(LOOK_SECONDS, self._look)

    def _brings_nothing(self) -> bool:
        """Tell whether there is no request in hand, and was none since the last look."""
        return self.cycle is self._request and (self.cycle is None or self.cycle.response_complete)
