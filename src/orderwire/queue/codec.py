"""Events on the wire: CloudEvents in binary mode, the attributes as headers and the data as the body."""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, from_json

from orderwire.canonical.envelope import Event
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
_HEADERS: Final = {f"{_PREFIX}{name}": name for name in _NAMES}
_attributes_of: Final = itemgetter(*_NAMES)
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
    try:
        body = event.content
    except (PydanticSerializationError, ValueError) as error:
        raise MappingError("the event's data is not JSON", event_id=event.id) from error
    if len(body) > MAX_BODY_BYTES:
        raise LimitError("the event is larger than a broker takes", event_id=event.id, limit=MAX_BODY_BYTES)
    kind = event.type.value
    told = zip(_HEADERS, _attributes_of(vars(event)), strict=True)
    headers = {header: value for header, value in told if value is not None}
    headers |= {_TIME: event.time.isoformat(), _TYPE: kind, ATTEMPT: 0, EPOCH: event.epoch}
    length = sum([len(value) for value in headers.values() if type(value) is str])
    if length > MAX_HEADER_CHARACTERS or len(event.id.encode()) > MAX_ID_BYTES:
        raise LimitError("the event's attributes are longer than a broker takes", event_id=event.id[:MAX_ID_BYTES])
    return Wire(headers, body, event.id, kind)


def decode(wire: Wire) -> Decoded:
    """Read an event. Never raises: what is no event of ours says why in `malformed`."""
    attempt = wire.headers.get(ATTEMPT, 0)
    if isinstance(attempt, bool) or not isinstance(attempt, int) or not 0 <= attempt <= MAX_ATTEMPT:
        return Decoded(None, 0, f"{ATTEMPT}: must be a count")
    malformed = _unfit(wire)
    if malformed is not None:
        return Decoded(None, attempt, malformed)
    try:
        attributes = {
            _HEADERS[name]: value for name, value in wire.headers.items() if name in _HEADERS and value is not None
        }
        data = from_json(wire.body, allow_inf_nan=False)
        return Decoded(Event.model_validate(attributes | {"data": data}), attempt, None)
    except ValidationError as error:
        return Decoded(None, attempt, _summary(error))
    except ValueError as error:
        return Decoded(None, attempt, f"body: {error}"[:300])


def delivery_of(wire: Wire, queue: str, tag: object, dead_from: str | None) -> Delivery:
    """Make what `receive` returns."""
    decoded = decode(wire)
    return Delivery(queue, decoded.event, decoded.attempt, tag, wire.body, decoded.malformed, dead_from)


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
