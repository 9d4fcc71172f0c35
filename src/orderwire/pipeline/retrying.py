"""Patience inside one call: a few tries within two seconds. Longer waits are the ladder's."""

from collections.abc import Callable
from typing import Final, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_random_exponential

from orderwire.errors import BusyError, UnavailableError

T = TypeVar("T")


_TRIES: Final = Retrying(
    retry=retry_if_exception_type((BusyError, UnavailableError)),
    stop=stop_after_attempt(3) | stop_after_delay(2),
    wait=wait_random_exponential(multiplier=0.05, max=0.5),
    reraise=True,
)


def patiently(read: Callable[[], T]) -> T:
    """Call a read that may be repeated, up to three times, when the other side is busy or did not answer."""
    return _TRIES(read)
