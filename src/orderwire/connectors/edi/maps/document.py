"""What the readers of later documents share: heading, parties, items, and errors that say where."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from pydantic import ValidationError

from orderwire.canonical.order import ItemId
from orderwire.canonical.party import Party
from orderwire.connectors.edi import parties
from orderwire.connectors.edi.items import item_of
from orderwire.connectors.edi.line_draft import out_of_bounds
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.maps.triggers import Triggers, walk
from orderwire.connectors.edi.parties import PartyDraft
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.values import decimal, period
from orderwire.errors import MappingError


@dataclass(slots=True)
class Heading:
    """BGM, DTM, RFF and NAD of a document while it is read."""

    sender: Sender
    number: str = ""
    kind: str = ""  # BGM 1001
    function: str = ""  # BGM 1225
    dates: dict[str, date] = field(default_factory=dict)  # by 2005
    references: dict[str, str] = field(default_factory=dict)  # by 1153, the first of each
    notes: list[str] = field(default_factory=list)
    drafts: list[PartyDraft] = field(default_factory=list)

    def read(self, path: str, segment: Segment) -> None:
        """Take a segment of the heading; any other is passed over."""
        if reader := _HEADING.get(path):
            reader(self, segment)
        elif self.drafts and (reads := _PARTY.get(path)):
            reads(self.drafts[-1], segment)

    @property
    def parties(self) -> tuple[Party, ...]:
        return tuple(each.close(self.sender.parties) for each in self.drafts)

    def facts(self) -> dict[str, Any]:
        """Return what every document has."""
        return {"partner": self.sender.partner, "test": self.sender.test, "parties": self.parties}


def _bgm(heading: Heading, segment: Segment) -> None:
    heading.kind, heading.number, heading.function = segment.value(1), segment.value(2), segment.value(3)
    if not heading.number:
        raise MappingError("the document has no number")


def _dtm(heading: Heading, segment: Segment) -> None:
    qualifier, text = segment.value(1, 1), segment.value(1, 2)
    if text:
        heading.dates.setdefault(qualifier, day_of(segment))


def _rff(heading: Heading, segment: Segment) -> None:
    kind, number = segment.value(1, 1), segment.value(1, 2)
    if kind and number:
        heading.references.setdefault(kind, number)


def _ftx(heading: Heading, segment: Segment) -> None:
    if text := " ".join(part.strip() for part in segment.components(4) if part.strip()):
        heading.notes.append(text)


def _nad(heading: Heading, segment: Segment) -> None:
    heading.drafts.append(parties.nad(segment))


_HEADING: Final[dict[str, Callable[[Heading, Segment], None]]] = {
    "BGM": _bgm,
    "DTM": _dtm,
    "RFF": _rff,
    "FTX": _ftx,
    "NAD": _nad,
}
_PARTY: Final[dict[str, Callable[[PartyDraft, Segment], None]]] = {
    "NAD/RFF": parties.rff,
    "NAD/CTA": parties.cta,
    "NAD/COM": parties.com,
    "NAD/CTA/COM": parties.com,
}


@contextmanager
def placed(where: dict[str, Any]) -> Iterator[None]:
    """Say where an error happened: `where` is filled while segments are read.

    Raises:
        MappingError: with segment, number of the segment and line.
    """
    try:
        yield
    except MappingError as error:
        raise MappingError(error.message, **{**where, **error.facts}) from None
    except ValidationError as error:
        problem = out_of_bounds(error, {}, where.get("segment", "BGM"))
        raise MappingError(problem.message, **{**where, **problem.facts}) from None


def numbered(segments: Iterable[Segment], table: Triggers, where: dict[str, Any]) -> Iterator[tuple[str, Segment]]:
    """Walk, and keep `where` up to date."""
    for number, (path, segment) in enumerate(walk(segments, table), start=1):
        where.update(segment=segment.tag, segment_no=number)
        if path.endswith("LIN"):
            where["line_no"] = segment.value(1) or None
        yield path, segment


def day_of(segment: Segment) -> date:
    """Return the first day of a DTM. Raises MappingError."""
    return period(segment.value(1, 2), segment.value(1, 3)).first


def quantity_of(segment: Segment) -> tuple[str, Decimal, str | None]:
    """Return QTY C186: 6063, 6060, 6411. Raises MappingError."""
    return segment.value(1, 1), decimal(segment.value(1, 2)), segment.value(1, 3) or None


def items_of(segment: Segment, first: int, sender: Sender) -> list[ItemId]:
    """Return every C212 of a LIN or PIA from an element on."""
    found = (item_of(segment, number, sender.codes) for number in range(first, len(segment)))
    return [item for item in found if item]


def text_of(segment: Segment) -> str:
    """Return IMD C273 7008, twice: texts cut at 35 characters belong together."""
    first, second = segment.value(3, 4), segment.value(3, 5)
    return f"{first}{'' if len(first) == 35 else ' '}{second}".strip()
