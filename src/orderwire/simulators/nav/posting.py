"""Posting: sales orders become shipments and invoices, in parts or whole, as NAV's codeunit 80 does it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from orderwire.simulators.nav.faults import dialog, record_not_found
from orderwire.simulators.nav.tables import PostedInvoice, PostedLine, PostedShipment, SalesHeader, SalesLine
from orderwire.simulators.nav.world import World

SHIPMENT_SERIES: Final = "SSH-"
INVOICE_SERIES: Final = "SIN-"
_CREDIT: Final = timedelta(days=30)

#: By NAV's line number, in the line's unit.
Quantities = Mapping[int, Decimal]


class Posting:
    """Posts what people at NAV's own client post. Whether an order is released does not matter here."""

    def __init__(self, world: World) -> None:
        self._world = world

    def draw(self, series: str) -> str:
        """Take a number without posting yet: whoever draws later may be done earlier."""
        world = self._world
        taken = world.shipments if series == SHIPMENT_SERIES else world.invoices
        with world.transaction():
            return world.next_no(series, lambda no: (no,) in taken.rows)

    def ship(
        self, order_no: str, quantities: Quantities | None = None, *, tracking_no: str = "", no: str | None = None
    ) -> str:
        """Post a shipment and return its number; lines that are not named ship nothing, None ships all that is left.

        Raises:
            NavFault: more than is left, nothing at all, or no such order.
        """
        world = self._world
        with world.transaction():
            header = self._order(order_no)
            lines = world.lines_of(order_no)
            parts = _parts(lines, quantities, _to_ship)
            number = no or self.draw(SHIPMENT_SERIES)
            world.put(
                world.shipments,
                PostedShipment(
                    no=number,
                    customer_no=header.customer_no,
                    order_no=header.no,
                    external_document_no=header.external_document_no,
                    posting_date=world.today(),
                    tracking_no=tracking_no,
                ),
            )
            for line in lines:
                quantity = parts.get(line.line_no, Decimal(0))
                world.put(world.shipment_lines, self._posted(line, number, quantity))
                if quantity:
                    shipped = replace(line, quantity_shipped=line.quantity_shipped + quantity)
                    self._take_from_stock(line, line.outstanding_base - shipped.outstanding_base)
                    world.put(world.lines, shipped)
            world.put(world.orders, header)
            world.log("post", "user", header)
            return number

    def invoice(self, order_no: str, quantities: Quantities | None = None, *, no: str | None = None) -> str:
        """Post an invoice of what is shipped and return its number; an order invoiced in full is deleted.

        Raises:
            NavFault: more than is shipped, nothing at all, or no such order.
        """
        world = self._world
        with world.transaction():
            header = self._order(order_no)
            lines = world.lines_of(order_no)
            parts = _parts(lines, quantities, _to_invoice)
            number = no or self.draw(INVOICE_SERIES)
            world.put(
                world.invoices,
                PostedInvoice(
                    no=number,
                    customer_no=header.customer_no,
                    order_no=header.no,
                    external_document_no=header.external_document_no,
                    posting_date=world.today(),
                    due_date=world.today() + _CREDIT,
                    currency_code=header.currency_code,
                ),
            )
            for line in lines:
                quantity = parts.get(line.line_no, Decimal(0))
                world.put(world.invoice_lines, self._posted(line, number, quantity))
                if quantity:
                    world.put(world.lines, replace(line, quantity_invoiced=line.quantity_invoiced + quantity))
            self._close(header)
            return number

    def _order(self, order_no: str) -> SalesHeader:
        header = self._world.orders.rows.get((order_no,))
        if header is None:
            raise record_not_found("Sales Header", self._world.orders.identify((order_no,)))
        return header

    def _posted(self, line: SalesLine, document_no: str, quantity: Decimal) -> PostedLine:
        return PostedLine(
            document_no=document_no,
            line_no=line.line_no,
            type=line.type,
            no=line.no,
            description=line.description,
            quantity=quantity,
            unit_code=line.unit_code,
            unit_price=line.unit_price,
            vat_percent=self._world.vat_percent,
        )

    def _take_from_stock(self, line: SalesLine, base: Decimal) -> None:
        if line.type == "Item":
            self._world.move(line.no, -base, line.location_code, line.variant_code)

    def _close(self, header: SalesHeader) -> None:
        """Delete an order of which everything is invoiced; NAV keeps no others."""
        world = self._world
        lines = world.lines_of(header.no)
        items = [line.no for line in lines if line.type == "Item"]
        if all(line.quantity_invoiced >= line.quantity for line in lines):
            for line in lines:
                world.remove(world.lines, line)
            world.remove(world.orders, header)
        else:
            world.put(world.orders, header)
        world.log("post", "user", header, items)


def _to_ship(line: SalesLine) -> Decimal:
    return line.quantity - line.quantity_shipped


def _to_invoice(line: SalesLine) -> Decimal:
    return line.quantity_shipped - line.quantity_invoiced


def _parts(
    lines: list[SalesLine], quantities: Quantities | None, left: Callable[[SalesLine], Decimal]
) -> dict[int, Decimal]:
    """Return what is posted of each line, more than zero."""
    known = {line.line_no: left(line) for line in lines}
    wanted = known if quantities is None else dict(quantities)
    for line_no, quantity in wanted.items():
        if quantity < 0 or quantity > known.get(line_no, Decimal(0)):
            raise dialog(f"You cannot post more than {known.get(line_no, Decimal(0))} units.")
    parts = {line_no: quantity for line_no, quantity in wanted.items() if quantity}
    if not parts:
        raise dialog("There is nothing to post.")
    return parts
