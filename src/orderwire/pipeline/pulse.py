"""How many messages each flow of this process was done with, and how long they took, by pieces of time."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from orderwire.ports.overview import PIECE_SECONDS, FlowPiece


@dataclass(slots=True)
class _Tally:
    """What one flow was done with in one piece of time, so far."""

    count: int = 0
    seconds: float = 0.0
    worst_seconds: float = 0.0


class Pulse:
    """Counts what ended. Thread-safe; it never waits for the store."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tallies: dict[tuple[str, int], _Tally] = {}

    def ended(self, flow: str, at: datetime, seconds: Sequence[float]) -> None:
        """Count messages that a flow was done with, each so many seconds after its event was made."""
        if not seconds:
            return
        key = flow, int(at.timestamp()) // PIECE_SECONDS
        with self._lock:
            tally = self._tallies.get(key)
            if tally is None:
                tally = self._tallies[key] = _Tally()
            tally.count += len(seconds)
            tally.seconds += sum(one for one in seconds if one > 0)
            tally.worst_seconds = max(tally.worst_seconds, *seconds)

    def pieces(self) -> Sequence[FlowPiece]:
        """Return the pieces that may not have been told of as they are now."""
        with self._lock:
            return [_piece(key, tally) for key, tally in self._tallies.items()]

    def told(self, pieces: Sequence[FlowPiece], now: datetime) -> None:
        """Forget pieces that were told of, are over, and have not grown since."""
        current = int(now.timestamp()) // PIECE_SECONDS
        with self._lock:
            for one in pieces:
                key = one.flow, int(one.start.timestamp()) // PIECE_SECONDS
                tally = self._tallies.get(key)
                if key[1] < current and tally is not None and _piece(key, tally) == one:
                    del self._tallies[key]


def _piece(key: tuple[str, int], tally: _Tally) -> FlowPiece:
    flow, number = key
    start = datetime.fromtimestamp(number * PIECE_SECONDS, UTC)
    return FlowPiece(flow, start, tally.count, tally.seconds, tally.worst_seconds)
