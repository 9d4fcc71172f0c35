"""Shipments and invoices are posted in parts, and an order is gone when all of it is invoiced."""

from decimal import Decimal

import pytest

from orderwire.simulators.nav.faults import NavFault
from orderwire.simulators.nav.posting import SHIPMENT_SERIES
from orderwire.simulators.nav.sales import LineChange, SalesOrders
from orderwire.simulators.nav.users import OtherUsers
from orderwire.simulators.nav.world import World


@pytest.fixture(autouse=True)
def order(sales: SalesOrders) -> None:
    """An order of two lines: 12 drills in two cartons, and 5 hammers."""
    lines = [
        LineChange({"type": "Item", "no": "1001", "quantity": Decimal(2), "unit_code": "CARTON"}),
        LineChange({"type": "Item", "no": "1002", "quantity": Decimal(5)}),
    ]
    sales.create({"no": "OW-1", "customer_no": "C1", "external_document_no": "PO1"}, lines)


def test_a_part_is_shipped(world: World, users: OtherUsers) -> None:
    """Every line stands in the shipment, those that ship nothing with 0; stock falls, and the rest stays on order."""
    no = users.posting.ship("OW-1", {10000: Decimal(1)}, tracking_no="1Z")

    lines = world.part_of(world.shipment_lines, no)
    assert [(line.line_no, line.no, line.quantity, line.unit_code) for line in lines] == [
        (10000, "1001", 1, "CARTON"),
        (20000, "1002", 0, "PCS"),
    ]
    assert world.shipments.rows[no,].tracking_no == "1Z"
    assert [line.quantity_shipped for line in world.lines_of("OW-1")] == [1, 0]
    assert world.items.rows["1001",].inventory == 120 - 6
    assert world.qty_on_sales_order("1001") == 20 + 6


def test_what_is_shipped_can_be_invoiced(world: World, users: OtherUsers) -> None:
    """An invoice takes what was shipped and not invoiced, at the sales line's price."""
    users.posting.ship("OW-1", {20000: Decimal(3)})
    no = users.posting.invoice("OW-1")

    first, second = world.part_of(world.invoice_lines, no)
    assert (first.quantity, second.quantity, second.line_amount) == (0, 3, Decimal("43.50"))
    assert [line.quantity_invoiced for line in world.lines_of("OW-1")] == [0, 3]
    with pytest.raises(NavFault, match="nothing to post"):
        users.posting.invoice("OW-1")


def test_an_order_invoiced_in_full_is_deleted(world: World, users: OtherUsers) -> None:
    """Shipped in full it stays open; NAV deletes it with its last invoice."""
    users.posting.ship("OW-1")
    assert ("OW-1",) in world.orders.rows

    users.posting.invoice("OW-1", {10000: Decimal(2)})
    assert ("OW-1",) in world.orders.rows
    users.posting.invoice("OW-1")

    assert ("OW-1",) not in world.orders.rows
    assert world.lines_of("OW-1") == []
    assert {row.order_no for row in world.invoices.rows.values()} == {"OW-1"}


@pytest.mark.parametrize("quantities", [{10000: Decimal(3)}, {30000: Decimal(1)}, {10000: Decimal(-1)}, {}])
def test_nothing_is_posted_that_is_not_there(world: World, users: OtherUsers, quantities: dict[int, Decimal]) -> None:
    """More than is left, a line that is not there, less than nothing and nothing at all are refused, and leave none."""
    with pytest.raises(NavFault):
        users.posting.ship("OW-1", quantities)

    assert world.shipments.rows == {}
    assert world.lines_of("OW-1")[0].quantity_shipped == 0


def test_numbers_may_be_used_out_of_order(world: World, users: OtherUsers) -> None:
    """Who draws a number first may post last, as with two people who post at once."""
    early = users.posting.draw(SHIPMENT_SERIES)
    late = users.posting.ship("OW-1", {10000: Decimal(1)})
    users.posting.ship("OW-1", {10000: Decimal(1)}, no=early)

    assert early < late
    assert list(world.shipments.rows) == [(late,), (early,)]
