"""NAV in memory: items, stock, sales orders; no stock check on entry, as NAV has none; faults on demand."""

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from orderwire.canonical.stock import StockFigure, StockKey
from orderwire.errors import DuplicateConflictError, ErpRefusedError, InDoubtError, OrderwireError, StockTakenError
from orderwire.ports.erp import (
    ErpCustomer,
    ErpItem,
    ErpOrder,
    ErpOrderLine,
    SalesLineDraft,
    SalesOrderDraft,
    SalesOrderEdit,
)

AS_OF: Final = datetime(2026, 11, 21, 8, tzinfo=UTC)


def an_item(
    no: str, base_unit: str = "PCS", *, blocked: bool = False, gtin: str | None = None, **units: int
) -> ErpItem:
    """Return an item; `units` are NAV unit codes with their base units each."""
    factors = {code: Decimal(factor) for code, factor in units.items()}
    return ErpItem(no, f"Item {no}", base_unit, blocked, gtin, {base_unit: Decimal(1), **factors})


#: Item, inventory, and what stands on sales orders of NAV's own users.
DEMO: Final = (
    (an_item("1001", gtin="4099999001019", CARTON=6), 120, 20),
    (an_item("1002", gtin="4099999001026", CARTON=12), 300, 0),
    (an_item("1003", gtin="4099999001033"), 8, 3),
    (an_item("1004", "BOX", gtin="4099999001040", CARTON=10), 1000, 150),
    (an_item("1005", "PAIR", gtin="4099999001057"), 75, 0),
    (an_item("1006", gtin="4099999001064"), 40, 0),
    (an_item("1007", gtin="4099999001071"), 0, 0),
    (an_item("1008", gtin="4099999001088", blocked=True), 10, 0),
)


#: NAV does what it was asked to, but only after its asker has given up.
SLOW: Final = InDoubtError("no answer in time")


@dataclass(frozen=True)
class _Fault:
    error: Exception
    after: bool


class FakeErp:
    """An `Erp`. Thread-safe."""

    def __init__(self, *, production: bool = False) -> None:
        self._production = production
        self._lock = threading.RLock()
        self._numbers = iter(range(1, 1_000_000))
        self._faults: defaultdict[str, deque[_Fault]] = defaultdict(deque)
        self._passing: Callable[[str], None] = lambda _operation: None
        self.calls: Counter[str] = Counter()
        #: Whether NAV checks stock itself as it makes an order, once per source key, as its gateway codeunit does.
        self.checks_stock = False
        self._placed: set[str] = set()
        self._slow: deque[SalesOrderDraft] = deque()
        self._spoiling: Callable[[SalesLineDraft], SalesLineDraft] | None = None
        self.known = {item.no: item for item, _, _ in DEMO}
        self.inventory = {item.no: Decimal(inventory) for item, inventory, _ in DEMO}
        self.users = {item.no: Decimal(sold) for item, _, sold in DEMO}  # sold by NAV's own users
        self.customers = {
            no: ErpCustomer(no, f"Customer {no}") for no in ("C10000", "C20000", "C30000", "C40000", "C50000")
        }
        self.prices: dict[str, Decimal] = defaultdict(lambda: Decimal("9.90"))
        self.orders: dict[str, ErpOrder] = {}
        self.drafts: dict[str, SalesOrderDraft] = {}
        self.planned: date | None = None  # when its users plan to deliver
        self.dates: dict[str, dict[int, date]] = {}

    # What a test does to it

    def fail(self, operation: str, error: Exception, *, times: int = 1, after: bool = False) -> None:
        """Raise from the next calls; `after`: having done what was asked."""
        self._faults[operation].extend([_Fault(error, after)] * times)

    def spoil(self, change: Callable[[SalesLineDraft], SalesLineDraft]) -> None:
        """Commit the next order with other lines than were asked for, and fault then."""
        self._spoiling = change

    def mend(self) -> None:
        """Forget the faults that are still due."""
        self._faults.clear()
        self.arrive()

    def arrive(self) -> None:
        """Do the work whose askers have given up waiting (see `SLOW`)."""
        with self._lock:
            while self._slow:
                with suppress(OrderwireError):
                    self._make(self._slow.popleft())

    def passing(self, watch: Callable[[str], None]) -> None:
        """Call `watch` with the operation's name before each call, and with `<operation> done` after it."""
        self._passing = watch

    def put(self, item: ErpItem, inventory: int = 0) -> None:
        with self._lock:
            self.known[item.no] = item
            self.inventory[item.no] = Decimal(inventory)
            self.users.setdefault(item.no, Decimal(0))

    def buy(self, item_no: str, quantity: int) -> None:
        """Enter an order as a NAV user."""
        with self._lock:
            self.users[item_no] += quantity

    def edit(self, no: str, quantities: Mapping[int, int]) -> None:
        """Change an order as a NAV user; 0 deletes the line, and the order with its last line."""
        with self._lock:
            self._set(no, {line_no: Decimal(quantity) for line_no, quantity in quantities.items()})

    def post(self, no: str) -> None:
        """Ship an order: it leaves the sales orders, the goods leave the stock, and its lines are shown no more."""
        with self._lock:
            for line in self.orders[no].lines:
                self.inventory[line.item_no] -= self._base(line)
            self.orders[no] = replace(self.orders[no], posted=True, lines=())

    def release(self, no: str) -> None:
        """Release an order: NAV changes it no more."""
        with self._lock:
            self.orders[no] = replace(self.orders[no], status="Released")

    def ship(self, no: str, quantity: int) -> None:
        """Ship some of an order's first line: its figures stay, the goods leave the stock and the sales orders."""
        with self._lock:
            first, *rest = self.orders[no].lines
            self.inventory[first.item_no] -= quantity
            shipped = replace(first, shipped=first.shipped + quantity)
            self.orders[no] = replace(self.orders[no], lines=(shipped, *rest))

    def available(self, item_no: str) -> Decimal:
        return self._figure(StockKey(item_no=item_no)).available

    # The port

    @property
    def production(self) -> bool:
        return self._production

    def ping(self) -> None:
        with self._call("ping"):
            pass

    def stock(self, keys: Collection[StockKey], until: date | None = None) -> Mapping[StockKey, StockFigure]:  # noqa: ARG002  nothing is expected
        with self._call("stock"):
            return {key: self._figure(key) for key in keys if key.item_no in self.known}

    def items(self, nos: Collection[str]) -> Mapping[str, ErpItem]:
        with self._call("items"):
            return {no: self.known[no] for no in nos if no in self.known}

    def items_by_gtin(self, gtins: Collection[str]) -> Mapping[str, ErpItem]:
        with self._call("items_by_gtin"):
            known = {item.gtin.zfill(14): item for item in self.known.values() if item.gtin}
            return {gtin: known[gtin.zfill(14)] for gtin in gtins if gtin.zfill(14) in known}

    def customer(self, no: str, *, live: bool = False) -> ErpCustomer | None:  # noqa: ARG002  it remembers nothing
        with self._call("customer"):
            return self.customers.get(no)

    def find_order(self, draft: SalesOrderDraft) -> ErpOrder | None:
        with self._call("find_order"):
            return self._find(draft)

    def create_order(self, draft: SalesOrderDraft) -> ErpOrder:
        try:
            with self._call("create_order"):
                self.arrive()  # NAV takes calls for the same order one after the other
                if self._spoiling:
                    spoiling, self._spoiling = self._spoiling, None
                    self._make(replace(draft, lines=[spoiling(line) for line in draft.lines]))
                    raise ErpRefusedError("Automatic reservation is not possible.")
                return self._make(draft)
        except InDoubtError as error:
            if error is SLOW:
                self._slow.append(draft)
            raise

    def _make(self, draft: SalesOrderDraft) -> ErpOrder:
        if self.checks_stock and draft.source_key in self._placed:
            raise InDoubtError("NAV has made that order before", no=draft.no)
        no = draft.no or f"SO{next(self._numbers):05}"
        if no in self.orders:
            raise ErpRefusedError("the sales header already exists", no=no)
        if any(self.known[line.item_no].blocked for line in draft.lines):
            raise ErpRefusedError("an item is blocked")
        self._cover(draft)
        lines = tuple(self._line(line) for line in draft.lines)
        order = ErpOrder(no, draft.external_document_no, draft.customer_no, posted=False, lines=lines)
        self.orders[no], self.drafts[no] = order, draft
        self._placed.add(draft.source_key)
        return replace(order, covered=self.checks_stock)

    def set_quantities(self, no: str, quantities: Mapping[int, Decimal]) -> ErpOrder | None:
        with self._call("set_quantities"):
            order = self.orders.get(no)
            if order:
                self._test_open(order, SalesOrderEdit(quantities))
            return self._set(no, quantities)

    def change_order(self, no: str, edit: SalesOrderEdit) -> ErpOrder | None:
        with self._call("change_order"):
            order = self.orders.get(no)
            if order is None:
                return None
            self._test_open(order, edit)
            missing = [d for d, line in zip(edit.added, edit.added_in(order.lines), strict=True) if line is None]
            last = max((line.line_no for line in order.lines), default=0)
            new = [replace(self._line(draft), line_no=last + 10000 * n) for n, draft in enumerate(missing, start=1)]
            self.orders[no] = replace(order, lines=(*order.lines, *new))
            self.dates.setdefault(no, {}).update(edit.dates)
            return self._set(no, edit.quantities)

    # Inside

    def _test_open(self, order: ErpOrder, edit: SalesOrderEdit) -> None:
        if order.posted or (order.status != "Open" and self._differs(order, edit)):
            raise ErpRefusedError("the order is posted or released", no=order.no)
        if any(edit.quantities.get(line.line_no, line.quantity) < line.shipped for line in order.lines):
            raise ErpRefusedError("less than was shipped", no=order.no)

    @staticmethod
    def _differs(order: ErpOrder, edit: SalesOrderEdit) -> bool:
        standing = {line.line_no: line.quantity for line in order.lines}
        changed = any(standing.get(line_no, 0) != quantity for line_no, quantity in edit.quantities.items())
        return changed or None in edit.added_in(order.lines)

    @contextmanager
    def _call(self, operation: str) -> Iterator[None]:
        """Fail before or after, if a fault is due."""
        self._passing(operation)
        with self._lock:
            self.calls[operation] += 1
            fault = self._faults[operation].popleft() if self._faults[operation] else None
            if fault and not fault.after:
                raise fault.error
            yield
            if fault:
                raise fault.error
        self._passing(f"{operation} done")

    def _cover(self, draft: SalesOrderDraft) -> None:
        """Refuse what stock does not cover, where NAV checks that itself."""
        for item_no in {line.item_no for line in draft.lines if self.checks_stock}:
            wanted = sum((line.covered for line in draft.lines if line.item_no == item_no), Decimal(0))
            if wanted > max(self.available(item_no), Decimal(0)):
                raise StockTakenError("NAV has less stock left", item_no=item_no)

    def _base(self, line: ErpOrderLine) -> Decimal:
        return (line.quantity - line.shipped) * self.known[line.item_no].units[line.unit]

    def _figure(self, key: StockKey) -> StockFigure:
        ours = sum(
            (
                self._base(line)
                for order in self.orders.values()
                if not order.posted
                for line in order.lines
                if line.item_no == key.item_no
            ),
            Decimal(0),
        )
        return StockFigure(
            key=key,
            inventory=self.inventory[key.item_no],
            on_sales_orders=self.users[key.item_no] + ours,
            base_unit=self.known[key.item_no].base_unit,
            as_of=AS_OF,
            source="fake",
        )

    def _line(self, line: SalesLineDraft) -> ErpOrderLine:
        price = self.prices[line.item_no]
        return ErpOrderLine(line.line_no, line.item_no, line.quantity, line.unit, price, promised_on=self.planned)

    def _find(self, draft: SalesOrderDraft) -> ErpOrder | None:
        ours = (draft.customer_no, draft.external_document_no)
        if draft.no is None:
            found = [order for order in self.orders.values() if (order.customer_no, order.external_document_no) == ours]
            return found[0] if found else None
        order = self.orders.get(draft.no)
        if order is not None and (order.customer_no, order.external_document_no) != ours:
            raise DuplicateConflictError("another order has this number", no=draft.no)
        return order

    def _set(self, no: str, quantities: Mapping[int, Decimal]) -> ErpOrder | None:
        order = self.orders.get(no)
        if order is None:
            return None
        lines = tuple(
            replace(line, quantity=quantities.get(line.line_no, line.quantity))
            for line in order.lines
            if quantities.get(line.line_no, line.quantity) > 0
        )
        if not lines:
            del self.orders[no]
            return None
        self.orders[no] = replace(order, lines=lines)
        return self.orders[no]
