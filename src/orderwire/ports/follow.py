"""What happens in the ERP after an order stands: postings and changes, as the follower reads them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol

#: So many customer numbers of NAV's length fit into one filter.
CUSTOMERS_AT_ONCE: Final = 40


class PostedKind(StrEnum):
    SHIPMENT = "shipment"
    INVOICE = "invoice"


@dataclass(frozen=True, slots=True)
class PostedLine:
    """A line of a posted document; `quantity` in `unit`, a NAV unit of measure code."""

    line_no: int | None  # of the sales line it comes from; None: the page does not show it
    kind: str  # Item, G_L_Account …
    item_no: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal = Decimal(0)  # invoices: before the line's discount
    amount: Decimal = Decimal(0)  # invoices: without tax, after the line's discount
    discount: Decimal = Decimal(0)  # invoices: the line's share of the document's discount
    vat_percent: Decimal = Decimal(0)  # invoices


@dataclass(frozen=True, slots=True)
class Posted:
    """A posted shipment (NAV table 110) or invoice (112)."""

    kind: PostedKind
    no: str
    order_no: str  # "": posted without a sales order
    external_document_no: str
    customer_no: str
    posted_on: date
    lines: tuple[PostedLine, ...]
    tracking_no: str = ""
    due_on: date | None = None
    currency: str = ""  # "": the company's own
    of_shipments: bool | None = None  # invoices: whether it collects shipments; None: the page does not show it


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line of an open sales order; quantities in `unit`."""

    line_no: int
    item_no: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal | None
    shipped: Decimal
    invoiced: Decimal


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An open sales order (NAV table 36), with the lines that sell items."""

    no: str
    external_document_no: str
    customer_no: str
    ordered_on: date | None
    requested_on: date | None
    currency: str  # "": the company's own
    lines: tuple[OpenLine, ...]


class Follower(Protocol):
    """Reads NAV for what changed. Rows come in NAV's own order of numbers, and only NAV compares numbers.

    Every method raises UnavailableError, OutageError or ContractError as `StockSource.stock`.
    """

    def last_posted(self, kind: PostedKind) -> str:
        """Return the number of the last posted document; "" when there is none."""
        ...

    def posted(self, kind: PostedKind, *, after: str, limit: int, since: date | None = None) -> Sequence[Posted]:
        """Read posted documents with numbers after `after`, at most `limit`; `since`: of that day or later."""
        ...

    def shipments_of(self, order_nos: Collection[str]) -> Mapping[str, Sequence[Posted]]:
        """Read every posted shipment of sales orders; an order without one is absent, or has none."""
        ...

    def open_orders(self, customers: Collection[str], *, after: str, limit: int) -> Sequence[OpenOrder]:
        """Read open orders with numbers after `after`, at most `limit`, of `CUSTOMERS_AT_ONCE` customers or fewer."""
        ...

    def orders_by_no(self, nos: Collection[str]) -> Mapping[str, OpenOrder]:
        """Read open orders by number; those that are not open (any more) are absent."""
        ...

    def item_nos(self, *, after: str, limit: int) -> Sequence[str]:
        """Read item numbers after `after`, at most `limit`."""
        ...
