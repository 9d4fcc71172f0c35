"""Bodies of shipment.posted and invoice.posted, from what NAV posted and what the buyer ordered."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from pydantic import ValidationError

from orderwire.canonical.invoice import Allowance, Invoice, InvoiceLine, InvoiceTotals, Tax, TaxCategory, TaxTotal
from orderwire.canonical.party import Party, PartyId, PartyRole
from orderwire.canonical.shipment import Package, Shipment, ShipmentLine
from orderwire.errors import MappingError
from orderwire.pipeline.follow_lines import match
from orderwire.pipeline.follow_subject import Subject, in_unit
from orderwire.ports.erp import ErpItem
from orderwire.ports.follow import Posted, PostedLine
from orderwire.ports.following import FollowedLine

_CENT: Final = Decimal("0.01")
_PRICE: Final = Decimal("0.00001")  # NAV keeps unit prices 2:5
_SSCC_CHARS: Final = 18
#: The application identifier that labels and scanners put before an SSCC.
_SSCC_PREFIX: Final = "00"


@dataclass(frozen=True)
class Facts:
    """What is known around a posted document."""

    subject: Subject
    lines: Sequence[FollowedLine]  # of its sales order
    items: Mapping[str, ErpItem]
    delivered: Mapping[int, Decimal]  # of each line, before the document
    currency: str | None = None  # the company's own


def to_shipment(posted: Posted, facts: Facts) -> Shipment | None:
    """Return the body; None when nothing left the house.

    Raises:
        MappingError: it cannot be said.
    """
    subject = facts.subject
    lines = tuple(_shipment_lines(posted, facts))
    if not lines:
        return None
    sscc = _sscc(posted.tracking_no)
    try:
        return Shipment(
            partner=subject.partner.key,
            channel=subject.channel,
            channel_refs=subject.order.channel_refs if subject.order else {},
            shipment_no=posted.no,
            order_no=subject.order_no,
            erp_no=posted.order_no or None,
            test=subject.test,
            despatched_on=posted.posted_on,
            parties=_parties(subject),
            packages=(Package(package_no="1", sscc=sscc, lines=lines),) if sscc else (),
            lines=() if sscc else lines,
        )
    except ValidationError as error:
        raise _unsayable(error, posted) from None


def _shipment_lines(posted: Posted, facts: Facts) -> Iterator[ShipmentLine]:
    delivered = dict(facts.delivered)
    number = 0
    for line, found in match(posted.lines, facts.lines):
        if line.kind != "Item" or line.quantity <= 0:
            continue
        item = facts.items.get(line.item_no)
        unit, ratio = facts.subject.in_buyers_unit(found, line.unit, item)
        number += 1
        ordered: Decimal | None = None
        left = Decimal(0)
        if found is not None:
            delivered[found.line_no] = delivered.get(found.line_no, Decimal(0)) + line.quantity
            left = max(found.ordered - delivered[found.line_no], Decimal(0))
            ordered = found.ordered
        yield ShipmentLine(
            line_no=str(number),
            order_line_no=found.buyer_line_no if found else None,
            item_ids=facts.subject.item_ids(found, line.item_no, item),
            description=line.description or None,
            unit=unit,
            delivered=in_unit(line.quantity, ratio),
            ordered=in_unit(ordered, ratio) if ordered is not None else None,
            backordered=in_unit(left, ratio),
        )


def _sscc(tracking_no: str) -> str | None:
    """Return a package tracking number that is an SSCC, by its check digit."""
    digits = "".join(char for char in tracking_no if char not in " ()")
    if len(digits) == _SSCC_CHARS + len(_SSCC_PREFIX):
        digits = digits.removeprefix(_SSCC_PREFIX)
    if len(digits) != _SSCC_CHARS or not (digits.isascii() and digits.isdigit()):
        return None
    weighed = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits[:-1]))
    return digits if (weighed + int(digits[-1])) % 10 == 0 else None


def _parties(subject: Subject) -> tuple[Party, ...]:
    """Return the buyer's parties, or the buyer as it identifies itself."""
    if subject.order is not None:
        return subject.order.parties
    if subject.partner.edi is None:
        return ()
    known = subject.partner.edi.identifiers[0]
    scheme = "gln" if known.qualifier == "14" else "buyer"
    return (Party(role=PartyRole.BUYER, ids=(PartyId(scheme=scheme, value=known.id),), name=subject.partner.name),)


def to_invoice(posted: Posted, facts: Facts) -> Invoice | None:
    """Return the body; None when nothing was charged.

    Raises:
        MappingError: it cannot be said, or does not add up.
    """
    subject = facts.subject
    charged = _charged(posted, facts)
    if not charged:
        return None
    currency = posted.currency or facts.currency or (subject.order.currency if subject.order else None)
    if currency is None:
        raise MappingError("the invoice's currency is not known: set nav.local_currency", invoice_no=posted.no)
    allowances = tuple(_allowances(charged))
    taxes = _taxes(charged)
    lines = sum((line.amount for line, _ in charged), Decimal(0))
    off = sum((each.amount for each in allowances), Decimal(0))
    tax = sum((each.amount for each in taxes), Decimal(0))
    try:
        return Invoice(
            partner=subject.partner.key,
            channel=subject.channel,
            channel_refs=subject.order.channel_refs if subject.order else {},
            invoice_no=posted.no,
            order_no=subject.order_no if posted.order_no or posted.external_document_no else None,
            erp_no=posted.order_no or None,
            test=subject.test,
            issued_on=posted.posted_on,
            due_on=posted.due_on,
            currency=currency,
            parties=_parties(subject),
            lines=tuple(_invoice_line(number, *pair, facts) for number, pair in enumerate(charged, start=1)),
            allowances=allowances,
            taxes=taxes,
            totals=InvoiceTotals(lines=lines, allowances=-off, taxable=lines - off, tax=tax, payable=lines - off + tax),
        )
    except ValidationError as error:
        raise _unsayable(error, posted) from None


def _charged(posted: Posted, facts: Facts) -> list[tuple[PostedLine, FollowedLine | None]]:
    """Return the lines that charge something, with the ordered ones that they belong to.

    Raises:
        MappingError: a line takes something back, or it is not certain that the invoice is of one order.
    """
    if not posted.order_no and posted.of_shipments is None:
        why = "the invoice names no sales order, and the page does not show whether it is of shipments of several"
        raise MappingError(why, invoice_no=posted.no)
    if not posted.order_no and posted.of_shipments:
        raise MappingError("the invoice collects shipments, perhaps of several orders", invoice_no=posted.no)
    charged = [pair for pair in match(posted.lines, facts.lines) if pair[0].quantity != 0]
    for line, _ in charged:
        if line.quantity < 0:  # a deduction or a return: neither a line of an INVOIC, nor surely an allowance
            raise MappingError("a line of the invoice takes something back", invoice_no=posted.no, line=line.item_no)
    return charged


def _invoice_line(number: int, line: PostedLine, found: FollowedLine | None, facts: Facts) -> InvoiceLine:
    item = facts.items.get(line.item_no)
    unit, ratio = facts.subject.in_buyers_unit(found, line.unit, item)
    quantity = in_unit(line.quantity, ratio)
    return InvoiceLine(
        line_no=str(number),
        order_line_no=found.buyer_line_no if found else None,
        item_ids=facts.subject.item_ids(found, line.item_no, item),
        description=line.description or None,
        quantity=quantity,
        unit=unit,
        net_price=_net_price(line, quantity, ratio),
        net_amount=line.amount,
        tax=_tax(line),
    )


def _net_price(line: PostedLine, quantity: Decimal, ratio: Decimal) -> Decimal:
    """Return NAV's price where it makes the amount, else the one after the line's discount."""
    if ratio == 1 and (line.unit_price * quantity).quantize(_CENT, ROUND_HALF_UP) == line.amount:
        return line.unit_price
    return (line.amount / quantity).quantize(_PRICE, ROUND_HALF_UP)


def _tax(line: PostedLine) -> Tax:
    return Tax(rate=line.vat_percent, category=TaxCategory.STANDARD if line.vat_percent else TaxCategory.ZERO)


def _allowances(charged: Sequence[tuple[PostedLine, FollowedLine | None]]) -> Iterator[Allowance]:
    """Yield the discount of the whole invoice, one for each rate."""
    off: defaultdict[Tax, Decimal] = defaultdict(Decimal)
    for line, _ in charged:
        off[_tax(line)] += line.discount
    for tax, amount in off.items():
        if amount > 0:
            yield Allowance(amount=amount, reason="Invoice discount", tax=tax)


def _taxes(charged: Sequence[tuple[PostedLine, FollowedLine | None]]) -> tuple[TaxTotal, ...]:
    """Return the taxes, each rounded on the sum of its rate as NAV does."""
    taxable: defaultdict[Tax, Decimal] = defaultdict(Decimal)
    for line, _ in charged:
        taxable[_tax(line)] += line.amount - line.discount
    return tuple(
        TaxTotal(tax=tax, taxable=amount, amount=(amount * tax.rate / 100).quantize(_CENT, ROUND_HALF_UP))
        for tax, amount in taxable.items()
    )


def _unsayable(error: ValidationError, posted: Posted) -> MappingError:
    problem = error.errors(include_url=False, include_input=False)[0]["msg"].removeprefix("Value error, ")
    return MappingError(f"the posted {posted.kind.value} {problem}", document_no=posted.no)
