"""Which of NAV's pages a web service shows, told by its fields, whatever it is called."""

from collections.abc import Collection, Mapping
from typing import Final

from orderwire.mapping.nav_names import same

#: Words in names of services and line types that speak of another document than a sales order.
_OTHER_DOCUMENTS: Final = (
    "quote", "invoice", "credit", "crmemo", "memo", "return", "blanket", "purchase", "posted", "archive", "service",
    "transfer", "shipment", "shpt",
)  # fmt: skip
_ORDER: Final = frozenset({"Sell_to_Customer_No", "Sell_to_Customer_Name"})
_ORDER_LINE: Final = frozenset({"Type", "No", "Quantity"})
#: Fields that together are on one page only.
_MASTERS: Final[Mapping[str, Collection[str]]] = {
    "item_units": ("Item_No", "Code", "Qty_per_Unit_of_Measure"),
    "stockkeeping_unit": ("Item_No", "Location_Code", "Inventory"),
    "purchase_lines": ("Document_Type", "No", "Outstanding_Quantity", "Buy_from_Vendor_No"),
    "item": ("No", "Description", "Base_Unit_of_Measure"),
}
#: Fields of which a customer's page has one and a vendor's, a contact's or an item's has none.
_OF_CUSTOMERS: Final = (
    "Customer_Posting_Group", "Credit_Limit_LCY", "Customer_Price_Group", "Customer_Disc_Group", "Print_Statements",
    "Combine_Shipments", "Shipping_Advice", "Salesperson_Code",
)  # fmt: skip
_OF_VENDORS: Final = ("Vendor_Posting_Group", "Purchaser_Code", "Pay_to_Vendor_No")
_OF_SHIPMENTS: Final = ("Package_Tracking_No", "Shipping_Agent_Code", "Shipment_Date", "Shipment_Method_Code")
_OF_INVOICES: Final = ("Due_Date", "Pmt_Discount_Date", "Payment_Terms_Code", "Amount", "Amount_Including_VAT")


def page_of(service: str, fields: Collection[str], parts: Mapping[str, tuple[str, Collection[str]]]) -> str | None:
    """Return the setting of `nav.services` that the page can serve; None: none.

    `parts`: each list on the page by its field, with the name of its row type and the row's fields.
    """
    if not _has(fields, _ORDER, least=1):
        return _master(fields) if not parts else None
    if "Order_No" in fields:
        return _posted(service, fields)
    lines = lines_of(parts)
    return "sales_order" if lines and not _speaks_of(f"{service} {parts[lines][0]}", _OTHER_DOCUMENTS) else None


def _posted(service: str, fields: Collection[str]) -> str | None:
    """Return which posted document it is; credit memos are not used."""
    shipped = _count(fields, _OF_SHIPMENTS) - _count(fields, _OF_INVOICES)
    if shipped > 0 or _speaks_of(service, ("shipment", "shpt")):
        return "posted_shipment"
    return "posted_invoice" if shipped < 0 or _speaks_of(service, ("invoice",)) else None


def _master(fields: Collection[str]) -> str | None:
    for page, wanted in _MASTERS.items():
        if _has(fields, wanted):
            return page
    names_somebody = _has(fields, {"No", "Name"}) and not _count(fields, _OF_VENDORS)
    return "customer" if names_somebody and _count(fields, _OF_CUSTOMERS) else None


def lines_of(parts: Mapping[str, tuple[str, Collection[str]]]) -> str | None:
    """Return the field that holds an order's lines."""
    return next((name for name, (_, fields) in parts.items() if _has(fields, _ORDER_LINE)), None)


def _has(fields: Collection[str], wanted: Collection[str], least: int | None = None) -> bool:
    found = sum(any(same(name, field) for field in fields) for name in wanted)
    return found >= (len(wanted) if least is None else least)


def _count(fields: Collection[str], names: Collection[str]) -> int:
    return len(set(fields) & set(names))


def _speaks_of(text: str, words: Collection[str]) -> bool:
    plain = text.lower().replace("_", "")
    return any(word in plain for word in words)
