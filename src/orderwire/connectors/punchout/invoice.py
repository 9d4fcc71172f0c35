"""InvoiceDetailRequest (InvoiceDetail.dtd): invoice, and credit note by lines with all amounts below zero."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from lxml import etree

from orderwire.canonical.invoice import Allowance, Invoice, InvoiceKind, InvoiceLine, TaxCategory, TaxTotal
from orderwire.connectors.punchout.tongue import Tongue, item_id, line_number
from orderwire.connectors.punchout.writing import day, element, money, number

#: TaxDetail@exemptDetail: why a tax is nought.
_EXEMPTIONS: Final = {
    TaxCategory.ZERO: "zeroRated",
    TaxCategory.EXPORT: "zeroRated",
    TaxCategory.EXEMPT: "exempt",
    TaxCategory.OUTSIDE: "exempt",
}


def to_invoice_detail(invoice: Invoice, tongue: Tongue) -> etree._Element:
    """Return the request.

    Raises:
        MappingError: there is an order, and a line is of none of its lines.
    """
    writer = _Writer(invoice, tongue)
    order = element("InvoiceDetailOrder", writer.order(), *(writer.item(line) for line in invoice.lines))
    return element("InvoiceDetailRequest", writer.header(), order, writer.summary())


class _Writer:
    def __init__(self, invoice: Invoice, tongue: Tongue) -> None:
        self._invoice, self._tongue = invoice, tongue
        self._sign = -1 if invoice.kind is InvoiceKind.CREDIT_NOTE else 1

    def header(self) -> etree._Element:
        """Return the heading; both indicators are asked for, and say nothing: taxes stand in the summary."""
        invoice, tongue = self._invoice, self._tongue
        partners = (
            element("InvoicePartner", contact)
            for party in invoice.parties
            if (contact := tongue.contact(party)) is not None
        )
        days = (invoice.due_on - invoice.issued_on).days if invoice.due_on else -1
        return element(
            "InvoiceDetailRequestHeader",
            element("InvoiceDetailHeaderIndicator"),
            element("InvoiceDetailLineIndicator"),
            *partners,
            element("InvoiceIDInfo", invoiceID=invoice.corrects_no) if invoice.corrects_no else None,
            element("ShipNoticeIDInfo", shipNoticeID=invoice.shipment_no) if invoice.shipment_no else None,
            element("PaymentTerm", payInNumberOfDays=str(days)) if days >= 0 else None,
            tongue.comments(invoice.note),
            invoiceID=invoice.invoice_no,
            invoiceDate=day(invoice.issued_on),
            purpose="standard" if self._sign > 0 else "lineLevelCreditMemo",
            operation="new",
        )

    def order(self) -> etree._Element:
        """Return the order it is for: by the buyer's number, or by ours where there was none."""
        invoice = self._invoice
        ours = element("SupplierOrderInfo", orderID=invoice.erp_no) if invoice.erp_no else None
        if invoice.order_no:
            return element("InvoiceDetailOrderInfo", self._tongue.order_reference(invoice.order_no), ours)
        if ours is None:
            ours = element("SupplierOrderInfo", orderID=invoice.invoice_no)
        return element("InvoiceDetailOrderInfo", ours)

    def item(self, line: InvoiceLine) -> etree._Element:
        invoice, tongue = self._invoice, self._tongue
        basis = None
        if line.price_basis is not None:
            unit = tongue.unit(line.unit)
            basis = element("PriceBasisQuantity", unit, quantity=number(line.price_basis), conversionFactor="1")
        described = tongue.text("Description", line.description) if line.description else None
        line_no = line_number(line.order_line_no) if invoice.order_no else line.line_no
        return element(
            "InvoiceDetailItem",
            tongue.unit(line.unit),
            money("UnitPrice", line.net_price, invoice.currency),
            basis,
            element("InvoiceDetailItemReference", item_id(line.item_ids), described, lineNumber=line_no),
            self._money("SubtotalAmount", line.net_amount),
            self._money("NetAmount", line.net_amount),
            invoiceLineNumber=line.line_no,
            quantity=number(self._sign * line.quantity),
        )

    def summary(self) -> etree._Element:
        """SubtotalAmount of the lines, Tax by rate, charges and discounts, NetAmount with all of it, DueAmount."""
        totals = self._invoice.totals
        allowances = [self._modification(each) for each in self._invoice.allowances]
        return element(
            "InvoiceDetailSummary",
            self._money("SubtotalAmount", totals.lines),
            self._tax(totals.tax),
            element("InvoiceHeaderModifications", *allowances) if allowances else None,
            *self._sums(),
            self._money("TotalAmountWithoutTax", totals.taxable),
            self._money("NetAmount", totals.payable),
            self._money("DueAmount", totals.payable),
        )

    def _sums(self) -> Iterator[etree._Element]:
        """Yield TotalCharges and TotalAllowances, where there are any."""
        for tag, is_charge in (("TotalCharges", True), ("TotalAllowances", False)):
            amounts = [each.amount for each in self._invoice.allowances if each.is_charge is is_charge]
            if amounts:
                yield self._money(tag, sum(amounts, Decimal(0)))

    def _modification(self, allowance: Allowance) -> etree._Element:
        amount = self._money("DeductionAmount", allowance.amount)
        change = element("AdditionalDeduction", amount)
        if allowance.is_charge:
            change = self._money("AdditionalCost", allowance.amount)
        name = allowance.reason or ("Charge" if allowance.is_charge else "Allowance")
        return element("Modification", change, element("ModificationDetail", name=name))

    def _tax(self, amount: Decimal) -> etree._Element:
        described = self._tongue.text("Description", "Tax")
        return element("Tax", self._amount(amount), described, *(self._detail(each) for each in self._invoice.taxes))

    def _detail(self, total: TaxTotal) -> etree._Element:
        return element(
            "TaxDetail",
            self._money("TaxableAmount", total.taxable),
            self._money("TaxAmount", total.amount),
            category="vat",
            percentageRate=number(total.tax.rate),
            exemptDetail=_EXEMPTIONS.get(total.tax.category),
        )

    def _money(self, tag: str, amount: Decimal) -> etree._Element:
        return element(tag, self._amount(amount))

    def _amount(self, amount: Decimal) -> etree._Element:
        return element("Money", number(self._sign * amount), currency=self._invoice.currency)
