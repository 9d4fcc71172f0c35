"""Events on the wire: CloudEvents in binary mode, the attributes as headers and the data as the body."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson
from pydantic import ValidationError

from orderwire.canonical.envelope import Event
from orderwire.canonical.model import iso_of
from orderwire.errors import LimitError, MappingError
from orderwire.ports.queue import Delivery

CONTENT_TYPE: Final = "application/json"
ATTEMPT: Final = "ow-attempt"
EPOCH: Final = "ow-epoch"
#: The queue it died in, on a copy that has been retried since.
DEAD_FROM: Final = "ow-dead-from"
#: Set by a transport in place of headers that could not be read.
UNREADABLE: Final = "ow-unreadable"
#: RabbitMQ 4 takes no more in one message.
MAX_BODY_BYTES: Final = 16 * 1024 * 1024
#: AMQP: all headers must fit into one frame (131,072 bytes); a character has up to four bytes.
MAX_HEADER_CHARACTERS: Final = 24_000
#: AMQP: message-id and type are short strings.
MAX_ID_BYTES: Final = 255
MAX_ATTEMPT: Final = 1_000_000

_PREFIX: Final = "cloudEvents:"
_NAMES: Final = tuple(name for name in Event.model_fields if name not in {"data", "datacontenttype"})
#: Which attribute each header has.
ATTRIBUTES: Final = {f"{_PREFIX}{name}": name for name in _NAMES}
_TIME: Final = f"{_PREFIX}time"
_TYPE: Final = f"{_PREFIX}type"


class Wire(NamedTuple):
    """A message as both transports carry it."""

    headers: Mapping[Any, Any]
    body: bytes
    message_id: str | None = None
    type: str | None = None
    content_type: str | None = CONTENT_TYPE

    def clean(self) -> "Wire":
        """Return a copy without the broker's own marks of this one's life."""
        kept = {name: value for name, value in self.headers.items() if not str(name).startswith("x-")}
        return self._replace(headers=kept)

    def again(self, attempt: int, dead_from: str | None = None) -> "Wire":
        """Return a clean copy for that attempt."""
        clean = self.clean()
        grave = {} if dead_from is None else {DEAD_FROM: dead_from}
        return clean._replace(headers={**clean.headers, ATTEMPT: attempt, **grave})


class Decoded(NamedTuple):
    """What the bytes say: an event, or why they are none."""

    event: Event | None
    attempt: int
    malformed: str | None


def encode(event: Event) -> Wire:
    """Put an event on the wire, for its first attempt.

    Raises:
        MappingError: its data is not JSON.
        LimitError: larger than a broker takes.
    """
    body = body_of(event)
    values, kind = vars(event), event.type.value
    headers = {header: value for header, name in ATTRIBUTES.items() if (value := values[name]) is not None}
    headers[_TIME], headers[_TYPE], headers[ATTEMPT], headers[EPOCH] = iso_of(event.time), kind, 0, event.epoch
    length = sum([len(value) for value in headers.values() if type(value) is str])
    if length > MAX_HEADER_CHARACTERS or len(event.id.encode()) > MAX_ID_BYTES:
        raise LimitError("the event's attributes are longer than a broker takes", event_id=event.id[:MAX_ID_BYTES])
    return Wire(headers, body, event.id, kind)


def body_of(event: Event) -> bytes:
    """Return what goes as the body. Raises as `encode` does."""
    try:
        body = event.content
    except TypeError as error:
        raise MappingError("the event's data is not JSON", event_id=event.id) from error
    if len(body) > MAX_BODY_BYTES:
        raise LimitError("the event is larger than a broker takes", event_id=event.id, limit=MAX_BODY_BYTES)
    return body


def decode(wire: Wire) -> Decoded:
    """Read an event. Never raises: what is no event of ours says why in `malformed`."""
    attempt = attempt_of(wire.headers)
    if attempt is None:
        return Decoded(None, 0, f"{ATTEMPT}: must be a count")
    malformed = _unfit(wire)
    if malformed is not None:
        return Decoded(None, attempt, malformed)
    attributes = {
        ATTRIBUTES[name]: value for name, value in wire.headers.items() if name in ATTRIBUTES and value is not None
    }
    return decode_body(attributes, wire.body, attempt)


def attempt_of(headers: Mapping[Any, Any]) -> int | None:
    """Return which attempt a message is; None: it does not say so."""
    attempt = headers.get(ATTEMPT, 0)
    count = isinstance(attempt, int) and not isinstance(attempt, bool) and 0 <= attempt <= MAX_ATTEMPT
    return attempt if count else None


def decode_body(attributes: dict[str, Any], body: bytes, attempt: int) -> Decoded:
    """Read an event of these attributes, which the data joins. Never raises."""
    try:
        attributes["data"] = orjson.loads(body)
        return Decoded(Event.model_validate(attributes), attempt, None)
    except ValidationError as error:
        return Decoded(None, attempt, _summary(error))
    except ValueError as error:
        return Decoded(None, attempt, f"body: {error}"[:300])


def delivery_of(decoded: Decoded, queue: str, tag: object, body: bytes, dead_from: str | None) -> Delivery:
    """Make what `receive` returns."""
    return Delivery(queue, decoded.event, decoded.attempt, tag, body, decoded.malformed, dead_from)


def _unfit(wire: Wire) -> str | None:
    if UNREADABLE in wire.headers:
        return f"headers: {wire.headers[UNREADABLE]}"
    if not isinstance(wire.content_type, str | None):
        return "content-type: must be text"
    media_type = (wire.content_type or CONTENT_TYPE).partition(";")[0].strip().lower()
    if media_type != CONTENT_TYPE:
        return f"content-type: must be {CONTENT_TYPE}, with the attributes in headers"
    return None


def _summary(error: ValidationError) -> str:
    """Say what is wrong without repeating the payload."""
    problems = (
        f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    )
    return "; ".join(problems)[:300]
