"""Messages as AMQP 0-9-1 carries them, by the library's codec, which is thorough; `rabbit_events` is the short way."""

import struct
from typing import Any, Final, NamedTuple

import pika  # type: ignore[import-untyped]

from orderwire.errors import LimitError
from orderwire.queue.codec import UNREADABLE, Wire

_PERSISTENT: Final = 2
#: What the library raises when it meets bytes or values that it cannot take.
DEFECTS: Final = (
    pika.exceptions.AMQPError,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)


class Letter(NamedTuple):
    """A message as it comes and goes."""

    properties: bytes
    body: bytes


def letter_of(wire: Wire) -> Letter:
    """Encode, persistent.

    Raises:
        LimitError: a header is of a kind, or longer, than AMQP knows.
    """
    properties = pika.BasicProperties(
        content_type=wire.content_type,
        headers=dict(wire.headers),
        delivery_mode=_PERSISTENT,
        message_id=wire.message_id,
        type=wire.type,
    )
    try:
        return Letter(b"".join(properties.encode()), wire.body)
    except DEFECTS as error:
        raise LimitError("a message's headers cannot be put on the wire", reason=type(error).__name__) from error


def wire_of(letter: Letter) -> Wire:
    """Decode. Never raises: a header that cannot be read loses all of them, and the message says so."""
    properties = pika.BasicProperties()
    try:
        properties.decode(letter.properties)
    except DEFECTS:
        properties = unreadable()
    return read_wire(properties, letter.body)


def read_wire(properties: Any, body: bytes) -> Wire:
    """Return a message whose properties the library has read."""
    return Wire(properties.headers or {}, body, properties.message_id, properties.type, properties.content_type)


def unreadable() -> Any:
    """Return the properties of a message whose own cannot be read."""
    return pika.BasicProperties(headers={UNREADABLE: "not AMQP 0-9-1 fields"})
