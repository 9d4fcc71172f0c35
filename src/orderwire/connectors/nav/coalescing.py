"""Questions asked at the same time, put to NAV together: who comes while a call is under way joins the next one."""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Generic, TypeVar

from orderwire.errors import OrderwireError, UnavailableError
from orderwire.ports.exchange import Tape, tell_exchanges

K = TypeVar("K")
V = TypeVar("V")


class Coalescing(Generic[K, V]):
    """Few calls for many askers.

    A question never joins a call that has left: whoever drew a sequence number before asking gets figures that were
    read after it. At most `at_once` calls are under way; with one, each asker waits for at most two calls. A call for
    several leaves no sooner than `apart_seconds` after the one before, so that more of them come along; who asks alone
    does not wait.
    """

    def __init__(
        self, ask: Callable[[Collection[K]], Mapping[K, V]], at_once: int = 1, apart_seconds: float = 0
    ) -> None:
        self._ask, self._apart_seconds = ask, apart_seconds
        self._lock = threading.Lock()
        self._turns = threading.Semaphore(at_once)
        self._left_at = float("-inf")
        self._next = _Round[K, V]()

    def read(self, keys: Collection[K]) -> dict[K, V]:
        """Return what is known of the keys. Raises as the call that was made for them."""
        if not keys:
            return {}
        with self._lock:
            joined = self._next
            joined.keys.update(dict.fromkeys(keys))
            joined.askers += 1
            leads = joined.askers == 1
        if leads:
            self._lead(joined)
        else:
            joined.settled.wait()
        return joined.told(keys)

    @property
    def waiting(self) -> int:
        """How many askers wait for a call that has not left."""
        with self._lock:
            return self._next.askers

    def _lead(self, joined: "_Round[K, V]") -> None:
        try:
            with self._turns:
                self._gather(joined)
                self._close(joined)
                self._carry_out(joined)
        finally:
            self._close(joined)
            joined.settled.set()

    def _gather(self, joined: "_Round[K, V]") -> None:
        """Let more askers come, if there are several anyway."""
        left_seconds = self._left_at + self._apart_seconds - time.monotonic()
        if joined.askers > 1 and left_seconds > 0:
            time.sleep(left_seconds)
        self._left_at = time.monotonic()

    def _close(self, joined: "_Round[K, V]") -> None:
        """From here on nobody joins."""
        with self._lock:
            if self._next is joined:
                self._next = _Round()

    def _carry_out(self, joined: "_Round[K, V]") -> None:
        try:
            with joined.tape.running():
                joined.answers = self._ask(tuple(joined.keys))
        except Exception as error:  # noqa: BLE001  it is raised again, to everybody who asked
            joined.error = error


class _Round(Generic[K, V]):
    """One call, its askers, and what came of it."""

    def __init__(self) -> None:
        self.keys: dict[K, None] = {}
        self.askers = 0
        self.settled = threading.Event()
        self.answers: Mapping[K, V] | None = None
        self.error: Exception | None = None
        self.tape = Tape()

    def told(self, keys: Collection[K]) -> dict[K, V]:
        """Give one asker his part; an error is a new one for each, since threads share no traceback."""
        tell_exchanges(self.tape.exchanges)
        if isinstance(self.error, OrderwireError):
            raise type(self.error)(self.error.message, **self.error.facts) from self.error
        if self.error is not None:
            raise self.error
        if self.answers is None:  # the thread that made the call was ended
            raise UnavailableError("the call to NAV was broken off")
        return {key: self.answers[key] for key in keys if key in self.answers}
