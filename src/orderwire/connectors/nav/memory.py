"""Master data remembered for a short while: what NAV answered once need not be asked for with every order."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from typing import Final, Generic, TypeVar

V = TypeVar("V")

#: Entries kept; the oldest goes first.
CAPACITY: Final = 50_000


class Memory(Generic[V]):
    """Answers by key, each for `seconds`. What NAV did not know is never remembered, so a new item is found at once."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._monotonic = seconds, monotonic
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, tuple[float, V]] = OrderedDict()

    def read(self, keys: Collection[str], ask: Callable[[set[str]], Mapping[str, V]]) -> dict[str, V]:
        """Return what is known of the keys, asking only for those that are not remembered."""
        now = self._monotonic()
        with self._lock:
            known = {key: self._entries[key][1] for key in keys if key in self._entries and self._entries[key][0] > now}
        missing = set(keys) - set(known)
        if not missing:
            return known
        told = ask(missing)
        with self._lock:
            for key, value in told.items():
                self._entries[key] = (now + self._seconds, value)
                self._entries.move_to_end(key)
            while len(self._entries) > CAPACITY:
                self._entries.popitem(last=False)
        return {**known, **told}
