"""A NAV company: its tables, the sums NAV computes over them, and a log of what was committed."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import takewhile
from typing import Any, Final, Literal

from orderwire.simulators.nav.data import NavData, PurchaseData
from orderwire.simulators.nav.places import Place, lies_at, stockkeeping_unit, variants_of
from orderwire.simulators.nav.tables import (
    Customer,
    Database,
    Item,
    ItemUnit,
    PostedInvoice,
    PostedLine,
    PostedShipment,
    PrimaryKey,
    PurchaseLine,
    Row,
    SalesHeader,
    SalesLine,
    StockkeepingUnit,
    Table,
)
from orderwire.simulators.nav.values import Value

#: Commits that are remembered; older ones are forgotten.
_LOG_LENGTH: Final = 200_000

Action = Literal["create", "update", "delete", "post", "stock"]
Actor = Literal["service", "user"]


@dataclass(frozen=True, slots=True)
class CommittedLine:
    line_no: int
    item_no: str
    quantity: Decimal
    unit: str
    quantity_base: Decimal  # outstanding


@dataclass(frozen=True, slots=True)
class Commit:
    """One transaction: the order as it then stood, and what was free of each item it touched."""

    sequence: int
    action: Action
    by: Actor
    order_no: str
    external_document_no: str
    customer_no: str
    lines: tuple[CommittedLine, ...]
    available: Mapping[str, Decimal] = field(default_factory=dict)


OnCommit = Callable[["World", Mapping[tuple[str, PrimaryKey], None], list[Commit]], None]


def _today() -> date:
    return datetime.now(UTC).date()


class World(Database):
    """Everything the pages show. Use `transaction()` for a consistent look at more than one row."""

    def __init__(self, data: NavData, *, today: Callable[[], date] = _today) -> None:
        super().__init__()
        self.today = today
        self._open(data)
        self.items = Table[Item]("Item", 27, {"no": "No."}, indexed=("gtin",))
        self.customers = Table[Customer]("Customer", 18, {"no": "No."})
        self.units = Table[ItemUnit](
            "Item Unit of Measure", 5404, {"item_no": "Item No.", "code": "Code"}, indexed=("item_no",)
        )
        place = {"location_code": "Location Code", "item_no": "Item No.", "variant_code": "Variant Code"}
        self.places = Table[StockkeepingUnit]("Stockkeeping Unit", 5700, place, indexed=("item_no",))
        purchase = {"document_type": "Document Type", "document_no": "Document No.", "line_no": "Line No."}
        self.purchases = Table[PurchaseLine]("Purchase Line", 39, purchase, indexed=("no",))
        self.orders = Table[SalesHeader](
            "Sales Header", 36, {"no": "No."}, document=True, indexed=("external_document_no",)
        )
        self.lines = Table[SalesLine](
            "Sales Line", 37, {"document_no": "Document No.", "line_no": "Line No."}, document=True
        )
        self.shipments = Table[PostedShipment](
            "Sales Shipment Header", 110, {"no": "No."}, indexed=("external_document_no", "order_no")
        )
        posted_line = {"document_no": "Document No.", "line_no": "Line No."}
        self.shipment_lines = Table[PostedLine]("Sales Shipment Line", 111, posted_line, indexed=("document_no",))
        self.invoices = Table[PostedInvoice]("Sales Invoice Header", 112, {"no": "No."}, indexed=("order_no",))
        self.invoice_lines = Table[PostedLine]("Sales Invoice Line", 113, posted_line, indexed=("document_no",))
        tables: tuple[Table[Any], ...] = (
            self.items, self.customers, self.units, self.places, self.purchases, self.orders, self.lines,
            self.shipments, self.shipment_lines, self.invoices, self.invoice_lines,
        )  # fmt: skip
        self.tables: Mapping[str, Table[Any]] = {table.name: table for table in tables}
        self.lines.watch = self._line_changed
        #: Item → location and variant → what sales orders want of it.
        self._on_order: defaultdict[str, defaultdict[Place, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        self._lines_of: defaultdict[str, dict[int, SalesLine]] = defaultdict(dict)
        self._commits: deque[Commit] = deque(maxlen=_LOG_LENGTH)
        self._sequence = 0
        self._kept = 0  # newest commit that `on_commit` was told of
        self.series: dict[str, int] = {}
        #: Called within each transaction, right before its end: with the rows it touched, and its commits.
        self.on_commit: OnCommit = lambda _world, _changed, _commits: None
        self._load(data)

    def commit(self) -> None:
        """End the transaction: nothing of it can be undone."""
        commits = list(takewhile(lambda commit: commit.sequence > self._kept, reversed(self._commits)))
        if self._changed or commits:
            self.on_commit(self, self._changed, commits[::-1])
        self._kept = self._sequence
        super().commit()

    def recall(self, commits: Iterable[Commit], series: Mapping[str, int]) -> None:
        """Bring back what was logged before."""
        self._commits.extend(commits)
        self._sequence = self._kept = self._commits[-1].sequence if self._commits else 0
        self.series.update(series)

    def _open(self, data: NavData) -> None:
        """Set up what has no page."""
        self.walk_in_customer_no = data.walk_in_customer_no
        self.vat_percent = data.vat_percent
        self.currencies = frozenset(data.currencies)
        places = [place for item in data.items for place in item.places]
        self.locations = frozenset(data.locations) | {place.location for place in places}
        #: Item number and variant code.
        self.variants = frozenset(variants_of(data))

    def _load(self, data: NavData) -> None:
        with self.transaction():
            for item in data.items:
                units = {item.base_unit: Decimal(1)} | item.units
                self.put(self.items, Item(**item.model_dump(exclude={"units", "places", "variants"})))
                for code, qty_per in units.items():
                    self.put(self.units, ItemUnit(item_no=item.no, code=code, qty_per=qty_per))
                for place in item.places:
                    self.put(self.places, stockkeeping_unit(item.no, place))
            for number, bought in enumerate(data.purchases, start=1):
                self.put(self.purchases, self._purchase_line(number, bought))
            for customer in data.customers:
                self.put(self.customers, Customer(**customer.model_dump()))

    def _purchase_line(self, number: int, bought: PurchaseData) -> PurchaseLine:
        item = self.items.rows.get((bought.item_no,))
        days = bought.expected_in_days
        return PurchaseLine(
            document_no=f"PO-{number:06d}",
            line_no=10_000,
            vendor_no=bought.vendor_no,
            no=bought.item_no,
            variant_code=bought.variant,
            location_code=bought.location,
            quantity=bought.quantity,
            outstanding=bought.quantity,
            unit_code=bought.unit or (item.base_unit if item else ""),
            expected_on=None if days is None else self.today() + timedelta(days=days),
        )

    def _line_changed(self, old: SalesLine | None, new: SalesLine | None) -> None:
        if old:
            self._on_order[old.no][old.location_code, old.variant_code] -= old.outstanding_base
            self._lines_of[old.document_no].pop(old.line_no, None)
        if new:
            self._on_order[new.no][new.location_code, new.variant_code] += new.outstanding_base
            self._lines_of[new.document_no][new.line_no] = new
        for line in (old, new):
            if line and not self._lines_of[line.document_no]:
                del self._lines_of[line.document_no]

    def lines_of(self, order_no: str) -> list[SalesLine]:
        """Return an order's lines by line number."""
        return [line for _line_no, line in sorted(self._lines_of.get(order_no, {}).items())]

    def part_of(self, table: Table[Any], document_no: str) -> list[Any]:
        """Return the rows of a subpage's table that belong to a document, by line number."""
        if table is self.lines:
            return self.lines_of(document_no)
        return sorted(table.having("document_no", [document_no]) or (), key=table.key_of)

    def qty_on_sales_order(self, item_no: str, location: str = "", variant: str = "") -> Decimal:
        """Σ outstanding quantity (base) of order lines, whatever their order's status; blank: of all places."""
        wanted = self._on_order[item_no].items() if item_no in self._on_order else ()
        return sum((quantity for place, quantity in wanted if lies_at(place, location, variant)), Decimal(0))

    def inventory(self, item_no: str, location: str = "", variant: str = "") -> Decimal:
        """What lies there, in base units; blank: everywhere."""
        if not location and not variant:
            item = self.items.rows.get((item_no,))
            return item.inventory if item else Decimal(0)
        places = self.places.having("item_no", [item_no]) or ()
        held = ((place.location_code, place.variant_code, place.inventory) for place in places)
        return sum((held for at, kind, held in held if lies_at((at, kind), location, variant)), Decimal(0))

    def available(self, item_no: str, location: str = "", variant: str = "") -> Decimal:
        """Inventory less what sales orders want; may be below zero."""
        return self.inventory(item_no, location, variant) - self.qty_on_sales_order(item_no, location, variant)

    def receipts(self, item_no: str, until: date | None, location: str = "", variant: str = "") -> Decimal:
        """Return what is expected from today up to a day, in base units; None: nothing."""
        if until is None:
            return Decimal(0)
        return sum(
            (
                line.outstanding * unit.qty_per
                for line in self.purchases.having("no", [item_no]) or ()
                if (unit := self.units.rows.get((item_no, line.unit_code))) is not None
                and line.expected_on is not None
                and self.today() <= line.expected_on <= until
                and lies_at((line.location_code, line.variant_code), location, variant)
            ),
            Decimal(0),
        )

    def safety_stock(self, item_no: str, location: str = "", variant: str = "") -> Decimal:
        """Return what is kept back there; of a place without a stockkeeping unit it is the item's."""
        place = self.places.rows.get((location, item_no, variant))
        item = self.items.rows.get((item_no,))
        return place.safety_stock if place else item.safety_stock if item else Decimal(0)

    def move(self, item_no: str, quantity: Decimal, location: str = "", variant: str = "") -> None:
        """Put base units on stock, or take them off: at the place, if the item is kept there, and in the sum."""
        item = self.items.rows.get((item_no,))
        place = self.places.rows.get((location, item_no, variant))
        if item is not None:
            self.put(self.items, replace(item, inventory=item.inventory + quantity))
        if place is not None:
            self.put(self.places, replace(place, inventory=place.inventory + quantity))

    def value(self, row: Row, attribute: str) -> Value:
        """Read a column, or compute what NAV computes."""
        if attribute == "qty_on_sales_order" and isinstance(row, Item):
            return self.qty_on_sales_order(row.no)
        if attribute == "qty_on_sales_order" and isinstance(row, StockkeepingUnit):
            return self._on_order[row.item_no][row.location_code, row.variant_code]
        value: Value = getattr(row, attribute)
        return value

    def next_no(self, prefix: str, taken: Callable[[str], bool]) -> str:
        """Draw from a number series; a transaction that is undone gives its number back."""
        last = drawn = self.series.get(prefix, 0)
        while taken(no := f"{prefix}{(drawn := drawn + 1):06d}"):
            pass
        self.series[prefix] = drawn
        self._undo.append(lambda: self.series.update({prefix: last}))
        return no

    def log(self, action: Action, by: Actor, order: SalesHeader | None, items: Iterable[str] = ()) -> None:
        """Note what this transaction did; forgotten if it is undone."""
        self._sequence += 1
        lines = self.lines_of(order.no) if order else []
        touched = {line.no for line in lines if line.type == "Item"} | set(items)
        self._commits.append(
            Commit(
                sequence=self._sequence,
                action=action,
                by=by,
                order_no=order.no if order else "",
                external_document_no=order.external_document_no if order else "",
                customer_no=order.customer_no if order else "",
                lines=tuple(
                    CommittedLine(line.line_no, line.no, line.quantity, line.unit_code, line.outstanding_base)
                    for line in lines
                ),
                available={item_no: self.available(item_no) for item_no in sorted(touched)},
            )
        )
        self._undo.append(self._unlog)

    def _unlog(self) -> None:
        self._commits.pop()

    @property
    def commits(self) -> tuple[Commit, ...]:
        """What was committed, in order."""
        with self.lock:
            return tuple(self._commits)
