"""The invoice and the credit note; one that does not add up cannot be made."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, Self

from pydantic import Field, model_validator

from orderwire.canonical.model import Amount, Canonical, ChannelRefs, Currency, Quantity, QuantityOrZero
from orderwire.canonical.order import Channel, ItemId
from orderwire.canonical.party import Party


class InvoiceKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class TaxCategory(StrEnum):
    """UN/EDIFACT 5305, in words."""

    STANDARD = "standard"  # S
    REDUCED = "reduced"  # AA
    ZERO = "zero"  # Z
    EXEMPT = "exempt"  # E
    OUTSIDE = "outside"  # O
    EXPORT = "export"  # G


class Tax(Canonical):
    rate: QuantityOrZero = Field(description="Per cent")
    category: TaxCategory = TaxCategory.STANDARD


class Allowance(Canonical):
    """A discount, or a charge, of a whole document."""

    is_charge: bool = False
    amount: QuantityOrZero = Field(description="Without tax; a discount is a positive figure too")
    reason: str | None = Field(default=None, max_length=35)
    tax: Tax


class InvoiceLine(Canonical):
    line_no: str = Field(min_length=1, max_length=6)
    order_line_no: str | None = Field(default=None, description="The buyer's, as ordered")
    item_ids: tuple[ItemId, ...] = Field(min_length=1)
    description: str | None = None
    quantity: Quantity = Field(description="Invoiced, in `unit`")
    unit: str | None = Field(default=None, description="UN/ECE Rec 20 code")
    net_price: Amount = Field(description="Per `price_basis` of `unit`, after the line's own discounts")
    price_basis: Quantity | None = Field(default=None, description="None: per one")
    net_amount: Amount = Field(description="Of the line, without tax")
    tax: Tax


class TaxTotal(Canonical):
    tax: Tax
    taxable: Amount
    amount: Amount


class InvoiceTotals(Canonical):
    lines: Amount = Field(description="Sum of the lines")
    allowances: Amount = Field(default=Decimal(0), description="Charges less discounts of the document")
    taxable: Amount = Field(description="lines + allowances")
    tax: Amount
    payable: Amount = Field(description="taxable + tax")


class Invoice(Canonical):
    """Body of invoice.posted."""

    partner: str = Field(description="Key of the partner profile")
    channel: Channel = Field(default=Channel.EDI, description="By which the order came")
    channel_refs: ChannelRefs = Field(default_factory=dict)
    kind: InvoiceKind = InvoiceKind.INVOICE
    invoice_no: str = Field(min_length=1, max_length=35, description="NAV's posted invoice or credit memo")
    corrects_no: str | None = Field(default=None, description="Credit note: the invoice it is about")
    order_no: str | None = Field(default=None, description="The buyer's; None: there was no order")
    shipment_no: str | None = None
    erp_no: str | None = Field(default=None, description="NAV's sales order number")
    test: bool = False
    issued_on: date
    delivered_on: date | None = None
    due_on: date | None = None
    currency: Currency
    parties: tuple[Party, ...] = ()
    note: str | None = None
    lines: tuple[InvoiceLine, ...] = Field(min_length=1)
    allowances: tuple[Allowance, ...] = ()
    taxes: tuple[TaxTotal, ...] = Field(min_length=1, description="One for each rate and category")
    totals: InvoiceTotals

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        problems = [text for text, wrong in _sums(self) if wrong]
        if problems:
            raise ValueError("does not add up: " + "; ".join(problems))
        return self


#: Tax is rounded to the cent per rate, by line or in sum: so far the figures may lie from the exact product.
_CENT: Final = Decimal("0.01")


def _sums(invoice: Invoice) -> list[tuple[str, bool]]:
    totals, taxable = invoice.totals, _taxable(invoice)
    signed = [each.amount if each.is_charge else -each.amount for each in invoice.allowances]
    stated = {each.tax: each.taxable for each in invoice.taxes}
    return [
        ("lines", sum((line.net_amount for line in invoice.lines), Decimal(0)) != totals.lines),
        ("allowances", sum(signed, Decimal(0)) != totals.allowances),
        ("taxable", totals.lines + totals.allowances != totals.taxable),
        ("tax", sum((each.amount for each in invoice.taxes), Decimal(0)) != totals.tax),
        ("payable", totals.taxable + totals.tax != totals.payable),
        ("taxable amount of a rate", stated != taxable or len(stated) != len(invoice.taxes)),
        ("tax of a rate", any(_is_off(each, len(invoice.lines)) for each in invoice.taxes)),
    ]


def _taxable(invoice: Invoice) -> dict[Tax, Decimal]:
    """Return what each rate is due on."""
    taxable: defaultdict[Tax, Decimal] = defaultdict(Decimal)
    for line in invoice.lines:
        taxable[line.tax] += line.net_amount
    for each in invoice.allowances:
        taxable[each.tax] += each.amount if each.is_charge else -each.amount
    return dict(taxable)


def _is_off(total: TaxTotal, lines: int) -> bool:
    exact = total.taxable * total.tax.rate / 100
    return abs(exact - total.amount) > _CENT * (lines + 1)
