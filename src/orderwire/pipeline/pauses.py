"""Which flows of this process stand still because the other side is down."""

import threading
from collections.abc import Mapping
from datetime import datetime


class Pauses:
    """Since when, and why, by flow. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_flow: dict[str, dict[str, str]] = {}

    def began(self, flow: str, at: datetime, reason: str) -> None:
        with self._lock:
            self._by_flow[flow] = {"since": at.isoformat(), "reason": reason}

    def ended(self, flow: str) -> None:
        with self._lock:
            self._by_flow.pop(flow, None)

    def all(self) -> Mapping[str, Mapping[str, str]]:
        with self._lock:
            return dict(self._by_flow)
