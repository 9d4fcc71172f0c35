"""What NAV's other users do: sell over the counter, count stock, post shipments, set a status."""

from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from orderwire.simulators.nav.data import NavData
from orderwire.simulators.nav.faults import record_not_found
from orderwire.simulators.nav.posting import Posting
from orderwire.simulators.nav.sales import LineChange, SalesOrders
from orderwire.simulators.nav.tables import Item, R, SalesHeader, StockkeepingUnit, Table
from orderwire.simulators.nav.values import Value, plain
from orderwire.simulators.nav.world import Commit, World


class OtherUsers:
    """People at NAV's own client. They never see the web services' faults."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sales = SalesOrders(world)
        self.posting = Posting(world)

    def open_company(self, data: NavData) -> None:
        """Enter the sales orders that stand from the start."""
        for order in data.sales_orders:
            lines = [_line(line.item_no, line.quantity, line.unit) for line in order.lines]
            header: dict[str, Value] = {
                "no": order.no,
                "customer_no": order.customer_no,
                "external_document_no": order.external_document_no,
                "order_date": order.order_date or self._world.today(),
            }
            self._sales.create(header, lines, by="user")

    def buy(self, item_no: str, quantity: Decimal, location: str = "", variant: str = "") -> str:
        """Sell to the walk-in customer, in base units; returns the order's number."""
        header = {"customer_no": self._world.walk_in_customer_no}
        line = _line(item_no, quantity, location=location, variant=variant)
        return self._sales.create(header, [line], by="user").no

    def stock(self, item_no: str, inventory: Decimal, location: str = "", variant: str = "") -> None:
        """Set an item's inventory, of all locations or of one, as a stock count does."""
        world = self._world
        with world.transaction():
            if not location:
                world.put(world.items, replace(self.item(item_no), inventory=inventory))
            else:
                place = self._place(location, item_no, variant)
                world.move(item_no, inventory - place.inventory, location, variant)
            world.log("stock", "user", None, [item_no])

    def _place(self, *key: str) -> StockkeepingUnit:
        places = self._world.places
        if key not in places.rows:
            raise record_not_found(places.name, places.identify(key))
        return places.rows[key]

    def post(self, order_no: str) -> str:
        """Ship and invoice an order in full: it becomes a posted shipment and a posted invoice, and is deleted."""
        with self._world.transaction():
            shipment_no = self.posting.ship(order_no)
            self.posting.invoice(order_no)
            return shipment_no

    def set_status(self, order_no: str, status: str) -> None:
        """Release or reopen an order."""
        world = self._world
        with world.transaction():
            world.put(world.orders, replace(_existing(world, world.orders, order_no), status=status))

    def touch(self, table: Table[Any], key: tuple[str | int, ...]) -> None:
        """Save a row as it is, so that every Key of it is stale."""
        with self._world.transaction():
            if row := table.rows.get(key):
                self._world.put(table, row)

    def item(self, item_no: str) -> Item:
        """Return an item; NAV's fault if there is none."""
        return _existing(self._world, self._world.items, item_no)


def _line(item_no: str, quantity: Decimal, unit: str = "", location: str = "", variant: str = "") -> LineChange:
    changes: dict[str, Value] = {"type": "Item", "no": item_no, "quantity": quantity}
    places: dict[str, Value] = {"unit_code": unit, "location_code": location, "variant_code": variant}
    return LineChange(changes | {name: value for name, value in places.items() if value})


def _existing(world: World, table: Table[R], no: str) -> R:
    with world.lock:
        row = table.rows.get((no,))
    if row is None:
        raise record_not_found(table.name, table.identify((no,)))
    return row


def state(world: World) -> dict[str, Any]:
    """Describe the company in JSON's types; quantities are decimal text in base units."""
    with world.lock:
        return {
            "items": {
                item.no: {
                    "description": item.description,
                    "base_unit": item.base_unit,
                    "inventory": plain(item.inventory),
                    "on_sales_orders": plain(world.qty_on_sales_order(item.no)),
                    "available": plain(world.available(item.no)),
                }
                for item in world.items.rows.values()
            },
            "orders": [_order(world, header) for header in world.orders.rows.values()],
            "posted_shipments": [
                {"no": row.no, "order_no": row.order_no, "external_document_no": row.external_document_no}
                for row in world.shipments.rows.values()
            ],
            "posted_invoices": [
                {"no": row.no, "order_no": row.order_no, "external_document_no": row.external_document_no}
                for row in world.invoices.rows.values()
            ],
            "commit_log": [_commit(commit) for commit in world.commits],
        }


def _order(world: World, header: SalesHeader) -> dict[str, Any]:
    return {
        "no": header.no,
        "customer_no": header.customer_no,
        "external_document_no": header.external_document_no,
        "status": header.status,
        "lines": [
            {
                "line_no": line.line_no,
                "item_no": line.no,
                "quantity": plain(line.quantity),
                "unit": line.unit_code,
                "unit_price": plain(line.unit_price),
                "quantity_shipped": plain(line.quantity_shipped),
                "quantity_invoiced": plain(line.quantity_invoiced),
                "quantity_base": plain(line.outstanding_base),
            }
            for line in world.lines_of(header.no)
        ],
    }


def _commit(commit: Commit) -> dict[str, Any]:
    lines = [
        {name: plain(value) if isinstance(value, Decimal) else value for name, value in asdict(line).items()}
        for line in commit.lines
    ]
    available = {item_no: plain(quantity) for item_no, quantity in commit.available.items()}
    return {
        "sequence": commit.sequence,
        "action": commit.action,
        "by": commit.by,
        "order_no": commit.order_no,
        "external_document_no": commit.external_document_no,
        "customer_no": commit.customer_no,
        "lines": lines,
        "available": available,
    }
