"""NAV's tables in memory: frozen rows with rowversions, and transactions that undo themselves."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Context, Decimal
from threading import RLock
from typing import Final, Generic, TypeVar

#: A primary key without the Document Type, which is always Order here.
PrimaryKey = tuple[str | int, ...]

_FIRST_ROWVERSION: Final = 1_330_000_000
#: Holds any product of the numbers that fields can hold.
_EXACT: Final = Context(prec=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    rowversion: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Row):
    no: str
    description: str = ""
    base_unit: str = ""
    blocked: bool = False
    gtin: str = ""
    inventory: Decimal = Decimal(0)
    safety_stock: Decimal = Decimal(0)
    unit_price: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockkeepingUnit(Row):
    """An item at one location, in one variant or in none."""

    location_code: str
    item_no: str
    variant_code: str = ""
    inventory: Decimal = Decimal(0)
    safety_stock: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseLine(Row):
    """What is ordered from a vendor, and how much of it has not come."""

    document_type: str = "Order"
    document_no: str
    line_no: int
    vendor_no: str = ""
    type: str = "Item"
    no: str = ""
    variant_code: str = ""
    location_code: str = ""
    quantity: Decimal = Decimal(0)
    unit_code: str = ""
    outstanding: Decimal = Decimal(0)
    expected_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemUnit(Row):
    item_no: str
    code: str
    qty_per: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer(Row):
    no: str
    name: str = ""
    gln: str = ""
    blocked: str = "_blank_"
    credit_limit: Decimal = Decimal(0)
    balance: Decimal = Decimal(0)
    balance_due: Decimal = Decimal(0)
    outstanding_orders: Decimal = Decimal(0)
    shipped_not_invoiced: Decimal = Decimal(0)
    ship_to: tuple[str, ...] = ()  # codes of its delivery addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesHeader(Row):
    no: str
    customer_no: str = ""
    customer_name: str = ""
    external_document_no: str = ""
    order_date: date | None = None
    requested_on: date | None = None
    currency_code: str = ""
    status: str = "Open"
    ship_to_code: str = ""
    ship_to_name: str = ""
    ship_to_address: str = ""
    ship_to_address_2: str = ""
    ship_to_city: str = ""
    ship_to_post_code: str = ""
    ship_to_country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesLine(Row):
    document_no: str
    line_no: int
    type: str = "_blank_"
    no: str = ""
    variant_code: str = ""
    description: str = ""
    location_code: str = ""
    quantity: Decimal = Decimal(0)
    unit_code: str = ""
    unit_price: Decimal = Decimal(0)
    requested_on: date | None = None
    promised_on: date | None = None
    planned_on: date | None = None
    quantity_shipped: Decimal = Decimal(0)
    quantity_invoiced: Decimal = Decimal(0)
    qty_per: Decimal = Decimal(1)

    @property
    def line_amount(self) -> Decimal:
        return _EXACT.multiply(self.quantity, self.unit_price).quantize(Decimal("0.01"), context=_EXACT)

    @property
    def outstanding_base(self) -> Decimal:
        """What Qty. on Sales Order counts: not shipped yet, in base units."""
        if self.type != "Item":
            return Decimal(0)
        outstanding = _EXACT.multiply(self.quantity - self.quantity_shipped, self.qty_per)
        return outstanding.quantize(Decimal("0.00001"), context=_EXACT)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedShipment(Row):
    no: str
    customer_no: str = ""
    order_no: str = ""
    external_document_no: str = ""
    posting_date: date | None = None
    tracking_no: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedInvoice(Row):
    no: str
    customer_no: str = ""
    order_no: str = ""
    external_document_no: str = ""
    posting_date: date | None = None
    due_date: date | None = None
    currency_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedLine(Row):
    """A line of a posted shipment or invoice; it keeps the number of the sales line it comes from."""

    document_no: str
    line_no: int
    type: str = "_blank_"
    no: str = ""
    description: str = ""
    quantity: Decimal = Decimal(0)
    unit_code: str = ""
    unit_price: Decimal = Decimal(0)
    vat_percent: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)  # the share of a discount of the whole document
    shipment_no: str = ""  # of an invoice that collects shipments; those of an order name none

    @property
    def line_amount(self) -> Decimal:
        return _EXACT.multiply(self.quantity, self.unit_price).quantize(Decimal("0.01"), context=_EXACT)


R = TypeVar("R", bound=Row)


class Table(Generic[R]):
    """Rows by primary key; `watch` sees each change, so that sums and indexes keep up."""

    def __init__(
        self,
        name: str,
        table_id: int,
        key: dict[str, str],
        *,
        document: bool = False,
        indexed: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.table_id = table_id
        self.key = key  # attribute → NAV's field name
        self.document = document  # whether Document Type is the first field of the primary key
        self.rows: dict[PrimaryKey, R] = {}
        self._indexes: dict[str, defaultdict[object, set[PrimaryKey]]] = {
            attribute: defaultdict(set) for attribute in indexed
        }
        self.watch: Callable[[R | None, R | None], None] = lambda _old, _new: None

    def key_of(self, row: R) -> PrimaryKey:
        return tuple(getattr(row, attribute) for attribute in self.key)

    def fits(self, key: PrimaryKey) -> bool:
        """Whether a key read from outside can be one of this table: line numbers are the only numbers in keys."""
        wanted = [attribute == "line_no" for attribute in self.key]
        return [isinstance(part, int) for part in key] == wanted

    def identify(self, key: PrimaryKey) -> dict[str, object]:
        """Name the primary key's fields as NAV's texts do."""
        fields: dict[str, object] = {"Document Type": "Order"} if self.document else {}
        return fields | dict(zip(self.key.values(), key, strict=True))

    def store(self, key: PrimaryKey, row: R | None) -> None:
        """Set or remove a row; not a transaction by itself."""
        old = self.rows.get(key)
        if row is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = row
        for attribute, index in self._indexes.items():
            if old is not None:
                index[getattr(old, attribute)].discard(key)
                if not index[getattr(old, attribute)]:
                    del index[getattr(old, attribute)]
            if row is not None:
                index[getattr(row, attribute)].add(key)
        self.watch(old, row)

    def having(self, attribute: str, values: Iterable[object]) -> list[R] | None:
        """Return the rows with one of these values; None if only a scan can tell."""
        if tuple(self.key) == (attribute,):
            keys = {(str(value),) for value in values}
            return [self.rows[key] for key in keys if key in self.rows]
        if attribute not in self._indexes:
            return None
        index = self._indexes[attribute]
        return [self.rows[key] for value in values for key in index.get(value, ())]


class Database:
    """One lock is one transaction at a time; a fault undoes what the transaction did."""

    def __init__(self) -> None:
        self.lock = RLock()
        self._rowversion = _FIRST_ROWVERSION
        self._undo: list[Callable[[], None]] = []
        self._changed: dict[tuple[str, PrimaryKey], None] = {}  # rows that this transaction put or removed
        self._depth = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block alone and whole; nested blocks join the outer one."""
        with self.lock:
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    while self._undo:
                        self._undo.pop()()
                    self._changed.clear()
                raise
            else:
                if self._depth == 1:
                    self.commit()
            finally:
                self._depth -= 1

    def commit(self) -> None:
        """Forget how to undo what was done so far."""
        self._undo.clear()
        self._changed.clear()

    def put(self, table: Table[R], row: R) -> R:
        """Insert or replace `row` under a new rowversion."""
        self._rowversion += 1
        stamped = replace(row, rowversion=self._rowversion)
        self._remember(table, table.key_of(stamped))
        table.store(table.key_of(stamped), stamped)
        return stamped

    def remove(self, table: Table[R], row: R) -> None:
        key = table.key_of(row)
        self._remember(table, key)
        table.store(key, None)

    def bring_back(self, table: Table[R], key: PrimaryKey, row: R | None) -> None:
        """Set or remove a row as it was committed before; not a transaction."""
        self._rowversion = max(self._rowversion, row.rowversion if row else 0)
        table.store(key, row)

    def _remember(self, table: Table[R], key: PrimaryKey) -> None:
        self._changed[table.name, key] = None
        old = table.rows.get(key)
        self._undo.append(lambda: table.store(key, old))
