"""Items, units and customers keep NAV's relations."""

from decimal import Decimal

import pytest

from orderwire.simulators.nav.faults import NavFault
from orderwire.simulators.nav.masters import Masters
from orderwire.simulators.nav.world import World


@pytest.fixture
def masters(world: World) -> Masters:
    return Masters(world)


def test_a_unit_belongs_to_an_item(world: World, masters: Masters) -> None:
    """A unit of an unknown item is refused, and nothing of it remains."""
    masters.insert(world.units, {"item_no": "1002", "code": "BOX", "qty_per": Decimal(10)})
    with pytest.raises(NavFault, match=r"related table \(Item\)"):
        masters.insert(world.units, {"item_no": "9", "code": "BOX"})
    assert ("1002", "BOX") in world.units.rows
    assert ("9", "BOX") not in world.units.rows


def test_what_orders_need_is_not_deleted(world: World, masters: Masters) -> None:
    """Items and customers of open orders stay; others go."""
    for table, no in ((world.items, "1001"), (world.customers, "C99999")):
        with pytest.raises(NavFault, match="at least one outstanding Sales Order"):
            masters.delete(table, table.rows[no,])
    masters.delete(world.items, world.items.rows["1002",])
    masters.delete(world.customers, world.customers.rows["C1",])
    assert ("1002",) not in world.items.rows
    assert ("C1",) not in world.customers.rows


def test_modify_saves_only_what_differs(world: World, masters: Masters) -> None:
    """Same values keep the Key; a number never changes; a base unit must be one of the item's."""
    item = world.items.rows["1001",]
    assert masters.modify(world.items, item, {"description": "Drill"}) == item
    assert masters.modify(world.items, item, {"base_unit": "CARTON"}).rowversion > item.rowversion
    with pytest.raises(NavFault, match="You cannot rename a Item"):
        masters.modify(world.items, item, {"no": "2"})
    with pytest.raises(NavFault, match=r"related table \(Item Unit of Measure\)"):
        masters.modify(world.items, item, {"base_unit": "PALLET"})
