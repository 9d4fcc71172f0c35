"""A sales order as NAV's page shows it: read from its element, held against a draft."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from lxml import etree

from orderwire.connectors.nav import soap
from orderwire.connectors.nav.reads import Row, code, date_of, decimal_of, integer_of, option_of, plain
from orderwire.connectors.nav.wants import LINES
from orderwire.ports.erp import ErpOrder, ErpOrderLine, SalesLineDraft, SalesOrderDraft

#: Fields of a line with the day of delivery, the surest first.
PROMISES: Final = ("Promised_Delivery_Date", "Planned_Delivery_Date")
#: External Document No. is Code[35].
EXTERNAL_CHARS: Final = 35
#: What tells whose order it is. Not every page shows both.
WITNESSES: Final = ("Sell_to_Customer_No", "External_Document_No")


@dataclass(frozen=True, slots=True)
class LineRecord:
    key: str
    line_no: int
    kind: str  # Item, G_L_Account …; "" is a line of text
    item_no: str
    quantity: Decimal
    unit: str
    unit_price: Decimal | None  # None: not shown
    shipped: Decimal
    requested_on: str  # as NAV writes it
    promised_on: date | None = None

    def told(self) -> ErpOrderLine:
        """Return the line as the port speaks of it."""
        return ErpOrderLine(
            self.line_no, self.item_no, self.quantity, self.unit, self.unit_price, self.shipped, self.promised_on
        )


@dataclass(frozen=True, slots=True)
class OrderRecord:
    key: str
    no: str
    customer_no: str
    customer_name: str
    external_document_no: str
    status: str
    requested_on: str
    lines: tuple[LineRecord, ...]

    @property
    def items(self) -> tuple[LineRecord, ...]:
        """The lines that sell items, in NAV's order. NAV adds lines of its own, such as extended texts."""
        return tuple(line for line in self.lines if line.kind == "Item")

    def told(self) -> ErpOrder:
        """Return the order as the port speaks of it: lines in order of the draft that made them."""
        return ErpOrder(
            no=self.no,
            external_document_no=self.external_document_no,
            customer_no=self.customer_no,
            posted=False,
            lines=tuple(line.told() for line in self.items),
            status=self.status,
        )


def read_record(record: etree._Element) -> OrderRecord:
    """Read a sales order element.

    Raises:
        UnavailableError: a number in it is none.
    """
    row = plain(record)
    lists = (child for child in record if soap.name_of(child) == LINES)
    rows = [plain(line) for lines in lists for line in lines]
    return OrderRecord(
        key=row.get("Key", ""),
        no=row.get("No", ""),
        customer_no=row.get("Sell_to_Customer_No", ""),
        customer_name=row.get("Sell_to_Customer_Name", ""),
        external_document_no=row.get("External_Document_No", ""),
        status=option_of(row, "Status"),
        requested_on=row.get("Requested_Delivery_Date", ""),
        lines=tuple(sorted(map(_line, _numbered(rows)), key=lambda line: line.line_no)),
    )


def _numbered(rows: Sequence[Row]) -> Sequence[Row]:
    """Return the lines with numbers; where the page shows none, as NAV would number them."""
    if any("Line_No" in row for row in rows):
        return rows
    return [{**row, "Line_No": str(number * 10_000)} for number, row in enumerate(rows, start=1)]


def _line(row: Row) -> LineRecord:
    return LineRecord(
        key=row.get("Key", ""),
        line_no=integer_of(row, "Line_No"),
        kind=option_of(row, "Type"),
        item_no=row.get("No", ""),
        quantity=decimal_of(row, "Quantity"),
        unit=row.get("Unit_of_Measure_Code", ""),
        unit_price=decimal_of(row, "Unit_Price") if "Unit_Price" in row else None,
        shipped=decimal_of(row, "Quantity_Shipped"),
        requested_on=row.get("Requested_Delivery_Date", ""),
        promised_on=next((day for field in PROMISES if (day := date_of(row, field)) is not None), None),
    )


def external_no(draft: SalesOrderDraft) -> str:
    """Return the buyer's order number as NAV keeps it."""
    return code(draft.external_document_no[:EXTERNAL_CHARS])


def belongs(row: Row, draft: SalesOrderDraft, shown: Collection[str]) -> bool:
    """Return whether customer and external document number, as far as the page shows them, are the draft's."""
    wanted = {"Sell_to_Customer_No": code(draft.customer_no), "External_Document_No": external_no(draft)}
    return all(code(row.get(name, "")) == value for name, value in wanted.items() if name in shown)


def differences(draft: SalesOrderDraft, order: OrderRecord, shown: Collection[str]) -> Iterator[str]:
    """Tell where the order is not what the draft asked for; lines are matched by position."""
    if draft.no is not None and code(order.no) != code(draft.no):
        yield f"No {order.no}"
    if "Sell_to_Customer_No" in shown and code(order.customer_no) != code(draft.customer_no):
        yield f"Sell_to_Customer_No {order.customer_no}"
    if "External_Document_No" in shown and code(order.external_document_no) != external_no(draft):
        yield f"External_Document_No {order.external_document_no}"
    if len(order.items) != len(draft.lines):
        yield f"{len(order.items)} lines"
    for wanted, line in zip(draft.lines, order.items, strict=False):
        if not _same(wanted, line):
            yield f"line {line.line_no}: {line.quantity:f} {line.unit} of {line.item_no}"


def _same(wanted: SalesLineDraft, line: LineRecord) -> bool:
    return (code(line.item_no), line.quantity, code(line.unit)) == (
        code(wanted.item_no),
        wanted.quantity,
        code(wanted.unit),
    )
