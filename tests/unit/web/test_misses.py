"""Guessing is counted per caller and minute."""

import pytest

from orderwire.config.punchout import PunchoutSettings
from orderwire.web.misses import Misses
from orderwire.web.problems import Problem


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_caller_waits_for_the_rest_of_the_minute() -> None:
    """And is told how long; others go on; then it may try again."""
    seconds = Seconds()
    misses = Misses(PunchoutSettings(misses_per_minute=2), seconds)
    for _ in range(2):
        misses.check("a")
        misses.note("a")
    seconds.now += 20

    with pytest.raises(Problem) as refused:
        misses.check("a")
    misses.check("b")
    seconds.now += 40
    misses.check("a")

    assert refused.value.headers == {"Retry-After": "40"}


def test_a_crowd_of_guessers_is_stopped_as_one() -> None:
    """Counting does not grow without bound."""
    misses = Misses(PunchoutSettings(), Seconds())
    for number in range(10_001):
        misses.note(str(number))

    with pytest.raises(Problem):
        misses.check("somebody new")
