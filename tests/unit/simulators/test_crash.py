"""The simulated crash: at its fault point, once."""

import os
import signal
from pathlib import Path

import pytest

from orderwire.config.settings import ChaosSettings
from orderwire.ports.clock import no_checkpoint
from orderwire.simulators.crash import checkpoint_of


@pytest.fixture
def kills(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What was killed, and how."""
    done: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: done.append((pid, number)))
    return done


def test_nobody_dies_by_default() -> None:
    """Without a fault point, passing one does nothing at all."""
    assert checkpoint_of(ChaosSettings()) is no_checkpoint


def test_dies_at_the_point_alone(kills: list[tuple[int, int]]) -> None:
    """The process kills itself there, and nowhere else, without a chance to clean up."""
    checkpoint = checkpoint_of(ChaosSettings(kill_at="after_intent"))

    checkpoint("after_reply")
    assert kills == []
    checkpoint("after_intent")

    assert kills == [(os.getpid(), signal.SIGKILL)]


def test_dies_once(kills: list[tuple[int, int]], tmp_path: Path) -> None:
    """With a file to remember it by, only the first one dies: the process that takes over lives."""
    chaos = ChaosSettings(kill_at="after_intent", once_file=tmp_path / "died")

    checkpoint_of(chaos)("after_intent")
    checkpoint_of(chaos)("after_intent")

    assert len(kills) == 1
