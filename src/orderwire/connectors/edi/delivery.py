"""Where and when a line is to be delivered: its DTM, LOC, NAD and SCC. It goes to one place, on one day."""

from collections.abc import Sequence

from orderwire.canonical.delivery import delivered, same_place, says_where, stray, together
from orderwire.canonical.order import OrderLine
from orderwire.canonical.party import Party
from orderwire.connectors.edi import parties
from orderwire.connectors.edi.line_draft import LineDraft
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.values import period
from orderwire.errors import MappingError

_SPLIT_DAYS = "the line is to be delivered on more than one day; order each delivery as a line of its own"
_SPLIT_ORDER = "the line is to be delivered to another place than the rest; send an order for each place"
_SPLIT_PLACES = "the line is to be delivered to more than one place; an order is for one place"


def dtm(line: LineDraft, segment: Segment) -> None:
    """DTM 2005: 2 is the requested delivery, or what the partner has for it."""
    qualifier, text, ranked = segment.value(1, 1), segment.value(1, 2), line.sender.codes.requested_dates
    if not text or qualifier not in ranked:
        return
    days = period(text, segment.value(1, 3))
    if line.days.setdefault(qualifier, days) != days:
        raise MappingError(_SPLIT_DAYS, value=text)
    if not line.date_qualifier or ranked.index(qualifier) < ranked.index(line.date_qualifier):
        line.requested_on, line.date_qualifier = days.first, qualifier


def part_dtm(line: LineDraft, segment: Segment) -> None:
    """DTM under SCC: the day of a part is the line's, if that of every part is."""
    qualifier, text = segment.value(1, 1), segment.value(1, 2)
    if qualifier in line.sender.codes.requested_dates:
        dtm(line, segment)
    elif text and line.part_days.setdefault(qualifier, text) != text:
        raise MappingError(_SPLIT_DAYS, value=text)


def place_dtm(line: LineDraft, segment: Segment) -> None:
    """DTM under LOC: of a place of delivery it is the day of a part."""
    if line.at_place:
        part_dtm(line, segment)


def loc(line: LineDraft, segment: Segment) -> None:
    """LOC 3227: 7 is the place of delivery."""
    line.at_place = segment.value(1) == "7"
    if line.at_place:
        _go_to(line, parties.loc(segment).close(line.sender.parties), segment)


def nad(line: LineDraft, segment: Segment) -> None:
    """NAD 3035: DP and ST are the place of delivery."""
    if parties.is_delivery(segment):
        _go_to(line, parties.nad(segment).close(line.sender.parties), segment)


def to_one_place(parties: Sequence[Party], lines: Sequence[LineDraft | OrderLine]) -> tuple[Party, ...]:
    """Return the order's parties with the one place among them that its lines name.

    Raises:
        MappingError: they name more than one, or another one than the heading.
    """
    places = [line.place if isinstance(line, LineDraft) else None for line in lines]
    number = stray(parties, places)
    if number is None:
        return delivered(parties, places)
    line = lines[number]
    segment, segment_no = ("LIN", None) if isinstance(line, OrderLine) else line.place_at
    raise MappingError(_SPLIT_ORDER, segment=segment, segment_no=segment_no or None, line_no=line.line_no)


def _go_to(line: LineDraft, place: Party, segment: Segment) -> None:
    if not says_where(place):
        return
    if line.place is not None and not same_place(line.place, place):
        raise MappingError(_SPLIT_PLACES, value=place.ids[0].value if place.ids else place.name)
    if line.place is None:
        line.place, line.place_at = place, (segment.tag, line.at)
    else:
        line.place = together(line.place, place)
