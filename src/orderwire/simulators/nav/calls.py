"""The request log: what was asked of NAV, in order, and what became of it."""

from collections import deque
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any, Final

#: Calls that are remembered; older ones are forgotten.
_LENGTH: Final = 200_000


@dataclass(slots=True)
class Call:
    """One call. `began` and `ended` count alike, so that one sees what came between."""

    began: int
    service: str
    operation: str
    no: str  # the record's number, of the request or of the Key in it; "": none
    ended: int | None = None
    outcome: str = "under way"  # ok, a fault's exception, an HTTP status; lost: the caller got no whole answer


class Calls:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: deque[Call] = deque(maxlen=_LENGTH)
        self._count = 0

    def begin(self, service: str, operation: str, no: str) -> Call:
        """Note a call."""
        with self._lock:
            self._count += 1
            call = Call(self._count, service, operation, no)
            self._calls.append(call)
            return call

    def end(self, call: Call, outcome: str) -> None:
        """Note what became of it."""
        with self._lock:
            self._count += 1
            call.ended, call.outcome = self._count, outcome

    def told(self, **wanted: str) -> list[dict[str, Any]]:
        """Return the calls with these facts, in order of their beginning."""
        with self._lock:
            found = [asdict(call) for call in self._calls]
        return [call for call in found if all(call[name] == value for name, value in wanted.items())]
