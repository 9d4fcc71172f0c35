"""Sales orders: made in one call, and read back whenever it is not certain what stands in NAV."""

from datetime import date
from typing import Any

from orderwire.config.settings import NavSettings
from orderwire.connectors.nav import contract, soap
from orderwire.connectors.nav.order_record import (
    EXTERNAL_CHARS,
    OrderRecord,
    belongs,
    differences,
    external_no,
    read_record,
)
from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.posted import PostedOrders
from orderwire.connectors.nav.reads import CODE_CHARS, code, quoted, rows
from orderwire.errors import (
    DuplicateConflictError,
    ErpRefusedError,
    InDoubtError,
    MappingError,
    UnavailableError,
)
from orderwire.ports.erp import ErpOrder, SalesLineDraft, SalesOrderDraft


class Orders:
    """The sales order page, and what was posted from it."""

    def __init__(self, page: PageService, posted: PostedOrders | None, nav: NavSettings) -> None:
        self._page = page
        self._posted = posted
        self._nav = nav

    def create(self, draft: SalesOrderDraft) -> ErpOrder:
        """Create an order. Raises as `Erp.create_order`."""
        fields = self._fields(draft)
        result = self._page.write("Create", **{self._entity(): fields})
        try:
            record = read_record(result[0])
        except (IndexError, UnavailableError) as error:
            raise InDoubtError(
                "NAV's answer to Create cannot be read", service=self._page.name, no=draft.no, cause=str(error)
            ) from None
        self._verify(draft, record)
        return record.told()

    def _verify(self, draft: SalesOrderDraft, record: OrderRecord) -> None:
        found = "; ".join(differences(draft, record))
        if found:
            raise ErpRefusedError(
                "NAV made another sales order than the one asked for",
                service=self._page.name,
                no=record.no,
                text=found,
            )

    def find(self, draft: SalesOrderDraft) -> ErpOrder | None:
        """Find the order that the draft made. Raises as `Erp.find_order`."""
        _check(draft)
        return self._find_by_number(draft, draft.no) if draft.no else self._find_by_external(draft)

    def _find_by_number(self, draft: SalesOrderDraft, no: str) -> ErpOrder | None:
        record = self.read(no)
        if record is not None:
            row = {"Sell_to_Customer_No": record.customer_no, "External_Document_No": record.external_document_no}
            if not belongs(row, draft):
                raise _conflict("a sales order of this number exists, and is another one", no=record.no)
            return record.told()
        posted = self._posted.by_order_no(no) if self._posted else None
        if posted is not None:
            if not belongs(posted, draft):
                raise _conflict("a posted order of this number exists, and is another one", no=no)
            return _told_posted(no, draft)
        # Cut to 35 characters the buyer's numbers need not differ: then our own number is the better witness.
        others = self._numbers_by_external(draft) if len(draft.external_document_no) < EXTERNAL_CHARS else {}
        if others:
            raise _conflict("the customer's order number stands on another sales order", nos=", ".join(sorted(others)))
        return None

    def _find_by_external(self, draft: SalesOrderDraft) -> ErpOrder | None:
        numbers = self._numbers_by_external(draft)
        if len(numbers) > 1:
            raise _conflict("the customer's order number stands on several orders", nos=", ".join(sorted(numbers)))
        for no, is_open in numbers.items():
            record = self.read(no) if is_open else None
            return record.told() if record is not None else _told_posted(no, draft)
        return None

    def _numbers_by_external(self, draft: SalesOrderDraft) -> dict[str, bool]:
        """Return the numbers of the orders that bear the customer's order number, and whether each is still open."""
        criteria = {
            "Sell_to_Customer_No": quoted(code(draft.customer_no)),
            "External_Document_No": quoted(external_no(draft)),
        }
        found = {
            row["No"]: True for row in rows(self._page, criteria, self._nav) if "No" in row and belongs(row, draft)
        }
        posted = self._posted.by_external_no(draft) if self._posted else ()
        return {**dict.fromkeys(posted, False), **found}

    def read(self, no: str) -> OrderRecord | None:
        """Read an open order; None: there is none. Raises as `Erp.stock`."""
        result = self._page.read([("No", code(no))])
        record = read_record(result[0]) if len(result) else None
        if record is not None and code(record.no) != code(no):
            raise UnavailableError("NAV answered with another sales order", service=self._page.name, no=no)
        return record

    def _entity(self) -> str:
        entity = self._page.wsdl().entity
        return entity.name if entity else ""

    def _fields(self, draft: SalesOrderDraft) -> dict[str, Any]:
        """Return the header and its lines as zeep takes them; what is None stays out."""
        _check(draft)
        for wanted_for, used in (
            (contract.LOCATIONS, any(line.location for line in draft.lines)),
            (contract.VARIANTS, any(line.variant for line in draft.lines)),
        ):
            if used:
                self._page.need(wanted_for)
        part = self._page.wsdl().parts[contract.LINES]
        dated = "Requested_Delivery_Date" in part.fields
        header = {
            "No": draft.no,
            "Sell_to_Customer_No": draft.customer_no,
            "External_Document_No": draft.external_document_no[:EXTERNAL_CHARS],
            "Order_Date": _day(draft.ordered_on),
            "Requested_Delivery_Date": _day(draft.requested_on),
            "Currency_Code": self._currency(draft),
            contract.LINES: {part.name: [_line(line, dated=dated) for line in draft.lines]},
        }
        return {name: value for name, value in header.items() if value is not None}

    def _currency(self, draft: SalesOrderDraft) -> str | None:
        """Return a foreign currency's code; the company's own has none in NAV, and is no row of its Currency table."""
        local = self._nav.local_currency
        return draft.currency if local and draft.currency != local else None


def _line(line: SalesLineDraft, *, dated: bool) -> dict[str, str]:
    fields = {
        "Type": "Item",
        "No": line.item_no,
        "Variant_Code": line.variant or None,
        "Location_Code": line.location or None,
        "Quantity": format(line.quantity, "f"),
        "Unit_of_Measure_Code": line.unit,
        "Requested_Delivery_Date": _day(line.requested_on) if dated else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _check(draft: SalesOrderDraft) -> None:
    """Refuse what no NAV record can hold.

    Raises:
        MappingError: it cannot.
    """
    texts = [draft.no or "", draft.external_document_no, draft.customer_no]
    texts += [text for line in draft.lines for text in (line.item_no, line.unit, line.location, line.variant)]
    if not all(map(soap.sayable, texts)):
        raise MappingError("a control character cannot be written to NAV", field="sales order")
    if not external_no(draft) or len(code(draft.no or "")) > CODE_CHARS:
        raise MappingError("the order's number does not fit NAV", no=draft.no, order_no=draft.external_document_no)


def _conflict(why: str, **facts: object) -> DuplicateConflictError:
    return DuplicateConflictError(why, **facts)


def _told_posted(no: str, draft: SalesOrderDraft) -> ErpOrder:
    return ErpOrder(no, external_no(draft), draft.customer_no, posted=True, lines=())
