"""Which confirm belongs to which message, whatever becomes of channels and connections meanwhile."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from pika import frame, spec  # type: ignore[import-untyped]

from orderwire.errors import UnavailableError
from orderwire.queue.codec import Wire
from orderwire.queue.rabbit_frames import FrameReader
from orderwire.queue.rabbit_properties import letter_of
from orderwire.queue.rabbit_publisher import Item, Publisher

if TYPE_CHECKING:
    from orderwire.queue.rabbit_connection import LoopThread


class FakeChannel:
    """Confirms when told."""

    channel_number = 1

    def __init__(self, connection: "FakeConnection") -> None:
        self.connection = connection
        self.is_open = True

    def add_on_close_callback(self, closed: Callable[[Any, Exception], None]) -> None:
        self.closed = closed

    def add_on_return_callback(self, _returned: Callable[..., None]) -> None:
        """Returns are not played here."""

    def confirm_delivery(self, answered: Callable[[Any], None], callback: Callable[[Any], None]) -> None:
        self.answered, self.selected = answered, callback

    def confirm(self, number: int) -> None:
        self.connection.reader.read(frame.Method(self.channel_number, spec.Basic.Ack(number)).marshal(), 0)

    def close(self) -> None:
        self.is_open = False


class FakeConnection:
    """Opens channels when told, and writes down what is published."""

    is_open = True
    largest_body = 1000

    def __init__(self) -> None:
        self.asked: list[Callable[[FakeChannel], None]] = []
        self.reader = FrameReader()
        self.published: list[bytes] = []

    def send(self, pieces: Sequence[bytes]) -> None:
        rest = b"".join(pieces)
        while rest:
            size, read = frame.decode_frame(rest)
            rest = rest[size:]
            if isinstance(read, frame.Body):
                self.published.append(read.fragment)

    def channel(self, on_open_callback: Callable[[FakeChannel], None]) -> None:
        self.asked.append(on_open_callback)

    def open(self) -> FakeChannel:
        made = FakeChannel(self)
        self.asked.pop(0)(made)
        return made

    def add_on_connection_blocked_callback(self, blocked: Callable[[Any, Any], None]) -> None:
        self.blocked = blocked

    def add_on_connection_unblocked_callback(self, unblocked: Callable[[Any, Any], None]) -> None:
        self.unblocked = unblocked


class Stage:
    """A publisher whose loop does everything at once, and what is due later when told."""

    def __init__(self) -> None:
        self.later: list[tuple[Callable[..., object], tuple[object, ...]]] = []
        loop = SimpleNamespace(call_later=lambda _seconds, act, *rest: self.later.append((act, rest)))
        thread = SimpleNamespace(call=lambda act, *rest: act(*rest), loop=loop)
        self.publisher = Publisher(cast("LoopThread", thread))

    def send(self, text: str, sent: list[str]) -> None:
        self.publisher.send(
            Item("ow.events", "key", text, letter_of(Wire({}, text.encode(), text))), lambda: sent.append(text)
        )

    def time_passes(self) -> None:
        due, self.later = self.later, []
        for act, rest in due:
            act(*rest)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_channel_asked_for_twice_is_opened_once(stage: Stage) -> None:
    """An error of the channel, then a new connection: else confirms of one would settle the other's."""
    old, new = FakeConnection(), FakeConnection()
    sent: list[str] = []
    stage.publisher.link_up(old)
    old.open().closed(stage.publisher._channel, UnavailableError("no exchange"))
    stage.publisher.link_down("reset")
    stage.publisher.link_up(new)
    stage.time_passes()

    first = new.open()
    second = new.open() if new.asked else None
    first.selected(None)
    stage.send("one", sent)
    first.confirm(1)

    assert sent == ["one"]
    assert second is None or not second.is_open


def test_what_goes_out_early_is_confirmed_as_itself(stage: Stage) -> None:
    """An alarm that ends before the broker has said that it will confirm does not shift the numbers."""
    connection = FakeConnection()
    sent: list[str] = []
    stage.publisher.link_up(connection)
    channel = connection.open()
    connection.unblocked(connection, None)
    stage.send("one", sent)
    channel.selected(None)
    stage.send("two", sent)

    channel.confirm(1)

    assert (connection.published, sent) == ([b"one", b"two"], ["one"])
