"""ConfirmationRequest (Fulfill.dtd): the answer to an order, line by line or as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

from lxml import etree

from orderwire.canonical.order import OrderLine
from orderwire.canonical.response import AnsweredOrder, LineOutcome, OrderOutcome, ResponseLine
from orderwire.connectors.punchout.tongue import Tongue, item_id, line_number, priced
from orderwire.connectors.punchout.writing import day, element, instant, number
from orderwire.errors import MappingError
from orderwire.mapping.prices import price_differs, price_of_one

StatusType = Literal["accept", "detail", "backordered", "reject"]
#: accept and reject speak of the whole order; detail of the lines named, which are all.
_TYPES: Final = {
    OrderOutcome.ACCEPTED: "accept",
    OrderOutcome.CHANGED: "detail",
    OrderOutcome.REJECTED: "reject",
}
#: Of a price for many, said of one.
_ROUNDING: Final = Decimal("0.00000001")


def to_confirmation(answer: AnsweredOrder, tongue: Tongue) -> etree._Element | None:
    """Return the request; None for an outcome that is not answered.

    Raises:
        MappingError: the partner takes answers to whole orders only, or a price has no currency.
    """
    response, kind = answer.response, _TYPES.get(answer.response.outcome)
    if kind is None:
        return None
    by_header = tongue.profile.confirm == "header"
    if by_header and kind == "detail":
        raise MappingError("the partner takes no answer line by line, and only part of the order was taken")
    items = [] if by_header else list(_items(answer, tongue, refused=kind == "reject"))
    if kind == "accept" and any(not _is_as_ordered(item) for item in items):
        kind = "detail"
    header = element(
        "ConfirmationHeader",
        tongue.comments(response.reason_text),
        element("IdReference", identifier=response.erp_no, domain="supplierReference") if response.erp_no else None,
        confirmID=f"{response.erp_no or response.order_no}-{tongue.control_no}",
        type=kind,
        noticeDate=instant(tongue.now),
    )
    return element("ConfirmationRequest", header, tongue.order_reference(response.order_no), *items)


def _items(answer: AnsweredOrder, tongue: Tongue, *, refused: bool) -> Iterator[etree._Element]:
    """Yield an item for each line that stands in the order; one that was taken away as the buyer asked does not."""
    ordered = {line.line_no: line for line in answer.order.lines}
    for line in answer.response.lines:
        if line.outcome is not LineOutcome.DELETED:
            said = _Item(line, ordered.get(line.line_no), answer.response.currency, tongue, refused=refused)
            yield said.element()


def _is_as_ordered(item: etree._Element) -> bool:
    return all(status.get("type") == "accept" for status in item.iterfind("ConfirmationStatus"))


@dataclass(frozen=True, slots=True)
class _Item:
    """One line on its way to a ConfirmationItem."""

    line: ResponseLine
    ordered: OrderLine | None
    currency: str | None
    tongue: Tongue
    refused: bool  # all of the order, or of the change: what stands, stands by an earlier one

    def element(self) -> etree._Element:
        return element(
            "ConfirmationItem",
            self._unit(),
            *self._statuses(),
            quantity=number(self.line.ordered),
            lineNumber=line_number(self.line.line_no),
        )

    def _unit(self) -> etree._Element:
        return self.tongue.unit(self.line.unit, self.line.base_unit)

    def _statuses(self) -> Iterator[etree._Element]:
        """Yield what becomes of each part of the quantity ordered; together they are all of it."""
        line = self.line
        refused = line.ordered - line.confirmed - line.backordered
        if self.refused or refused < 0:  # below nought: more stands than a change asked for
            yield self._status("reject", line.ordered)
            return
        whole = not refused and not line.backordered
        for quantity, promised_on in _confirmed(line):
            changes = list(self._changes(quantity))
            kind: StatusType = "detail" if changes else "accept"
            yield self._status(kind, quantity, *changes, on=promised_on, told=whole)
        if line.backordered:
            yield self._status("backordered", line.backordered, on=line.backorder_on)
        if refused:
            yield self._status("reject", refused)

    def _status(
        self, kind: StatusType, quantity: Decimal, *changes: etree._Element, on: date | None = None, told: bool = True
    ) -> etree._Element:
        return element(
            "ConfirmationStatus",
            self._unit(),
            *changes,
            self.tongue.comments(self.line.reason_text) if told else None,
            quantity=number(quantity),
            type=kind,
            deliveryDate=day(on) if on else None,
        )

    def _changes(self, quantity: Decimal) -> Iterator[etree._Element]:
        """Yield what differs from the order: another item, or another price."""
        line = self.line
        if line.substitute_no is not None:
            yield self._substitute(line.substitute_no, quantity)
        elif line.unit_price is not None and self._is_at_another_price():
            yield priced("UnitPrice", line.unit_price, self.currency)

    def _is_at_another_price(self) -> bool:
        """Tell whether the buyer is to learn of NAV's price, whatever else became of the line."""
        line, tolerance = self.line, self.tongue.price_tolerance
        if line.reason == "price_differs" or self.ordered is None:
            return line.reason == "price_differs"
        if line.reason == "changed_in_erp":
            tolerance = Decimal(0)
        return price_differs(line.unit_price, self.ordered, tolerance)

    def _substitute(self, item_no: str, quantity: Decimal) -> etree._Element:
        """ItemIn with its ItemDetail, as the DTD asks for with another item."""
        line = self.line
        price = line.unit_price if line.unit_price is not None else _buyers_price(self.ordered)
        if price is None:
            raise MappingError("the item sent instead has no price, which cXML asks for", line_no=line.line_no)
        detail = element(
            "ItemDetail",
            priced("UnitPrice", price, self.currency),
            self.tongue.text("Description", line.reason_text or item_no),
            self._unit(),
            element("Classification", item_no, domain="SupplierPartID"),
        )
        return element("ItemIn", item_id((), item_no), detail, quantity=number(quantity), lineNumber=line.line_no)


def _buyers_price(ordered: OrderLine | None) -> Decimal | None:
    """Return the buyer's own price of one; None: it gave none."""
    price = price_of_one(ordered) if ordered else None
    if price is None or ordered is None or ordered.price_basis is None:
        return price
    return price.quantize(_ROUNDING, ROUND_HALF_UP).normalize()


def _confirmed(line: ResponseLine) -> list[tuple[Decimal, date | None]]:
    """Return the parts of what is confirmed, with their days."""
    if line.deliveries:
        return [(part.quantity, part.promised_on) for part in line.deliveries]
    return [(line.confirmed, line.promised_on)] if line.confirmed else []
