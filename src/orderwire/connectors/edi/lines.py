"""LIN groups to order lines: one function per segment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from pydantic import ValidationError

from orderwire.canonical.change import LineAction, LineChange
from orderwire.canonical.model import prover
from orderwire.canonical.order import ItemId, ItemScheme, OrderLine
from orderwire.config.edi import EdiReading
from orderwire.connectors.edi.gs1 import is_gs1
from orderwire.connectors.edi.parties import location_no
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.values import decimal, period, short_decimal
from orderwire.errors import MappingError

#: 7143 in LIN and PIA.
SCHEMES: Final = {
    "EN": ItemScheme.GTIN,
    "SRV": ItemScheme.GTIN,
    "UP": ItemScheme.GTIN,
    "SA": ItemScheme.SUPPLIER,
    "VN": ItemScheme.SUPPLIER,
    "VP": ItemScheme.SUPPLIER,
    "IN": ItemScheme.BUYER,
    "BP": ItemScheme.BUYER,
    "MF": ItemScheme.MANUFACTURER,
    "IB": ItemScheme.ISBN,
}
#: 1229: a line that an original order marks as deleted is no order for it.
_DELETED: Final = "2"
_ACTIONS: Final = {
    "1": LineAction.ADDED,
    "2": LineAction.DELETED,
    "3": LineAction.CHANGED,
    "4": LineAction.UNCHANGED,
    "": LineAction.CHANGED,
}
ITEM_WIDTH: Final = 80
_GTIN_LENGTHS: Final = frozenset({8, 12, 13, 14})
#: Where a pydantic complaint about a field comes from.
_SEGMENT_OF: Final = {"line_no": "LIN", "item_ids": "LIN", "quantity": "QTY", "net_price": "PRI", "line_amount": "MOA"}


#: For values that are known to be right.
proven_item: Final = prover(ItemId)
proven_line: Final = prover(OrderLine)
#: Scheme and value of an item number: one to 80 characters without blanks around them.
Item = tuple[ItemScheme, str]


@dataclass(slots=True)
class LineDraft:
    """A line while its group is read."""

    line_no: str
    action: str
    codes: EdiReading
    segment_no: int = 0
    is_change: bool = False
    order_line_no: str | None = None
    ids: list[Item] = field(default_factory=list)
    extra_ids: list[Item] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    quantity: Decimal | None = None
    qualifier: str = ""
    unit: str | None = None
    net_price: Decimal | None = None
    price_basis: Decimal | None = None
    price_unit: str | None = None
    line_amount: Decimal | None = None
    requested_on: date | None = None
    date_qualifier: str = ""
    location: str | None = None
    long: bool = False  # a value may be out of bounds or not as the model keeps it: it is to look at them

    @property
    def item_ids(self) -> tuple[ItemId, ...]:
        """Every item number once."""
        return tuple([proven_item({"scheme": scheme, "value": value}) for scheme, value in dict.fromkeys(self.items)])

    @property
    def items(self) -> list[Item]:
        return self.ids + self.extra_ids

    def number(self, text: str) -> Decimal:
        """Return a number. Raises MappingError."""
        number = short_decimal(text)
        if number is None:
            self.long = True
            return decimal(text)
        return number

    def close(self) -> OrderLine:
        """Return the line.

        Raises:
            MappingError: it names no item or no quantity, or a value is out of bounds.
        """
        where = {"line_no": self.line_no, "segment_no": self.segment_no}
        if self.action == _DELETED:
            raise MappingError("a deleted line in an order", segment="LIN", **where)
        if not self.items:
            raise MappingError("the line names no item", segment="LIN", **where)
        if self.quantity is None:
            raise MappingError("the line has no ordered quantity", segment="QTY", **where)
        try:
            values = {
                "line_no": self.line_no,
                "item_ids": self.item_ids,
                "description": " ".join(self.texts) or None,
                "quantity": self.quantity,
                "unit": self.unit,
                "net_price": self.net_price,
                "price_basis": self.price_basis,
                "price_unit": self.price_unit,
                "line_amount": self.line_amount,
                "requested_on": self.requested_on,
                "location": self.location,
                "note": "\n".join(self.notes) or None,
            }
            return OrderLine.model_validate(values) if self.long else proven_line(values)
        except ValidationError as error:
            raise out_of_bounds(error, _SEGMENT_OF, "LIN", **where) from None

    def to_change(self) -> LineChange:
        """Return what an ORDCHG wants done with the line, named by its number in the order.

        Raises:
            MappingError: the action is unknown, an added line is not whole, or a value is out of bounds.
        """
        line_no = self.order_line_no or self.line_no
        where = {"line_no": line_no, "segment_no": self.segment_no}
        if self.action not in _ACTIONS:
            raise MappingError("the action is not supported", segment="LIN", action=self.action, **where)
        try:
            return LineChange(
                line_no=line_no,
                action=_ACTIONS[self.action],
                item_ids=self.item_ids,
                description=" ".join(self.texts) or None,
                quantity=self.quantity,
                unit=self.unit,
                net_price=self.net_price,
                requested_on=self.requested_on,
                note="\n".join(self.notes) or None,
            )
        except ValidationError as error:
            raise out_of_bounds(error, _SEGMENT_OF, "LIN", **where) from None


def out_of_bounds(error: ValidationError, segments: Mapping[str, str], segment: str, **where: object) -> MappingError:
    """Return what a model's first complaint means for the message."""
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    text = first["msg"].removeprefix("Value error, ")
    return MappingError(f"{name}: {text}" if name else text, segment=segments.get(name, segment), **where)


def lin(segment: Segment, position: int, segment_no: int, codes: EdiReading) -> LineDraft:
    """LIN 1082, 1229, C212. A line without number gets its position."""
    line = LineDraft(segment.value(1) or str(position), segment.value(2), codes, segment_no)
    if found := _item(segment, 3, codes):
        line.ids.append(found)
    return line


def item_of(segment: Segment, element_no: int, codes: EdiReading) -> ItemId | None:
    """C212 as an item number."""
    found = _item(segment, element_no, codes)
    return ItemId(scheme=found[0], value=found[1]) if found else None


def _item(segment: Segment, element_no: int, codes: EdiReading) -> Item | None:
    """C212: 7140 the number, 7143 whose it is."""
    number, kind = segment.parts(element_no, 2)
    return item(number, kind, codes)


def item(number: str, kind: str, codes: EdiReading) -> Item | None:
    """Return the item that a number without blanks around it names, by DE 7143."""
    if not number:
        return None
    if not kind and len(number) in _GTIN_LENGTHS and is_gs1(number):
        kind = "EN"
    scheme = codes.item_codes.get(kind) or SCHEMES.get(kind, ItemScheme.OTHER)
    return scheme, number if len(number) <= ITEM_WIDTH else number[:ITEM_WIDTH].rstrip()


def _pia(line: LineDraft, segment: Segment) -> None:
    """PIA 4347: 5 is the item itself, 1 a further number for it; 2, 3 and 4 speak of substitutes."""
    into = {"5": line.ids, "1": line.extra_ids}.get(segment.value(1))
    if into is None:
        return
    for element_no in range(2, len(segment)):
        if found := _item(segment, element_no, line.codes):
            into.append(found)


def _imd(line: LineDraft, segment: Segment) -> None:
    """IMD C273 7008, twice: texts cut at 35 characters belong together."""
    first, second = segment.parts(3, 5)[3:]
    if text := f"{first}{'' if len(first) == 35 else ' '}{second}".strip():
        line.texts.append(text)


def _qty(line: LineDraft, segment: Segment) -> None:
    """QTY C186: 6063 is 21 for what is ordered, or 1 (discrete) where a sender knows no other; 6060, 6411."""
    qualifier, text, unit = segment.parts(1, 3)
    ranked = line.codes.ordered_quantities
    if qualifier not in ranked:
        return
    if line.quantity is not None and ranked.index(qualifier) > ranked.index(line.qualifier):
        return
    quantity = line.number(text)
    if quantity == 0 and line.is_change:
        line.action = _DELETED
        return
    if quantity <= 0:
        raise MappingError("the ordered quantity is not greater than zero", value=text)
    if line.quantity is not None and line.qualifier == qualifier:
        raise MappingError("the line has two ordered quantities", value=text)
    line.quantity, line.qualifier, line.unit = quantity, qualifier, unit or None


def _pri(line: LineDraft, segment: Segment) -> None:
    """PRI C509: 5125 AAA is the net price; 5118, then 5284 and 6411 the basis it is for."""
    qualifier, price, _, _, basis, unit = segment.parts(1, 6)
    if qualifier != "AAA" or not price:
        return
    line.net_price = line.number(price)
    line.price_basis = line.number(basis) if basis else None
    line.price_unit = unit or None
    line.long = line.long or line.price_basis == 0


def _moa(line: LineDraft, segment: Segment) -> None:
    """MOA C516: 5025 is 203 for the line's amount."""
    qualifier, amount = segment.parts(1, 2)
    if qualifier == "203" and amount:
        line.line_amount = line.number(amount)


def _dtm(line: LineDraft, segment: Segment) -> None:
    """DTM 2005: 2 is the requested delivery, or what the partner has for it."""
    qualifier, text, ranked = segment.value(1, 1), segment.value(1, 2), line.codes.requested_dates
    if not text or qualifier not in ranked:
        return
    if not line.date_qualifier or ranked.index(qualifier) <= ranked.index(line.date_qualifier):
        line.requested_on, line.date_qualifier = period(text, segment.value(1, 3)).first, qualifier


def _rff(line: LineDraft, segment: Segment) -> None:
    """RFF ON 1156 is the line of the order; LI says so by itself."""
    kind = segment.value(1, 1)
    number = segment.value(1, 3) if kind == "ON" else segment.value(1, 2) if kind == "LI" else ""
    line.order_line_no = line.order_line_no or number or None


def _ftx(line: LineDraft, segment: Segment) -> None:
    if text := free_text(segment):
        line.notes.append(text)


def _loc(line: LineDraft, segment: Segment) -> None:
    """LOC 3227: 7 is the place of delivery."""
    if segment.value(1) == "7":
        line.location = line.location or segment.value(2, 1) or None


def _nad(line: LineDraft, segment: Segment) -> None:
    line.location = line.location or location_no(segment)


def free_text(segment: Segment) -> str:
    """FTX C108: up to five lines of text."""
    return " ".join(part.strip() for part in segment.components(4) if part.strip())


#: Trigger path to the function that reads it.
LINE_SEGMENTS: Final[dict[str, Callable[[LineDraft, Segment], None]]] = {
    "LIN/PIA": _pia,
    "LIN/IMD": _imd,
    "LIN/QTY": _qty,
    "LIN/DTM": _dtm,
    "LIN/MOA": _moa,
    "LIN/FTX": _ftx,
    "LIN/PRI": _pri,
    "LIN/LOC": _loc,
    "LIN/NAD": _nad,
    "LIN/RFF": _rff,
}
