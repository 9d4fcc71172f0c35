"""What must not be in a log: secrets, payloads, persons, and line breaks that forge a second entry."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

#: Longest text of one value; a log entry is not a payload.
MAX_TEXT: Final = 2_000
MAX_ITEMS: Final = 50
MAX_DEPTH: Final = 4

_REDACTED: Final = "[redacted]"
_SECRET: Final = re.compile(
    r"password|passwd|secret|token|api_?key|authori[sz]ation|credential|cookie|private_?key", re.IGNORECASE
)
_PAYLOAD: Final = frozenset({"payload", "body", "content", "raw", "data", "email", "phone", "contact", "street"})
#: user:password@ in an address.
_USERINFO: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]{0,20}://)[^\s/@]{1,512}@", re.IGNORECASE)
#: C0, DEL, C1, line and paragraph separators, and the marks that turn the direction of writing around.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: Libraries quote what they were given: pieces of a document.
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
#: Made by structlog or by us, over several lines on purpose.
_OURS: Final = frozenset({"exception", "stack"})


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Be a structlog processor: clean every key and value of an entry."""
    return {_plain(str(name)): _field(str(name), value) for name, value in event.items()}


def _field(name: str, value: object, depth: int = 0) -> object:
    if name.lower() in _PAYLOAD or _SECRET.search(name):
        return _REDACTED
    if name in _OURS and isinstance(value, str):
        return "\n".join(_told(line) for line in value[: 20 * MAX_TEXT].splitlines())
    return _value(value, depth)


def _told(line: str) -> str:
    """Return a line of a traceback: where it was, and what was wrong, but not with which value."""
    return _plain(line if line.startswith('  File "') else _QUOTED.sub("'…'", line))


def _value(value: object, depth: int) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if depth < MAX_DEPTH and isinstance(value, Mapping):
        pairs = list(value.items())[:MAX_ITEMS]
        return {_plain(str(name)): _field(str(name), inner, depth + 1) for name, inner in pairs}
    if depth < MAX_DEPTH and isinstance(value, list | tuple | set | frozenset):
        return [_value(inner, depth + 1) for inner in list(value)[:MAX_ITEMS]]
    return _plain(_text(value))


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001  a broken __str__ must not end the work that is logged
        return f"[{type(value).__name__}: {type(error).__name__}]"


def _plain(text: str) -> str:
    cut = text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}… ({len(text)} characters)"
    return _CONTROL.sub(_escape, _USERINFO.sub(rf"\g<scheme>{_REDACTED}@", cut))


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
