"""How a command loads what it works with."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: New objects between two collections, and young ones between two that look further. A batch of messages is tens of
#: thousands, of which none is garbage while it is worked on: Python's own 700 would look through all of them, often.
_SELDOM: Final = (50_000, 10, 10)


@contextmanager
def loading() -> Iterator[None]:
    """Load in one go: what is loaded stays, so no collection need look through it, neither now nor later.

    Collections would take a fifth of the time that a process needs to start, and a tenth of a busy worker's.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*_SELDOM)
        gc.enable()
