"""How many messages each flow of this process was done with, and how long they took, by pieces of time."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from orderwire.ports.overview import PIECE_SECONDS, FlowPiece


class Pulse:
    """Counts what ended. Thread-safe; it never waits for the store."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pieces: dict[tuple[str, int], FlowPiece] = {}

    def ended(self, flow: str, at: datetime, seconds: float) -> None:
        """Count a message that a flow was done with, `seconds` after its event was made."""
        number, seconds = int(at.timestamp()) // PIECE_SECONDS, max(seconds, 0.0)
        with self._lock:
            one = self._pieces.get((flow, number))
            if one is None:
                one = FlowPiece(flow, datetime.fromtimestamp(number * PIECE_SECONDS, UTC))
            worst = max(one.worst_seconds, seconds)
            one = replace(one, count=one.count + 1, seconds=one.seconds + seconds, worst_seconds=worst)
            self._pieces[flow, number] = one

    def pieces(self) -> Sequence[FlowPiece]:
        """Return the pieces that may not have been told of as they are now."""
        with self._lock:
            return list(self._pieces.values())

    def told(self, pieces: Sequence[FlowPiece], now: datetime) -> None:
        """Forget pieces that were told of, are over, and have not grown since."""
        current = int(now.timestamp()) // PIECE_SECONDS
        with self._lock:
            for one in pieces:
                number = int(one.start.timestamp()) // PIECE_SECONDS
                if number < current and self._pieces.get((one.flow, number)) == one:
                    del self._pieces[one.flow, number]
