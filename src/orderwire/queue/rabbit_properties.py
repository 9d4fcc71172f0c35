"""A message's properties as AMQP 0-9-1 bytes, written and read some five times faster than the library does."""

import struct
from functools import lru_cache
from itertools import chain, starmap
from operator import itemgetter
from typing import Any, Final, NamedTuple

import pika  # type: ignore[import-untyped]
from pika import data

from orderwire.errors import LimitError
from orderwire.queue.codec import UNREADABLE, Wire

_BASIC: Final = pika.BasicProperties
_FLAGS: Final = _BASIC.FLAG_HEADERS | _BASIC.FLAG_DELIVERY_MODE
#: What we write; of a message with more, or less, the library reads all.
_OURS: Final = _FLAGS | _BASIC.FLAG_CONTENT_TYPE | _BASIC.FLAG_MESSAGE_ID | _BASIC.FLAG_TYPE
_PERSISTENT: Final = b"\x02"
_LONG_STRING: Final = ord("S")
_FLAG_WORD: Final = struct.Struct(">H")
_LENGTH: Final = struct.Struct(">I")
_TEXT: Final = struct.Struct(">cI")
_NUMBER: Final = struct.Struct(">ci")
_INT: Final = struct.Struct(">i")
_LONG: Final = struct.Struct(">q")
#: Forms that are remembered, by the length of the properties.
_MOST_FORMS: Final = 256
_NUMBERS: Final = range(-(2**31), 2**31)
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


def properties_of(wire: Wire) -> bytes:
    """Encode, persistent; the fields are in the order of their flags.

    Raises:
        LimitError: a header is of a kind, or longer, than AMQP knows.
    """
    try:
        return _encode(wire)
    except DEFECTS as error:
        raise LimitError("a message's headers cannot be put on the wire", reason=type(error).__name__) from error


def wire_of(encoded: bytes, body: bytes) -> Wire:
    """Decode. Never raises: a header that cannot be read loses all of them, and the message says so."""
    try:
        return _decode(encoded, body)
    except (LookupError, ValueError, struct.error):  # not what we write
        return _decode_any(encoded, body)


def unreadable() -> Any:
    """Return the properties of a message whose own cannot be read."""
    return _BASIC(headers={UNREADABLE: "not AMQP 0-9-1 fields"})


def _encode(wire: Wire) -> bytes:
    flags = _FLAGS
    pieces = [b""]
    if wire.content_type is not None:
        flags |= _BASIC.FLAG_CONTENT_TYPE
        pieces.append(_name(wire.content_type))
    fields: list[bytes] = []
    for name, value in wire.headers.items():
        if type(value) is str:
            text = value.encode()
            fields += (_text_head(name, len(text)), text)
        elif type(value) is bool or type(value) is int:
            fields.append(_known_field(name, value))
        else:
            fields += (_name(name), _value(value))
    table = b"".join(fields)
    pieces += (_LENGTH.pack(len(table)), table, _PERSISTENT)
    if wire.message_id is not None:
        flags |= _BASIC.FLAG_MESSAGE_ID
        pieces.append(_short(wire.message_id))
    if wire.type is not None:
        flags |= _BASIC.FLAG_TYPE
        pieces.append(_name(wire.type))
    pieces[0] = _FLAG_WORD.pack(flags)
    return b"".join(pieces)


@lru_cache(maxsize=1024)
def _text_head(name: str | bytes, length: int) -> bytes:
    return _name(name) + _TEXT.pack(b"S", length)


@lru_cache(maxsize=256, typed=True)
def _known_field(name: str | bytes, value: int) -> bytes:
    return _name(name) + _value(value)


def _value(value: Any) -> bytes:
    if type(value) is bool:
        return b"t\x01" if value else b"t\x00"
    if type(value) is int and value in _NUMBERS:
        return _NUMBER.pack(b"I", value)
    pieces: list[bytes] = []
    data.encode_value(pieces, value)
    return b"".join(pieces)


@lru_cache(maxsize=256)
def _name(name: str | bytes) -> bytes:
    return _short(name)


def _short(text: str | bytes) -> bytes:
    content = text.encode() if isinstance(text, str) else text
    return bytes((len(content),)) + content  # ValueError: longer than 255 bytes


class _Form(NamedTuple):
    """Where the texts stand in properties that were read, what stands around them, and the headers that are none.

    Messages of one kind differ in their texts alone, so that most are of the form of one before: nearly all of their
    properties are compared, and cut up, at once.
    """

    around: "itemgetter[Any]"
    stood: tuple[bytes, ...]
    texts: "itemgetter[Any]"  # the headers', then content type, message id and type
    names: tuple[str, ...]
    others: dict[str, int | bool]


_forms: Final[dict[int, _Form]] = {}


def _decode(encoded: bytes, body: bytes) -> Wire:
    """Read properties of the kinds we write. Raises LookupError, ValueError or struct.error if they are others."""
    form = _forms.get(len(encoded))
    if form is None or form.around(encoded) != form.stood:
        form = _learned(encoded)
    *texts, content_type, message_id, kind = map(bytes.decode, form.texts(encoded))
    return Wire(form.others | dict(zip(form.names, texts, strict=True)), body, message_id, kind, content_type)


def _learned(encoded: bytes) -> _Form:
    """Read properties one after the other. Raises as `_decode` does."""
    (flags,) = _FLAG_WORD.unpack_from(encoded)
    if flags != _OURS:
        raise ValueError("other properties")
    content_type, at = _short_at(encoded, _FLAG_WORD.size)
    texts, others, at = _table_at(encoded, at)
    message_id, at = _short_at(encoded, at + len(_PERSISTENT))
    kind, at = _short_at(encoded, at)
    if at != len(encoded) or texts.keys() & others.keys():
        raise ValueError("more, or less, than the properties")
    told = (*texts.values(), content_type, message_id, kind)
    bounds = [0, *chain.from_iterable(sorted(told)), at]
    around = itemgetter(*starmap(slice, zip(bounds[::2], bounds[1::2], strict=True)))
    form = _Form(around, around(encoded), itemgetter(*starmap(slice, told)), tuple(texts), others)
    if len(_forms) >= _MOST_FORMS:
        _forms.clear()
    _forms[len(encoded)] = form
    return form


def _short_at(encoded: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Return from where to where a short string stands, and where it ends."""
    end = at + 1 + encoded[at]
    return (at + 1, end), end


def _table_at(encoded: bytes, at: int) -> tuple[dict[str, tuple[int, int]], dict[str, int | bool], int]:
    """Return where a table's texts stand, its whole numbers and truth values, and where it ends."""
    (size,) = _LENGTH.unpack_from(encoded, at)
    at += _LENGTH.size
    end = at + size
    texts: dict[str, tuple[int, int]] = {}
    others: dict[str, int | bool] = {}
    while at < end:
        (start, at), _ = _short_at(encoded, at)
        name = encoded[start:at].decode()
        if encoded[at] == _LONG_STRING:
            start = at + _TEXT.size
            at = start + _TEXT.unpack_from(encoded, at)[1]
            texts[name] = start, at
        else:
            others[name], at = _value_at(encoded, at)
    if at != end:
        raise ValueError("a field longer than its table")
    return texts, others, at


def _value_at(encoded: bytes, at: int) -> tuple[int | bool, int]:
    kind = encoded[at]
    start = at + 1
    if kind == ord("I"):
        return _INT.unpack_from(encoded, start)[0], start + _INT.size
    if kind == ord("l"):
        return _LONG.unpack_from(encoded, start)[0], start + _LONG.size
    if kind == ord("t"):
        return bool(encoded[start]), start + 1
    raise ValueError("another kind of field")


def _decode_any(encoded: bytes, body: bytes) -> Wire:
    properties = _BASIC()
    try:
        properties.decode(encoded)
    except DEFECTS:
        properties = unreadable()
    return Wire(properties.headers or {}, body, properties.message_id, properties.type, properties.content_type)
