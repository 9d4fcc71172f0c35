"""Stock figures."""

from datetime import UTC, datetime
from decimal import Decimal

from orderwire.canonical.stock import StockFigure, StockKey


def test_available_and_free_are_what_is_left() -> None:
    """Sales orders are taken off first, then what is kept back; the result may lie below zero."""
    figure = StockFigure(
        key=StockKey(item_no="1003"),
        inventory=Decimal(8),
        on_sales_orders=Decimal(3),
        safety_stock=Decimal(6),
        base_unit="PCS",
        as_of=datetime(2026, 11, 21, tzinfo=UTC),
        source="nav:Item",
    )

    assert figure.available == 5
    assert figure.free == -1


def test_keys_are_equal_by_value() -> None:
    """A key finds its figure in a mapping; location and variant are part of it."""
    assert {StockKey(item_no="1"): 1}[StockKey(item_no="1", location="", variant="")] == 1
    assert StockKey(item_no="1", location="EAST") != StockKey(item_no="1")


def test_receipts_count_as_available() -> None:
    """What is expected in time may be taken as well."""
    figure = StockFigure(
        key=StockKey(item_no="1001"),
        inventory=Decimal(8),
        on_sales_orders=Decimal(3),
        receipts=Decimal(4),
        base_unit="PCS",
        as_of=datetime(2026, 11, 21, tzinfo=UTC),
        source="nav:Item",
    )
    assert [figure.available, figure.free] == [9, 9]
