"""Reading NAV for what changed: posted documents, open orders and items, in NAV's order, a page at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from lxml import etree

from orderwire.config.nav import NavSettings
from orderwire.connectors.nav import soap, wants
from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.reads import (
    Row,
    askable,
    batches,
    code,
    date_of,
    decimal_of,
    integer_of,
    option_of,
    plain,
    quoted,
)
from orderwire.connectors.nav.wants import Page
from orderwire.errors import ContractError, UnavailableError
from orderwire.ports.follow import OpenLine, OpenOrder, Posted, PostedKind, PostedLine

_PAGES: Final = {PostedKind.SHIPMENT: Page.POSTED_SHIPMENT, PostedKind.INVOICE: Page.POSTED_INVOICE}
_WANTED_FOR: Final = {
    PostedKind.SHIPMENT: wants.FOLLOW_SHIPMENTS,
    PostedKind.INVOICE: wants.FOLLOW_INVOICES,
}
_PARTS: Final = {PostedKind.SHIPMENT: wants.SHIPMENT_LINES, PostedKind.INVOICE: wants.INVOICE_LINES}
#: NAV's set size that means "the last record".
_LAST: Final = -1


class NavFollower:
    """Implements `orderwire.ports.follow.Follower`."""

    def __init__(self, pages: Mapping[Page, PageService], nav: NavSettings) -> None:
        self._pages = pages
        self._nav = nav

    def last_posted(self, kind: PostedKind) -> str:
        """Return the number of the last posted document."""
        found = self._records(self._posting_page(kind), {"No": "<>''"}, _LAST)
        return plain(found[0]).get("No", "") if found else ""

    def posted(self, kind: PostedKind, *, after: str, limit: int, since: date | None = None) -> Sequence[Posted]:
        """Read posted documents after a number."""
        criteria = {"No": _after(after)}
        if since is not None:
            criteria["Posting_Date"] = f">={since.strftime(self._nav.follow.date_format)}"
        page = self._posting_page(kind)
        found = [_posted(kind, record) for record in self._records(page, criteria, limit)]
        if kind is PostedKind.INVOICE and not page.has(f"{wants.INVOICE_LINES}.Shipment_No"):
            return [replace(each, of_shipments=None) for each in found]
        return found

    def shipments_of(self, order_nos: Collection[str]) -> Mapping[str, Sequence[Posted]]:
        """Read every posted shipment of sales orders."""
        page = self._posting_page(PostedKind.SHIPMENT)
        wanted = askable(order_nos)
        found: defaultdict[str, list[Posted]] = defaultdict(list)
        for criteria in batches(list(wanted.values()), self._nav.max_filter_chars):
            for record in self._records(page, {"Order_No": criteria}, 0):
                shipment = _posted(PostedKind.SHIPMENT, record)
                found[code(shipment.order_no)].append(shipment)
        return {no: found[known] for no, known in wanted.items() if known in found}

    def open_orders(self, customers: Collection[str], *, after: str, limit: int) -> Sequence[OpenOrder]:
        """Read the customers' open orders after a number."""
        page = self._order_page()
        wanted = "|".join(map(quoted, dict.fromkeys(askable(customers).values())))
        if not wanted:
            return ()
        criteria = {"No": _after(after), "Sell_to_Customer_No": wanted}
        return [_order(record) for record in self._records(page, criteria, limit)]

    def orders_by_no(self, nos: Collection[str]) -> Mapping[str, OpenOrder]:
        """Read open orders by number."""
        page = self._order_page()
        wanted = askable(nos)
        found: dict[str, OpenOrder] = {}
        for criteria in batches(list(wanted.values()), self._nav.max_filter_chars):
            found |= {code(order.no): order for order in map(_order, self._records(page, {"No": criteria}, 0))}
        return {no: found[known] for no, known in wanted.items() if known in found}

    def item_nos(self, *, after: str, limit: int) -> Sequence[str]:
        """Read item numbers after a number."""
        rows = [plain(record) for record in self._records(self._pages[Page.ITEM], {"No": _after(after)}, limit)]
        return [row["No"] for row in rows if row.get("No")]

    def _posting_page(self, kind: PostedKind) -> PageService:
        page = self._pages.get(_PAGES[kind])
        if page is None:
            raise ContractError("the page of posted documents is switched off in the settings", kind=kind.value)
        page.need(_WANTED_FOR[kind])
        return page

    def _order_page(self) -> PageService:
        page = self._pages[Page.SALES_ORDER]
        page.need(wants.FOLLOW_ORDERS)
        return page

    def _records(self, page: PageService, criteria: Mapping[str, str], limit: int) -> list[etree._Element]:
        """Read at most `limit` records, 0 for all, following NAV's bookmarks where its pages are smaller than that."""
        found: list[etree._Element] = []
        bookmark = ""
        while True:
            size = _size(limit, len(found), self._nav.page_rows)
            records = _page(page, criteria, bookmark, size)
            found += records
            if size <= 0 or len(records) < size or (limit and len(found) >= limit):
                return found
            bookmark = _bookmark(page, records, bookmark)


def _size(limit: int, taken: int, page_rows: int) -> int:
    """Return how many records to ask for; NAV's 0 means all."""
    left = limit - taken if limit > 0 else limit
    return min(left, page_rows) if left > 0 and page_rows else (left or page_rows)


def _page(page: PageService, criteria: Mapping[str, str], bookmark: str, size: int) -> list[etree._Element]:
    parameters: list[soap.Parameter] = [
        ("filter", [("Field", name), ("Criteria", it)]) for name, it in criteria.items()
    ]
    if bookmark:
        parameters.append(("bookmarkKey", bookmark))
    parameters.append(("setSize", str(size)))
    return [record for listed in page.read(parameters, "ReadMultiple") for record in listed]


def _bookmark(page: PageService, records: Sequence[etree._Element], bookmark: str) -> str:
    following = plain(records[-1]).get("Key", "")
    if not following or following == bookmark:
        raise UnavailableError("NAV's pages do not lead on", service=page.name, operation="ReadMultiple")
    return following


def _after(no: str) -> str:
    return f">{quoted(no)}" if no else "<>''"


def _lines(record: etree._Element, part: str) -> Iterator[Row]:
    for lines in record:
        if soap.name_of(lines) == part:
            yield from map(plain, lines)


def _posted(kind: PostedKind, record: etree._Element) -> Posted:
    row, lines = plain(record), list(_lines(record, _PARTS[kind]))
    posted_on = date_of(row, "Posting_Date")
    if not row.get("No") or posted_on is None:
        raise UnavailableError("NAV's answer holds a posted document without number or date", kind=kind.value)
    return Posted(
        kind=kind,
        no=row["No"],
        order_no=row.get("Order_No", ""),
        external_document_no=row.get("External_Document_No", ""),
        customer_no=row.get("Sell_to_Customer_No", ""),
        posted_on=posted_on,
        lines=tuple(map(_posted_line, lines)),
        of_shipments=any(line.get("Shipment_No") for line in lines),
        tracking_no=row.get("Package_Tracking_No", ""),
        due_on=date_of(row, "Due_Date"),
        currency=row.get("Currency_Code", ""),
    )


def _posted_line(row: Row) -> PostedLine:
    return PostedLine(
        line_no=integer_of(row, "Line_No") or None,
        kind=option_of(row, "Type"),
        item_no=row.get("No", ""),
        description=row.get("Description", ""),
        quantity=decimal_of(row, "Quantity"),
        unit=row.get("Unit_of_Measure_Code", ""),
        unit_price=decimal_of(row, "Unit_Price"),
        amount=decimal_of(row, "Line_Amount"),
        discount=decimal_of(row, "Inv_Discount_Amount"),
        vat_percent=decimal_of(row, "VAT_Percent"),
    )


def _order(record: etree._Element) -> OpenOrder:
    row = plain(record)
    if not row.get("No"):
        raise UnavailableError("NAV's answer holds a sales order without a number")
    lines = (line for line in _lines(record, wants.LINES) if option_of(line, "Type") == "Item" and line.get("No"))
    return OpenOrder(
        no=row["No"],
        external_document_no=row.get("External_Document_No", ""),
        customer_no=row.get("Sell_to_Customer_No", ""),
        ordered_on=date_of(row, "Order_Date"),
        requested_on=date_of(row, "Requested_Delivery_Date"),
        currency=row.get("Currency_Code", ""),
        lines=tuple(sorted(map(_open_line, lines), key=lambda line: line.line_no)),
    )


def _open_line(row: Row) -> OpenLine:
    return OpenLine(
        line_no=integer_of(row, "Line_No"),
        item_no=row["No"],
        description=row.get("Description", ""),
        quantity=decimal_of(row, "Quantity"),
        unit=row.get("Unit_of_Measure_Code", ""),
        unit_price=decimal_of(row, "Unit_Price"),
        shipped=decimal_of(row, "Quantity_Shipped"),
        invoiced=decimal_of(row, "Quantity_Invoiced"),
    )
