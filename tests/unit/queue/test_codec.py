"""Events survive the wire, and nothing on the wire survives that is no event."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwire.canonical.envelope import Event, EventType
from orderwire.errors import LimitError, MappingError
from orderwire.queue.codec import UNREADABLE, Wire, decode, delivery_of, encode

EVENT = Event(
    id="7b0c0f3e",
    source="orderwire/edi",
    type=EventType.ORDER_RECEIVED,
    subject="4711",
    time=datetime(2026, 3, 1, 9, 30, 0, 5, tzinfo=timezone(timedelta(hours=1))),
    data={"lines": [{"quantity": "1.5", "text": "Größe 9"}], "note": None},
    documentid="d-1",
    correlationid="c-1",
    causationid="e-1",
    partner="baumarkt",
    epoch=3,
    test=True,
)


def wire(**changes: Any) -> Wire:
    """Return EVENT on the wire, with other parts."""
    good = encode(EVENT)
    parts = {"headers": good.headers, "body": good.body, "content_type": good.content_type} | changes
    return Wire(**parts)


def header(name: str, value: object) -> Wire:
    return wire(headers={**encode(EVENT).headers, name: value})


def test_an_event_is_the_same_after_the_wire() -> None:
    """Encoding and decoding are inverse, for all attributes and for the fewest."""
    least = EVENT.model_copy(update={"subject": None, "causationid": None, "partner": None, "data": {}})

    for event in (EVENT, least):
        decoded = decode(encode(event))
        assert (decoded.event, decoded.attempt, decoded.malformed) == (event, 0, None)


def test_the_wire_is_cloudevents_in_binary_mode() -> None:
    """Attributes are headers with the binding's prefix, the body is the data alone, absent attributes are absent."""
    encoded = encode(EVENT.model_copy(update={"partner": None}))

    assert encoded.headers["cloudEvents:specversion"] == "1.0"
    assert encoded.headers["cloudEvents:type"] == "order.received"
    assert encoded.headers["cloudEvents:time"] == "2026-03-01T08:30:00.000005+00:00"
    assert encoded.headers["ow-epoch"] == 3
    assert "cloudEvents:partner" not in encoded.headers
    assert encoded.body == '{"lines":[{"quantity":"1.5","text":"Größe 9"}],"note":null}'.encode()
    assert (encoded.message_id, encoded.type, encoded.content_type) == (
        "7b0c0f3e",
        "order.received",
        "application/json",
    )


def test_decimals_are_text_on_the_wire() -> None:
    """No number of ours ever becomes a float."""
    assert encode(EVENT.model_copy(update={"data": {"price": Decimal("0.10")}})).body == b'{"price":"0.10"}'


def test_a_retry_counts_and_forgets_the_brokers_marks() -> None:
    """Our own header counts; the broker's x-headers would be counted on, or refused, by another version."""
    dead = header("x-death", [{"count": 3}])

    again = dead.again(4, "ow.fulfil")

    assert decode(again).attempt == 4
    assert decode(again).event == EVENT
    assert not [name for name in again.headers if name.startswith("x-")]
    assert again.headers["ow-dead-from"] == "ow.fulfil"
    assert again.again(5).headers["ow-dead-from"] == "ow.fulfil"


def test_attributes_of_others_are_passed_over() -> None:
    """CloudEvents may carry extensions that we do not know, and headers that are none."""
    decoded = decode(
        wire(headers={**encode(EVENT).headers, "cloudEvents:traceparent": "00-1", "x-a": 1, b"raw": b"\x00"})
    )

    assert decoded.event == EVENT


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (wire(body=b""), "body"),
        (wire(body=b"null"), "data"),
        (wire(body=b'"text"'), "data"),
        (wire(body=b"{} {}"), "body"),
        (wire(body=b'{"a": NaN}'), "body"),
        (wire(body=b"\xff"), "body"),
        (wire(body=b'{"a":' * 100_000), "body"),
        (wire(body=b'{"a": ' + b"9" * 100_000 + b"}"), "body"),
        (wire(headers={}), "id: Field required"),
        (header("cloudEvents:specversion", "0.3"), "specversion"),
        (header("cloudEvents:type", "order.eaten"), "type"),
        (header("cloudEvents:time", "yesterday"), "time"),
        (header("cloudEvents:epoch", -1), "epoch"),
        (header("cloudEvents:id", [{"deep": b"\x00"}]), "id"),
        (header("ow-attempt", "1"), "ow-attempt"),
        (header("ow-attempt", -1), "ow-attempt"),
        (header("ow-attempt", True), "ow-attempt"),
        (header("ow-attempt", 10**18), "ow-attempt"),
        (header(UNREADABLE, "why"), "headers: why"),
        (wire(content_type="application/cloudevents+json"), "content-type"),
        (wire(content_type=b"\xff"), "content-type"),
    ],
)
def test_what_is_no_event_says_why(broken: Wire, reason: str) -> None:
    """Whatever is wrong is a sentence, not an exception, and never repeats the payload."""
    decoded = decode(broken)

    assert decoded.event is None
    assert decoded.malformed is not None
    assert decoded.malformed.startswith(reason)
    assert len(decoded.malformed) <= 300


def test_a_content_type_may_have_parameters_or_be_absent() -> None:
    """JSON is JSON."""
    assert decode(wire(content_type="Application/JSON; charset=utf-8")).event == EVENT
    assert decode(wire(content_type=None)).event == EVENT


def test_a_delivery_shows_the_bytes_as_they_came() -> None:
    """The parking lot keeps what was on the wire."""
    delivery = delivery_of(
        decode(wire(body=b"\x00", headers={"ow-attempt": 2})), "ow.fulfil", "tag", b"\x00", "ow.decode"
    )

    assert (delivery.body, delivery.attempt, delivery.dead_from) == (b"\x00", 2, "ow.decode")
    assert delivery.malformed


@pytest.mark.parametrize(
    "event",
    [
        EVENT.model_copy(update={"data": {"text": "x" * (17 * 1024 * 1024)}}),
        EVENT.model_copy(update={"subject": "x" * 30_000}),
        EVENT.model_copy(update={"id": "ü" * 200}),
    ],
)
def test_what_no_broker_takes_is_refused_before(event: Event) -> None:
    """A body, the attributes and the id have limits: the broker would close the channel under everybody."""
    with pytest.raises(LimitError):
        encode(event)


@pytest.mark.parametrize("value", [object(), "\ud800", {1, object()}])
def test_what_is_not_json_is_refused_before(value: object) -> None:
    """Data that cannot be written is the publisher's error, not the transport's."""
    with pytest.raises(MappingError):
        encode(EVENT.model_copy(update={"data": {"value": value}}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)
FIELD = JSON | st.binary() | st.datetimes(timezones=st.just(UTC)) | st.decimals() | st.floats()


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), JSON, max_size=5))
def test_any_data_is_the_same_after_the_wire(data: dict[str, Any]) -> None:
    """Whatever JSON can say, in any depth and language."""
    event = Event.model_validate(EVENT.model_dump() | {"data": data})

    assert decode(encode(event)).event == event


@given(st.dictionaries(st.sampled_from(sorted(encode(EVENT).headers)), FIELD), st.binary() | st.just(b"{}"))
def test_no_bytes_raise(headers: dict[str, Any], body: bytes) -> None:
    """Any headers and any body give an event or a reason."""
    decoded = decode(Wire(headers, body))

    assert (decoded.event is None) == (decoded.malformed is not None)
