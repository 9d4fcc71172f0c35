"""DESADV as a buyer reads it: the shipment that is in it."""

from collections.abc import Iterable
from typing import Any, Final

from orderwire.canonical.shipment import Package, Shipment, ShipmentLine
from orderwire.connectors.edi.maps.document import Heading, day_of, items_of, numbered, placed, quantity_of, text_of
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.maps.triggers import triggers
from orderwire.connectors.edi.segment import Segment
from orderwire.errors import MappingError

_TRIGGERS: Final = triggers(
    {"": "RFF NAD TOD TDT EQD CPS", "NAD": "RFF CTA", "CPS": "PAC LIN", "CPS/PAC": "PCI", "CPS/LIN": "RFF"}
)
_QUANTITIES: Final = {"12": "delivered", "21": "ordered", "83": "backordered"}
_SSCC: Final = "BJ"
_BATCH: Final = "BX"


class _Draft:
    """A shipment while its message is read."""

    def __init__(self, sender: Sender) -> None:
        self.heading = Heading(sender)
        self.root: str | None = None  # CPS 7164 of the whole: what stands there is packed in nothing
        self.packages: list[dict[str, Any]] = []
        self.lines: dict[str | None, list[dict[str, Any]]] = {}  # by package
        self.package_no: str | None = None
        self.line: dict[str, Any] = {}


def to_shipment(segments: Iterable[Segment], sender: Sender) -> Shipment:
    """Return the shipment.

    Raises:
        MappingError: it is none; `segment` and `segment_no` say where.
    """
    draft, where = _Draft(sender), dict[str, Any]()
    with placed(where):
        for path, segment in numbered(segments, _TRIGGERS, where):
            if path.startswith("CPS"):
                _packed(draft, path, segment)
            else:
                draft.heading.read(path, segment)
        heading, order_no = draft.heading, draft.heading.references.get("ON", "")
        if "11" not in heading.dates:
            raise MappingError("the advice has no date of despatch", segment="DTM")
        return Shipment(
            **heading.facts(),
            shipment_no=heading.number,
            order_no=order_no,
            erp_no=heading.references.get("VN"),
            despatched_on=heading.dates["11"],
            expected_on=heading.dates.get("17"),
            packages=tuple(
                Package(**package, lines=_closed(draft.lines.get(package["package_no"], []), order_no))
                for package in draft.packages
            ),
            lines=_closed(draft.lines.get(draft.root, []), order_no),
        )


def _packed(draft: _Draft, path: str, segment: Segment) -> None:
    if path == "CPS":
        draft.package_no = segment.value(1)
        if draft.root is None and not segment.value(2):
            draft.root = draft.package_no
        else:
            parent_no = segment.value(2) or None
            parent = None if parent_no == draft.root else parent_no
            draft.packages.append({"package_no": draft.package_no, "parent_no": parent})
    elif path == "CPS/PAC" and draft.packages:
        draft.packages[-1]["kind"] = segment.value(3, 1) or None
    elif path == "CPS/PAC/PCI/GIN" and draft.packages and segment.value(1) == _SSCC:
        draft.packages[-1]["sscc"] = segment.value(2, 1) or None
    elif path == "CPS/LIN":
        draft.line = {"line_no": segment.value(1), "ids": items_of(segment, 3, draft.heading.sender)}
        draft.lines.setdefault(draft.package_no, []).append(draft.line)
    elif path.startswith("CPS/LIN/"):
        _line(draft.line, path.rpartition("LIN/")[2], segment, draft.heading.sender)


def _line(line: dict[str, Any], tag: str, segment: Segment, sender: Sender) -> None:
    if tag == "PIA":
        line["ids"] += items_of(segment, 2, sender)
    elif tag == "IMD":
        line["description"] = text_of(segment) or None
    elif tag == "QTY":
        qualifier, quantity, line["unit"] = quantity_of(segment)
        if name := _QUANTITIES.get(qualifier):
            line[name] = quantity
    elif tag == "GIN" and segment.value(1) == _BATCH:
        line["batch_no"] = segment.value(2, 1) or None
    elif tag == "DTM" and segment.value(1, 1) == "36":
        line["expires_on"] = day_of(segment)
    elif tag == "RFF" and segment.value(1, 1) == "ON":
        line["order_no"], line["order_line_no"] = segment.value(1, 2) or None, segment.value(1, 3) or None


def _closed(lines: list[dict[str, Any]], order_no: str) -> tuple[ShipmentLine, ...]:
    """Return the lines; of another order than the shipment's they say so."""
    closed = []
    for line in lines:
        facts = {name: value for name, value in line.items() if name != "ids"}
        facts["item_ids"] = tuple(dict.fromkeys(line["ids"]))
        if facts.get("order_no") == order_no:
            facts["order_no"] = None
        closed.append(ShipmentLine(**facts))
    return tuple(closed)
