"""Messages of any headers go and come; what AMQP cannot carry is refused, and what nobody can read ends nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwire.errors import LimitError
from orderwire.queue.codec import UNREADABLE, Wire
from orderwire.queue.rabbit_properties import Letter, letter_of, wire_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUE = TEXT | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=20) | st.none() | st.lists(TEXT)


@given(st.dictionaries(TEXT, VALUE), st.none() | TEXT, st.none() | TEXT, st.none() | TEXT)
def test_what_goes_comes_the_same(
    headers: dict[str, Any], message_id: str | None, kind: str | None, content_type: str | None
) -> None:
    """Any headers, with and without each property."""
    wire = Wire(headers, b"body", message_id, kind, content_type)

    assert wire_of(letter_of(wire)) == wire


WRITTEN, _ = letter_of(
    Wire({"cloudEvents:id": "4711", "ow-attempt": 3, "x-delivery-count": 2**40, "t": True}, b"", "m")
)


@given(st.integers(0, len(WRITTEN)), st.integers(0, len(WRITTEN) - 1), st.binary(max_size=8))
def test_broken_properties_end_nothing(cut: int, at: int, junk: bytes) -> None:
    """Cut off or overwritten anywhere: the message comes, as the library reads it, or it says that it is unreadable."""
    broken = WRITTEN[:at] + junk + WRITTEN[at + len(junk) : cut]

    wire = wire_of(Letter(broken, b"body"))

    assert wire.body == b"body"
    if UNREADABLE not in wire.headers:
        assert sum(len(str(value)) for value in wire.headers.values()) <= 4 * len(broken) + 40


def test_headers_deeper_than_the_stack_end_nothing() -> None:
    """Tables in tables, some ten thousand."""
    table = b""
    for _ in range(10_000):
        table = b"\x01tF" + len(table).to_bytes(4, "big") + table
    encoded = b"\x20\x00" + len(table).to_bytes(4, "big") + table

    assert UNREADABLE in wire_of(Letter(encoded, b"")).headers


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
        letter_of(wire)
