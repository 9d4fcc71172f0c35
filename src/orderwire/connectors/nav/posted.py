"""What became of orders that are no longer open: their posted shipments."""

from collections.abc import Collection, Iterable

from orderwire.config.nav import NavSettings
from orderwire.connectors.nav.order_record import WITNESSES, belongs, external_no
from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.reads import Row, code, quoted, rows
from orderwire.ports.erp import SalesOrderDraft


class PostedOrders:
    """Posted shipments name the order that they come from; NAV deletes the order itself once it is invoiced."""

    def __init__(self, shipments: PageService, nav: NavSettings) -> None:
        self._shipments = shipments
        self._nav = nav

    def by_order_no(self, no: str) -> Row | None:
        """Return a shipment of the order; None: nothing of it was posted. Raises as `Erp.stock`."""
        found = rows(self._shipments, {"Order_No": quoted(code(no))}, self._nav)
        return next((row for row in found if code(row.get("Order_No", "")) == code(no)), None)

    def shown(self) -> Collection[str]:
        """Return what the page shows of customer and customer's order number. Raises as `Erp.stock`."""
        return {name for name in WITNESSES if self._shipments.has(name)}

    def by_external_no(self, draft: SalesOrderDraft) -> Iterable[str]:
        """Return the numbers of orders posted under the customer's order number. Raises as `Erp.stock`."""
        if not self._shipments.filters(*WITNESSES):
            return ()
        criteria = {
            "Sell_to_Customer_No": quoted(code(draft.customer_no)),
            "External_Document_No": quoted(external_no(draft)),
        }
        found = rows(self._shipments, criteria, self._nav)
        # A shipment without an order was posted by hand, yet it is what the buyer ordered.
        return {row.get("Order_No") or row.get("No", "") for row in found if belongs(row, draft, WITNESSES)}
