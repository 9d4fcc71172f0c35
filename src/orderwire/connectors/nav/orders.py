"""Sales orders: made in one call, and read back whenever it is not certain what stands in NAV."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from typing import Any, Final

from orderwire.config.nav import NavSettings
from orderwire.connectors.nav import soap, wants
from orderwire.connectors.nav.order_record import (
    EXTERNAL_CHARS,
    WITNESSES,
    OrderRecord,
    belongs,
    differences,
    external_no,
    read_record,
)
from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.posted import PostedOrders
from orderwire.connectors.nav.reads import CODE_CHARS, Row, code, quoted, rows
from orderwire.errors import (
    DuplicateConflictError,
    ErpRefusedError,
    InDoubtError,
    MappingError,
    UnavailableError,
)
from orderwire.ports.erp import ErpOrder, SalesLineDraft, SalesOrderDraft, ShipTo

_CUSTOMER_NO: Final = "Sell_to_Customer_No"
_CUSTOMER_NAME: Final = "Sell_to_Customer_Name"
_EXTERNAL_NO: Final = "External_Document_No"
#: What the header goes without where the page has no place for it; `nav check` tells what follows.
_OPTIONAL: Final = (_EXTERNAL_NO, "Order_Date", "Requested_Delivery_Date", "Ship_to_Country_Region_Code")
#: Fields of an address, and how long NAV's are.
_ADDRESS: Final = {
    "Ship_to_Name": 50,
    "Ship_to_Address": 50,
    "Ship_to_Address_2": 50,
    "Ship_to_City": 30,
    "Ship_to_Post_Code": 20,
    "Ship_to_Country_Region_Code": 10,
}


class Orders:
    """The sales order page, and what was posted from it."""

    def __init__(
        self, page: PageService, posted: PostedOrders | None, nav: NavSettings, name_of: Callable[[str], str]
    ) -> None:
        self._page = page
        self._posted = posted
        self._nav = nav
        self._name_of = name_of  # a customer's name by number, for pages that show no number

    def create(self, draft: SalesOrderDraft) -> ErpOrder:
        """Create an order. Raises as `Erp.create_order`."""
        result = self._page.save("Create", self._fields(draft))
        try:
            record = read_record(result[0])
        except (IndexError, UnavailableError) as error:
            raise InDoubtError(
                "NAV's answer to Create cannot be read", service=self._page.name, no=draft.no, cause=str(error)
            ) from None
        self._verify(draft, record)
        return record.told()

    def _verify(self, draft: SalesOrderDraft, record: OrderRecord) -> None:
        found = "; ".join(differences(draft, record, self._shown()))
        if not found and not self._of_customer(record, draft):
            found = f"{_CUSTOMER_NAME} {record.customer_name}"
        if found:
            raise ErpRefusedError(
                "NAV made another sales order than the one asked for",
                service=self._page.name,
                no=record.no,
                text=found,
            )

    def _shown(self) -> Collection[str]:
        return {name for name in WITNESSES if self._page.has(name)}

    def _of_customer(self, record: OrderRecord, draft: SalesOrderDraft) -> bool:
        """Return whether the order is the draft's customer's; by name where the page does not show the number."""
        if self._page.has(_CUSTOMER_NO):
            return code(record.customer_no) == code(draft.customer_no)
        return record.customer_name.strip() == self._name_of(draft.customer_no).strip()

    def find(self, draft: SalesOrderDraft) -> ErpOrder | None:
        """Find the order that the draft made. Raises as `Erp.find_order`."""
        check_draft(draft)
        return self._find_by_number(draft, draft.no) if draft.no else self._find_by_external(draft)

    def _find_by_number(self, draft: SalesOrderDraft, no: str) -> ErpOrder | None:
        found = self._of_number(draft, no)
        # Cut to 35 characters the buyer's numbers need not differ: then our own number is the better witness.
        if found is not None or len(draft.external_document_no) >= EXTERNAL_CHARS:
            return found
        bearers = self._numbers_by_external(draft)
        others = sorted(bearer for bearer in bearers if code(bearer) != code(no))
        if others:
            raise _conflict("the customer's order number stands on another sales order", nos=", ".join(others))
        return self._of_number(draft, no) if bearers else None  # NAV made it between the two looks

    def _of_number(self, draft: SalesOrderDraft, no: str) -> ErpOrder | None:
        record = self.read(no)
        if record is not None:
            row = {_CUSTOMER_NO: record.customer_no, _EXTERNAL_NO: record.external_document_no}
            if not belongs(row, draft, self._shown()) or not self._of_customer(record, draft):
                raise _conflict("a sales order of this number exists, and is another one", no=record.no)
            return record.told()
        posted = self._posted.by_order_no(no) if self._posted else None
        if self._posted and posted is not None:
            if not belongs(posted, draft, self._posted.shown()):
                raise _conflict("a posted order of this number exists, and is another one", no=no)
            return _told_posted(no, draft)
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
        found = {row["No"]: True for row in self._open_by_external(draft) if "No" in row}
        posted = self._posted.by_external_no(draft) if self._posted else ()
        return {**dict.fromkeys(posted, False), **found}

    def _open_by_external(self, draft: SalesOrderDraft) -> Iterator[Row]:
        if not self._page.filters(_EXTERNAL_NO):
            return
        wanted = {_CUSTOMER_NO: quoted(code(draft.customer_no)), _EXTERNAL_NO: quoted(external_no(draft))}
        criteria = {name: text for name, text in wanted.items() if self._page.filters(name)}
        shown = self._shown()
        yield from (row for row in rows(self._page, criteria, self._nav) if belongs(row, draft, shown))

    def read(self, no: str) -> OrderRecord | None:
        """Read an open order; None: there is none. Raises as `Erp.stock`."""
        result = self._page.read([("No", code(no))])
        record = read_record(result[0]) if len(result) else None
        if record is not None and code(record.no) != code(no):
            raise UnavailableError("NAV answered with another sales order", service=self._page.name, no=no)
        return record

    def _fields(self, draft: SalesOrderDraft) -> dict[str, Any]:
        """Return the header and its lines by our names; what is None stays out."""
        check_draft(draft)
        header = {
            "No": draft.no,
            # NAV's name field looks a customer up by number, too.
            _CUSTOMER_NO if self._page.has(_CUSTOMER_NO) else _CUSTOMER_NAME: draft.customer_no,
            "External_Document_No": draft.external_document_no[:EXTERNAL_CHARS],
            "Order_Date": _day(draft.ordered_on),
            "Requested_Delivery_Date": _day(draft.requested_on),
            "Currency_Code": currency_of(draft, self._nav),
            **(self._ship_to(draft.ship_to) if draft.ship_to else {}),
            wants.LINES: self.new_lines(draft.lines),
        }
        left_out = {name for name in _OPTIONAL if not self._page.has(name)}
        return {name: value for name, value in header.items() if value is not None and name not in left_out}

    def _ship_to(self, place: ShipTo) -> dict[str, str]:
        """Return the fields of the place; those of an address are all said, so that none of the customer's stays.

        Raises:
            ContractError: the page has no place for it.
            MappingError: NAV's fields are too short for it.
        """
        self._page.need(wants.SHIP_TO)
        if place.code:
            return {"Ship_to_Code": place.code}
        street, *more = (*place.street, "")
        rest = ", ".join(line for line in more if line)
        texts = (place.name, street, rest, place.city, place.postal_code, place.country)
        fields = dict(zip(_ADDRESS, texts, strict=True))
        if not all(map(soap.sayable, texts)) or any(len(text) > _ADDRESS[name] for name, text in fields.items()):
            raise MappingError("the delivery address does not fit NAV's fields", city=place.city)
        return fields

    def new_lines(self, drafts: Sequence[SalesLineDraft]) -> list[dict[str, str]]:
        """Return the fields of lines to be made.

        Raises:
            ContractError: the page cannot hold a location or a variant that is wanted.
        """
        for wanted_for, used in (
            (wants.LOCATIONS, any(line.location for line in drafts)),
            (wants.VARIANTS, any(line.variant for line in drafts)),
        ):
            if used:
                self._page.need(wanted_for)
        dated = self._page.has(f"{wants.LINES}.Requested_Delivery_Date")
        return [_line(line, dated=dated) for line in drafts]


def currency_of(draft: SalesOrderDraft, nav: NavSettings) -> str | None:
    """Return a foreign currency's code; the company's own has none in NAV, and is no row of its Currency table."""
    return draft.currency if nav.local_currency and draft.currency != nav.local_currency else None


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


def check_draft(draft: SalesOrderDraft) -> None:
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
