"""INVRPT and SLSRPT (D.96A, D.01B) to stock and sales figures."""

from collections.abc import Iterable
from typing import Any, Final

from orderwire.canonical.envelope import EventType
from orderwire.canonical.inventory import FigureKind, InventoryFigure, InventoryLine, InventoryReport
from orderwire.canonical.order import ItemId
from orderwire.connectors.edi.invrpt import QUALIFIERS
from orderwire.connectors.edi.maps.document import Heading, items_of, numbered, placed, quantity_of
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.maps.triggers import Triggers, triggers
from orderwire.connectors.edi.segment import Segment
from orderwire.errors import MappingError
from orderwire.ports.intake import Notice

#: D.01B has INV before each QTY, D.96A after it: neither matters here.
_INVENTORY: Final = triggers({"": "RFF NAD CUX CPS LIN", "NAD": "RFF CTA", "LIN": "RFF QTY"})
#: The place stands before the items that were sold there.
_SALES: Final = triggers({"": "RFF NAD CUX LOC GIS UNS", "NAD": "CTA RFF", "LOC": "LIN RFF", "LOC/LIN": "QTY"})
_KINDS: Final = {code: kind for kind, code in QUALIFIERS.items()}


class _Draft:
    """A report while its message is read."""

    def __init__(self, sender: Sender) -> None:
        self.heading = Heading(sender)
        self.lines: list[tuple[str, list[ItemId], list[dict[str, Any]]]] = []
        self.place: str | None = None  # of sales: where the items that follow were sold


def to_inventory(segments: Iterable[Segment], sender: Sender) -> Notice:
    """Return the report of an INVRPT. Raises MappingError."""
    return _report(segments, sender, _INVENTORY)


def to_sales(segments: Iterable[Segment], sender: Sender) -> Notice:
    """Return the report of a SLSRPT. Raises MappingError."""
    return _report(segments, sender, _SALES)


def _report(segments: Iterable[Segment], sender: Sender, table: Triggers) -> Notice:
    draft, where = _Draft(sender), dict[str, Any]()
    with placed(where):
        for path, segment in numbered(segments, table, where):
            _read(draft, path.removeprefix("LOC/"), segment)
        heading = draft.heading
        on = next((heading.dates[kind] for kind in ("137", "366", "91") if kind in heading.dates), None)
        if on is None:
            raise MappingError("the report has no date", segment="DTM")
        if not any(figures for _line_no, _ids, figures in draft.lines):
            raise MappingError("the report has no figures", segment="LIN")
        report = InventoryReport(
            **heading.facts(),
            report_no=heading.number,
            reported_on=on,
            from_on=heading.dates.get("90"),
            to_on=heading.dates.get("91"),
            lines=tuple(_line(*line) for line in draft.lines if line[2]),
        )
    return Notice(EventType.INVENTORY_REPORTED, report, number=report.report_no)


def _read(draft: _Draft, path: str, segment: Segment) -> None:
    sender = draft.heading.sender
    if path == "LOC":
        draft.place = segment.value(2, 1) or None
    elif path == "LIN":
        draft.lines.append((segment.value(1) or str(len(draft.lines) + 1), items_of(segment, 3, sender), []))
    elif path == "LIN/PIA" and segment.value(1) in {"1", "5"}:
        draft.lines[-1][1].extend(items_of(segment, 2, sender))
    elif path == "LIN/QTY":
        qualifier, quantity, unit = quantity_of(segment)
        kind = _KINDS.get(qualifier, FigureKind.OTHER)
        draft.lines[-1][2].append({"kind": kind, "quantity": quantity, "unit": unit, "location": draft.place})
    elif path == "LIN/QTY/LOC":
        figure = draft.lines[-1][2][-1]
        figure["location"] = figure["location"] or segment.value(2, 1) or None
    else:
        draft.heading.read(path, segment)


def _line(line_no: str, ids: list[ItemId], figures: list[dict[str, Any]]) -> InventoryLine:
    if not ids:
        raise MappingError("the line names no item", segment="LIN", line_no=line_no)
    return InventoryLine(
        line_no=line_no,
        item_ids=tuple(dict.fromkeys(ids)),
        figures=tuple(InventoryFigure(**figure) for figure in figures),
    )
