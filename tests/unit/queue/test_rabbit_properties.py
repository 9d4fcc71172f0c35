"""Our encoding of properties is the library's, byte for byte."""

from datetime import UTC, datetime
from typing import Any

import pika  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwire.errors import LimitError
from orderwire.queue.codec import Wire
from orderwire.queue.rabbit_properties import EncodedProperties

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

    encoded = EncodedProperties(Wire(headers, b"", message_id, kind, content_type))

    assert b"".join(encoded.encode()) == b"".join(properties.encode())
    assert EncodedProperties.INDEX == pika.BasicProperties.INDEX


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
        EncodedProperties(wire)
