"""INVOIC as a buyer reads it: the invoice that is in it."""

from collections.abc import Iterable
from typing import Any, Final

from orderwire.canonical.invoice import Allowance, Invoice, InvoiceLine, InvoiceTotals, Tax, TaxTotal
from orderwire.connectors.edi.invoic import CATEGORIES, DOCUMENTS
from orderwire.connectors.edi.maps.document import Heading, items_of, numbered, placed, quantity_of, text_of
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.maps.triggers import triggers
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.values import decimal
from orderwire.errors import MappingError

_TRIGGERS: Final = triggers(
    {
        "": "RFF NAD CUX PAT ALC LIN UNS",
        "NAD": "RFF CTA",
        "ALC": "MOA TAX",
        "LIN": "PRI RFF TAX ALC",
        "UNS": "TAX ALC",
    }
)
_KINDS: Final = {code: kind for kind, code in DOCUMENTS.items()}
_CATEGORIES: Final = {code: category for category, code in CATEGORIES.items()}
#: MOA 5025 of the summary.
_TOTALS: Final = {"79": "lines", "131": "allowances", "125": "taxable", "176": "tax", "77": "payable"}


class _Draft:
    """An invoice while its message is read."""

    def __init__(self, sender: Sender) -> None:
        self.heading = Heading(sender)
        self.currency = ""
        self.lines: list[dict[str, Any]] = []
        self.allowances: list[dict[str, Any]] = []
        self.taxes: list[dict[str, Any]] = []
        self.totals: dict[str, Any] = {}


def to_invoice(segments: Iterable[Segment], sender: Sender) -> Invoice:
    """Return the invoice or credit note.

    Raises:
        MappingError: it is none, or does not add up.
    """
    draft, where = _Draft(sender), dict[str, Any]()
    with placed(where):
        for path, segment in numbered(segments, _TRIGGERS, where):
            _read(draft, path, segment)
        return _invoice(draft)


def _invoice(draft: _Draft) -> Invoice:
    heading, references, dates = draft.heading, draft.heading.references, draft.heading.dates
    if heading.kind not in _KINDS or "137" not in dates:
        raise MappingError("the document is no invoice, or has no date", segment="BGM", document=heading.kind)
    return Invoice(
        **heading.facts(),
        kind=_KINDS[heading.kind],
        invoice_no=heading.number,
        corrects_no=references.get("IV"),
        order_no=references.get("ON"),
        shipment_no=references.get("DQ"),
        erp_no=references.get("VN"),
        issued_on=dates["137"],
        delivered_on=dates.get("35"),
        due_on=dates.get("140"),
        currency=draft.currency,
        note=" ".join(heading.notes) or None,
        lines=tuple(InvoiceLine(item_ids=tuple(dict.fromkeys(line.pop("ids"))), **line) for line in draft.lines),
        allowances=tuple(Allowance(**each) for each in draft.allowances),
        taxes=tuple(TaxTotal(**each) for each in draft.taxes),
        totals=InvoiceTotals.model_validate(draft.totals),
    )


def _read(draft: _Draft, path: str, segment: Segment) -> None:
    if path == "LIN":
        draft.lines.append({"line_no": segment.value(1), "ids": items_of(segment, 3, draft.heading.sender)})
    elif path.startswith("LIN/"):
        _line(draft.lines[-1], path.removeprefix("LIN/"), segment, draft.heading.sender)
    elif path.startswith("UNS/"):
        _summary(draft, path.removeprefix("UNS/"), segment)
    elif path.startswith("ALC"):
        _allowance(draft, path, segment)
    elif path == "CUX":
        draft.currency = segment.value(1, 2)
    elif path == "PAT/DTM":
        draft.heading.read("DTM", segment)
    else:
        draft.heading.read(path, segment)


def _line(line: dict[str, Any], path: str, segment: Segment, sender: Sender) -> None:
    if path == "PIA":
        line["ids"] += items_of(segment, 2, sender)
    elif path == "IMD":
        line["description"] = text_of(segment) or None
    elif path == "QTY" and segment.value(1, 1) == "47":
        _qualifier, line["quantity"], line["unit"] = quantity_of(segment)
    elif path == "MOA" and segment.value(1, 1) == "203":
        line["net_amount"] = decimal(segment.value(1, 2))
    elif path == "PRI":
        basis = segment.value(1, 5)
        line.update(net_price=decimal(segment.value(1, 2)), price_basis=decimal(basis) if basis else None)
    elif path == "RFF" and segment.value(1, 1) == "ON":
        line["order_line_no"] = segment.value(1, 3) or None
    elif path == "TAX":
        line["tax"] = _tax(segment)


def _allowance(draft: _Draft, path: str, segment: Segment) -> None:
    if path == "ALC":
        draft.allowances.append({"is_charge": segment.value(1) == "C", "reason": segment.value(5, 4) or None})
    elif path == "ALC/MOA":
        draft.allowances[-1]["amount"] = decimal(segment.value(1, 2))
    elif path == "ALC/TAX":
        draft.allowances[-1]["tax"] = _tax(segment)


def _summary(draft: _Draft, path: str, segment: Segment) -> None:
    if path == "MOA" and (name := _TOTALS.get(segment.value(1, 1))):
        draft.totals[name] = decimal(segment.value(1, 2))
    elif path == "TAX":
        draft.taxes.append({"tax": _tax(segment)})
    elif path == "TAX/MOA":
        name = {"125": "taxable", "124": "amount"}.get(segment.value(1, 1), "")
        if name:
            draft.taxes[-1][name] = decimal(segment.value(1, 2))


def _tax(segment: Segment) -> Tax:
    """TAX C243 5278, 5305. Raises MappingError."""
    code = segment.value(6)
    if code not in _CATEGORIES:
        raise MappingError("the tax category is not supported", category=code)
    return Tax(rate=decimal(segment.value(5, 4)), category=_CATEGORIES[code])
