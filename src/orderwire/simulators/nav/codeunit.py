"""The gateway codeunit of config/nav as a NAV has it published: check, and make the order, in one transaction."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from orderwire.simulators.nav import faults, soap, wsdl
from orderwire.simulators.nav.sales import LineChange, SalesOrders
from orderwire.simulators.nav.tables import Row, SalesHeader, Table
from orderwire.simulators.nav.values import Field, Value, plain
from orderwire.simulators.nav.world import World

SERVICE: Final = "OrderwireGateway"
NAMESPACE: Final = f"{wsdl.CODEUNIT_NAMESPACE}{SERVICE}"
OPERATION: Final = "PlaceOrder"
#: Parameter → type; those that are given back are VAR in the source.
_PARAMETERS: Final = {
    "sourceKey": "string", "orderNo": "string", "customerNo": "string", "externalDocumentNo": "string",
    "orderDate": "string", "requestedDate": "string", "currencyCode": "string", "keepSafetyStock": "boolean",
    "receiptsUntil": "string", "lines": "string",
}  # fmt: skip
_GIVEN: Final = ("orderNo", "lines")
_DATE: Final = Field("date", "", "date")
_DECIMAL: Final = Field("quantity", "", "decimal")
_LINE_FIELDS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrder(Row):
    """What the codeunit remembers: one order per source key, for ever."""

    source_key: str
    order_no: str


@dataclass(frozen=True, slots=True)
class _Line:
    line_no: int
    item_no: str
    location: str
    variant: str
    covered: Decimal
    change: LineChange


def described(location: str) -> bytes:
    """Return the codeunit's WSDL."""
    return wsdl.codeunit_wsdl(SERVICE, OPERATION, _PARAMETERS, _GIVEN, location)


class OrderwireCodeunit:
    """Thread-safe: each call is one transaction."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sales = SalesOrders(world)
        self._placed = Table[PlacedOrder]("Orderwire Placed Order", 50100, {"source_key": "Source Key"})

    def call(self, request: etree._Element) -> bytes:
        """Answer a request element.

        Raises:
            NavFault: NAV says no; nothing was done.
        """
        if request.tag != f"{{{NAMESPACE}}}{OPERATION}":
            name = etree.QName(request).localname
            raise faults.broker(f'Method "{name}" was not found in service "{SERVICE}".')
        texts = {name: soap.text_of(request, name) for name in _PARAMETERS}
        with self._world.transaction():
            status, order_no, lines = self._place(texts)
        content = "".join(
            f"<{name}>{escape(text)}</{name}>"
            for name, text in (("return_value", status), ("orderNo", order_no), ("lines", lines))
        )
        return soap.envelope(NAMESPACE, OPERATION, content)

    def _place(self, texts: Mapping[str, str]) -> tuple[str, str, str]:
        key = texts["sourceKey"]
        if not key:
            raise faults.dialog("Source Key must not be blank.")
        placed = self._placed.rows.get((key,))
        if placed is not None:
            return "exists", placed.order_no, ""
        lines = [_line(text) for text in texts["lines"].split("\n") if text]
        until = _DATE.parse(texts["receiptsUntil"])
        short = list(
            self._short(
                lines,
                keep_safety_stock=texts["keepSafetyStock"] == "true",
                until=until if isinstance(until, date) else None,
            )
        )
        if short:
            return "short", "", "\n".join(short)
        header = self._sales.create(_header(texts), [line.change for line in lines])
        self._world.put(self._placed, PlacedOrder(source_key=key, order_no=header.no))
        return "created", header.no, "\n".join(self._told(header))

    def _short(self, lines: list[_Line], *, keep_safety_stock: bool, until: date | None) -> Iterator[str]:
        """Tell, per item and place that has less than the lines are to be covered with, what is left."""
        world = self._world
        wanted: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        for line in lines:
            wanted[line.item_no, line.location, line.variant] += line.covered
        for place, quantity in wanted.items():
            item_no, location, variant = place
            kept = world.safety_stock(*place) if keep_safety_stock else Decimal(0)
            free = world.available(*place) - kept + world.receipts(item_no, until, location, variant)
            if quantity > max(free, Decimal(0)):
                yield f"{item_no}\t{variant}\t{location}\t{plain(free)}"

    def _told(self, header: SalesHeader) -> Iterator[str]:
        for line in self._world.lines_of(header.no):
            fields = (str(line.line_no), line.no, plain(line.quantity), line.unit_code, plain(line.unit_price))
            yield "\t".join(fields)


def _header(texts: Mapping[str, str]) -> dict[str, Value]:
    changes: dict[str, Value] = {
        "no": texts["orderNo"].upper(),
        "customer_no": texts["customerNo"].upper(),
        "external_document_no": texts["externalDocumentNo"].upper(),
        "order_date": _DATE.parse(texts["orderDate"]),
        "requested_on": _DATE.parse(texts["requestedDate"]),
        "currency_code": texts["currencyCode"].upper(),
    }
    return {name: value for name, value in changes.items() if value}


def _line(text: str) -> _Line:
    fields = text.split("\t")
    if len(fields) != _LINE_FIELDS:
        raise faults.dialog("A line must have 8 fields.")
    line_no, item_no, variant, location, unit, quantity, covered, requested = fields
    number = Field("lineNo", "", "int").parse(line_no)
    changes: dict[str, Value] = {
        "line_no": number,
        "type": "Item",
        "no": item_no.upper(),
        "quantity": _DECIMAL.parse(quantity),
        "unit_code": unit.upper(),
    }
    places: dict[str, Value] = {
        "variant_code": variant.upper(),
        "location_code": location.upper(),
        "requested_on": _DATE.parse(requested),
    }
    changes |= {name: value for name, value in places.items() if value}
    held = Decimal(str(_DECIMAL.parse(covered)))
    return _Line(int(str(number)), item_no.upper(), location.upper(), variant.upper(), held, LineChange(changes))
