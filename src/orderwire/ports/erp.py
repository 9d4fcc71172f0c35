"""The ERP as the pipeline sees it: items, stock, sales orders. Quantities are in the unit named beside them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Protocol

from orderwire.canonical.stock import StockFigure, StockKey


@dataclass(frozen=True, slots=True)
class ErpItem:
    """NAV table 27 Item, as far as an order needs it."""

    no: str
    description: str
    base_unit: str
    blocked: bool = False
    gtin: str | None = None
    #: NAV unit of measure code → how many base units it holds; the base unit itself is 1.
    units: Mapping[str, Decimal] = field(default_factory=dict)
    unit_price: Decimal | None = None  # the list price of one base unit; None: not published
    currency: str | None = None  # of `unit_price`; None: not known


@dataclass(frozen=True, slots=True)
class ErpCustomer:
    """NAV table 18 Customer."""

    no: str
    name: str
    blocked: str = ""  # "", Ship, Invoice, All
    # In the company's own currency; None: the page does not show it.
    credit_limit: Decimal | None = None  # 0: none
    balance: Decimal | None = None
    balance_due: Decimal | None = None
    outstanding: Decimal = Decimal(0)  # on order, and shipped but not invoiced, as far as the page shows it


@dataclass(frozen=True, slots=True)
class SalesLineDraft:
    """One sales line to be made; `quantity` in `unit`, a NAV unit of measure code of the item."""

    line_no: int  # NAV's: 10000, 20000 …
    item_no: str
    quantity: Decimal
    unit: str
    requested_on: date | None = None
    location: str = ""
    variant: str = ""
    covered: Decimal = Decimal(0)  # base units that stock must cover at the moment the order is made; the rest is owed


@dataclass(frozen=True, slots=True)
class ShipTo:
    """Where an order goes: a ship-to code of NAV's customer, or an address."""

    code: str = ""
    name: str = ""
    street: tuple[str, ...] = ()
    city: str = ""
    postal_code: str = ""
    country: str = ""  # ISO 3166 alpha-2


@dataclass(frozen=True, slots=True)
class SalesOrderDraft:
    """A sales order to be made in one call."""

    no: str | None  # ours, deterministic; None: NAV's number series decides
    external_document_no: str  # the buyer's order number, cut to 35 characters
    customer_no: str
    ordered_on: date | None
    requested_on: date | None
    currency: str | None
    lines: Sequence[SalesLineDraft]
    ship_to: ShipTo | None = None  # None: where NAV's customer has its goods sent
    source_key: str = ""  # ours, of the buyer's order: the same order always has the same


@dataclass(frozen=True, slots=True)
class ErpOrderLine:
    line_no: int
    item_no: str
    quantity: Decimal  # in `unit`
    unit: str
    unit_price: Decimal | None
    shipped: Decimal = Decimal(0)  # in `unit`
    promised_on: date | None = None  # when NAV plans to have it delivered; None: not said


@dataclass(frozen=True, slots=True)
class ErpOrder:
    """A sales order as it stands in NAV, open or posted."""

    no: str
    external_document_no: str
    customer_no: str
    posted: bool
    lines: tuple[ErpOrderLine, ...]
    status: str = "Open"  # Open, Released, Pending_Approval, Pending_Prepayment; "": the page does not show it
    covered: bool = False  # NAV made it under its own stock check: nothing is to be checked after that


@dataclass(frozen=True, slots=True)
class SalesOrderEdit:
    """What is to stand differently in an open order. Applied twice it is applied once: what stands is compared."""

    quantities: Mapping[int, Decimal] = field(default_factory=dict)  # by NAV line number; 0 takes the line away
    dates: Mapping[int, date] = field(default_factory=dict)  # by NAV line number
    requested_on: date | None = None  # None: as it is
    added: Sequence[SalesLineDraft] = ()
    known: frozenset[int] = frozenset()  # line numbers that stood before: among the others are the `added`

    def added_in(self, lines: Iterable[ErpOrderLine]) -> list[ErpOrderLine | None]:
        """Return, for each line to be added, the one that stands; None: it does not stand yet."""
        strangers = [line for line in lines if line.line_no not in self.known]
        found: list[ErpOrderLine | None] = []
        for draft in self.added:
            wanted = (draft.item_no, draft.quantity, draft.unit)
            line = next((each for each in strangers if (each.item_no, each.quantity, each.unit) == wanted), None)
            if line is not None:
                strangers.remove(line)
            found.append(line)
        return found


class StockSource(Protocol):
    """Live stock."""

    def stock(self, keys: Collection[StockKey], until: date | None = None) -> Mapping[StockKey, StockFigure]:
        """Read live figures for all keys, in as few calls as possible; unknown items are absent from the answer.

        Every figure was read after the question was asked. With `until`, receipts expected up to that day are counted
        in; without, those that the settings let orders take.

        Raises:
            UnavailableError: no answer in time, or not an answer.
            ImplausibleError: nearly all stock is gone at once; somebody has to look at that first.
            OutageError: NAV is down, or refuses our credentials.
            ContractError: the service lacks a wanted field, or knows no locations; a figure is never guessed.
        """
        ...


class Erp(StockSource, Protocol):
    """Dynamics NAV. Thread-safe: every call may come from any worker thread."""

    @property
    def production(self) -> bool:
        """Whether this is a company that must never see a test document."""
        ...

    def ping(self) -> None:
        """Return if NAV answers.

        Raises:
            OutageError: it does not.
        """
        ...

    def items(self, nos: Collection[str]) -> Mapping[str, ErpItem]:
        """Read items by NAV number; unknown ones are absent. Raises as `stock`."""
        ...

    def items_by_gtin(self, gtins: Collection[str]) -> Mapping[str, ErpItem]:
        """Read items by GTIN, of 8 to 14 digits. Unknown ones are absent, and so is one that two items bear.

        Zeros before a GTIN do not count. Raises as `stock`.
        """
        ...

    def customer(self, no: str, *, live: bool = False) -> ErpCustomer | None:
        """Read a customer by NAV number; `live`: as it is now, not as it was some minutes ago. Raises as `stock`."""
        ...

    def find_order(self, draft: SalesOrderDraft) -> ErpOrder | None:
        """Return the sales order that `draft` made, open or posted: by `no`, by customer and external document number.

        Raises:
            DuplicateConflictError: a sales order of that number exists, but is not this one.
            UnavailableError, OutageError, ContractError: as `stock`.
        """
        ...

    def create_order(self, draft: SalesOrderDraft) -> ErpOrder:
        """Create the order with all its lines in one call, and return it with NAV's prices.

        Raises:
            InDoubtError: it may or may not exist now (time-out, lost reply, fault after commit): call `find_order`.
            BusyError: lock or deadlock.
            ErpRefusedError: NAV said no, with its text. NAV may have committed all the same: call `find_order`.
            StockTakenError: NAV itself checks stock, and has less than the lines are to be covered with.
            OutageError: no connection was made, so nothing happened.
        """
        ...

    def set_quantities(self, no: str, quantities: Mapping[int, Decimal]) -> ErpOrder | None:
        """Set quantities by NAV line number, in the line's unit.

        0 deletes the line, and with no line left the order is deleted. Returns the order as it then stands, None if
        it is gone. Safe to repeat.

        Raises:
            ConflictError: somebody else changed the order while we did.
            InDoubtError, BusyError, ErpRefusedError, OutageError: as `create_order`.
        """
        ...

    def change_order(self, no: str, edit: SalesOrderEdit) -> ErpOrder | None:
        """Make an order what `edit` wants, all but the deletions in one call. Returns and raises as `set_quantities`.

        What stands is read first and only the difference is written, so it is safe to repeat after any doubt.
        """
        ...
