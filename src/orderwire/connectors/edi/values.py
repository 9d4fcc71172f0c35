"""Data element values: decimals, dates and periods."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from orderwire.errors import MappingError

#: At least one digit; `.` and `,` both stand for the decimal mark, whatever UNA says (ISO 9735 lets both be received).
_DECIMAL: Final = re.compile(r"-?(?:\d{1,24}(?:[.,]\d{0,12})?|[.,]\d{1,12})", re.ASCII)
_SHORT: Final = re.compile(r"\d{1,9}(?:[.,]\d{1,6})?", re.ASCII)
_DIGITS: Final = re.compile(r"\d+", re.ASCII)


class Period(NamedTuple):
    """First and last day; the same for a single date."""

    first: date
    last: date


def decimal(text: str) -> Decimal:
    """Return the number.

    Raises:
        MappingError: it is none.
    """
    if not _DECIMAL.fullmatch(text):
        raise MappingError("not a number", value=text[:40])
    return Decimal(text.replace(",", "."))


def short_decimal(text: str) -> Decimal | None:
    """Return a number of few digits as `kept`; None: it is not one of those."""
    return kept(text) if _SHORT.fullmatch(text) else None


def kept(text: str) -> Decimal:
    """Return a number that has digits before its mark as canonical models keep it: without zeros at its end."""
    if "." in text or "," in text:
        text = text.replace(",", ".").rstrip("0").rstrip(".")
    return Decimal(text)


def plain(value: Decimal) -> str:
    """Return the number as EDIFACT writes it: no exponent, no needless zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def period(text: str, qualifier: str) -> Period:
    """Return the days of a DTM value, by its format qualifier (DE 2379) or, where there is none, by its length.

    Raises:
        MappingError: it is no such date.
    """
    reader = _FORMATS.get(qualifier) if qualifier else _BY_LENGTH.get(len(text))
    if reader is None:
        raise MappingError("date format is not supported", format=qualifier or None, value=text[:40])
    digits = _digits(text, qualifier)
    try:
        return reader(digits) if _DIGITS.fullmatch(digits) else _refuse(digits)
    except ValueError:
        raise MappingError("not a date", value=text[:40], format=qualifier or None) from None


def _digits(text: str, qualifier: str) -> str:
    """Return the value without the hyphen of a range, or the zone of a time: the day is that of the sender."""
    if qualifier in _RANGES:
        return text.replace("-", "")
    size = _ZONED.get(qualifier)
    return text[:size] if size and _ZONE.fullmatch(text, size) else text


def _refuse(text: str) -> Period:
    raise ValueError(text)


def _day(text: str) -> Period:
    """CCYYMMDD; what follows is the time of day."""
    day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    return Period(day, day)


def _sized(size: int, reader: Callable[[str], Period]) -> Callable[[str], Period]:
    def read(text: str) -> Period:
        if len(text) != size:
            _refuse(text)
        return reader(text)

    return read


def _short_day(text: str) -> Period:
    """YYMMDD; what follows is the time of day."""
    return _day(f"{'19' if text[:2] >= '80' else '20'}{text}")


def _week(text: str) -> Period:
    monday = date.fromisocalendar(int(text[:4]), int(text[4:6]), 1)
    return Period(monday, monday + timedelta(days=6))


def _short_week(text: str) -> Period:
    return _week(f"20{text}")


def _month(text: str) -> Period:
    """CCYYMM."""
    first = date(int(text[:4]), int(text[4:6]), 1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def _range(reader: Callable[[str], Period]) -> Callable[[str], Period]:
    def read(text: str) -> Period:
        half = len(text) // 2
        days = Period(reader(text[:half]).first, reader(text[half:]).last)
        return days if days.first <= days.last else _refuse(text)

    return read


_FORMATS: Final[dict[str, Callable[[str], Period]]] = {
    "2": _sized(6, lambda text: _short_day(text[4:6] + text[2:4] + text[:2])),  # DDMMYY
    "3": _sized(6, lambda text: _short_day(text[4:6] + text[:4])),  # MMDDYY
    "4": _sized(8, lambda text: _day(text[4:8] + text[2:4] + text[:2])),  # DDMMCCYY
    "101": _sized(6, _short_day),
    "102": _sized(8, _day),
    "201": _sized(10, _short_day),
    "202": _sized(12, _short_day),
    "203": _sized(12, _day),
    "204": _sized(14, _day),
    "205": _sized(12, _day),
    "301": _sized(10, _short_day),
    "302": _sized(12, _short_day),
    "303": _sized(12, _day),
    "304": _sized(14, _day),
    "609": _sized(4, lambda text: _month(f"20{text}")),
    "610": _sized(6, _month),
    "615": _sized(4, _short_week),
    "616": _sized(6, _week),
    "710": _sized(12, _range(_month)),
    "711": _sized(16, _range(_day)),
    "713": _sized(20, _range(_short_day)),
    "715": _sized(8, _range(_short_week)),
    "716": _sized(12, _range(_week)),
    "717": _sized(12, _range(_short_day)),
    "718": _sized(16, _range(_day)),
    "719": _sized(24, _range(_day)),
}
_RANGES: Final = frozenset({"710", "711", "713", "715", "716", "717", "718", "719"})
#: Times with a zone behind them: how many digits stand before it.
_ZONED: Final = {"205": 12, "301": 10, "302": 12, "303": 12, "304": 14}
_ZONE: Final = re.compile(r"[A-Za-z0-9+-]{1,5}", re.ASCII)
_BY_LENGTH: Final = {6: _short_day, 8: _day, 12: _day, 14: _day}
