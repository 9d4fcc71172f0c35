"""AMQP 0-9-1 frames that come and go in hundreds: deliveries, confirms and publishes. All others are the library's."""

import struct
from collections.abc import Callable, Sequence
from enum import Enum
from functools import lru_cache, partial
from typing import Final, NamedTuple, TypeVar

import pika  # type: ignore[import-untyped]
from pika import frame, spec

from orderwire.queue.rabbit_properties import Letter

T = TypeVar("T")

_METHOD: Final = spec.FRAME_METHOD
_HEADER: Final = spec.FRAME_HEADER
_BODY: Final = spec.FRAME_BODY
_END: Final = spec.FRAME_END
_END_BYTE: Final = bytes([_END])
#: Type, channel and size of the payload.
_FRAME: Final = struct.Struct(">BHI")
#: The same, and of a content header: class, weight and size of the body. Flags and properties follow.
_CONTENT: Final = struct.Struct(">BHIHHQ")
_CONTENT_BYTES: Final = _CONTENT.size - _FRAME.size
_DELIVER: Final = pika.spec.Basic.Deliver.INDEX.to_bytes(4, "big")
_ACK: Final = pika.spec.Basic.Ack.INDEX.to_bytes(4, "big")
_NUMBER: Final = struct.Struct(">Q")
_CONFIRM: Final = struct.Struct(">QB")


class Arrival(NamedTuple):
    """A message that was delivered."""

    number: int
    routing_key: str
    letter: Letter


class Confirm(NamedTuple):
    """The broker's word that one message is safe, or all up to it."""

    number: int
    multiple: bool


class Gap(Enum):
    """Why nothing was read: it has not come whole, or is the library's to read."""

    MORE = "more"
    FOREIGN = "foreign"


class FrameReader:
    """Reads deliveries and positive confirms of the channels that want them so, those that came together at once.

    A message is read when it is there whole: three frames in a row. Whatever is of another form, larger than a frame,
    or broken is left to the library.
    """

    def __init__(self) -> None:
        self._channels: dict[int, Callable[[bytes, int, int], tuple[int, Gap]]] = {}

    def deliver_to(self, channel: int, take: Callable[[Sequence[Arrival]], None]) -> None:
        self._channels[channel] = partial(_read_on, delivery_at, take)

    def confirm_to(self, channel: int, take: Callable[[Sequence[Confirm]], None]) -> None:
        self._channels[channel] = partial(_read_on, confirm_at, take)

    def forget(self, channel: int) -> None:
        """Read no more for a channel that is gone; its number may come again."""
        self._channels.pop(channel, None)

    def read(self, buffer: bytes, at: int) -> tuple[int, Gap]:
        """Read from there, and return up to where, and why no further."""
        while len(buffer) - at >= _FRAME.size:
            kind, channel, _ = _FRAME.unpack_from(buffer, at)
            read_on = self._channels.get(channel) if kind == _METHOD else None
            if read_on is None:
                return at, Gap.FOREIGN
            before = at
            at, gap = read_on(buffer, at, channel)
            if gap is Gap.MORE or at == before:
                return at, gap
        return at, Gap.MORE


def _read_on(
    read: Callable[[bytes, int, int], tuple[T, int] | Gap],
    take: Callable[[Sequence[T]], None],
    buffer: bytes,
    at: int,
    channel: int,
) -> tuple[int, Gap]:
    """Read what stands in a row on that channel, and hand it on."""
    found: list[T] = []
    while not isinstance(one := read(buffer, at, channel), Gap):
        found.append(one[0])
        at = one[1]
    if found:
        take(found)
    return at, one


def confirm_at(buffer: bytes, at: int, channel: int) -> tuple[Confirm, int] | Gap:
    """Read the confirm there, and return where the next frame begins."""
    end = _payload_end(buffer, at, _METHOD, channel)
    if isinstance(end, Gap):
        return end
    start = at + _FRAME.size + len(_ACK)
    if buffer[start - len(_ACK) : start] != _ACK or end - start != _CONFIRM.size:
        return Gap.FOREIGN
    number, bits = _CONFIRM.unpack_from(buffer, start)
    return Confirm(number, bool(bits & 1)), end + 1


def delivery_at(buffer: bytes, at: int, channel: int) -> tuple[Arrival, int] | Gap:
    """Read the delivery there, and return where the next frame begins."""
    method_end = _payload_end(buffer, at, _METHOD, channel)
    if isinstance(method_end, Gap):
        return method_end
    start = at + _FRAME.size + len(_DELIVER)
    if buffer[start - len(_DELIVER) : start] != _DELIVER:
        return Gap.FOREIGN
    content = _content(buffer, method_end + 1, channel)
    if isinstance(content, Gap):
        return content
    named = _number_and_key(buffer[start:method_end])
    if named is None:
        return Gap.FOREIGN
    properties, body, after = content
    return Arrival(*named, Letter(properties, body)), after


def _content(buffer: bytes, at: int, channel: int) -> tuple[bytes, bytes, int] | Gap:
    """Return properties and body, and where the next frame begins; the body must be in one frame."""
    header_end = _payload_end(buffer, at, _HEADER, channel)
    if isinstance(header_end, Gap):
        return header_end
    if header_end - at < _CONTENT.size:
        return Gap.FOREIGN
    properties, body_at = buffer[at + _CONTENT.size : header_end], header_end + 1
    *_, size = _CONTENT.unpack_from(buffer, at)
    if not size:
        return properties, b"", body_at
    body_end = _payload_end(buffer, body_at, _BODY, channel, size)
    if isinstance(body_end, Gap):
        return body_end
    return properties, buffer[body_at + _FRAME.size : body_end], body_end + 1


def _payload_end(buffer: bytes, at: int, kind: int, channel: int, size: int | None = None) -> int | Gap:
    """Return where the payload of the frame there ends, if it is of that kind, channel and size."""
    if len(buffer) - at < _FRAME.size:
        return Gap.MORE
    its_kind, its_channel, its_size = _FRAME.unpack_from(buffer, at)
    if its_kind != kind or its_channel != channel or (size is not None and its_size != size):
        return Gap.FOREIGN
    end: int = at + _FRAME.size + its_size
    if end >= len(buffer):
        return Gap.MORE
    return end if buffer[end] == _END else Gap.FOREIGN


def _number_and_key(arguments: bytes) -> tuple[int, str] | None:
    """Read consumer tag, delivery tag, redelivered, exchange and routing key; None: they are not that."""
    try:
        number_at = 1 + arguments[0]
        (number,) = _NUMBER.unpack_from(arguments, number_at)
        return number, _routing_key(arguments[number_at + _NUMBER.size + 1 :])
    except (IndexError, ValueError, struct.error):
        return None


@lru_cache(maxsize=256)
def _routing_key(address: bytes) -> str:
    """Read exchange and routing key. Raises IndexError or ValueError if they are not that."""
    key_at = 1 + address[0]
    key = address[key_at + 1 :]
    if len(key) != address[key_at]:
        raise ValueError("not a routing key")
    return key.decode()


@lru_cache(maxsize=256)
def _publish_method(channel: int, exchange: str, routing_key: str) -> bytes:
    method = spec.Basic.Publish(exchange=exchange, routing_key=routing_key, mandatory=True)
    marshalled: bytes = frame.Method(channel, method).marshal()
    return marshalled


def publish_frames(
    channel: int, address: tuple[str, str], properties: bytes, body: bytes, largest: int
) -> Sequence[bytes]:
    """Return a mandatory publish to an exchange with a routing key; `largest` is how much of a body a frame holds."""
    size = _CONTENT_BYTES + len(properties)
    head = _CONTENT.pack(_HEADER, channel, size, spec.Basic.INDEX, 0, len(body))
    pieces = [_publish_method(channel, *address), head, properties, _END_BYTE]
    for first in range(0, len(body), largest):
        part = body[first : first + largest]
        pieces += (_FRAME.pack(_BODY, channel, len(part)), part, _END_BYTE)
    return pieces
