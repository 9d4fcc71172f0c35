"""Frames read at once are those the library would have read; what is odd is left to it."""

from collections.abc import Sequence

import pika  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika import frame, spec

from orderwire.queue.codec import Wire
from orderwire.queue.rabbit_frames import Arrival, Confirm, FrameReader, Gap, publish_frames
from orderwire.queue.rabbit_properties import letter_of

WIRE = Wire({"ow-attempt": 0, "cloudEvents:id": "e1"}, b"{}", "e1", "order.received")
LETTER = letter_of(WIRE)


def a_delivery(number: int, body: bytes = b"{}", channel: int = 1, largest: int = 1000) -> bytes:
    """Return a delivery as a broker sends it, from the library's own encoder."""
    method = spec.Basic.Deliver("tag", number, redelivered=True, exchange="ow.events", routing_key="order.received")
    properties = pika.BasicProperties(
        headers=dict(WIRE.headers),
        message_id="e1",
        type="order.received",
        content_type="application/json",
        delivery_mode=2,
    )
    frames = [frame.Method(channel, method), frame.Header(channel, len(body), properties)]
    frames += [frame.Body(channel, body[at : at + largest]) for at in range(0, len(body), largest)]
    return b"".join(each.marshal() for each in frames)


def an_ack(number: int, *, multiple: bool, channel: int = 1) -> bytes:
    marshalled: bytes = frame.Method(channel, spec.Basic.Ack(number, multiple=multiple)).marshal()
    return marshalled


def a_nack(number: int) -> bytes:
    marshalled: bytes = frame.Method(1, spec.Basic.Nack(number)).marshal()
    return marshalled


class Taken(list[Sequence[Arrival] | Sequence[Confirm]]):
    """What was handed on together."""


@pytest.fixture
def taken() -> Taken:
    return Taken()


@pytest.fixture
def consumer(taken: Taken) -> FrameReader:
    reader = FrameReader()
    reader.deliver_to(1, taken.append)
    return reader


def test_deliveries_in_a_row_are_handed_on_together(consumer: FrameReader, taken: Taken) -> None:
    """Each with its number, its routing key and what it carries; an empty body has no frame."""
    buffer = a_delivery(7) + a_delivery(8, b"") + a_delivery(9)

    assert consumer.read(buffer, 0) == (len(buffer), Gap.MORE)
    empty = LETTER._replace(body=b"")
    expected = [Arrival(7, "order.received", LETTER), Arrival(8, "order.received", empty)]
    assert taken == [[*expected, Arrival(9, "order.received", LETTER)]]


@given(st.data())
def test_wherever_the_bytes_are_cut_each_delivery_comes_once(data: st.DataObject) -> None:
    """A read may end within any frame."""
    taken: list[int] = []
    reader = FrameReader()
    reader.deliver_to(1, lambda arrivals: taken.extend(arrival.number for arrival in arrivals))
    whole = b"".join(a_delivery(number) for number in range(1, 6))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))

    buffer = b""
    for begin, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        buffer += whole[begin:end]
        at, gap = reader.read(buffer, 0)
        buffer = buffer[at:]
        assert gap is Gap.MORE

    assert (taken, buffer) == ([1, 2, 3, 4, 5], b"")


def test_confirms_are_handed_on_up_to_the_first_refusal(taken: Taken) -> None:
    """Singly or all up to one; a nack is read by the library, in its turn."""
    reader = FrameReader()
    reader.confirm_to(1, taken.append)
    acks = an_ack(1, multiple=False) + an_ack(5, multiple=True)

    assert reader.read(acks + a_nack(6) + an_ack(7, multiple=False), 0) == (len(acks), Gap.FOREIGN)
    assert taken == [[Confirm(1, multiple=False), Confirm(5, multiple=True)]]


@pytest.mark.parametrize(
    "foreign",
    [
        a_delivery(2, channel=2),
        a_delivery(2, b"x" * 20, largest=10),
        frame.Heartbeat().marshal(),
        an_ack(2, multiple=False),
        a_delivery(2)[:-1] + b"\x00",
        frame.Method(1, spec.Basic.Deliver("tag", 2, redelivered=False, exchange="", routing_key="q")).marshal()
        + an_ack(1, multiple=False),
        b"\x09\x00\x01\x00\x00\x00\x00\xce",
    ],
    ids=["other channel", "two body frames", "heartbeat", "other method", "no end", "no content", "unknown kind"],
)
def test_what_is_not_ours_is_left_to_the_library(consumer: FrameReader, taken: Taken, foreign: bytes) -> None:
    """From its first byte, after what came before it was handed on."""
    first = a_delivery(1)

    assert consumer.read(first + foreign, 0) == (len(first), Gap.FOREIGN)
    assert taken == [[Arrival(1, "order.received", LETTER)]]


def test_a_channel_that_is_gone_gets_nothing(consumer: FrameReader, taken: Taken) -> None:
    """Its number may come again, for somebody else."""
    consumer.forget(1)

    assert consumer.read(a_delivery(1), 0) == (0, Gap.FOREIGN)
    assert taken == []


@given(st.integers(0, 200), st.binary(max_size=30))
def test_hostile_bytes_raise_nothing(at: int, junk: bytes) -> None:
    """Overwritten anywhere, a delivery is read, waited for, or left to the library."""
    reader = FrameReader()
    reader.deliver_to(1, lambda _arrivals: None)
    reader.confirm_to(2, lambda _confirms: None)
    good = a_delivery(1) + an_ack(3, multiple=True, channel=2)
    buffer = good[:at] + junk + good[at + len(junk) :]

    end, gap = reader.read(buffer, 0)

    assert 0 <= end <= len(buffer)
    assert gap in Gap


@given(st.binary(max_size=50), st.integers(1, 60))
def test_a_publish_is_what_the_library_would_send(body: bytes, largest: int) -> None:
    """Method, header, and as many body frames as it takes."""
    method = spec.Basic.Publish(exchange="ow.events", routing_key="order.received", mandatory=True)
    properties = pika.BasicProperties(
        headers=dict(WIRE.headers),
        message_id="e1",
        type="order.received",
        content_type="application/json",
        delivery_mode=2,
    )
    frames = [frame.Method(3, method), frame.Header(3, len(body), properties)]
    frames += [frame.Body(3, body[at : at + largest]) for at in range(0, len(body), largest)]

    pieces = publish_frames(3, ("ow.events", "order.received"), LETTER.properties, body, largest)

    assert b"".join(pieces) == b"".join(each.marshal() for each in frames)
