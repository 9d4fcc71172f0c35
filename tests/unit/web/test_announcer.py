"""Publishing beside the calls."""

import threading
from collections.abc import Sequence

from orderwire.canonical.envelope import Event
from orderwire.errors import UnavailableError
from orderwire.web import announcer as module
from orderwire.web.announcer import Announcer
from records import an_event


class Broker:
    """Takes events when told to, and fails once if asked to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.taken: list[str] = []
        self.asked, self.answers = threading.Event(), threading.Event()

    def __call__(self, events: Sequence[Event]) -> None:
        self.asked.set()
        assert self.answers.wait(10)
        error, self.error = self.error, None
        if error:
            raise error
        self.taken += [event.id for event in events]


def test_nobody_waits_for_the_broker() -> None:
    """Events are handed over while it hangs, and all published before the block is left."""
    broker = Broker()
    announcer = Announcer(broker)

    with announcer.running():
        for number in range(250):
            announcer([an_event(f"e-{number}")])
        assert not broker.taken
        broker.answers.set()

    assert broker.taken == [f"e-{number}" for number in range(250)]


def test_a_long_line_is_left_to_the_sweep() -> None:
    """The outbox has them; memory is not for waiting in."""
    broker = Broker()
    announcer = Announcer(broker)

    with announcer.running():
        announcer([an_event("first")])
        assert broker.asked.wait(10)
        for number in range(module.MAX_WAITING + 500):
            announcer([an_event(f"e-{number}")])
        broker.answers.set()

    assert len(broker.taken) == 1 + module.MAX_WAITING


def test_a_failure_ends_nothing() -> None:
    """What comes after it is published."""
    broker = Broker(UnavailableError("away"))
    announcer = Announcer(broker)
    broker.answers.set()

    with announcer.running():
        announcer([an_event("lost to the sweep")])
        assert broker.asked.wait(10)
        announcer([an_event("published")])

    assert broker.taken[-1] == "published"


def test_outside_the_block_it_publishes_at_once() -> None:
    """As the receiver does by itself."""
    broker = Broker()
    broker.answers.set()

    Announcer(broker)([an_event("e-1")])

    assert broker.taken == ["e-1"]
