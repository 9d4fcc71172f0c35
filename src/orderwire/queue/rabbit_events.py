"""Events as RabbitMQ carries them, and back: by the form of one that came before, not field by field.

Events of one kind differ in their texts alone. What stands around the texts is remembered: a letter is written by
putting them into it, and read by comparing it and cutting them out, which takes a fifth of the library's time. The
first of each form, and whatever is not of our writing, goes the long way.
"""

import struct
from collections.abc import Hashable, Iterable
from datetime import UTC, datetime
from itertools import chain, starmap
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

import orjson
import pika  # type: ignore[import-untyped]

from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.model import iso_of, prover
from orderwire.queue.codec import (
    ATTEMPT,
    ATTRIBUTES,
    CONTENT_TYPE,
    DEAD_FROM,
    UNREADABLE,
    Decoded,
    attempt_of,
    body_of,
    decode_body,
    encode,
)
from orderwire.queue.rabbit_properties import Letter, letter_of

#: Forms that are remembered each way.
_MOST_FORMS: Final = 256
_BASIC: Final = pika.BasicProperties
#: The properties that we write; those with more, or less, go the long way.
_OURS: Final = (
    _BASIC.FLAG_HEADERS
    | _BASIC.FLAG_DELIVERY_MODE
    | _BASIC.FLAG_CONTENT_TYPE
    | _BASIC.FLAG_MESSAGE_ID
    | _BASIC.FLAG_TYPE
)
_FLAG_WORD: Final = struct.Struct(">H")
_LENGTH: Final = struct.Struct(">I")
_TEXT: Final = struct.Struct(">cI")
_INT: Final = struct.Struct(">i")
_LONG: Final = struct.Struct(">q")
_LONG_STRING: Final = ord("S")

#: From where to where something stands.
_Span: TypeAlias = tuple[int, int]

#: The attributes that are texts, in the order of their headers.
_TEXTS: Final = (
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "documentid",
    "correlationid",
    "causationid",
    "partner",
    "traceparent",
)
_texts_of: Final = itemgetter(*_TEXTS)
#: Those that an event must have, and those that may be any text.
_REQUIRED: Final = frozenset({"specversion", "id", "source", "type", "time", "documentid", "correlationid"})
_PLAIN: Final = frozenset(_TEXTS) - {"traceparent"}
_KINDS: Final = {kind.value: kind for kind in EventType}
_proven: Final = prover(Event)
#: Marks of a message that is no event, or not on its usual way.
_ODD: Final = frozenset({UNREADABLE, DEAD_FROM})


class _Form(NamedTuple):
    """Where the attributes' texts stand in properties, what stands around all texts, and what else they say."""

    around: "itemgetter[Any]"
    stood: tuple[bytes, ...]
    texts: "itemgetter[Any]"
    others: tuple[int | bool, ...]
    names: tuple[str, ...]  # of the texts' attributes, then of the others'
    attempt: int
    sound: bool  # as far as the model would look at what is remembered


#: Forms of what is read, by the length of the properties.
_forms: Final[dict[int, _Form]] = {}
#: Forms of what is written, a character for each byte, by all that makes them up.
_templates: Final[dict[Hashable, str]] = {}


def letter_for(event: Event) -> Letter:
    """Return what `letter_of(encode(event))` does.

    Raises:
        MappingError, LimitError: as those two.
    """
    values = vars(event)
    version, own_id, source, kind, subject, time, *more = _texts_of(values)
    texts = (version, own_id, source, kind.value, subject, iso_of(time), *more, own_id, kind.value)
    if not "".join(filter(None, texts)).isascii():
        return letter_of(encode(event))
    form = values["epoch"], values["test"], *[text and len(text) for text in texts]
    template = _templates.get(form)
    if template is None:
        return _first_letter(event, form, texts)
    return Letter((template % texts).encode("latin-1"), body_of(event))


def read(letter: Letter) -> Decoded | None:
    """Return what `decode` makes of it; None: it is not as we write them. Never raises."""
    properties = letter.properties
    form = _forms.get(len(properties))
    if form is None or form.around(properties) != form.stood:
        form = _learned(properties)
    if form is None:
        return None
    try:
        texts = [*map(bytes.decode, form.texts(properties))]
    except UnicodeDecodeError:
        return None
    values = dict(zip(form.names, (*texts, *form.others), strict=True))
    event = _as_written(values, texts, letter.body) if form.sound else None
    return decode_body(values, letter.body, form.attempt) if event is None else Decoded(event, form.attempt, None)


def _as_written(values: dict[str, Any], texts: list[str], body: bytes) -> Event | None:
    """Make the event that the model would make of what we write; None: the model is to look at it."""
    kind, time = _KINDS.get(values["type"]), values["time"]
    try:
        moment, data = datetime.fromisoformat(time), orjson.loads(body)
    except ValueError:
        return None
    plain = _has_no_blanks(texts) and type(data) is dict and _has_no_blanks(data)
    usual = kind is not None and values["specversion"] == "1.0" and moment.tzinfo is UTC and iso_of(moment) == time
    if not plain or not usual:
        return None
    values |= {"type": kind, "time": moment, "data": data}
    return _proven(values)


def _has_no_blanks(texts: Iterable[str]) -> bool:
    """Whether there are none, and so none that the model would strip."""
    joined = "".join(texts)
    return not joined or joined.split() == [joined]


def _first_letter(event: Event, form: Hashable, texts: tuple[str | None, ...]) -> Letter:
    """Write it the long way, and remember the form, if it gives the same."""
    letter = letter_of(encode(event))
    spans, _, (_, message_id, kind) = _cut(letter.properties)
    pieces, at = [], 0
    for span in (*[spans.get(header) for header, name in ATTRIBUTES.items() if name in _TEXTS], message_id, kind):
        start, end = span or (at, at)
        pieces.append(letter.properties[at:start].decode("latin-1").replace("%", "%%"))
        pieces.append("%s" if span else "%.0s")  # no characters of what is not there
        at = end
    template = "".join(pieces)
    if (template % texts).encode("latin-1") == letter.properties:
        _remember(_templates, form, template)
    return letter


def _learned(properties: bytes) -> _Form | None:
    try:
        texts, others, (content_type, *own) = _cut(properties)
    except (LookupError, ValueError, struct.error):
        return None
    attempt = attempt_of(others)
    known = {ATTRIBUTES[header]: slice(*span) for header, span in texts.items() if header in ATTRIBUTES}
    plain = properties[slice(*content_type)] == CONTENT_TYPE.encode() and ATTEMPT not in texts
    if attempt is None or not plain or _ODD & (texts.keys() | others.keys()) or len(known) < 2:
        return None
    bounds = [0, *chain(*texts.values(), *own), len(properties)]
    around = itemgetter(*starmap(slice, zip(bounds[::2], bounds[1::2], strict=True)))
    numbers = {ATTRIBUTES[header]: value for header, value in others.items() if header in ATTRIBUTES}
    names, values = (*known, *numbers), tuple(numbers.values())
    sound = _REQUIRED <= known.keys() <= _PLAIN and _sound(**numbers)
    form = _Form(around, around(properties), itemgetter(*known.values()), values, names, attempt, sound)
    _remember(_forms, len(properties), form)
    return form


def _sound(epoch: int = 0, test: int = False, **others: int) -> bool:  # noqa: FBT002  as the envelope has it
    return type(epoch) is int and epoch >= 0 and type(test) is bool and not others


def _remember(forms: dict[Any, Any], key: Hashable, form: object) -> None:
    if len(forms) >= _MOST_FORMS:
        forms.clear()
    forms[key] = form


def _cut(properties: bytes) -> tuple[dict[str, _Span], dict[str, int | bool], tuple[_Span, _Span, _Span]]:
    """Return where the headers' texts stand, the other headers, and where content type, message id and type stand.

    Raises:
        LookupError, ValueError or struct.error: they are not of the kinds we write.
    """
    (flags,) = _FLAG_WORD.unpack_from(properties)
    if flags != _OURS:
        raise ValueError("other properties")
    content_type, at = _short_at(properties, _FLAG_WORD.size)
    texts, others, at = _table_at(properties, at)
    message_id, at = _short_at(properties, at + 1)  # after the mode of delivery
    kind, at = _short_at(properties, at)
    if at != len(properties):
        raise ValueError("more, or less, than the properties")
    return texts, others, (content_type, message_id, kind)


def _short_at(properties: bytes, at: int) -> tuple[_Span, int]:
    """Return from where to where a short string stands, and where it ends."""
    end = at + 1 + properties[at]
    return (at + 1, end), end


def _table_at(properties: bytes, at: int) -> tuple[dict[str, _Span], dict[str, int | bool], int]:
    """Return where a table's texts stand, its whole numbers and truth values, and where it ends."""
    (size,) = _LENGTH.unpack_from(properties, at)
    at += _LENGTH.size
    end = at + size
    texts: dict[str, _Span] = {}
    others: dict[str, int | bool] = {}
    while at < end:
        (start, at), _ = _short_at(properties, at)
        name = properties[start:at].decode()
        if name in texts or name in others:
            raise ValueError("a field twice")
        if properties[at] == _LONG_STRING:
            start = at + _TEXT.size
            at = start + _TEXT.unpack_from(properties, at)[1]
            texts[name] = start, at
        else:
            others[name], at = _value_at(properties, at)
    if at != end:
        raise ValueError("a field longer than its table")
    return texts, others, at


def _value_at(properties: bytes, at: int) -> tuple[int | bool, int]:
    kind = properties[at]
    start = at + 1
    if kind == ord("I"):
        return _INT.unpack_from(properties, start)[0], start + _INT.size
    if kind == ord("l"):
        return _LONG.unpack_from(properties, start)[0], start + _LONG.size
    if kind == ord("t"):
        return bool(properties[start]), start + 1
    raise ValueError("another kind of field")
