"""The intake: what its inlets meet is told once."""

from typing import TYPE_CHECKING

import structlog

from orderwire.canonical.order import Channel
from orderwire.errors import BusyError, UnavailableError
from orderwire.pipeline.intake import Intake
from waiting import until

if TYPE_CHECKING:
    from orderwire.ports.intake import DecodeHint, Receive


class FakeInlet:
    """Raises what it is told to, look by look."""

    def __init__(self, answers: list[Exception | None]) -> None:
        self.answers = answers

    def poll(self, _receive: "Receive") -> int:
        error = self.answers.pop(0) if self.answers else None
        if error is not None:
            raise error
        return 0


def _receive(_content: bytes, _channel: Channel, _hint: "DecodeHint") -> str:
    raise AssertionError("there was nothing to receive")


def test_an_outage_is_told_once() -> None:
    """However many looks it lasts; when it is over and comes again it is told again, and a defect with its trace."""
    away = UnavailableError("the database did not answer")
    inlet = FakeInlet([away, away, BusyError("locked"), None, away, ZeroDivisionError()])
    intake = Intake([inlet], _receive, poll_seconds=0.001)

    with structlog.testing.capture_logs() as told:
        intake.start()
        until(lambda: not inlet.answers)
        intake.stop()

    assert [(one["event"], one.get("code")) for one in told] == [
        ("inlet_disturbed", "unavailable"),
        ("inlet_disturbed", "busy"),
        ("inlet_disturbed", "unavailable"),
        ("inlet_failed", None),
    ]
