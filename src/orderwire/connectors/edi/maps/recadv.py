"""RECADV (D.96A, D.01B) to what of a delivery the buyer took in."""

from collections.abc import Iterable
from typing import Any, Final

from orderwire.canonical.envelope import EventType
from orderwire.canonical.receipt import Receipt, ReceiptLine
from orderwire.connectors.edi.maps.document import Heading, items_of, numbered, placed, quantity_of
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.maps.triggers import triggers
from orderwire.connectors.edi.segment import Segment
from orderwire.errors import MappingError
from orderwire.ports.intake import Notice

_TRIGGERS: Final = triggers({"": "RFF DOC NAD TOD TDT EQD CPS LIN", "NAD": "RFF CTA", "LIN": "RFF CDI DOC GIN PCI"})
#: QTY 6063: what arrived, what was announced, what was kept, what was not.
_QUANTITIES: Final = {
    "48": "received",
    "46": "received",
    "194": "accepted",
    "195": "rejected",
    "185": "rejected",
    "12": "despatched",
    "21": "despatched",
}
#: DTM 2005: 50 goods receipt, 35 delivered.
_RECEIVED: Final = ("50", "35", "137")
#: RFF 1153 of the delivery, the best first: despatch advice, delivery note.
_SHIPMENTS: Final = ("AAK", "DQ")


def to_receipt(segments: Iterable[Segment], sender: Sender) -> Notice:
    """Return the receipt.

    Raises:
        MappingError: it has no number or no lines, or a value has no meaning.
    """
    heading, lines, where = Heading(sender), list[dict[str, Any]](), dict[str, Any]()
    with placed(where):
        for path, segment in numbered(segments, _TRIGGERS, where):
            if path == "LIN":
                lines.append({"line_no": segment.value(1) or str(len(lines) + 1), "ids": items_of(segment, 3, sender)})
            elif path.startswith("LIN/"):
                _line(lines[-1], path, segment, sender)
            else:
                heading.read(path, segment)
        if not lines:
            raise MappingError("the receipt has no lines", segment="LIN")
        references = heading.references
        receipt = Receipt(
            **heading.facts(),
            receipt_no=heading.number,
            order_no=references.get("ON"),
            shipment_no=next((references[kind] for kind in _SHIPMENTS if kind in references), None),
            received_on=next((heading.dates[kind] for kind in _RECEIVED if kind in heading.dates), None),
            lines=tuple(_closed(line) for line in lines),
        )
    return Notice(EventType.RECEIPT_ADVISED, receipt, number=receipt.receipt_no, order_no=receipt.order_no)


def _line(line: dict[str, Any], path: str, segment: Segment, sender: Sender) -> None:
    if path == "LIN/PIA" and segment.value(1) in {"1", "5"}:
        line["ids"] += items_of(segment, 2, sender)
    elif path == "LIN/QTY":
        qualifier, quantity, unit = quantity_of(segment)
        if name := _QUANTITIES.get(qualifier):
            line.setdefault(name, quantity)
            line.setdefault("unit", unit)
    elif path == "LIN/QVR":
        line.setdefault("discrepancy", segment.value(2) or None)
    elif path == "LIN/RFF" and segment.value(1, 1) == "ON" and segment.value(1, 3):
        line.setdefault("order_line_no", segment.value(1, 3))


def _closed(line: dict[str, Any]) -> ReceiptLine:
    """Return the line; what was kept arrived, even where nobody says so."""
    ids = line.pop("ids")
    if not ids:
        raise MappingError("the line names no item", segment="LIN", line_no=line["line_no"])
    if "received" not in line:
        if "accepted" not in line and "rejected" not in line:
            raise MappingError("the line has no received quantity", segment="QTY", line_no=line["line_no"])
        line["received"] = line.get("accepted", 0) + line.get("rejected", 0)
    return ReceiptLine(item_ids=tuple(dict.fromkeys(ids)), **line)
