"""Items, units and customers: plain tables that a card page may write."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from orderwire.simulators.nav.faults import dialog, duplicate_key, must_have_value, relation
from orderwire.simulators.nav.tables import Customer, Item, ItemUnit, PurchaseLine, Row, StockkeepingUnit, Table
from orderwire.simulators.nav.values import Value
from orderwire.simulators.nav.world import World

_ROWS: Final[dict[str, Callable[..., Row]]] = {
    "Item": Item,
    "Customer": Customer,
    "Item Unit of Measure": ItemUnit,
    "Stockkeeping Unit": StockkeepingUnit,
    "Purchase Line": PurchaseLine,
}
#: Of a record's key these may be blank.
_MAY_BE_BLANK: Final = frozenset({"Variant Code"})


class Masters:
    """Inserts, modifies and deletes master records, each call one transaction."""

    def __init__(self, world: World) -> None:
        self._world = world

    def insert(self, table: Table[Any], changes: Mapping[str, Value]) -> Row:
        world = self._world
        with world.transaction():
            key = tuple(str(changes.get(attribute) or "") for attribute in table.key)
            fields = table.identify(key)
            for name, value in fields.items():
                if not value and name not in _MAY_BE_BLANK:
                    raise must_have_value(table.name, fields, name)
            if key in table.rows:
                raise duplicate_key(table.name, fields)
            row: Row = world.put(table, _ROWS[table.name](**dict(changes)))
            if isinstance(row, ItemUnit) and (row.item_no,) not in world.items.rows:
                raise relation(table.name, "Item No.", row.item_no, "Item")
            if isinstance(row, Item) and row.base_unit:
                world.put(world.units, ItemUnit(item_no=row.no, code=row.base_unit, qty_per=Decimal(1)))
            return row

    def modify(self, table: Table[Any], row: Row, changes: Mapping[str, Value]) -> Row:
        """Change what differs; the primary key stays."""
        world = self._world
        with world.transaction():
            changed: dict[str, Any] = {name: value for name, value in changes.items() if getattr(row, name) != value}
            if changed.keys() & table.key.keys():
                raise dialog(f"You cannot rename a {table.name}.")
            if not changed:
                return row
            if isinstance(row, Item) and "base_unit" in changed:
                self._test_unit(row, changed["base_unit"])
            modified: Row = world.put(table, replace(row, **changed))
            return modified

    def _test_unit(self, item: Item, code: str) -> None:
        if code and (item.no, code) not in self._world.units.rows:
            raise relation("Item", "Base Unit of Measure", code, "Item Unit of Measure")

    def delete(self, table: Table[Any], row: Row) -> None:
        world = self._world
        with world.transaction():
            if isinstance(row, Item) and any(line.no == row.no for line in world.lines.rows.values()):
                raise dialog(
                    f"You cannot delete Item {row.no} because there is at least one outstanding Sales Order that "
                    "includes this item."
                )
            if isinstance(row, Customer) and any(order.customer_no == row.no for order in world.orders.rows.values()):
                raise dialog(
                    f"You cannot delete Customer {row.no} because there is at least one outstanding Sales Order for "
                    "this customer."
                )
            world.remove(table, row)
