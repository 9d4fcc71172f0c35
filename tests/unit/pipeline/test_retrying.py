"""Patience within one call."""

from collections.abc import Callable

import pytest

from orderwire.errors import BusyError, OrderwireError, OutageError, UnavailableError
from orderwire.pipeline.retrying import patiently


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", seconds.append)
    return seconds


def failing(times: int, error: Exception) -> tuple[list[int], Callable[[], str]]:
    """Return the calls made so far, and a read that fails so often."""
    calls: list[int] = []

    def read() -> str:
        calls.append(len(calls))
        if len(calls) <= times:
            raise error
        return "read"

    return calls, read


@pytest.mark.parametrize("error", [BusyError("locked"), UnavailableError("no answer")])
def test_read_is_tried_again(error: OrderwireError, slept: list[float]) -> None:
    """What passes in a moment is waited for, with a little time in between."""
    calls, read = failing(2, error)

    assert patiently(read) == "read"
    assert (len(calls), len(slept)) == (3, 2)
    assert all(0 <= seconds <= 0.5 for seconds in slept)


def test_three_tries_at_most() -> None:
    """Then it is the ladder's, with the error as it was."""
    calls, read = failing(3, UnavailableError("no answer"))

    with pytest.raises(UnavailableError):
        patiently(read)

    assert len(calls) == 3


def test_outage_is_not_waited_for() -> None:
    """When the other side is down, the lane pauses instead."""
    calls, read = failing(1, OutageError("NAV is down"))

    with pytest.raises(OutageError):
        patiently(read)

    assert len(calls) == 1


def test_what_took_long_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that used up the patience by itself is the ladder's at once."""
    calls, read = failing(1, UnavailableError("no answer"))
    times = iter([0.0, 30.0])
    monkeypatch.setattr("orderwire.pipeline.retrying.time.monotonic", lambda: next(times))

    with pytest.raises(UnavailableError):
        patiently(read)

    assert len(calls) == 1
