"""Pages as data: which controls a service shows, and which table is behind them."""

from dataclasses import dataclass
from typing import Final

from orderwire.simulators.nav.values import Field, Option

READ_OPERATIONS: Final = ("Read", "ReadByRecId", "ReadMultiple", "IsUpdated", "GetRecIdFromKey")
WRITE_OPERATIONS: Final = ("Create", "CreateMultiple", "Update", "UpdateMultiple", "Delete")


@dataclass(frozen=True, slots=True)
class Part:
    """A subpage: the control's name, the entity it lists, and its table."""

    name: str
    entity: str
    table: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page published as a web service under its own name."""

    service: str
    table: str
    read_by: tuple[str, ...]
    fields: tuple[Field, ...]
    part: Part | None = None
    editable: bool = True
    # What another installation's WSDL says; blank: what NAV would make of the above.
    entity_name: str = ""
    declared_namespace: str = ""
    offered: tuple[str, ...] = ()
    described_as: bytes = b""

    @property
    def namespace(self) -> str:
        return self.declared_namespace or f"urn:microsoft-dynamics-schemas/page/{self.service.lower()}"

    @property
    def entity(self) -> str:
        """The element of one record."""
        return self.entity_name or self.service

    @property
    def operations(self) -> tuple[str, ...]:
        deleting = (f"Delete_{self.part.name}",) if self.part else ()
        known = READ_OPERATIONS + WRITE_OPERATIONS + deleting if self.editable else READ_OPERATIONS
        return tuple(name for name in known if name in self.offered) if self.offered else known

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


_CUSTOMER_BLOCKED: Final = Option("Blocked", ("_blank_", "Ship", "Invoice", "All"))
_STATUS: Final = Option("Status", ("Open", "Released", "Pending_Approval", "Pending_Prepayment"))
_LINE_TYPE: Final = Option("Type", ("_blank_", "G_L_Account", "Item", "Resource", "Fixed_Asset", "Charge_Item"))


_PURCHASE_TYPE: Final = Option(
    "Document_Type", ("Quote", "Order", "Invoice", "Credit_Memo", "Blanket_Order", "Return_Order")
)


def _code(name: str, attribute: str, length: int = 20, *, editable: bool = True) -> Field:
    return Field(name, attribute, "code", length, editable=editable)


def _decimal(name: str, attribute: str, *, editable: bool = True) -> Field:
    return Field(name, attribute, "decimal", editable=editable)


def _posted_lines(name: str, entity: str, table: str, *more: Field) -> Part:
    """Return the subpage of a posted document: page 131 or 133, with what is to be added to it."""
    fields = (
        Field("Type", "type", "option", option=_LINE_TYPE),
        _code("No", "no"),
        Field("Description", "description"),
        _decimal("Quantity", "quantity"),
        _code("Unit_of_Measure_Code", "unit_code", 10),
        *more,
        Field("Line_No", "line_no", "int"),
    )
    return Part(name, entity, table, fields)


ITEM: Final = Page(
    service="Item",
    table="Item",
    read_by=("No",),
    fields=(
        _code("No", "no"),
        Field("Description", "description"),
        _code("Base_Unit_of_Measure", "base_unit", 10),
        Field("Blocked", "blocked", "boolean"),
        _code("GTIN", "gtin", 14),
        _decimal("Inventory", "inventory", editable=False),
        _decimal("Qty_on_Sales_Order", "qty_on_sales_order", editable=False),
        _decimal("Safety_Stock_Quantity", "safety_stock"),
        _decimal("Unit_Price", "unit_price"),
    ),
)

CUSTOMER: Final = Page(
    service="Customer",
    table="Customer",
    read_by=("No",),
    fields=(
        _code("No", "no"),
        Field("Name", "name"),
        _code("GLN", "gln", 13),
        Field("Blocked", "blocked", "option", option=_CUSTOMER_BLOCKED),
        _decimal("Credit_Limit_LCY", "credit_limit"),
        _decimal("Balance_LCY", "balance", editable=False),
        _decimal("Outstanding_Orders_LCY", "outstanding_orders", editable=False),
        _decimal("Shipped_Not_Invoiced_LCY", "shipped_not_invoiced", editable=False),
        _decimal("Balance_Due_LCY", "balance_due", editable=False),
    ),
)

SALES_LINES: Final = Part(
    name="SalesLines",
    entity="Sales_Order_Line",
    table="Sales Line",
    fields=(
        Field("Type", "type", "option", option=_LINE_TYPE),
        _code("No", "no"),
        _code("Variant_Code", "variant_code", 10),
        Field("Description", "description"),
        _code("Location_Code", "location_code", 10),
        _decimal("Quantity", "quantity"),
        _code("Unit_of_Measure_Code", "unit_code", 10),
        _decimal("Unit_Price", "unit_price"),
        _decimal("Line_Amount", "line_amount", editable=False),
        _decimal("Quantity_Shipped", "quantity_shipped", editable=False),
        _decimal("Quantity_Invoiced", "quantity_invoiced", editable=False),
        Field("Requested_Delivery_Date", "requested_on", "date"),
        Field("Promised_Delivery_Date", "promised_on", "date"),
        Field("Planned_Delivery_Date", "planned_on", "date"),
        _code("Document_No", "document_no", editable=False),
        Field("Line_No", "line_no", "int"),
    ),
)

SALES_ORDER: Final = Page(
    service="SalesOrder",
    table="Sales Header",
    read_by=("No",),
    fields=(
        _code("No", "no"),
        _code("Sell_to_Customer_No", "customer_no"),
        Field("Sell_to_Customer_Name", "customer_name"),
        _code("External_Document_No", "external_document_no", 35),
        Field("Order_Date", "order_date", "date"),
        Field("Requested_Delivery_Date", "requested_on", "date"),
        Field("Status", "status", "option", option=_STATUS, editable=False),
        _code("Ship_to_Code", "ship_to_code", 10),
        Field("Ship_to_Name", "ship_to_name", length=50),
        Field("Ship_to_Address", "ship_to_address", length=50),
        Field("Ship_to_Address_2", "ship_to_address_2", length=50),
        _code("Ship_to_Post_Code", "ship_to_post_code"),
        Field("Ship_to_City", "ship_to_city", length=30),
        _code("Ship_to_Country_Region_Code", "ship_to_country", 10),
        _code("Currency_Code", "currency_code", 10),
    ),
    part=SALES_LINES,
)

ITEM_UNITS: Final = Page(
    service="ItemUnitsOfMeasure",
    table="Item Unit of Measure",
    read_by=("Item_No", "Code"),
    fields=(
        _code("Item_No", "item_no"),
        _code("Code", "code", 10),
        _decimal("Qty_per_Unit_of_Measure", "qty_per"),
    ),
)

#: Page 5700, Stockkeeping Unit Card.
STOCKKEEPING_UNIT: Final = Page(
    service="StockkeepingUnit",
    table="Stockkeeping Unit",
    read_by=("Location_Code", "Item_No", "Variant_Code"),
    fields=(
        _code("Location_Code", "location_code", 10),
        _code("Item_No", "item_no"),
        _code("Variant_Code", "variant_code", 10),
        _decimal("Inventory", "inventory", editable=False),
        _decimal("Qty_on_Sales_Order", "qty_on_sales_order", editable=False),
        _decimal("Safety_Stock_Quantity", "safety_stock"),
    ),
)

#: Page 518, Purchase Lines: a list.
PURCHASE_LINES: Final = Page(
    service="PurchaseLines",
    table="Purchase Line",
    read_by=("Document_Type", "Document_No", "Line_No"),
    fields=(
        Field("Document_Type", "document_type", "option", option=_PURCHASE_TYPE),
        _code("Document_No", "document_no"),
        _code("Buy_from_Vendor_No", "vendor_no"),
        Field("Line_No", "line_no", "int"),
        Field("Type", "type", "option", option=_LINE_TYPE),
        _code("No", "no"),
        _code("Variant_Code", "variant_code", 10),
        _code("Location_Code", "location_code", 10),
        _decimal("Quantity", "quantity"),
        _code("Unit_of_Measure_Code", "unit_code", 10),
        _decimal("Outstanding_Quantity", "outstanding"),
        Field("Expected_Receipt_Date", "expected_on", "date"),
    ),
    editable=False,
)

#: What the headers of posted documents have in common.
_POSTED: Final = (
    _code("No", "no"),
    _code("Sell_to_Customer_No", "customer_no"),
    _code("Order_No", "order_no"),
    _code("External_Document_No", "external_document_no", 35),
    Field("Posting_Date", "posting_date", "date"),
)

POSTED_SHIPMENT: Final = Page(
    service="PostedSalesShipment",
    table="Sales Shipment Header",
    read_by=("No",),
    fields=(
        *_POSTED,
        Field("Package_Tracking_No", "tracking_no", length=30),
    ),
    part=_posted_lines("SalesShipmLines", "Posted_Sales_Shpt_Line", "Sales Shipment Line"),
    editable=False,
)

POSTED_INVOICE: Final = Page(
    service="PostedSalesInvoice",
    table="Sales Invoice Header",
    read_by=("No",),
    fields=(
        *_POSTED,
        Field("Due_Date", "due_date", "date"),
        _code("Currency_Code", "currency_code", 10),
    ),
    part=_posted_lines(
        "SalesInvLines",
        "Posted_Sales_Invoice_Line",
        "Sales Invoice Line",
        _decimal("Unit_Price", "unit_price"),
        _decimal("Line_Amount", "line_amount"),
        _decimal("VAT_Percent", "vat_percent"),
        _decimal("Inv_Discount_Amount", "discount"),
        _code("Shipment_No", "shipment_no"),
    ),
    editable=False,
)

PAGES: Final = {
    page.service: page
    for page in (
        ITEM,
        CUSTOMER,
        SALES_ORDER,
        ITEM_UNITS,
        POSTED_SHIPMENT,
        POSTED_INVOICE,
        STOCKKEEPING_UNIT,
        PURCHASE_LINES,
    )
}
