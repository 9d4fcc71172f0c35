"""Which page a service shows."""

from collections.abc import Sequence

import pytest

from orderwire.mapping.nav_pages import page_of

LINE = ("Key", "Type", "No", "Quantity", "Unit_of_Measure_Code", "Qty_to_Ship")
ORDER = ("Key", "No", "Sell_to_Customer_No", "SalesLines")


@pytest.mark.parametrize(
    ("service", "fields", "row", "page"),
    [
        ("WS_42", ORDER, ("Sales_Order_Line", LINE), "sales_order"),
        ("Auftrag", ("Nr", "Verk_an_Name", "Zeilen"), ("Zeile", ("Art", "Nr", "Menge")), "sales_order"),
        ("SalesQuote", ORDER, ("Sales_Quote_Line", LINE), None),
        ("SalesOrder", ORDER, ("Blanket_Sales_Order_Line", LINE), None),
        ("PurchaseOrder", ("No", "Buy_from_Vendor_No", "Lines"), ("Purch_Line", LINE), None),
        ("PostedSalesShipment", ("No", "Sell_to_Customer_No", "Order_No"), None, "posted_shipment"),
        ("WS_130", ("No", "Sell_to_Customer_No", "Order_No", "Package_Tracking_No"), None, "posted_shipment"),
        ("WS_132", ("No", "Sell_to_Customer_No", "Order_No", "Due_Date", "Amount"), None, "posted_invoice"),
        (
            "PostedSalesShipment",
            ("No", "Sell_to_Customer_No", "Order_No", "L"),
            ("Sales_Shpt_Line", LINE),
            "posted_shipment",
        ),
        ("SKU", ("Item_No", "Location_Code", "Variant_Code", "Inventory"), None, "stockkeeping_unit"),
        ("Artikel", ("Nr", "Beschreibung", "Basiseinheitencode"), None, "item"),
        ("Units", ("Item_No", "Code", "Qty_per_Unit_of_Measure"), None, "item_units"),
        ("UnitsOfMeasure", ("Code", "Description"), None, None),
        ("Customers", ("No", "Name", "Customer_Posting_Group"), None, "customer"),
        ("Vendors", ("No", "Name", "Vendor_Posting_Group", "Salesperson_Code"), None, None),
        ("Salespeople", ("Code", "Name"), None, None),
        ("SalesOrderLines", ("Document_No", "Type", "No", "Quantity"), None, None),
    ],
)
def test_a_page_is_told_by_its_fields(
    service: str, fields: Sequence[str], row: tuple[str, Sequence[str]] | None, page: str | None
) -> None:
    """Any name will do; what looks alike but is another document is not taken."""
    assert page_of(service, fields, {fields[-1]: row} if row else {}) == page
