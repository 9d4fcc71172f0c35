"""INVOIC (D.96A, D.01B): invoice and credit note, with a tax summary."""

from collections.abc import Iterator
from typing import Final

from orderwire.canonical.invoice import Allowance, Invoice, InvoiceKind, InvoiceLine, Tax, TaxCategory
from orderwire.connectors.edi.dialect import Dialect, day
from orderwire.connectors.edi.writer import Row

#: BGM 1001.
DOCUMENTS: Final = {InvoiceKind.INVOICE: "380", InvoiceKind.CREDIT_NOTE: "381"}
#: TAX 5305. D.96A has no code for a reduced rate: there it is a standard one of another height.
CATEGORIES: Final = {
    TaxCategory.STANDARD: "S",
    TaxCategory.REDUCED: "AA",
    TaxCategory.ZERO: "Z",
    TaxCategory.EXEMPT: "E",
    TaxCategory.OUTSIDE: "O",
    TaxCategory.EXPORT: "G",
}
_REASON_WIDTH: Final = 35


def to_rows(invoice: Invoice, dialect: Dialect) -> list[Row]:
    """Return the segments between UNH and UNT.

    Raises:
        MappingError: a number is longer than the directory lets it be.
    """
    rows = [*_heading(invoice, dialect)]
    for allowance in invoice.allowances:
        rows += _allowance(allowance, dialect)
    for line in invoice.lines:
        rows += _line(line, invoice, dialect)
    return [*rows, *_summary(invoice, dialect)]


def _heading(invoice: Invoice, dialect: Dialect) -> Iterator[Row]:
    yield ("BGM", DOCUMENTS[invoice.kind], dialect.own_number(invoice.invoice_no), "9")
    yield day("137", invoice.issued_on)
    if invoice.delivered_on:
        yield day("35", invoice.delivered_on)
    yield from dialect.text(invoice.note or "")
    references = {"ON": invoice.order_no, "DQ": invoice.shipment_no, "VN": invoice.erp_no, "IV": invoice.corrects_no}
    for kind, number in references.items():
        if number:
            yield dialect.reference(kind, number)
    yield from dialect.parties(invoice.parties)
    yield ("CUX", ("2", invoice.currency, "4"))
    if invoice.due_on:
        yield ("PAT", "3")
        yield day("140", invoice.due_on)


def _allowance(allowance: Allowance, dialect: Dialect) -> Iterator[Row]:
    """ALC 5463 A or C, C214 7160; MOA 8; its tax."""
    reason = dialect.soft(allowance.reason or "")[:_REASON_WIDTH]
    yield ("ALC", "C" if allowance.is_charge else "A", "", "", "", ("", "", "", reason))
    yield dialect.amount("8", allowance.amount)
    yield _tax(allowance.tax, dialect)


def _line(line: InvoiceLine, invoice: Invoice, dialect: Dialect) -> Iterator[Row]:
    """LIN PIA IMD QTY MOA PRI RFF TAX: QTY 47 invoiced, MOA 203, PRI AAA per C509 5284 of 6411."""
    yield from dialect.line(line.line_no, "", dialect.fitting(line.item_ids))
    yield from dialect.description(line.description)
    yield dialect.quantity("47", line.quantity, line.unit)
    yield dialect.amount("203", line.net_amount)
    basis = (dialect.number(line.price_basis), line.unit or "") if line.price_basis is not None else ()
    yield ("PRI", ("AAA", dialect.number(line.net_price), "", "", *basis))
    if line.order_line_no and invoice.order_no:
        yield dialect.reference("ON", invoice.order_no, line.order_line_no)
    yield _tax(line.tax, dialect)


def _summary(invoice: Invoice, dialect: Dialect) -> Iterator[Row]:
    """MOA 79 lines, 131 charges less allowances, 125 taxable, 176 tax, 77 invoice, 9 payable; TAX with 125 and 124."""
    totals = invoice.totals
    yield ("UNS", "S")
    yield ("CNT", ("2", str(len(invoice.lines))))
    yield dialect.amount("79", totals.lines)
    if totals.allowances:
        yield dialect.amount("131", totals.allowances)
    yield dialect.amount("125", totals.taxable)
    yield dialect.amount("176", totals.tax)
    yield dialect.amount("77", totals.payable)
    yield dialect.amount("9", totals.payable)
    for each in invoice.taxes:
        yield _tax(each.tax, dialect)
        yield dialect.amount("125", each.taxable)
        yield dialect.amount("124", each.amount)


def _tax(tax: Tax, dialect: Dialect) -> Row:
    """TAX 7, C241 5153 VAT, C243 5278 the rate, 5305."""
    reduced = tax.category is TaxCategory.REDUCED and dialect.directory == "D.96A"
    code = CATEGORIES[TaxCategory.STANDARD if reduced else tax.category]
    return ("TAX", "7", "VAT", "", "", ("", "", "", dialect.number(tax.rate)), code)
