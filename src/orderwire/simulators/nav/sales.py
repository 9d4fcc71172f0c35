"""Sales orders as NAV's table triggers make them: validated field by field, never against stock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from orderwire.simulators.nav.faults import (
    callback,
    customer_blocked,
    dialog,
    duplicate_key,
    must_equal,
    must_have_value,
    relation,
)
from orderwire.simulators.nav.tables import SalesHeader, SalesLine
from orderwire.simulators.nav.values import Value
from orderwire.simulators.nav.world import Actor, World

Changes = Mapping[str, Value]

_LINE_STEP: Final = 10_000
_MAX_LINE_NO: Final = 2**31 - 1
_PLAIN_HEADER_FIELDS: Final = (
    "customer_name",
    "external_document_no",
    "order_date",
    "requested_on",
    "ship_to_name",
    "ship_to_address",
    "ship_to_address_2",
    "ship_to_city",
    "ship_to_post_code",
    "ship_to_country",
)
_PLAIN_LINE_FIELDS: Final = ("description", "unit_price", "requested_on", "promised_on", "planned_on")
_RELATED_TABLES: Final = {
    "_blank_": "Standard Text",
    "G_L_Account": "G/L Account",
    "Resource": "Resource",
    "Fixed_Asset": "Fixed Asset",
    "Charge_Item": "Item Charge",
}


@dataclass(frozen=True, slots=True)
class LineChange:
    """What a request says of one line; `line` is None for a new one."""

    changes: Changes
    line: SalesLine | None = None


class SalesOrders:
    """Creates, modifies and deletes sales orders, each call one transaction."""

    def __init__(self, world: World) -> None:
        self._world = world

    def create(self, changes: Changes, lines: Sequence[LineChange] = (), *, by: Actor = "service") -> SalesHeader:
        """Insert a header, with lines; a blank number is drawn from the series."""
        world = self._world
        with world.transaction():
            no = str(changes.get("no") or "") or world.next_no("SO-", lambda drawn: (drawn,) in world.orders.rows)
            if (no,) in world.orders.rows:
                raise duplicate_key("Sales Header", world.orders.identify((no,)))
            header = world.put(world.orders, SalesHeader(no=no, order_date=world.today()))
            header = self._validate_header(header, {name: changes[name] for name in changes if name != "no"})
            world.put(world.orders, header)
            for line in lines:
                self._insert_line(header, line.changes)
            world.log("create", by, header)
            return world.orders.rows[(no,)]

    def modify(self, header: SalesHeader, changes: Changes, lines: Sequence[LineChange] = ()) -> SalesHeader:
        """Change what differs; lines that are not named stay as they are."""
        world = self._world
        with world.transaction():
            changed = _differing(header, changes)
            if "no" in changed:
                raise dialog("You cannot rename a Sales Header.")
            header = self._validate_header(header, changed)
            touched = [self._change_line(header, line) for line in lines]
            if changed or any(touched):
                header = world.put(world.orders, header)
                world.log("update", "service", header)
            return header

    def delete(self, header: SalesHeader, *, by: Actor = "service") -> None:
        """Delete an order with its lines."""
        world = self._world
        with world.transaction():
            self._test_open(header)
            lines = world.lines_of(header.no)
            for line in lines:
                _test_unshipped(line)
                world.remove(world.lines, line)
            world.remove(world.orders, header)
            world.log("delete", by, header, [line.no for line in lines if line.type == "Item"])

    def delete_line(self, line: SalesLine) -> None:
        """Delete a line; the header's Key is stale thereafter."""
        world = self._world
        with world.transaction():
            header = world.orders.rows[(line.document_no,)]
            self._test_open(header)
            _test_unshipped(line)
            world.remove(world.lines, line)
            header = world.put(world.orders, header)
            world.log("update", "service", header, [line.no] if line.type == "Item" else [])

    def _test_open(self, header: SalesHeader) -> None:
        if header.status != "Open":
            found = header.status.replace("_", " ")
            record = self._world.orders.identify((header.no,))
            raise must_equal("Sales Header", record, "Status", wanted="Open", found=found)

    def _validate_header(self, header: SalesHeader, changes: Changes) -> SalesHeader:
        if not changes.keys() <= {"external_document_no", "order_date"}:
            self._test_open(header)
        plain: dict[str, Any] = {name: changes[name] for name in _PLAIN_HEADER_FIELDS if name in changes}
        if "customer_no" in changes:
            header = self._with_customer(header, str(changes["customer_no"]))
        elif changes.get("customer_name") and not header.customer_no:
            header = self._with_customer(header, self._customer_called(str(plain.pop("customer_name"))))
        if "currency_code" in changes:
            currency = str(changes["currency_code"])
            if currency and currency not in self._world.currencies:
                raise relation("Sales Header", "Currency Code", currency, "Currency")
            header = replace(header, currency_code=currency)
        if code := str(changes.get("ship_to_code", "")):
            header = self._with_ship_to(header, code)
        return replace(header, **plain)

    def _with_ship_to(self, header: SalesHeader, code: str) -> SalesHeader:
        customer = self._world.customers.rows.get((header.customer_no,))
        if customer is None or code not in customer.ship_to:
            raise relation("Sales Header", "Ship-to Code", code, "Ship-to Address")
        return replace(header, ship_to_code=code)

    def _customer_called(self, text: str) -> str:
        """Return the number of the customer of this number or name, as NAV's name field looks it up."""
        rows = self._world.customers.rows
        if (text.upper(),) in rows:
            return text.upper()
        return next((row.no for row in rows.values() if row.name.lower() == text.lower()), text)

    def _with_customer(self, header: SalesHeader, customer_no: str) -> SalesHeader:
        if header.customer_no and self._world.lines_of(header.no):
            raise callback("Do you want to change Sell-to Customer No.?")
        if not customer_no:
            return replace(header, customer_no="", customer_name="")
        customer = self._world.customers.rows.get((customer_no,))
        if customer is None:
            raise relation("Sales Header", "Sell-to Customer No.", customer_no, "Customer")
        if customer.blocked != "_blank_":
            raise customer_blocked(customer_no, customer.blocked)
        return replace(header, customer_no=customer_no, customer_name=customer.name)

    def _change_line(self, header: SalesHeader, change: LineChange) -> bool:
        world = self._world
        if change.line is None:
            self._insert_line(header, change.changes)
            return True
        changed = _differing(change.line, change.changes)
        if "line_no" in changed:
            raise dialog("You cannot rename a Sales Line.")
        if changed:
            self._test_open(header)
            world.put(world.lines, self._validate_line(header, change.line, changed))
        return bool(changed)

    def _insert_line(self, header: SalesHeader, changes: Changes) -> None:
        world = self._world
        self._test_open(header)
        line_no = int(str(changes.get("line_no") or 0)) or self._next_line_no(header.no)
        key = (header.no, line_no)
        if key in world.lines.rows:
            raise duplicate_key("Sales Line", world.lines.identify(key))
        line = SalesLine(document_no=header.no, line_no=line_no, requested_on=header.requested_on)
        world.put(world.lines, self._validate_line(header, line, changes))

    def _next_line_no(self, order_no: str) -> int:
        lines = self._world.lines_of(order_no)
        line_no = max(lines[-1].line_no if lines else 0, 0) + _LINE_STEP
        if line_no > _MAX_LINE_NO:
            raise dialog("There is not enough space to insert another line.")
        return line_no

    def _validate_line(self, header: SalesHeader, line: SalesLine, changes: Changes) -> SalesLine:
        """Validate in the order of the page's controls: each may set what later ones override."""
        if "type" in changes:
            line = SalesLine(
                document_no=line.document_no,
                line_no=line.line_no,
                requested_on=line.requested_on,
                type=str(changes["type"]),
                rowversion=line.rowversion,
            )
        if "no" in changes:
            line = self._with_no(header, line, str(changes["no"]))
        line = self._with_places(line, changes)
        if "quantity" in changes:
            line = self._with_quantity(line, Decimal(str(changes["quantity"])))
        if "unit_code" in changes:
            line = self._with_unit(line, str(changes["unit_code"]))
        plain: dict[str, Any] = {name: changes[name] for name in _PLAIN_LINE_FIELDS if name in changes}
        return replace(line, **plain)

    def _with_no(self, header: SalesHeader, line: SalesLine, no: str) -> SalesLine:
        if not header.customer_no:
            record = self._world.orders.identify((header.no,))
            raise must_have_value("Sales Header", record, "Sell-to Customer No.")
        if not no:
            return replace(line, no="", description="", unit_code="", unit_price=Decimal(0), qty_per=Decimal(1))
        item = self._world.items.rows.get((no,)) if line.type == "Item" else None
        if item is None:
            raise relation("Sales Line", "No.", no, _RELATED_TABLES.get(line.type, "Item"))
        if item.blocked:
            raise must_equal("Item", {"No.": no}, "Blocked", wanted="No", found="Yes")
        return replace(
            line,
            no=no,
            description=item.description,
            unit_code=item.base_unit,
            unit_price=item.unit_price,
            qty_per=Decimal(1),
        )

    def _with_places(self, line: SalesLine, changes: Changes) -> SalesLine:
        variant, location = str(changes.get("variant_code", "")), str(changes.get("location_code", ""))
        if variant and (line.no, variant) not in self._world.variants:
            raise relation("Sales Line", "Variant Code", variant, "Item Variant")
        if location and location not in self._world.locations:
            raise relation("Sales Line", "Location Code", location, "Location")
        if "variant_code" in changes:
            line = replace(line, variant_code=variant)
        return replace(line, location_code=location) if "location_code" in changes else line

    def _with_quantity(self, line: SalesLine, quantity: Decimal) -> SalesLine:
        if quantity and line.type != "_blank_" and not line.no:
            record = self._world.lines.identify((line.document_no, line.line_no))
            raise must_have_value("Sales Line", record, "No.")
        if quantity < line.quantity_shipped:
            raise dialog("Quantity must not be less than Quantity Shipped.")
        return replace(line, quantity=quantity)

    def _with_unit(self, line: SalesLine, code: str) -> SalesLine:
        item = self._world.items.rows.get((line.no,))
        unit = self._world.units.rows.get((line.no, code))
        if code and (unit is None or item is None):
            raise relation("Sales Line", "Unit of Measure Code", code, "Item Unit of Measure")
        qty_per = unit.qty_per if unit else Decimal(1)
        price = item.unit_price * qty_per if item else line.unit_price
        return replace(line, unit_code=code, qty_per=qty_per, unit_price=price)


def _test_unshipped(line: SalesLine) -> None:
    """NAV deletes no line of which something is shipped and not yet invoiced."""
    if line.quantity_shipped:
        raise dialog("You cannot delete the line, because it is shipped but not invoiced.")


def _differing(row: SalesHeader | SalesLine, changes: Changes) -> dict[str, Value]:
    return {name: value for name, value in changes.items() if getattr(row, name) != value}
