"""One example of each later document of an order: shipment, invoice, credit note, reports, acknowledgement."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from orderwire.canonical.acknowledgement import Acknowledgement, AcknowledgementKind, Fault, MessageVerdict, Verdict
from orderwire.canonical.cart import Cart, CartLine, Classification
from orderwire.canonical.inventory import FigureKind, InventoryFigure, InventoryLine, InventoryReport
from orderwire.canonical.invoice import (
    Allowance,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceTotals,
    Tax,
    TaxCategory,
    TaxTotal,
)
from orderwire.canonical.order import ItemId, ItemScheme
from orderwire.canonical.party import Party, PartyId, PartyRole
from orderwire.canonical.receipt import Receipt, ReceiptLine
from orderwire.canonical.shipment import Package, Shipment, ShipmentLine
from orderwire.ports.intake import DecodedMessage

GTIN: Final = ItemId(scheme=ItemScheme.GTIN, value="4099999001019")
OURS: Final = ItemId(scheme=ItemScheme.SUPPLIER, value="1001")
THEIRS: Final = ItemId(scheme=ItemScheme.BUYER, value="TB-DRILL")
BUYER: Final = Party(role=PartyRole.BUYER, ids=(PartyId(scheme="gln", value="4099998000020"),))
SUPPLIER: Final = Party(role=PartyRole.SUPPLIER, ids=(PartyId(scheme="gln", value="4099998000013"),))
DELIVERY: Final = Party(role=PartyRole.DELIVERY, ids=(PartyId(scheme="gln", value="4099998000020"),))
STANDARD: Final = Tax(rate=Decimal(19))
REDUCED: Final = Tax(rate=Decimal(7), category=TaxCategory.REDUCED)


def shipment_line(line_no: str = "1", **changes: Any) -> ShipmentLine:
    fields = {"line_no": line_no, "order_line_no": line_no, "item_ids": (GTIN, OURS), "unit": "PCE", "delivered": "6"}
    return ShipmentLine.model_validate(fields | changes)


def a_shipment(**changes: Any) -> Shipment:
    fields: dict[str, Any] = {
        "partner": "baumarkt",
        "shipment_no": "102045",
        "order_no": "4500017731",
        "erp_no": "SO-1",
        "despatched_on": date(2026, 11, 22),
        "expected_on": date(2026, 11, 24),
        "parties": (BUYER, SUPPLIER, DELIVERY),
        "packages": (
            Package(package_no="2", kind="201", sscc="340999980000000014"),
            Package(
                package_no="3",
                parent_no="2",
                kind="CT",
                sscc="340999980000000021",
                lines=(
                    shipment_line("1", ordered="10", backordered="4", batch_no="L-7", expires_on=date(2028, 1, 31)),
                ),
            ),
        ),
        "lines": (shipment_line("2", item_ids=(THEIRS,)),),
    }
    return Shipment.model_validate(fields | changes)


def invoice_line(line_no: str = "1", **changes: Any) -> InvoiceLine:
    fields = {
        "line_no": line_no,
        "order_line_no": line_no,
        "item_ids": (GTIN, OURS),
        "description": "Cordless drill 18 V",
        "quantity": "2",
        "unit": "PCE",
        "net_price": "89.90",
        "net_amount": "179.80",
        "tax": STANDARD,
    }
    return InvoiceLine.model_validate(fields | changes)


def an_invoice(**changes: Any) -> Invoice:
    """Return an invoice of two rates and a discount: 179.80 - 9.80 at 19 %, 20.00 at 7 %."""
    fields: dict[str, Any] = {
        "partner": "baumarkt",
        "invoice_no": "103018",
        "order_no": "4500017731",
        "shipment_no": "102045",
        "erp_no": "SO-1",
        "issued_on": date(2026, 11, 25),
        "delivered_on": date(2026, 11, 24),
        "due_on": date(2026, 12, 25),
        "currency": "EUR",
        "parties": (BUYER, SUPPLIER),
        "note": "Thank you",
        "lines": (
            invoice_line(),
            invoice_line("2", net_price="200", price_basis="100", quantity="10", net_amount="20", tax=REDUCED),
        ),
        "allowances": (Allowance(amount=Decimal("9.80"), reason="Volume discount", tax=STANDARD),),
        "taxes": (
            TaxTotal(tax=STANDARD, taxable=Decimal(170), amount=Decimal("32.30")),
            TaxTotal(tax=REDUCED, taxable=Decimal(20), amount=Decimal("1.40")),
        ),
        "totals": InvoiceTotals(
            lines=Decimal("199.80"),
            allowances=Decimal("-9.80"),
            taxable=Decimal(190),
            tax=Decimal("33.70"),
            payable=Decimal("223.70"),
        ),
    }
    return Invoice.model_validate(fields | changes)


def an_inventory_report(**changes: Any) -> InventoryReport:
    fields: dict[str, Any] = {
        "partner": "baumarkt",
        "report_no": "INV-1",
        "reported_on": date(2026, 11, 21),
        "parties": (BUYER, SUPPLIER),
        "lines": (
            InventoryLine(
                line_no="1",
                item_ids=(GTIN, OURS),
                figures=(
                    InventoryFigure(
                        kind=FigureKind.ACTUAL, quantity=Decimal(120), unit="PCE", location="4099998000013"
                    ),
                    InventoryFigure(kind=FigureKind.COMMITTED, quantity=Decimal(20), unit="PCE"),
                ),
            ),
        ),
    }
    return InventoryReport.model_validate(fields | changes)


SHIPMENT: Final = a_shipment()
INVOICE: Final = an_invoice()
CREDIT_NOTE: Final = an_invoice(kind=InvoiceKind.CREDIT_NOTE, invoice_no="104001", corrects_no="103018")
INVENTORY: Final = an_inventory_report()
RECEIPT: Final = Receipt(
    partner="baumarkt",
    receipt_no="WE-1",
    order_no="4500017731",
    shipment_no="102045",
    received_on=date(2026, 11, 24),
    lines=(ReceiptLine(line_no="1", item_ids=(GTIN,), received=Decimal(6), rejected=Decimal(1), discrepancy="BR"),),
)
ACKNOWLEDGEMENT: Final = Acknowledgement(
    kind=AcknowledgementKind.SYNTAX,
    partner="baumarkt",
    verdict=Verdict.ACCEPTED,
    control_ref="77",
    messages=(
        MessageVerdict(ref="1", kind="ORDRSP", verdict=Verdict.REJECTED, faults=(Fault(code="12", segment_no=4),)),
    ),
)


def a_cart_line(line_no: str = "1", **changes: Any) -> CartLine:
    fields: dict[str, Any] = {
        "line_no": line_no,
        "item_no": "1001",
        "auxiliary_id": f"quote-1/{line_no}",
        "description": "Cordless drill 18 V",
        "quantity": Decimal(2),
        "unit": "PCE",
        "unit_price": Decimal("89.90"),
        "classifications": (Classification(domain="UNSPSC", code="27112700"),),
    }
    return CartLine.model_validate(fields | changes)


def a_cart(*lines: CartLine, **changes: Any) -> Cart:
    fields: dict[str, Any] = {
        "cart_id": "cart-1",
        "session_id": "session-1",
        "partner": "officeworks",
        "currency": "EUR",
        "lines": lines or (a_cart_line(),),
    }
    return Cart.model_validate(fields | changes)


CART: Final = a_cart(a_cart_line(extrinsics={"Lager": "Süd <1>"}), a_cart_line("2", price_basis=Decimal(100)))


def said(message: DecodedMessage) -> dict[str, Any]:
    """Return an order as it is, and a notice with its type."""
    if message.notice is not None:
        return {
            "type": message.notice.type.value,
            "body": message.notice.body.model_dump(mode="json", exclude_none=True),
        }
    assert message.order is not None
    return message.order.model_dump(mode="json")
