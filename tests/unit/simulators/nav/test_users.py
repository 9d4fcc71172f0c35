"""Other users of NAV change what the services show."""

from decimal import Decimal

import pytest

from orderwire.simulators.nav.faults import NavFault
from orderwire.simulators.nav.sales import LineChange, SalesOrders
from orderwire.simulators.nav.users import OtherUsers, state
from orderwire.simulators.nav.world import World


def test_buying_makes_a_walk_in_order(world: World, users: OtherUsers) -> None:
    """A purchase over the counter is a sales order like any other."""
    no = users.buy("1002", Decimal(3))
    assert world.orders.rows[no,].customer_no == "C99999"
    assert world.available("1002") == 5


def test_counting_sets_the_inventory(world: World, users: OtherUsers) -> None:
    """A stock count changes the inventory and is in the log."""
    users.stock("1002", Decimal(2))
    assert world.items.rows["1002",].inventory == 2
    assert world.commits[-1].action == "stock"
    assert world.commits[-1].available == {"1002": 2}


def test_posting_turns_an_order_into_a_shipment(world: World, users: OtherUsers, sales: SalesOrders) -> None:
    """A posted order is gone, its shipment names it, and what is available does not move."""
    lines = [LineChange({"type": "Item", "no": "1001", "quantity": Decimal(2), "unit_code": "CARTON"})] * 2
    sales.create({"no": "OW-1", "customer_no": "C1", "external_document_no": "PO1"}, lines)
    before = world.available("1001")
    shipment = world.shipments.rows[users.post("OW-1"),]
    assert (shipment.order_no, shipment.external_document_no, shipment.customer_no) == ("OW-1", "PO1", "C1")
    assert ("OW-1",) not in world.orders.rows
    assert world.lines_of("OW-1") == []
    assert world.items.rows["1001",].inventory == 120 - 24
    assert world.available("1001") == before


def test_what_does_not_exist_is_a_fault(users: OtherUsers) -> None:
    """Other users are told as NAV tells them."""
    with pytest.raises(NavFault, match="The Item does not exist"):
        users.stock("9", Decimal(1))
    with pytest.raises(NavFault, match="The Sales Header does not exist"):
        users.post("9")


def test_touch_makes_a_new_rowversion(world: World, users: OtherUsers) -> None:
    """Saving a record as it is makes every Key of it stale; a record that is gone is let be."""
    before = world.items.rows["1001",].rowversion
    users.touch(world.items, ("1001",))
    users.touch(world.items, ("9",))
    assert world.items.rows["1001",].rowversion > before


def test_state_is_plain_json(world: World, users: OtherUsers) -> None:
    """The state names stock per item, orders and commits, with decimals as text."""
    users.buy("1002", Decimal("1.50"))
    described = state(world)
    assert described["items"]["1001"] == {
        "description": "Drill", "base_unit": "PCS", "inventory": "120", "on_sales_orders": "20", "available": "100",
    }  # fmt: skip
    assert described["orders"][1]["lines"][0]["quantity"] == "1.5"
    assert described["commit_log"][-1]["available"] == {"1002": "6.5"}
