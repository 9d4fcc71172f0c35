"""Questions asked at the same time, put to NAV together: who comes while a call is under way joins the next one."""

import threading
from collections.abc import Callable, Collection, Mapping
from typing import Generic, TypeVar

from orderwire.errors import OrderwireError, UnavailableError
from orderwire.ports.exchange import Tape, tell_exchanges

K = TypeVar("K")
V = TypeVar("V")


class Coalescing(Generic[K, V]):
    """Few calls for many askers.

    A question never joins a call that has left: whoever drew a sequence number before asking gets figures that were
    read after it. At most `at_once` calls are under way; with one, each asker waits for at most two calls.
    """

    def __init__(self, ask: Callable[[Collection[K]], Mapping[K, V]], at_once: int = 1) -> None:
        self._ask, self._at_once = ask, at_once
        self._changed = threading.Condition()
        self._under_way = 0
        self._next = _Round[K, V]()

    def read(self, keys: Collection[K]) -> dict[K, V]:
        """Return what is known of the keys. Raises as the call that was made for them."""
        if not keys:
            return {}
        with self._changed:
            joined = self._next
            joined.keys.update(dict.fromkeys(keys))
            joined.askers += 1
            while not joined.settled and (joined is not self._next or self._under_way >= self._at_once):
                self._changed.wait()
            leads = not joined.settled
            if leads:  # from here on nobody joins
                self._next = _Round()
                self._under_way += 1
        if leads:
            self._carry_out(joined)
        return joined.told(keys)

    @property
    def waiting(self) -> int:
        """How many askers wait for a call that has not left."""
        with self._changed:
            return self._next.askers

    def _carry_out(self, joined: "_Round[K, V]") -> None:
        try:
            with joined.tape.running():
                joined.answers = self._ask(tuple(joined.keys))
        except Exception as error:  # noqa: BLE001  it is raised again, to everybody who asked
            joined.error = error
        finally:
            with self._changed:
                joined.settled = True
                self._under_way -= 1
                self._changed.notify_all()


class _Round(Generic[K, V]):
    """One call, its askers, and what came of it."""

    def __init__(self) -> None:
        self.keys: dict[K, None] = {}
        self.askers = 0
        self.settled = False
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
