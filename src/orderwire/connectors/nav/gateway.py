"""The gateway codeunit: NAV itself checks stock and makes the order, in one transaction (contract: config/nav)."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from orderwire.config.nav import NavSettings
from orderwire.connectors.nav import soap
from orderwire.connectors.nav.endpoints import service_url
from orderwire.connectors.nav.lanes import Lanes, Monotonic
from orderwire.connectors.nav.order_record import EXTERNAL_CHARS, LineRecord, OrderRecord, differences, external_no
from orderwire.connectors.nav.orders import check_draft, currency_of
from orderwire.connectors.nav.pins import Pins
from orderwire.connectors.nav.reads import Row, decimal_of, integer_of, plain
from orderwire.connectors.nav.wire import Wire
from orderwire.connectors.nav.wsdl import NotWsdlError, Wsdl, read_wsdl
from orderwire.errors import (
    BrokenContractError,
    ContractError,
    ErpRefusedError,
    InDoubtError,
    StockTakenError,
    UnavailableError,
)
from orderwire.ports.clock import Clock
from orderwire.ports.erp import ErpOrder, SalesLineDraft, SalesOrderDraft

OPERATION: Final = "PlaceOrder"
#: The function's parameters, in its order; another order or name is another contract.
PARAMETERS: Final = (
    "sourceKey", "orderNo", "customerNo", "externalDocumentNo", "orderDate", "requestedDate", "currencyCode",
    "keepSafetyStock", "receiptsUntil", "lines",
)  # fmt: skip
#: Whether the codeunit is published is asked again after so long.
_BELIEF_SECONDS: Final = 300.0
OTHER_CONTRACT: Final = "the gateway codeunit has another contract"
_GONE: Final = (
    "the gateway codeunit is not published any more: publish it again, or go on without it with orderwire nav accept"
)
#: No code holds these two, so they need no escapes.
_FIELD, _RECORD = "\t", "\n"
_XSD: Final = "{http://www.w3.org/2001/XMLSchema}"


class Gateway:
    """One codeunit, if it is published. Thread-safe."""

    def __init__(
        self,
        nav: NavSettings,
        lanes: Lanes,
        clock: Clock,
        monotonic: Monotonic = time.monotonic,
        *,
        pins: Pins | None = None,
    ) -> None:
        self._nav, self._clock, self._monotonic = nav, clock, monotonic
        self._pins = pins or Pins(None, nav)
        self.name = nav.services.gateway
        self._wire = Wire(self.name, service_url(nav, "Codeunit", self.name), lanes)
        self._looking = threading.Lock()
        self._until = float("-inf")
        self._wsdl: Wsdl | None = None

    def published(self) -> bool:
        """Whether orders go through the codeunit.

        Raises:
            BrokenContractError: the settings require it, or it was there before, and it is not there; or it is there
                with another contract.
            UnavailableError, OutageError: NAV does not tell.
        """
        if self._nav.gateway == "off":
            return False
        with self._looking:
            if self._monotonic() >= self._until:
                self._wsdl = self._look()
                self._until = self._monotonic() + _BELIEF_SECONDS
        return self._wsdl is not None

    def _look(self) -> Wsdl | None:
        try:
            content = self._wire.fetch_wsdl()
        except (BrokenContractError, ContractError) as error:
            if self._nav.gateway == "required":
                raise
            if self._pins.met(self.name):
                raise BrokenContractError(_GONE, **error.facts) from None
            return None
        try:
            wsdl = read_wsdl(content)
        except NotWsdlError as error:
            raise UnavailableError("NAV's WSDL cannot be read", service=self.name, cause=str(error)) from None
        found = tuple(_parameters(content))
        if not speaks_contract(wsdl, content):
            raise BrokenContractError(OTHER_CONTRACT, service=self.name, found=", ".join(found))
        self._pins.meet(self.name)
        return wsdl

    def place(self, draft: SalesOrderDraft) -> ErpOrder:
        """Have NAV check and make the order. Raises as `Erp.create_order`."""
        check_draft(draft)
        wsdl = self._wsdl
        if wsdl is None:
            raise BrokenContractError("the gateway codeunit is not published", service=self.name)
        body = soap.request(wsdl.namespace, OPERATION, tuple(zip(PARAMETERS, self._values(draft), strict=True)))
        try:
            row = plain(self._wire.call(OPERATION, wsdl.actions[OPERATION], body))
        except BrokenContractError:
            self._until = float("-inf")  # looked at again before the next order
            raise
        match row.get("return_value", ""):
            case "created":
                return self._created(draft, row)
            case "short":
                raise StockTakenError("NAV has less stock left than was to be taken", left=row.get("lines", "")[:200])
            case "exists":  # made by a call whose reply was lost: how it stands now, the page shows
                raise InDoubtError("NAV has made that order before", service=self.name, no=row.get("orderNo"))
        raise InDoubtError("the gateway codeunit's answer cannot be read", service=self.name, no=draft.no)

    def _values(self, draft: SalesOrderDraft) -> Iterator[str]:
        days = self._nav.stock.receipts_within_days
        until = None if days is None else self._clock().date() + timedelta(days=days)
        yield draft.source_key
        yield draft.no or ""
        yield draft.customer_no
        yield draft.external_document_no[:EXTERNAL_CHARS]
        yield _day(draft.ordered_on)
        yield _day(draft.requested_on)
        yield currency_of(draft, self._nav) or ""
        yield "true" if self._nav.safety_stock_field else "false"
        yield _day(until)
        yield _RECORD.join(map(_line, draft.lines))

    def _created(self, draft: SalesOrderDraft, row: Row) -> ErpOrder:
        try:
            lines = tuple(_record(text) for text in row.get("lines", "").split(_RECORD) if text)
        except UnavailableError as error:
            raise InDoubtError("the gateway codeunit's answer cannot be read", no=draft.no, cause=str(error)) from None
        record = OrderRecord("", row.get("orderNo", ""), draft.customer_no, "", external_no(draft), "", "", lines)
        other = "; ".join(differences(draft, record, ()))
        if other:
            raise ErpRefusedError("NAV made another sales order than the one asked for", no=record.no, text=other)
        return replace(record.told(), covered=True)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _line(line: SalesLineDraft) -> str:
    quantities = (format(line.quantity, "f"), format(line.covered, "f"))
    fields = (str(line.line_no), line.item_no, line.variant, line.location, line.unit, *quantities)
    return _FIELD.join((*fields, _day(line.requested_on)))


def _record(text: str) -> LineRecord:
    """Read a line of the answer: its number, item, quantity, unit and price.

    Raises:
        UnavailableError: it is none.
    """
    names = ("line_no", "item_no", "quantity", "unit", "unit_price")
    row = dict(zip(names, text.split(_FIELD), strict=False))
    if len(row) != len(names):
        raise UnavailableError("a line of the answer lacks fields", line=text[:80])
    return LineRecord(
        key="",
        line_no=integer_of(row, "line_no"),
        kind="Item",
        item_no=row["item_no"],
        quantity=decimal_of(row, "quantity"),
        unit=row["unit"],
        unit_price=decimal_of(row, "unit_price"),
        shipped=Decimal(0),
        requested_on="",
    )


def speaks_contract(wsdl: Wsdl, content: bytes) -> bool:
    """Whether the codeunit has our function, with the parameters that we give."""
    return tuple(_parameters(content)) == PARAMETERS and bool(wsdl.actions.get(OPERATION))


def _parameters(content: bytes) -> Iterator[str]:
    """Return the names of the function's parameters, as the WSDL lists them."""
    for element in soap.parse_xml(content).iter(f"{_XSD}element"):
        if element.get("name") == OPERATION:
            yield from (child.get("name", "") for child in element.iterfind(f".//{_XSD}sequence/{_XSD}element"))
