"""Changing what stands: quantities, dates, lines and whole orders, safe to repeat at any point."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NoReturn

from orderwire.connectors.nav import wants
from orderwire.connectors.nav.order_record import LineRecord, OrderRecord
from orderwire.connectors.nav.orders import Orders
from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.posted import PostedOrders
from orderwire.errors import ConflictError, ErpRefusedError
from orderwire.ports.erp import ErpOrder, SalesLineDraft, SalesOrderEdit


class OrderChanges:
    """Works from what NAV shows now, one call at a time, with the key that NAV just gave."""

    def __init__(self, page: PageService, orders: Orders, posted: PostedOrders | None) -> None:
        self._page = page
        self._orders = orders
        self._posted = posted

    def change(self, no: str, edit: SalesOrderEdit) -> ErpOrder | None:
        """Make the order what is wanted. Raises as `Erp.change_order`."""
        self._page.need(wants.CHANGES)
        order = self._orders.read(no)
        if order is None:
            self._refuse_if_posted(no)
            return None
        if _empties(order, edit):
            self._delete(order)
            return None
        order = self._deleted(self._updated(order, edit), edit.quantities)
        if self._left(order, edit) or any(edit.quantities.get(line.line_no) == 0 for line in order.lines):
            self._conflict(no)
        return order.told()

    def _refuse_if_posted(self, no: str) -> None:
        if self._posted is not None and self._posted.by_order_no(no) is not None:
            raise ErpRefusedError("the order is posted and cannot be changed", service=self._page.name, no=no)

    def _delete(self, order: OrderRecord) -> None:
        self._confirmed(order.no, order.key)
        if self._orders.read(order.no) is not None:
            self._conflict(order.no)

    def _confirmed(self, no: str, key: str, part: str = "") -> None:
        result = self._page.delete(key, part)
        if (result.findtext(".//*") or "").strip() == "false":
            raise ErpRefusedError("NAV did not delete", service=self._page.name, no=no)

    def _updated(self, order: OrderRecord, edit: SalesOrderEdit) -> OrderRecord:
        """Write everything but the deletions, in one call: NAV takes all of it or nothing."""
        fields = self._left(order, edit)
        if not fields:
            return order
        self._page.save("Update", {"Key": order.key, **fields})
        return self._again(order.no)

    def _left(self, order: OrderRecord, edit: SalesOrderEdit) -> dict[str, object]:
        """Return what is still to be written: header fields, and lines by their own keys or without one."""
        changed = self._changed(order, {line_no: q for line_no, q in edit.quantities.items() if q != 0}, edit.dates)
        lines = [*changed, *self._orders.new_lines(_missing(order, edit))]
        fields: dict[str, object] = {wants.LINES: lines} if lines else {}
        dated = self._page.has("Requested_Delivery_Date")
        if edit.requested_on is not None and dated and order.requested_on != edit.requested_on.isoformat():
            fields["Requested_Delivery_Date"] = edit.requested_on.isoformat()
        return fields

    def _changed(
        self, order: OrderRecord, quantities: Mapping[int, Decimal], dates: Mapping[int, date]
    ) -> list[dict[str, str]]:
        if not quantities.keys() | dates.keys() <= {line.line_no for line in order.lines}:
            self._conflict(order.no)
        dates = dates if self._page.has(f"{wants.LINES}.Requested_Delivery_Date") else {}
        found = [(line, _differences(line, quantities, dates)) for line in order.lines]
        return [{"Key": line.key, **changes} for line, changes in found if changes]

    def _deleted(self, order: OrderRecord, quantities: Mapping[int, Decimal]) -> OrderRecord:
        doomed = [line for line in order.lines if quantities.get(line.line_no) == 0]
        for line in doomed:
            self._confirmed(order.no, line.key, wants.LINES)
        return self._again(order.no) if doomed else order

    def _again(self, no: str) -> OrderRecord:
        order = self._orders.read(no)
        if order is None:
            self._conflict(no)
        return order

    def _conflict(self, no: str) -> NoReturn:
        raise ConflictError("somebody else changed the order", service=self._page.name, no=no)


def _empties(order: OrderRecord, edit: SalesOrderEdit) -> bool:
    """Whether nothing is left that is sold: texts do not keep an order."""
    if edit.added or not edit.quantities:
        return False
    return all(edit.quantities.get(line.line_no) == 0 for line in order.lines if line.kind)


def _missing(order: OrderRecord, edit: SalesOrderEdit) -> list[SalesLineDraft]:
    standing = edit.added_in(line.told() for line in order.items)
    return [draft for draft, line in zip(edit.added, standing, strict=True) if line is None]


def _differences(line: LineRecord, quantities: Mapping[int, Decimal], dates: Mapping[int, date]) -> dict[str, str]:
    changes = {}
    if quantities.get(line.line_no, line.quantity) != line.quantity:
        changes["Quantity"] = format(quantities[line.line_no], "f")
    if (day := dates.get(line.line_no)) is not None and line.requested_on != day.isoformat():
        changes["Requested_Delivery_Date"] = day.isoformat()
    return changes
