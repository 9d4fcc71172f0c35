"""Changing what stands: quantities lowered, lines and whole orders taken away, safe to repeat at any point."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NoReturn

from orderwire.connectors.nav import wants
from orderwire.connectors.nav.order_record import OrderRecord
from orderwire.connectors.nav.orders import Orders
from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.posted import PostedOrders
from orderwire.errors import ConflictError, ErpRefusedError
from orderwire.ports.erp import ErpOrder


class OrderChanges:
    """Works from what NAV shows now, one call at a time, with the key that NAV just gave."""

    def __init__(self, page: PageService, orders: Orders, posted: PostedOrders | None) -> None:
        self._page = page
        self._orders = orders
        self._posted = posted

    def set_quantities(self, no: str, quantities: Mapping[int, Decimal]) -> ErpOrder | None:
        """Set quantities. Raises as `Erp.set_quantities`."""
        self._page.need(wants.CHANGES)
        order = self._orders.read(no)
        if order is None:
            self._refuse_if_posted(no)
            return None
        doomed = [line for line in order.lines if quantities.get(line.line_no) == 0]
        if quantities and len(doomed) == len(order.lines):
            self._delete(order)
            return None
        for line in doomed:
            self._confirmed(no, line.key, wants.LINES)
        if doomed:  # the header's key is stale now
            order = self._again(no)
        if self._changes(order, quantities):
            self._update(order, quantities)
            order = self._again(no)
        if any(line.line_no in quantities and quantities[line.line_no] != line.quantity for line in order.lines):
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

    def _changes(self, order: OrderRecord, quantities: Mapping[int, Decimal]) -> list[dict[str, str]]:
        """Return the lines to write, by their own keys."""
        wanted = {line_no: quantity for line_no, quantity in quantities.items() if quantity != 0}
        if not wanted.keys() <= {line.line_no for line in order.lines}:
            self._conflict(order.no)
        return [
            {"Key": line.key, "Quantity": format(wanted[line.line_no], "f")}
            for line in order.lines
            if line.line_no in wanted and wanted[line.line_no] != line.quantity
        ]

    def _update(self, order: OrderRecord, quantities: Mapping[int, Decimal]) -> None:
        self._page.save("Update", {"Key": order.key, wants.LINES: self._changes(order, quantities)})

    def _again(self, no: str) -> OrderRecord:
        order = self._orders.read(no)
        if order is None:
            self._conflict(no)
        return order

    def _conflict(self, no: str) -> NoReturn:
        raise ConflictError("somebody else changed the order", service=self._page.name, no=no)
