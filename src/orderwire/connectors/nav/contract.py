"""The contract: which fields and operations Orderwire needs of which page, and what a WSDL lacks of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from orderwire.config.settings import NavSettings
from orderwire.connectors.nav.wsdl import FieldType, Wsdl

#: The part of the sales order page that holds its lines.
LINES: Final = "SalesLines"


class Page(StrEnum):
    """The pages Orderwire knows, whatever name they are published under."""

    ITEM = "item"
    CUSTOMER = "customer"
    SALES_ORDER = "sales_order"
    ITEM_UNITS = "item_units"
    POSTED_SHIPMENT = "posted_shipment"


@dataclass(frozen=True, slots=True)
class Want:
    """One thing needed of a page: a field, a field of its lines, a filter, or an operation."""

    name: str
    wanted_for: str
    kind: str  # the field's type; "operation"; "filter": the field must be one to filter by
    part: str | None = None
    values: tuple[str, ...] = ()  # options that an enum must have
    optional: bool = False  # without it something is not offered; the rest works

    def __str__(self) -> str:
        name = f"{self.part}/{self.name}" if self.part else self.name
        return f"filter {name}" if self.kind == "filter" else name


@dataclass(frozen=True, slots=True)
class Finding:
    """A want held against a WSDL."""

    want: Want
    found: str  # "": nothing
    problem: str  # "": none

    @property
    def breaks(self) -> bool:
        """Whether the page cannot be used at all."""
        return bool(self.problem) and not self.want.optional


def _operations(*names: str, wanted_for: str, optional: bool = False) -> tuple[Want, ...]:
    return tuple(Want(name, wanted_for, "operation", optional=optional) for name in names)


def _key(name: str, wanted_for: str) -> tuple[Want, ...]:
    return (Want(name, wanted_for, "string"), Want(name, wanted_for, "filter"))


BY_GTIN: Final = "items by GTIN"
CHANGES: Final = "changing an order's quantities"
LOCATIONS: Final = "orders from a location"
VARIANTS: Final = "orders of a variant"
LINE_DATES: Final = "dates per line"
_ORDERS: Final = "sales orders"
_FIND: Final = "finding an order again"
_POSTED: Final = "finding posted orders"

_WANTS: Final[Mapping[Page, tuple[Want, ...]]] = {
    Page.ITEM: (
        *_operations("Read", "ReadMultiple", wanted_for="stock"),
        *_key("No", "stock"),
        Want("Inventory", "stock", "decimal"),
        Want("Qty_on_Sales_Order", "stock", "decimal"),
        Want("Base_Unit_of_Measure", "stock", "string"),
        Want("Description", "items", "string"),
        Want("Blocked", "items", "boolean"),
        Want("GTIN", BY_GTIN, "string", optional=True),
        Want("GTIN", BY_GTIN, "filter", optional=True),
        Want("Unit_Price", "prices of carts", "decimal", optional=True),
    ),
    Page.CUSTOMER: (
        *_operations("Read", wanted_for="customers"),
        Want("No", "customers", "string"),
        Want("Name", "customers", "string"),
        Want("Blocked", "customers", "enum"),
    ),
    Page.SALES_ORDER: (
        *_operations("Create", wanted_for=_ORDERS),
        *_operations("Read", "ReadMultiple", wanted_for=_FIND),
        *_operations("Update", "Delete_SalesLines", "Delete", wanted_for=CHANGES, optional=True),
        Want("Key", CHANGES, "string"),
        Want("No", _ORDERS, "string"),
        *_key("Sell_to_Customer_No", _ORDERS),
        *_key("External_Document_No", _FIND),
        Want("Order_Date", _ORDERS, "date"),
        Want("Requested_Delivery_Date", _ORDERS, "date"),
        Want(LINES, _ORDERS, "list"),
        Want("Key", CHANGES, "string", LINES),
        Want("Type", _ORDERS, "enum", LINES, values=("Item",)),
        Want("No", _ORDERS, "string", LINES),
        Want("Quantity", _ORDERS, "decimal", LINES),
        Want("Unit_of_Measure_Code", _ORDERS, "string", LINES),
        Want("Unit_Price", "prices", "decimal", LINES),
        Want("Line_No", CHANGES, "int", LINES),
        Want("Requested_Delivery_Date", LINE_DATES, "date", LINES, optional=True),
        Want("Location_Code", LOCATIONS, "string", LINES, optional=True),
        Want("Variant_Code", VARIANTS, "string", LINES, optional=True),
    ),
    Page.ITEM_UNITS: (
        *_operations("ReadMultiple", wanted_for="units"),
        *_key("Item_No", "units"),
        Want("Code", "units", "string"),
        Want("Qty_per_Unit_of_Measure", "units", "decimal"),
    ),
    Page.POSTED_SHIPMENT: (
        *_operations("ReadMultiple", wanted_for=_POSTED),
        Want("No", _POSTED, "string"),
        *_key("Order_No", _POSTED),
        *_key("Sell_to_Customer_No", _POSTED),
        *_key("External_Document_No", _POSTED),
    ),
}


def wants_of(page: Page, nav: NavSettings) -> tuple[Want, ...]:
    """Return what is needed of a page under these settings."""
    wants = _WANTS[page]
    if page is Page.ITEM and nav.safety_stock_field:
        wants = (*wants, Want(nav.safety_stock_field, "safety stock", "decimal"))
    if page is Page.SALES_ORDER and nav.local_currency:
        wants = (*wants, Want("Currency_Code", "orders in other currencies", "string"))
    return wants


def published_as(page: Page, nav: NavSettings) -> str | None:
    """Return the name of the page's web service; None: it is not to be used."""
    name: str | None = getattr(nav.services, page.value)
    return name


def examine(page: Page, wsdl: Wsdl, nav: NavSettings) -> Iterator[Finding]:
    """Hold every want against the WSDL."""
    for want in wants_of(page, nav):
        found, problem = _look(want, wsdl)
        yield Finding(want, found, problem)


def _look(want: Want, wsdl: Wsdl) -> tuple[str, str]:
    if want.kind == "operation":
        return (want.name, "") if wsdl.actions.get(want.name) else ("", "operation missing")
    if want.kind == "filter":
        return (want.name, "") if want.name in wsdl.filterable else ("", "the page has no filter of this name")
    entity = wsdl.parts.get(want.part) if want.part else wsdl.entity
    field = entity.fields.get(want.name) if entity else None
    return ("", "field missing") if field is None else (str(field), _mismatch(want, field))


def _mismatch(want: Want, field: FieldType) -> str:
    if field.kind != want.kind:
        return f"type is {field.kind}, wanted {want.kind}"
    lacking = [value for value in want.values if value not in field.values]
    return f"option missing: {', '.join(lacking)}" if lacking else ""
