"""Waiting for other threads, without a fixed sleep."""

import threading
from collections.abc import Callable
from typing import Final

#: How long a thread may take on a busy machine.
PATIENCE_SECONDS: Final = 10


def until(condition: Callable[[], bool]) -> None:
    """Wait for other threads to get there."""
    tick = threading.Event()
    for _ in range(PATIENCE_SECONDS * 1000):
        if condition():
            return
        tick.wait(0.001)
    raise AssertionError("not reached")
