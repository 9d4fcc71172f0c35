"""ORDERS (D.96A, D.01B and their EANCOM subsets) to the purchase order: one function per segment of the heading."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from re import Match
from typing import Final

from pydantic import ValidationError

from orderwire.canonical.order import Channel, OrderLine, PurchaseOrder, Purpose
from orderwire.canonical.party import Party, PartyRole
from orderwire.connectors.edi import parties
from orderwire.connectors.edi.delivery import to_one_place
from orderwire.connectors.edi.groups import step
from orderwire.connectors.edi.line_draft import LineDraft, out_of_bounds
from orderwire.connectors.edi.lines import LINE_SEGMENTS, free_text, lin
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.parties import PartyDraft
from orderwire.connectors.edi.plain_lines import plain_line, plain_lines
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.segments import Segments
from orderwire.connectors.edi.values import Period, period
from orderwire.errors import MappingError

#: BGM 1225. 7 and 43 repeat an order that may or may not have come; the order number tells. 53 is a test.
#: What changes an order that came before is read by `maps.ordchg`.
_ORIGINALS: Final = frozenset({"", "9", "7", "43", "53"})
_TEST: Final = "53"
#: BGM 1001 that ask for no delivery: blanket and standing orders, and answers and invoices sent as ORDERS.
NO_ORDER: Final = frozenset({"35", "221", "231", "258", "320", "351", "380", "381", "383"})
#: RFF 1153 by kind; any other keeps its code.
_REFERENCES: Final = {
    "CT": "contract",
    "BO": "blanket_order",
    "PD": "promotion",
    "PL": "price_list",
    "CR": "customer_reference",
    "UC": "end_customer_order",
    "ON": "order",
    "VN": "supplier_order",
    "PP": "order_change",
}
#: Where a pydantic complaint about a field comes from.
_SEGMENT_OF: Final = {"order_no": "BGM", "currency": "CUX", "references": "RFF"}


@dataclass(slots=True)
class OrderDraft:
    """An order, or a change of one, while its message is read."""

    sender: Sender
    is_change: bool = False
    segment_no: int = 0
    order_no: str = ""
    purpose: Purpose = Purpose.ORIGINAL
    test: bool = False
    ordered_on: date | None = None
    requested_on: date | None = None
    not_before: date | None = None
    not_after: date | None = None
    currency: str | None = None
    references: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    parties: list[Party] = field(default_factory=list)
    lines: list[LineDraft | OrderLine] = field(default_factory=list)
    date_qualifier: str = ""
    document: str = ""  # BGM 1001
    placed: bool = False  # a line names a place of delivery
    party: PartyDraft | None = None
    line: LineDraft | None = None

    @property
    def drafts(self) -> list[LineDraft]:
        """The lines; those of a change are all drafts."""
        return [line for line in self.lines if isinstance(line, LineDraft)]

    def close_party(self) -> None:
        if self.party is not None:
            self.parties.append(self.party.close(self.sender.parties))
            self.party = None

    def close_line(self) -> None:
        if self.line is not None:
            self.lines.append(self.line)
            self.placed = self.placed or self.line.place is not None
            self.line = None


#: Takes one segment of the heading.
Reader = Callable[[OrderDraft, Segment], None]


def to_purchase_order(segments: Sequence[Segment], sender: Sender) -> PurchaseOrder:
    """Return the order that an ORDERS message makes.

    Raises:
        MappingError: it makes none; `segment` and `segment_no` say where.
    """
    return _order(read(segments, OrderDraft(sender, test=sender.test), HEADING))


def read(segments: Sequence[Segment], draft: OrderDraft, heading: Mapping[str, Reader]) -> OrderDraft:
    """Fill the draft.

    Raises:
        MappingError: a value has no meaning; the facts say where.
    """
    plain: dict[int, tuple[Match[str], int]] = {}
    if isinstance(segments, Segments) and not draft.is_change:
        plain = plain_lines(segments, draft.sender.codes)
    group, number = "", 0
    try:
        while number < len(segments):
            draft.segment_no = number + 1
            if number in plain and _take(draft, plain[number][0]):
                group, number = "LIN", plain[number][1]
                continue
            segment = segments[number]
            number += 1
            path, group = step(group, segment.tag)
            line = draft.line
            if line is not None and (reader := LINE_SEGMENTS.get(path)):
                line.at = draft.segment_no
                reader(line, segment)
            else:
                _read(draft, path, segment, heading)
    except MappingError as error:
        line_no = draft.line.line_no if draft.line else None
        where = {"segment": segments[draft.segment_no - 1].tag, "segment_no": draft.segment_no, "line_no": line_no}
        raise MappingError(error.message, **{**where, **error.facts}) from None
    draft.close_line()
    draft.close_party()
    return draft


def _take(draft: OrderDraft, found: Match[str]) -> bool:
    """Take a line as a whole, unless it must be looked at closely."""
    draft.close_line()
    draft.close_party()
    line = plain_line(found, len(draft.lines) + 1, draft.sender.codes)
    if line is not None:
        draft.lines.append(line)
    return line is not None


def _read(draft: OrderDraft, path: str, segment: Segment, heading: Mapping[str, Reader]) -> None:
    if path == "LIN":
        draft.close_line()
        draft.close_party()
        if draft.purpose is not Purpose.CANCEL:  # whose lines say nothing more
            draft.line = lin(segment, len(draft.lines) + 1, draft.segment_no, draft.sender)
            draft.line.is_change = draft.is_change
    elif path == "NAD":
        draft.close_party()
        draft.party = parties.nad(segment)
    elif path in {"UNS", "UNT"}:
        draft.close_line()
        draft.close_party()
    elif draft.line is not None:
        return  # of a line, and nothing that is read
    elif draft.party is not None and path in _PARTY:
        _PARTY[path](draft.party, segment)
    elif path in heading:
        heading[path](draft, segment)


def _order(draft: OrderDraft) -> PurchaseOrder:
    if not any(party.role is PartyRole.BUYER for party in draft.parties):
        raise MappingError("the order names no buyer", segment="NAD")
    if not draft.lines:
        raise MappingError("the order has no lines", segment="LIN")
    lines = tuple([line if isinstance(line, OrderLine) else line.close() for line in draft.lines])
    if len({line.line_no for line in lines}) < len(lines):
        number, _times = Counter(line.line_no for line in lines).most_common(1)[0]
        raise MappingError("a line number occurs twice", segment="LIN", line_no=number)
    if draft.sender.echo:
        draft.sender.echo.check_order(draft.order_no, draft.parties)
    try:
        return PurchaseOrder(
            order_no=draft.order_no,
            partner=draft.sender.partner,
            channel=Channel.EDI,
            test=draft.test,
            ordered_on=draft.ordered_on,
            requested_on=draft.requested_on,
            not_before=draft.not_before,
            not_after=draft.not_after,
            currency=draft.currency,
            parties=to_one_place(draft.parties, draft.lines) if draft.placed else tuple(draft.parties),
            references=draft.references,
            note="\n".join(draft.notes) or None,
            lines=lines,
        )
    except ValidationError as error:
        raise out_of_bounds(error, _SEGMENT_OF, "BGM") from None


def _bgm(draft: OrderDraft, segment: Segment) -> None:
    """BGM C002, 1004 (D.01B: first of C106), 1225."""
    document, number, function = segment.value(1, 1), segment.value(2, 1), segment.value(3)
    if not number:
        raise MappingError("the order has no number")
    if document in NO_ORDER:
        raise MappingError("the document is no order", document=document)
    if function not in _ORIGINALS:
        raise MappingError("the message function is not supported", function=function)
    draft.order_no = number
    draft.test = draft.test or function == _TEST


def _dtm(draft: OrderDraft, segment: Segment) -> None:
    """DTM C507: 137 issued, 2 requested, 63 latest, 64 earliest; the requested one may be a range of days."""
    qualifier, text, ranked = segment.value(1, 1), segment.value(1, 2), draft.sender.codes.requested_dates
    if not text or qualifier not in {"137", "63", "64", *ranked}:
        return
    if qualifier == "137" and qualifier not in ranked:
        draft.ordered_on = issued_on(segment)
        return
    days = period(text, segment.value(1, 3))
    if qualifier in ranked:
        _requested(draft, qualifier, days)
    elif qualifier == "63":
        draft.not_after = days.last
    else:
        draft.not_before = days.first


def issued_on(segment: Segment) -> date | None:
    """Return the day of a document; None: it cannot be read, which hinders nobody, and is told."""
    try:
        return period(segment.value(1, 2), segment.value(1, 3)).first
    except MappingError:
        return None


def _requested(draft: OrderDraft, qualifier: str, days: Period) -> None:
    ranked = draft.sender.codes.requested_dates
    if draft.date_qualifier and ranked.index(qualifier) > ranked.index(draft.date_qualifier):
        return
    draft.requested_on, draft.date_qualifier = days.first, qualifier
    if days.last != days.first:
        draft.not_before, draft.not_after = draft.not_before or days.first, draft.not_after or days.last


def _ftx(draft: OrderDraft, segment: Segment) -> None:
    if text := free_text(segment):
        draft.notes.append(text)


def _rff(draft: OrderDraft, segment: Segment) -> None:
    kind, number = segment.value(1, 1), segment.value(1, 2)
    if kind and number:
        draft.references.setdefault(_REFERENCES.get(kind, kind.lower()), number)


def _cux(draft: OrderDraft, segment: Segment) -> None:
    """CUX C504 6347, 6345, 6343: 9 is the order's currency, 2 the reference currency."""
    pairs = [(segment.value(number, 1), segment.value(number, 2), segment.value(number, 3)) for number in (1, 2)]
    ranked = sorted(pairs, key=lambda pair: (pair[2] != "9", pair[0] != "2"))
    draft.currency = draft.currency or next((code for _usage, code, _kind in ranked if code), None)


#: Trigger path to the function that reads it.
HEADING: Final[dict[str, Reader]] = {
    "BGM": _bgm,
    "DTM": _dtm,
    "FTX": _ftx,
    "RFF": _rff,
    "CUX": _cux,
}
_PARTY: Final[dict[str, Callable[[PartyDraft, Segment], None]]] = {
    "NAD/RFF": parties.rff,
    "NAD/CTA": parties.cta,
    "NAD/CTA/COM": parties.com,
}
