"""Field values: from the text of a request, to the text of a response, in NAV's types."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

from orderwire.simulators.nav.faults import not_evaluated, too_long

#: What a field of a row may hold.
Value = str | Decimal | bool | int | date | None

Kind = Literal["code", "text", "decimal", "boolean", "int", "date", "option"]

_XML_TYPES: Final[dict[Kind, str]] = {
    "code": "string",
    "text": "string",
    "decimal": "decimal",
    "boolean": "boolean",
    "int": "int",
    "date": "date",
}
_BLANK_DATE: Final = date(1, 1, 1)
_DATE_LENGTH: Final = 10
#: Integer digits of a decimal, and length of its text.
_MAX_DIGITS, _MAX_TEXT = 11, 40
_DECIMAL: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_DECIMALS: Final = Decimal("0.00001")  # NAV keeps quantities 0:5


@dataclass(frozen=True, slots=True)
class Option:
    """An enumeration: its XML type and the encoded option texts, and what each is in the table if that differs."""

    name: str
    members: tuple[str, ...]
    kept: tuple[str, ...] = ()

    def of(self, member: str) -> str:
        """Return what the table keeps for a member."""
        return self.kept[self.members.index(member)] if self.kept else member

    def shown(self, kept: str) -> str:
        """Return the member for what the table keeps."""
        return self.members[self.kept.index(kept)] if kept in self.kept else kept


@dataclass(frozen=True, slots=True)
class Field:
    """A control of a page and the column behind it."""

    name: str
    attribute: str
    kind: Kind = "text"
    length: int = 50
    option: Option | None = None
    editable: bool = True

    @property
    def xml_type(self) -> str:
        return f"tns:{self.option.name}" if self.option else f"xsd:{_XML_TYPES[self.kind]}"

    def parse(self, text: str) -> Value:
        """Read a request's element; empty text is the type's blank value.

        Raises:
            NavFault: too long, or not of the type.
        """
        if self.kind in {"code", "text"}:
            return self._string(text)
        return _PARSERS[self.kind](self, text.strip())

    def _string(self, text: str) -> str:
        value = text.strip().upper() if self.kind == "code" else text
        if len(value) > self.length:
            raise too_long(value, self.length)
        return value

    def parse_option(self, text: str) -> str:
        option = self.option or Option("", ("",))
        member = text or option.members[0]
        if member not in option.members:
            raise not_evaluated(text, "Option")
        return option.of(member)

    def shown(self, value: Value) -> Value:
        """Return the value as the page shows it."""
        return self.option.shown(value) if self.option and isinstance(value, str) else value


def _decimal(_field: Field, text: str) -> Decimal:
    if not text:
        return Decimal(0)
    if not _DECIMAL.fullmatch(text) or len(text) > _MAX_TEXT:
        raise not_evaluated(text, "Decimal")
    try:
        value = Decimal(text).quantize(_DECIMALS)
    except InvalidOperation:
        raise not_evaluated(text, "Decimal") from None
    if value.adjusted() >= _MAX_DIGITS:
        raise not_evaluated(text, "Decimal")
    return value


def _boolean(_field: Field, text: str) -> bool:
    match text.lower():
        case "true" | "1":
            return True
        case "false" | "0" | "":
            return False
    raise not_evaluated(text, "Boolean")


def _int(_field: Field, text: str) -> int:
    if not text:
        return 0
    if not re.fullmatch(r"[+-]?\d{1,10}", text, re.ASCII) or abs(int(text)) >= 2**31:
        raise not_evaluated(text, "Integer")
    return int(text)


def _date(_field: Field, text: str) -> date | None:
    if not text:
        return None
    try:
        value = date.fromisoformat(text[:_DATE_LENGTH]) if len(text) == _DATE_LENGTH else datetime.fromisoformat(text)
    except ValueError:
        raise not_evaluated(text, "Date") from None
    day = value.date() if isinstance(value, datetime) else value
    return None if day == _BLANK_DATE else day


_PARSERS: Final[dict[Kind, Callable[[Field, str], Value]]] = {
    "decimal": _decimal,
    "boolean": _boolean,
    "int": _int,
    "date": _date,
    "option": Field.parse_option,
}


def to_text(value: Value) -> str:
    """Write a value as XML Schema does; blank text and dates are empty."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return plain(value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def plain(value: Decimal) -> str:
    """Write a decimal without exponent and without trailing zeros."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
