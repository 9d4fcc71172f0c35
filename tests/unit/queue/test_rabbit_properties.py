"""Our encoding of properties is the library's, byte for byte, and our reading of them is the library's too."""

from datetime import UTC, datetime
from typing import Any

import pika  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwire.errors import LimitError
from orderwire.queue.codec import UNREADABLE, Wire
from orderwire.queue.rabbit_properties import properties_of, wire_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUE = TEXT | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=20) | st.none() | st.lists(TEXT)


@given(st.dictionaries(TEXT, VALUE), st.none() | TEXT, st.none() | TEXT, st.none() | TEXT)
def test_the_bytes_are_those_of_the_library(
    headers: dict[str, Any], message_id: str | None, kind: str | None, content_type: str | None
) -> None:
    """Any headers, with and without each property."""
    properties = pika.BasicProperties(
        headers=headers, message_id=message_id, type=kind, content_type=content_type, delivery_mode=2
    )

    encoded = properties_of(Wire(headers, b"", message_id, kind, content_type))

    assert encoded == b"".join(properties.encode())


def as_the_library_reads(encoded: bytes) -> Wire:
    read = pika.BasicProperties()
    read.decode(encoded)
    return Wire(read.headers or {}, b"body", read.message_id, read.type, read.content_type)


@given(st.dictionaries(TEXT, VALUE), st.none() | TEXT, st.none() | TEXT, st.none() | TEXT, st.integers(0, 9))
def test_properties_are_read_as_the_library_reads_them(
    headers: dict[str, Any], message_id: str | None, kind: str | None, content_type: str | None, priority: int
) -> None:
    """Of the kinds that we write, and others."""
    properties = pika.BasicProperties(
        headers=headers, message_id=message_id, type=kind, content_type=content_type, priority=priority or None
    )
    encoded = b"".join(properties.encode())

    assert wire_of(encoded, b"body") == as_the_library_reads(encoded)


WRITTEN = properties_of(
    Wire({"cloudEvents:id": "4711", "ow-attempt": 3, "x-delivery-count": 2**40, "t": True}, b"", "m")
)


@given(st.integers(0, len(WRITTEN)), st.integers(0, len(WRITTEN) - 1), st.binary(max_size=8))
def test_broken_properties_end_nothing(cut: int, at: int, junk: bytes) -> None:
    """Cut off or overwritten anywhere: the message comes, as the library reads it, or it says that it is unreadable."""
    broken = WRITTEN[:at] + junk + WRITTEN[at + len(junk) : cut]

    wire = wire_of(broken, b"body")

    assert wire.body == b"body"
    if UNREADABLE not in wire.headers:
        assert sum(len(str(value)) for value in wire.headers.values()) <= 4 * len(broken) + 40


def test_headers_deeper_than_the_stack_end_nothing() -> None:
    """Tables in tables, some ten thousand."""
    table = b""
    for _ in range(10_000):
        table = b"\x01tF" + len(table).to_bytes(4, "big") + table
    encoded = b"\x20\x00" + len(table).to_bytes(4, "big") + table

    assert UNREADABLE in wire_of(encoded, b"").headers


@pytest.mark.parametrize(
    "wire",
    [
        Wire({"a": object()}, b""),
        Wire({"a": 2**70}, b""),
        Wire({"a" * 300: "b"}, b""),
        Wire({"a": datetime(1, 1, 1, tzinfo=UTC)}, b""),
        Wire({}, b"", message_id="x" * 300),
    ],
)
def test_what_amqp_cannot_say_is_refused(wire: Wire) -> None:
    """Before it comes near the connection, which it would end."""
    with pytest.raises(LimitError):
        properties_of(wire)


def test_messages_of_one_length_and_different_forms() -> None:
    """What is remembered of one is no help with the other, and does no harm: each is read as the library reads it."""
    forms = [
        {"subject": "PO-1234", "partner": "acme", "epoch": 1},
        {"subject": "PO-123", "partner": "acmes", "epoch": 1},
        {"subject": "PO-123", "partner": "acmes", "epoch": 2},
        {"partner": "PO-1234", "subject": "acme", "epoch": 1},
    ]
    written = [properties_of(Wire(headers, b"", "id", "order.received")) for headers in forms]
    assert len({len(each) for each in written}) == 1

    for _ in range(2):
        for headers, encoded in zip(forms, written, strict=True):
            assert wire_of(encoded, b"") == Wire(headers, b"", "id", "order.received")
