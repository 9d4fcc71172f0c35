"""ORDRSP as a buyer reads it: the answer that is in it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any, Final

from orderwire.canonical.order import ItemId, ItemScheme, Purpose
from orderwire.canonical.response import Delivery, LineOutcome, OrderOutcome, OrderResponse, ResponseLine
from orderwire.connectors.edi.maps.document import Heading, day_of, items_of, numbered, placed, quantity_of
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.maps.triggers import triggers
from orderwire.connectors.edi.reasons import REASONS
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.values import decimal
from orderwire.errors import MappingError

_TRIGGERS: Final = triggers(
    {"": "RFF AJT NAD CUX LIN UNS", "NAD": "RFF CTA", "LIN": "PRI RFF SCC AJT TAX", "LIN/SCC": "QTY"}
)
#: BGM 1225. 28, 30, 34 and 45 are kinds of acceptance with changes.
_OUTCOMES: Final = {
    "29": OrderOutcome.ACCEPTED,
    "44": OrderOutcome.ACCEPTED,
    "27": OrderOutcome.REJECTED,
    "12": OrderOutcome.HELD,
    **dict.fromkeys(("4", "28", "30", "34", "45"), OrderOutcome.CHANGED),
}
_CONFIRMED: Final = frozenset({"113", "12"})
_PROMISED: Final = frozenset({"69", "67"})
_REJECTED: Final = "7"
_DELETED: Final = "2"
_CHANGED: Final = "3"


class _Line:
    """A line while its group is read."""

    def __init__(self, line_no: str, action: str, ids: list[ItemId]) -> None:
        self.line_no, self.action = line_no, action
        self.first, self.ids = ids, list[ItemId]()
        self.ordered_ids: list[ItemId] = []  # of PIA 4: LIN has what is sent instead
        self.substitute_no: str | None = None
        self.quantities: dict[str, Decimal] = {}
        self.schedule: list[tuple[str, dict[str, Any]]] = []
        self.facts: dict[str, Any] = {}

    def close(self) -> ResponseLine:
        """Return the line. Raises MappingError."""
        if "ordered" not in self.quantities:
            raise MappingError("the line has no ordered quantity", segment="QTY", line_no=self.line_no)
        ids = self.ordered_ids or [*self.first, *self.ids]
        substitute_no = self.first[0].value if self.ordered_ids and self.first else self.substitute_no
        rest = next((part for kind, part in self.schedule if kind == "backordered"), {})
        deliveries = tuple(Delivery(**part) for kind, part in self.schedule if kind == "confirmed")
        return ResponseLine(
            line_no=self.line_no,
            item_ids=tuple(dict.fromkeys(ids)),
            item_no=next((each.value for each in ids if each.scheme is ItemScheme.SUPPLIER), None),
            outcome=self._outcome(substitute_no),
            ordered=self.quantities["ordered"],
            confirmed=self.quantities.get("confirmed", Decimal(0)),
            backordered=self.quantities.get("backordered", Decimal(0)),
            substitute_no=substitute_no,
            deliveries=deliveries,
            backorder_on=rest.get("promised_on"),
            **self.facts,
        )

    def _outcome(self, substitute_no: str | None) -> LineOutcome:
        """1229 7 refuses, 2 deletes and 3 changes; of the rest the quantities tell, whatever a partner writes."""
        if self.action == _REJECTED:
            return LineOutcome.REJECTED
        if self.action == _DELETED:
            return LineOutcome.DELETED
        if substitute_no:
            return LineOutcome.SUBSTITUTED
        if self.quantities.get("backordered"):
            return LineOutcome.BACKORDERED
        whole = self.quantities.get("confirmed") == self.quantities["ordered"] and self.action != _CHANGED
        return LineOutcome.ACCEPTED if whole else LineOutcome.CHANGED


def to_order_response(segments: Iterable[Segment], sender: Sender) -> OrderResponse:
    """Return the answer. What NAV alone knows, base units and quantities in them, is not in it.

    Raises:
        MappingError: it is no answer; `segment` and `segment_no` say where.
    """
    heading, lines, facts, where = Heading(sender), list[_Line](), dict[str, Any](), dict[str, Any]()
    with placed(where):
        for path, segment in numbered(segments, _TRIGGERS, where):
            if path == "LIN":
                lines.append(_Line(segment.value(1), segment.value(2), items_of(segment, 3, sender)))
            elif path.startswith("LIN/"):
                _read(lines[-1], path, segment, sender)
            elif path == "CUX":
                facts["currency"] = segment.value(1, 2) or None
            elif path == "FTX":
                facts.update(_reason(segment))
            else:
                heading.read(path, segment)
        return _response(heading, lines, facts)


def _response(heading: Heading, lines: Sequence[_Line], facts: dict[str, Any]) -> OrderResponse:
    issued = heading.dates.get("137")
    if "ON" not in heading.references or heading.function not in _OUTCOMES or issued is None:
        raise MappingError("the answer lacks its order, its date or its outcome", segment="BGM")
    return OrderResponse(
        order_no=heading.references["ON"],
        partner=heading.sender.partner,
        outcome=_OUTCOMES[heading.function],
        answers=Purpose.CHANGE if "PP" in heading.references else Purpose.ORIGINAL,
        change_no=heading.references.get("PP"),
        erp_no=heading.references.get("VN"),
        test=heading.sender.test,
        decided_at=datetime.combine(issued, time(), UTC),
        lines=tuple(line.close() for line in lines),
        **facts,
    )


def _read(line: _Line, path: str, segment: Segment, sender: Sender) -> None:
    if path == "LIN/PIA":
        _numbers(line, segment.value(1), items_of(segment, 2, sender))
    elif path == "LIN/QTY":
        qualifier, quantity, unit = quantity_of(segment)
        if name := _name(qualifier):
            line.quantities[name] = quantity
            line.facts["unit"] = unit
    elif path == "LIN/DTM" and segment.value(1, 1) in _PROMISED:
        line.facts["promised_on"] = day_of(segment)
    elif path == "LIN/FTX":
        line.facts.update(_reason(segment))
    elif path == "LIN/PRI":
        line.facts["unit_price"] = decimal(segment.value(1, 2))
    elif path.startswith("LIN/SCC/QTY"):
        _schedule(line, path, segment)


def _schedule(line: _Line, path: str, segment: Segment) -> None:
    if path == "LIN/SCC/QTY":
        qualifier, quantity, _unit = quantity_of(segment)
        line.schedule.append((_name(qualifier), {"quantity": quantity}))
    elif path == "LIN/SCC/QTY/DTM":
        line.schedule[-1][1]["promised_on"] = day_of(segment)


def _name(qualifier: str) -> str:
    if qualifier in _CONFIRMED:
        return "confirmed"
    return {"21": "ordered", "83": "backordered"}.get(qualifier, "")


def _numbers(line: _Line, function: str, ids: list[ItemId]) -> None:
    """PIA 4347: 1 and 5 the item's own numbers, 3 it is substituted by, 4 it is a substitute for."""
    if function in {"1", "5"}:
        (line.ordered_ids or line.ids).extend(ids)
    elif function == "4":
        line.ordered_ids.extend(ids)
    elif function == "3" and ids:
        line.substitute_no = ids[0].value


def _reason(segment: Segment) -> dict[str, str | None]:
    """FTX C107 our code of the reason, C108 the sentence."""
    text = " ".join(part.strip() for part in segment.components(4) if part.strip())
    return {"reason": REASONS.get(segment.value(3, 1)), "reason_text": text or None}
