"""Patience inside one call: a few tries within two seconds. Longer waits are the ladder's."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, repeat
from typing import Final, NoReturn, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_random_exponential

from orderwire.errors import BusyError, OrderwireError, UnavailableError

T = TypeVar("T")


_AGAIN: Final = (BusyError, UnavailableError)
_SECONDS: Final = 2
_TRIES: Final = Retrying(
    retry=retry_if_exception_type(_AGAIN),
    stop=stop_after_attempt(3) | stop_after_delay(_SECONDS),
    wait=wait_random_exponential(multiplier=0.05, max=0.5),
    reraise=True,
)


def patiently(read: Callable[[], T]) -> T:
    """Call a read that may be repeated, up to three times, when the other side is busy or did not answer."""
    started = time.monotonic()
    try:  # nearly always the first try is the last, and to watch over it costs more than the rest of a short read
        return read()
    except _AGAIN as error:
        if time.monotonic() - started >= _SECONDS:
            raise
        tries: Iterator[Callable[[], T]] = chain([partial(_fail, error)], repeat(read))

    def again() -> T:
        return next(tries)()

    return _TRIES(again)


def _fail(error: OrderwireError) -> NoReturn:
    raise error
