"""ConfirmationRequest (Fulfill.dtd): the answer to an order, line by line or as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from lxml import etree

from orderwire.canonical.order import OrderLine
from orderwire.canonical.response import AnsweredOrder, LineOutcome, OrderOutcome, ResponseLine
from orderwire.connectors.punchout.tongue import Tongue, item_id, line_number, priced
from orderwire.connectors.punchout.writing import day, element, instant, number
from orderwire.errors import MappingError

StatusType = Literal["accept", "detail", "backordered", "reject"]
#: accept and reject speak of the whole order; detail of the lines named, which are all.
_TYPES: Final = {
    OrderOutcome.ACCEPTED: "accept",
    OrderOutcome.CHANGED: "detail",
    OrderOutcome.REJECTED: "reject",
}


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
    header = element(
        "ConfirmationHeader",
        tongue.comments(response.reason_text),
        element("IdReference", identifier=response.erp_no, domain="supplierReference") if response.erp_no else None,
        confirmID=f"{response.erp_no or response.order_no}-{tongue.control_no}",
        type=kind,
        noticeDate=instant(tongue.now),
    )
    ordered = {line.line_no: line for line in answer.order.lines}
    # A line that was taken away as the buyer asked stands in the order no more, so there is nothing to say of it.
    lines = () if by_header else [line for line in response.lines if line.outcome is not LineOutcome.DELETED]
    refused = kind == "reject"
    items = [
        _Item(line, ordered.get(line.line_no), response.currency, tongue, refused=refused).element() for line in lines
    ]
    return element("ConfirmationRequest", header, tongue.order_reference(response.order_no), *items)


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
        elif line.reason == "price_differs" and line.unit_price is not None:
            yield priced("UnitPrice", line.unit_price, self.currency)

    def _substitute(self, item_no: str, quantity: Decimal) -> etree._Element:
        """ItemIn with its ItemDetail, as the DTD asks for with another item."""
        line = self.line
        price = line.unit_price if line.unit_price is not None else self.ordered.net_price if self.ordered else None
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


def _confirmed(line: ResponseLine) -> list[tuple[Decimal, date | None]]:
    """Return the parts of what is confirmed, with their days."""
    if line.deliveries:
        return [(part.quantity, part.promised_on) for part in line.deliveries]
    return [(line.confirmed, line.promised_on)] if line.confirmed else []
