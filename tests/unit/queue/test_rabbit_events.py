"""The short way of an event, by a form that was seen before, leads where the long one does."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwire.canonical.envelope import Event, EventType
from orderwire.errors import LimitError, MappingError
from orderwire.queue.codec import ATTEMPT, DEAD_FROM, UNREADABLE, Decoded, Wire, decode, encode
from orderwire.queue.rabbit_events import letter_for, read
from orderwire.queue.rabbit_properties import Letter, letter_of, wire_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["%", "%s", "%%", "PO-1", "PO-2"]
)
MAYBE = st.none() | TEXT
EVENTS = st.builds(
    Event,
    id=TEXT,
    source=TEXT,
    type=st.sampled_from(EventType),
    subject=MAYBE,
    time=st.datetimes(timezones=st.just(UTC)),
    data=st.dictionaries(TEXT, MAYBE, max_size=3),
    documentid=TEXT,
    correlationid=TEXT,
    causationid=MAYBE,
    partner=MAYBE,
    epoch=st.integers(0, 2**40),
    test=st.booleans(),
    traceparent=st.sampled_from([None, f"00-{'a' * 32}-{'b' * 16}-01"]),
)


def an_event(**changes: Any) -> Event:
    """Return an event of which all letters are equally long."""
    event = Event(
        id="7b0c0f3e",
        source="orderwire/edi",
        type=EventType.ORDER_RECEIVED,
        subject="PO-1",
        time=datetime(2026, 3, 1, 9, 30, 0, 5, tzinfo=UTC),
        data={"text": "Größe 9"},
        documentid="d-1",
        correlationid="c-1",
        partner="acme",
    )
    return event.model_copy(update=changes)


def the_long_way(letter: Letter) -> Decoded:
    return decode(wire_of(letter))


@given(EVENTS)
def test_a_letter_is_the_one_of_the_long_way(event: Event) -> None:
    """Byte for byte, the first time and every other."""
    expected = letter_of(encode(event))

    assert [letter_for(event), letter_for(event)] == [expected, expected]


@given(EVENTS)
def test_a_letter_is_read_as_the_long_way_reads_it(event: Event) -> None:
    """It is never taken for another kind: all that is written is read the short way."""
    letter = letter_for(event)

    assert [read(letter), read(letter)] == [the_long_way(letter)] * 2


def test_letters_of_one_length_and_different_forms() -> None:
    """What is remembered of one is no help with the other, and does no harm."""
    events = [
        an_event(),
        an_event(subject="PO-2"),
        an_event(subject="PO-", partner="acmes"),
        an_event(epoch=1),
        an_event(test=True),
        an_event(partner=None, causationid="e-1"),
    ]
    letters = [letter_for(event) for event in events]
    assert len({len(each.properties) for each in letters[:5]}) == 1

    for _ in range(2):
        assert [read(letter) for letter in letters] == [Decoded(event, 0, None) for event in events]
        assert [letter_for(event) for event in events] == letters


GOOD = letter_for(an_event())


@given(st.integers(0, len(GOOD.properties)), st.integers(0, len(GOOD.properties) - 1), st.binary(max_size=4))
def test_broken_letters_are_read_as_the_long_way_reads_them(cut: int, at: int, junk: bytes) -> None:
    """Or left to it; cut off or overwritten anywhere."""
    properties = GOOD.properties[:at] + junk + GOOD.properties[at + len(junk) : cut]
    letter = GOOD._replace(properties=properties)

    assert read(letter) in (None, the_long_way(letter))


@pytest.mark.parametrize(
    "headers",
    [{DEAD_FROM: "ow.fulfil"}, {ATTEMPT: "3"}, {ATTEMPT: True}, {ATTEMPT: -1}, {UNREADABLE: "all"}],
    ids=str,
)
def test_what_is_not_on_its_usual_way_takes_the_long_one(headers: dict[str, object]) -> None:
    """Its headers say more than an event."""
    wire = encode(an_event())

    assert read(letter_of(wire._replace(headers={**wire.headers, **headers}))) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"cloudEvents:time": "2026-03-01T09:30:00Z"},
        {"cloudEvents:time": "2026-03-01T09:30:00"},
        {"cloudEvents:time": "2026-03-01T09:30:00+02:00"},
        {"cloudEvents:time": "2026-W09-7T09:30:00+00:00"},
        {"cloudEvents:time": "20260301T093000+00:00"},
        {"cloudEvents:time": "2026-03-01T09:30:00.5+00:00"},
        {"cloudEvents:time": "yesterday"},
        {"cloudEvents:type": "order.eaten"},
        {"cloudEvents:specversion": "2.0"},
        {"cloudEvents:subject": " PO-1"},
        {"cloudEvents:subject": "PO\u20031\u2003"},
        {"cloudEvents:partner": "acme "},
        {"cloudEvents:epoch": -1},
        {"cloudEvents:epoch": True},
        {"cloudEvents:epoch": "1"},
        {"cloudEvents:test": 1},
        {"cloudEvents:test": "true"},
        {"cloudEvents:traceparent": "none"},
        {"cloudEvents:id": 4711},
        {"cloudEvents:partner": 4711},
    ],
    ids=str,
)
@pytest.mark.parametrize("body", [b"{}", b'{" a ": 1}', b"[]", b"{", b'{"a": NaN}', b"7"])
def test_what_is_not_as_we_write_it_is_for_the_model(headers: dict[str, object], body: bytes) -> None:
    """It may take it, make another value of it, or say what is wrong with it."""
    wire = encode(an_event())
    letter = letter_of(wire._replace(headers={**wire.headers, **headers}, body=body))

    assert read(letter) == the_long_way(letter)
    assert read(letter_of(wire._replace(body=body))) == the_long_way(letter_of(wire._replace(body=body)))


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "time", "documentid", "epoch", "test"])
def test_what_is_missing_is_for_the_model(name: str) -> None:
    """It has a default, or is missed."""
    wire = encode(an_event())
    headers = {header: value for header, value in wire.headers.items() if header != f"cloudEvents:{name}"}
    letter = letter_of(wire._replace(headers=headers))

    assert read(letter) == the_long_way(letter)


def test_a_header_that_comes_twice_takes_the_long_way() -> None:
    """Which of them counts is for the library to say."""
    field = b"\x13cloudEvents:partnerS\x00\x00\x00\x04acme"
    assert field in GOOD.properties
    start = len(b"\xb0\xa0\x10application/json")
    size = int.from_bytes(GOOD.properties[start : start + 4], "big") + len(field)
    head, table = GOOD.properties[:start], GOOD.properties[start + 4 :]
    twice = GOOD._replace(properties=head + size.to_bytes(4, "big") + field + table)

    assert the_long_way(twice) == Decoded(an_event(), 0, None)
    assert read(twice) is None


def test_marks_of_the_broker_are_no_part_of_the_event() -> None:
    """It tells how often it gave a message, and where that died."""
    wire = encode(an_event())
    marked = {**wire.headers, ATTEMPT: 2, "x-delivery-count": 3, "x-first-death-queue": "ow.orders"}

    assert read(letter_of(wire._replace(headers=marked))) == Decoded(an_event(), 2, None)


def test_another_content_type_takes_the_long_way() -> None:
    """Which says what is wrong with it."""
    assert read(letter_of(encode(an_event())._replace(content_type="text/xml"))) is None
    assert read(letter_of(Wire({}, b"{}"))) is None


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (an_event(subject="x" * 30_000), LimitError),
        (an_event(id="x" * 300), LimitError),
        (an_event(data={"quantity": object()}), MappingError),
    ],
    ids=["long attributes", "long id", "no JSON"],
)
def test_what_no_broker_takes_is_refused(event: Event, error: type[Exception]) -> None:
    """Each time."""
    for _ in range(2):
        with pytest.raises(error):
            letter_for(event)
