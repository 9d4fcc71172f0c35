"""What Orderwire needs of each page: fields, filters and operations, by our names, and what follows without them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from orderwire.connectors.nav.names import DOT

#: The part of the sales order page that holds its lines.
LINES: Final = "SalesLines"
#: Parts of the posted documents.
SHIPMENT_LINES: Final = "SalesShipmLines"
INVOICE_LINES: Final = "SalesInvLines"


class Page(StrEnum):
    """The pages Orderwire knows, whatever name they are published under; the values are settings of `nav.services`."""

    ITEM = "item"
    CUSTOMER = "customer"
    SALES_ORDER = "sales_order"
    ITEM_UNITS = "item_units"
    POSTED_SHIPMENT = "posted_shipment"
    STOCKKEEPING_UNIT = "stockkeeping_unit"
    PURCHASE_LINES = "purchase_lines"
    POSTED_INVOICE = "posted_invoice"


@dataclass(frozen=True, slots=True)
class Want:
    """One thing needed of a page: a field, a field of its lines, a filter, or an operation."""

    name: str
    wanted_for: str
    kind: str  # the field's type; "operation"; "filter": the field must be one to filter by
    part: str | None = None
    values: tuple[str, ...] = ()  # options that an enum must have; parameters that an operation takes
    optional: bool = False  # without it something is not offered; the rest works
    instead: tuple[str, ...] = ()  # fields of the same kind of which one does as well

    @property
    def path(self) -> str:
        """The field's name with its part: `SalesLines.Quantity`."""
        return f"{self.part}{DOT}{self.name}" if self.part else self.name

    def __str__(self) -> str:
        return f"filter {self.path}" if self.kind == "filter" else self.path


def _read_by(field: str, wanted_for: str) -> Want:
    """`Read` asks for the fields of the primary key that the page does not fix; it must be this one."""
    return Want("Read", wanted_for, "operation", values=(field,))


def _operations(*names: str, wanted_for: str, optional: bool = False) -> tuple[Want, ...]:
    return tuple(Want(name, wanted_for, "operation", optional=optional) for name in names)


def _key(name: str, wanted_for: str, *, optional: bool = False) -> tuple[Want, ...]:
    return tuple(Want(name, wanted_for, kind, optional=optional) for kind in ("string", "filter"))


def _line(name: str, wanted_for: str, kind: str, *, optional: bool = False, values: tuple[str, ...] = ()) -> Want:
    return Want(name, wanted_for, kind, LINES, values, optional)


def _posted(part: str, wanted_for: str) -> tuple[Want, ...]:
    """Return what telling of a posted document takes."""
    fields = {"Type": "enum", "No": "string", "Quantity": "decimal", "Unit_of_Measure_Code": "string"}
    return (
        Want("No", wanted_for, "filter", optional=True),
        Want("Posting_Date", wanted_for, "date", optional=True),
        Want("Posting_Date", wanted_for, "filter", optional=True),
        Want(part, wanted_for, "list", optional=True),
        *(Want(name, wanted_for, kind, part, optional=True) for name, kind in fields.items()),
        Want("Line_No", POSTED_LINE_NUMBERS, "int", part, optional=True),  # not on NAV's own subpage
    )


STOCK: Final = "stock"
ITEMS: Final = "items"
CREDIT: Final = "credit of a customer"
CUSTOMERS: Final = "customers"
ORDERS: Final = "sales orders"
FIND: Final = "finding an order again"
UNITS: Final = "units"
POSTED: Final = "finding posted orders"
BY_GTIN: Final = "items by GTIN"
BY_EXTERNAL: Final = "the buyer's order number"
CHANGES: Final = "changing an order's quantities"
PRICES: Final = "prices"
DATES: Final = "order date"
HEADER_DATES: Final = "requested date of an order"
CART_PRICES: Final = "prices of carts"
STATUS: Final = "what can be changed"
PROMISES: Final = "promised dates"
SHIP_TO: Final = "delivery addresses"
SHIP_TO_COUNTRY: Final = "countries of delivery addresses"
LINE_DATES: Final = "requested dates per line"
PLACES: Final = "stock of a location"
RECEIPTS: Final = "receipts that are expected"
LOCATIONS: Final = "orders from a location"
VARIANTS: Final = "orders of a variant"
FOLLOW_SHIPMENTS: Final = "telling of shipments"
FOLLOW_INVOICES: Final = "telling of invoices"
FOLLOW_ORDERS: Final = "following orders"
POSTED_LINE_NUMBERS: Final = "lines of posted documents by number"
POSTED_CUSTOMERS: Final = "invoices of orders entered in NAV"
TRACKING: Final = "packages by their SSCC"
ORDERLESS: Final = "invoices without an order"
INVOICE_DISCOUNTS: Final = "discounts of a whole invoice"
CURRENCIES: Final = "invoices in other currencies"
DUE_DATES: Final = "due dates of invoices"

#: Of a delivery address, each behind `Ship_to_`.
SHIP_TO_FIELDS: Final = ("Code", "Name", "Address", "Address_2", "City", "Post_Code")

#: What an optional want's absence means.
WITHOUT: Final[Mapping[str, str]] = {
    BY_GTIN: "orders name items by our number or the partner's, not by GTIN",
    BY_EXTERNAL: "doubles are told by the order's own No. alone, so nav.numbering must be ours",
    CHANGES: "an order's quantities cannot be changed, nor the order be cancelled, once it stands in NAV",
    CREDIT: "what the page does not show cannot hold an order: leave `trust` in partner profiles at ignore",
    STATUS: "released and part-shipped orders are told from others by NAV's refusal alone",
    PROMISES: "answers tell no day of delivery",
    SHIP_TO: "orders that go elsewhere than to the customer's own address are refused",
    SHIP_TO_COUNTRY: "the country of a delivery address is not written",
    PRICES: "NAV's prices are not compared with the buyer's",
    CART_PRICES: "carts show no list price of NAV's",
    DATES: "NAV sets the order date",
    HEADER_DATES: "the requested date is written per line only",
    LINE_DATES: "the requested date is written for the whole order only",
    LOCATIONS: "orders that name a location are refused",
    VARIANTS: "orders that name a variant are refused",
    FOLLOW_SHIPMENTS: "buyers are not told of shipments, nor of orders that NAV's users delete",
    FOLLOW_INVOICES: "buyers are not told of invoices",
    FOLLOW_ORDERS: "changes by NAV's users are not told, nor what was delivered and invoiced of a line",
    POSTED_LINE_NUMBERS: "lines of posted documents are matched with ordered ones by item and quantity",
    POSTED_CUSTOMERS: "only invoices of orders that came through us are told of",
    TRACKING: "shipments are told without packages",
    ORDERLESS: "each is parked, since it may be of several orders",
    INVOICE_DISCOUNTS: "invoices with a discount of the whole are told without it",
    CURRENCIES: "invoices are in the order's currency",
    DUE_DATES: "invoices are told without a due date",
}

WANTS: Final[Mapping[Page, tuple[Want, ...]]] = {
    Page.ITEM: (
        *_operations("ReadMultiple", wanted_for=STOCK),
        *_key("No", STOCK),
        Want("Inventory", STOCK, "decimal"),
        Want("Qty_on_Sales_Order", STOCK, "decimal"),
        Want("Base_Unit_of_Measure", STOCK, "string"),
        Want("Description", ITEMS, "string"),
        Want("Blocked", ITEMS, "boolean"),
        *_key("GTIN", BY_GTIN, optional=True),
        Want("Unit_Price", CART_PRICES, "decimal", optional=True),
    ),
    Page.CUSTOMER: (
        _read_by("No", CUSTOMERS),
        Want("No", CUSTOMERS, "string"),
        Want("Name", CUSTOMERS, "string"),
        Want("Blocked", CUSTOMERS, "enum"),
        Want("Credit_Limit_LCY", CREDIT, "decimal", optional=True),
        Want("Balance_LCY", CREDIT, "decimal", optional=True),
        Want("Outstanding_Orders_LCY", CREDIT, "decimal", optional=True),
        Want("Shipped_Not_Invoiced_LCY", CREDIT, "decimal", optional=True),
        Want("Balance_Due_LCY", CREDIT, "decimal", optional=True),
    ),
    Page.SALES_ORDER: (
        *_operations("Create", wanted_for=ORDERS),
        _read_by("No", FIND),
        *_operations("ReadMultiple", wanted_for=BY_EXTERNAL, optional=True),
        *_operations("Update", f"Delete_{LINES}", "Delete", wanted_for=CHANGES, optional=True),
        Want("Key", CHANGES, "string", optional=True),
        Want("No", ORDERS, "string"),
        Want("Sell_to_Customer_No", ORDERS, "string", instead=("Sell_to_Customer_Name",)),
        *_key("External_Document_No", BY_EXTERNAL, optional=True),
        Want("Order_Date", DATES, "date", optional=True),
        Want("Requested_Delivery_Date", HEADER_DATES, "date", optional=True),
        Want("Status", STATUS, "enum", optional=True),
        *(Want(f"Ship_to_{name}", SHIP_TO, "string", optional=True) for name in SHIP_TO_FIELDS),
        Want("Ship_to_Country_Region_Code", SHIP_TO_COUNTRY, "string", optional=True),
        Want(LINES, ORDERS, "list"),
        _line("Key", CHANGES, "string", optional=True),
        _line("Type", ORDERS, "enum", values=("Item",)),
        _line("No", ORDERS, "string"),
        _line("Quantity", ORDERS, "decimal"),
        _line("Unit_of_Measure_Code", ORDERS, "string"),
        _line("Unit_Price", PRICES, "decimal", optional=True),
        _line("Line_No", CHANGES, "int", optional=True),
        _line("Requested_Delivery_Date", LINE_DATES, "date", optional=True),
        *(_line(name, PROMISES, "date", optional=True) for name in ("Promised_Delivery_Date", "Planned_Delivery_Date")),
        _line("Location_Code", LOCATIONS, "string", optional=True),
        _line("Variant_Code", VARIANTS, "string", optional=True),
        Want("No", FOLLOW_ORDERS, "filter", optional=True),
        Want("Sell_to_Customer_No", FOLLOW_ORDERS, "filter", optional=True),
        _line("Quantity_Shipped", FOLLOW_ORDERS, "decimal", optional=True),
        _line("Quantity_Invoiced", FOLLOW_ORDERS, "decimal", optional=True),
    ),
    Page.ITEM_UNITS: (
        *_operations("ReadMultiple", wanted_for=UNITS),
        *_key("Item_No", UNITS),
        Want("Code", UNITS, "string"),
        Want("Qty_per_Unit_of_Measure", UNITS, "decimal"),
    ),
    Page.POSTED_SHIPMENT: (
        *_operations("ReadMultiple", wanted_for=POSTED),
        Want("No", POSTED, "string"),
        *_key("Order_No", POSTED),
        *_key("Sell_to_Customer_No", BY_EXTERNAL, optional=True),
        *_key("External_Document_No", BY_EXTERNAL, optional=True),
        *_posted(SHIPMENT_LINES, FOLLOW_SHIPMENTS),
        Want("Package_Tracking_No", TRACKING, "string", optional=True),
    ),
    Page.POSTED_INVOICE: (
        *_operations("ReadMultiple", wanted_for=FOLLOW_INVOICES, optional=True),
        Want("No", FOLLOW_INVOICES, "string", optional=True),
        Want("Order_No", FOLLOW_INVOICES, "string", optional=True),
        *_posted(INVOICE_LINES, FOLLOW_INVOICES),
        *(
            Want(name, FOLLOW_INVOICES, "decimal", INVOICE_LINES, optional=True)
            for name in ("Unit_Price", "Line_Amount", "VAT_Percent")
        ),
        Want("Sell_to_Customer_No", POSTED_CUSTOMERS, "string", optional=True),
        Want("External_Document_No", POSTED_CUSTOMERS, "string", optional=True),
        Want("Shipment_No", ORDERLESS, "string", INVOICE_LINES, optional=True),  # not on NAV's own subpage
        Want("Inv_Discount_Amount", INVOICE_DISCOUNTS, "decimal", INVOICE_LINES, optional=True),
        Want("Currency_Code", CURRENCIES, "string", optional=True),
        Want("Due_Date", DUE_DATES, "date", optional=True),
    ),
    Page.STOCKKEEPING_UNIT: (
        *_operations("ReadMultiple", wanted_for=PLACES),
        *_key("Item_No", PLACES),
        *_key("Location_Code", PLACES),
        Want("Variant_Code", VARIANTS, "string", optional=True),
        Want("Inventory", PLACES, "decimal"),
        Want("Qty_on_Sales_Order", PLACES, "decimal"),
    ),
    Page.PURCHASE_LINES: (
        *_operations("ReadMultiple", wanted_for=RECEIPTS),
        *_key("No", RECEIPTS),
        Want("Document_Type", RECEIPTS, "enum", values=("Order",)),
        Want("Type", RECEIPTS, "enum", values=("Item",)),
        Want("Outstanding_Quantity", RECEIPTS, "decimal"),
        Want("Unit_of_Measure_Code", RECEIPTS, "string"),
        Want("Expected_Receipt_Date", RECEIPTS, "date"),
        Want("Location_Code", LOCATIONS, "string", optional=True),
        Want("Variant_Code", VARIANTS, "string", optional=True),
    ),
}
