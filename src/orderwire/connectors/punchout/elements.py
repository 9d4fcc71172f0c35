"""What stands in elements: text, inner XML, instants and days as senders really write them."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from lxml import etree

#: ISO 8601 as it is meant (±hh:mm), and as it comes: Z, no zone, ±hhmm, ±h:mm, a blank before the zone, fractions.
_INSTANT: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?\s*(?:([Zz])|([+-])(\d{1,2}):?(\d{2})?)?"
)


#: The first child of each name.
Children = dict[str, etree._Element]  # noqa: SLF001  lxml has no other name for it


def first_children(element: etree._Element | None) -> Children:
    """Return the first child of each name: one walk instead of a search for each."""
    found: Children = {}
    for child in element if element is not None else ():
        found.setdefault(child.tag, child)
    return found


def text_of(element: etree._Element | None, path: str = ".") -> str:
    """Return the text below an element's child, of all its descendants, without blanks around it; '': there is none."""
    found = element if element is None or path == "." else element.find(path)
    if found is None:
        return ""
    if len(found) == 0:
        return (found.text or "").strip()
    return "".join(str(part) for part in found.itertext()).strip()


def inner_xml(element: etree._Element | None) -> str:
    """Return what stands between an element's tags, as it stood there: text, or XML."""
    if element is None:
        return ""
    if len(element) == 0:
        return element.text or ""
    parts = [_escaped(element.text), *(etree.tostring(child, encoding="unicode") for child in element)]
    return "".join(parts)


def to_instant(text: str) -> datetime | None:
    """Return the instant a text means; without a zone it is UTC. None: it means none."""
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        return None
    *when, _zulu, sign, hours, minutes = match.groups()
    try:
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        zone = UTC if sign is None else timezone(-offset if sign == "-" else offset)
        year, month, day, hour, minute, second = (int(part or 0) for part in when)
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:  # the 31st of February
        return None


def to_day(text: str) -> date | None:
    """Return the day a text means where it was written; None: it means none."""
    instant = to_instant(text)
    return None if instant is None else instant.date()


def _escaped(text: str | None) -> str:
    return (text or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
