"""Waiting for others at the start."""

import threading

import pytest

from orderwire.cli import waiting
from orderwire.cli.waiting import arrived
from orderwire.errors import ConfigurationError, OutageError, UnavailableError
from waiting import until


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FIRST_BACK_OFF_SECONDS", 0.001)


def test_what_is_away_is_tried_until_it_is_there() -> None:
    """However often it does not answer, the start goes on when it does."""
    answers = [UnavailableError("away"), OutageError("away"), None]

    def reach() -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer

    assert arrived("store", reach, threading.Event())
    assert answers == []


def test_a_wrong_setting_is_not_waited_for() -> None:
    """It ends the process at once, since time does not mend it."""

    def reach() -> None:
        raise ConfigurationError("another topology")

    with pytest.raises(ConfigurationError):
        arrived("broker", reach, threading.Event())


def test_the_end_does_not_wait_for_a_machine_that_is_gone() -> None:
    """Told to end within an attempt that hangs, it ends at once."""
    told, tried, never = threading.Event(), threading.Event(), threading.Event()
    found: list[bool] = []

    def reach() -> None:
        tried.set()
        never.wait()

    waits = threading.Thread(target=lambda: found.append(arrived("store", reach, told)))
    waits.start()
    until(tried.is_set)
    told.set()
    waits.join(5)

    assert found == [False]
    never.set()


def test_the_end_does_not_wait_for_the_next_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told to end between two attempts, it ends at once."""
    monkeypatch.setattr(waiting, "FIRST_BACK_OFF_SECONDS", 3600)
    told, tried = threading.Event(), threading.Event()
    found: list[bool] = []

    def reach() -> None:
        tried.set()
        raise UnavailableError("away")

    waits = threading.Thread(target=lambda: found.append(arrived("store", reach, told)))
    waits.start()
    until(tried.is_set)
    told.set()
    waits.join(5)

    assert found == [False]
