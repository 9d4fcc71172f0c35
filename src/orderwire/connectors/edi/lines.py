"""LIN groups to lines: one function per segment."""

from collections.abc import Callable
from typing import Final

from orderwire.connectors.edi import delivery
from orderwire.connectors.edi.items import c212
from orderwire.connectors.edi.line_draft import DELETED, LineDraft
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.segment import Segment
from orderwire.errors import MappingError


def lin(segment: Segment, position: int, segment_no: int, sender: Sender) -> LineDraft:
    """LIN 1082, 1229, C212, C829. A line without number gets its position.

    C829 5495 is 1 for a line that is part of the one that 1082 names: its quantity is in that one's already.
    """
    line = LineDraft(segment.value(1) or str(position), segment.value(2), sender, segment_no)
    if found := c212(segment, 3, sender.codes):
        line.ids.append(found)
    line.is_part = any(segment.parts(4, 2))
    return line


def _pia(line: LineDraft, segment: Segment) -> None:
    """PIA 4347: 5 is the item itself, 1 a further number for it; 2, 3 and 4 speak of substitutes."""
    into = {"5": line.ids, "1": line.extra_ids}.get(segment.value(1))
    if into is None:
        return
    for element_no in range(2, len(segment)):
        if found := c212(segment, element_no, line.sender.codes):
            into.append(found)


def _imd(line: LineDraft, segment: Segment) -> None:
    """IMD C273 7008, twice: texts cut at 35 characters belong together."""
    first, second = segment.parts(3, 5)[3:]
    if text := f"{first}{'' if len(first) == 35 else ' '}{second}".strip():
        line.texts.append(text)


def _qty(line: LineDraft, segment: Segment) -> None:
    """QTY C186: 6063 is 21 for what is ordered, or 1 (discrete) where a sender knows no other; 6060, 6411."""
    qualifier, text, unit = segment.parts(1, 3)
    ranked = line.sender.codes.ordered_quantities
    if qualifier not in ranked:
        return
    if line.quantity is not None and ranked.index(qualifier) > ranked.index(line.qualifier):
        return
    quantity = line.number("quantity", text)
    if quantity == 0 and line.is_change:
        line.action = DELETED
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
    line.net_price = line.number("net_price", price)
    line.price_basis = line.number("price_basis", basis) if basis else None
    line.price_unit = unit or None
    if line.price_basis == 0:
        line.long["price_basis"] = line.at


def _moa(line: LineDraft, segment: Segment) -> None:
    """MOA C516: 5025 is 203 for the line's amount."""
    qualifier, amount = segment.parts(1, 2)
    if qualifier == "203" and amount:
        line.line_amount = line.number("line_amount", amount)


def _rff(line: LineDraft, segment: Segment) -> None:
    """RFF ON 1156 is the line of the order; LI says so by itself."""
    kind = segment.value(1, 1)
    number = segment.value(1, 3) if kind == "ON" else segment.value(1, 2) if kind == "LI" else ""
    line.order_line_no = line.order_line_no or number or None


def _ftx(line: LineDraft, segment: Segment) -> None:
    if text := free_text(segment):
        line.notes.append(text)


def free_text(segment: Segment) -> str:
    """FTX C108: up to five lines of text."""
    return " ".join(part.strip() for part in segment.components(4) if part.strip())


#: Trigger path to the function that reads it.
LINE_SEGMENTS: Final[dict[str, Callable[[LineDraft, Segment], None]]] = {
    "LIN/PIA": _pia,
    "LIN/IMD": _imd,
    "LIN/QTY": _qty,
    "LIN/DTM": delivery.dtm,
    "LIN/MOA": _moa,
    "LIN/FTX": _ftx,
    "LIN/PRI": _pri,
    "LIN/LOC": delivery.loc,
    "LIN/LOC/DTM": delivery.place_dtm,
    "LIN/NAD": delivery.nad,
    "LIN/SCC/QTY/DTM": delivery.part_dtm,
    "LIN/RFF": _rff,
}
