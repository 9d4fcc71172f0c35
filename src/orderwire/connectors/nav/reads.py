"""Reading rows: filters in NAV's own syntax, batches, paging, and values taken from text without guessing."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from lxml import etree

from orderwire.config.nav import NavSettings
from orderwire.connectors.nav import soap
from orderwire.connectors.nav.page import PageService
from orderwire.errors import UnavailableError

#: A record's plain fields by name. Fields with default values may be missing.
Row = Mapping[str, str]

#: How NAV says "no option chosen".
_BLANK_OPTION: Final = "_blank_"
#: And "no date".
_BLANK_DATE: Final = date(1, 1, 1)
#: Code[20] is the widest key that we ask for; anything longer is not in NAV.
CODE_CHARS: Final = 20

_SPECIAL: Final = frozenset("()&|<>=*?@.'\" ")
_DECIMAL: Final = re.compile(r"[+-]?(\d{1,18}(\.\d{0,20})?|\.\d{1,20})")
_PLAIN_DIGITS: Final = 18
_INTEGER: Final = re.compile(r"[+-]?\d{1,10}")


def code(text: str) -> str:
    """Return the text as NAV's type Code keeps it: upper case, no blanks around. A ß stays one letter, as in .NET."""
    text = text.strip()
    if text.isascii():
        return text.upper()
    return "".join(upper if len(upper := char.upper()) == 1 else char for char in text)


def quoted(value: str) -> str:
    """Return a filter that matches exactly this value."""
    if value and not _SPECIAL.intersection(value):
        return value
    return "'" + value.replace("'", "''") + "'"


def batches(values: Collection[str], max_chars: int) -> Iterator[str]:
    """Yield `A|B|C` filters that together name every value once; a single value is never split."""
    batch = ""
    for value in dict.fromkeys(values):
        criterion = quoted(value)
        if batch and len(batch) + 1 + len(criterion) > max_chars:
            yield batch
            batch = ""
        batch = f"{batch}|{criterion}" if batch else criterion
    if batch:
        yield batch


def askable(values: Collection[str], max_chars: int = CODE_CHARS) -> dict[str, str]:
    """Return what was asked → the code to look for, without what no NAV record can be called."""
    coded = {value: code(value) for value in values if soap.sayable(value)}
    return {value: known for value, known in coded.items() if 0 < len(known) <= max_chars}


def rows_by(service: PageService, field: str, values: Collection[str], nav: NavSettings) -> list[Row]:
    """Read the records whose `field` is one of the values, in as few calls as the filter's length allows."""
    return [row for criteria in batches(values, nav.max_filter_chars) for row in rows(service, {field: criteria}, nav)]


def rows(service: PageService, criteria: Mapping[str, str], nav: NavSettings) -> list[Row]:
    """Read all records that match."""
    found: list[Row] = []
    bookmark = ""
    while True:
        page = _page(service, criteria, bookmark, nav.page_rows)
        found += page
        if nav.page_rows == 0 or not page:  # NAV's rule: on until nothing more comes
            return found
        bookmark = _next(service, page, bookmark)


def _next(service: PageService, page: list[Row], bookmark: str) -> str:
    following = page[-1].get("Key", "")
    if not following or following == bookmark:
        raise UnavailableError("NAV's pages do not lead on", service=service.name, operation="ReadMultiple")
    return following


def _page(service: PageService, criteria: Mapping[str, str], bookmark: str, size: int) -> list[Row]:
    parameters: list[soap.Parameter] = [
        ("filter", [("Field", field), ("Criteria", text)]) for field, text in criteria.items()
    ]
    if bookmark:
        parameters.append(("bookmarkKey", bookmark))
    parameters.append(("setSize", str(size)))
    result = service.read(parameters, "ReadMultiple")
    return [plain(record) for listed in result for record in listed]


def plain(record: etree._Element) -> dict[str, str]:
    """Return a record's own fields; what has elements of its own is left out."""
    names = _RECORDS[record.tag]
    row: dict[str, str] = {}
    for child in record:
        text = child.text
        if (text is None or text.isspace()) and len(child):
            continue
        name = names[child.tag]
        if name:
            row[name] = text or ""
    return row


class _Fields(dict[str, str]):
    """Tag → name of a field in one namespace, "" in another; an answer has few tags, many times."""

    def __init__(self, namespace: str) -> None:
        super().__init__()
        self._namespace = namespace

    def __missing__(self, tag: str) -> str:
        if len(self) >= _MOST_TAGS:
            self.clear()
        namespace, _, name = tag.rpartition("}")
        self[tag] = name if namespace == self._namespace else ""
        return self[tag]


class _Records(dict[str, _Fields]):
    """Tag of a record → names of its fields."""

    def __missing__(self, tag: str) -> _Fields:
        if len(self) >= _MOST_RECORDS:
            self.clear()
        fields = self[tag] = _Fields(tag.rpartition("}")[0])
        return fields


_MOST_TAGS, _MOST_RECORDS = 1000, 100
_RECORDS: Final = _Records()


def decimal_of(row: Row, field: str) -> Decimal:
    """Return a decimal; 0 where the record leaves it out, which NAV does with 0.

    Raises:
        UnavailableError: what stands there is no decimal.
    """
    text = row.get(field, "").strip() or "0"
    if text.isdecimal() and text.isascii() and len(text) <= _PLAIN_DIGITS:
        return Decimal(text)
    if not _DECIMAL.fullmatch(text):
        raise UnavailableError("NAV's answer holds no number where one belongs", field=field, value=text[:40])
    return Decimal(text)


def integer_of(row: Row, field: str) -> int:
    """Return a whole number; 0 where the record leaves it out. Raises as `decimal_of`."""
    text = row.get(field, "").strip() or "0"
    if not _INTEGER.fullmatch(text):
        raise UnavailableError("NAV's answer holds no number where one belongs", field=field, value=text[:40])
    return int(text)


def date_of(row: Row, field: str) -> date | None:
    """Return a date; None where the record leaves it out, or has NAV's blank one. Raises as `decimal_of`."""
    text = row.get(field, "").strip()
    try:
        day = date.fromisoformat(text[:10]) if text else _BLANK_DATE
    except ValueError:
        raise UnavailableError("NAV's answer holds no date where one belongs", field=field, value=text[:40]) from None
    return None if day == _BLANK_DATE else day


def boolean_of(row: Row, field: str) -> bool:
    """Return a boolean; false where the record leaves it out, which NAV does with false."""
    text = row.get(field, "").strip()
    if text not in {"true", "false", "1", "0", ""}:
        raise UnavailableError("NAV's answer holds no yes or no where one belongs", field=field, value=text[:40])
    return text in {"true", "1"}


def option_of(row: Row, field: str) -> str:
    """Return an option's name; "" for the blank one."""
    text = row.get(field, "").strip()
    return "" if text == _BLANK_OPTION else text
