"""Values as people read them: times, durations, numbers, and text that hides nothing."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

#: Controls but for tab and line ends, what turns the direction of writing around, what has no width, and halves of
#: characters: a document with them would be read as another than it is.
HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def visible(value: object) -> object:
    """Write what nobody would see as its number; markup of our own stays."""
    return HIDDEN.sub(lambda match: f"⟨{ord(match[0]):02X}⟩", value) if type(value) is str else value


def clock_time(instant: datetime | None) -> str:
    """Write an instant in UTC, to the second."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if instant else ""


def duration(seconds: float | None) -> str:
    """Write 0.42 as 420 ms, 75 as 75 s, 7200 as 2 h."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{max(0, round(seconds * 1000))} ms"
    for size, unit in _UNITS:
        if seconds >= 2 * size or size == 1:
            return f"{round(seconds / size)} {unit}"
    raise AssertionError


def ago(instant: datetime | None, now: datetime) -> str:
    """Write how long ago something was, or in how long it will be."""
    if instant is None:
        return ""
    seconds = (now - instant).total_seconds()
    return f"{duration(seconds)} ago" if seconds >= 0 else f"in {duration(-seconds)}"


def number(value: float) -> str:
    """Write 1234567 as 1 234 567, with narrow spaces."""
    return f"{value:,.0f}".replace(",", "\u202f")


def quantity(value: Decimal | int) -> str:
    """Write 2.00000 as 2."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
