"""Prices for one of the unit ordered."""

from decimal import Decimal
from typing import Any

import pytest

from fakes.documents import a_line
from orderwire.mapping.prices import price_differs, price_of_one

D = Decimal


@pytest.mark.parametrize(
    ("changes", "price"),
    [
        ({"net_price": "150"}, "150"),
        ({"net_price": "150", "price_basis": "100"}, "1.5"),
        ({"net_price": "150", "price_unit": "PCE"}, "150"),
        ({"net_price": "150", "price_unit": "KGM"}, None),
        ({}, None),
    ],
)
def test_a_price_may_be_for_many(changes: dict[str, Any], price: str | None) -> None:
    """But not for another unit."""
    assert price_of_one(a_line("1001", "10", "PCE", **changes)) == (price and D(price))


@pytest.mark.parametrize(
    ("price", "tolerance", "differs"),
    [
        ("1.5", "0", False),
        ("1.51", "0", True),
        ("1.51", "1", False),
        ("1.4", "1", True),
        ("9", None, False),
        (None, "0", False),
    ],
)
def test_a_price_differs_by_more_than_the_tolerance(price: str | None, tolerance: str | None, *, differs: bool) -> None:
    """Where both are known, and somebody asked."""
    ordered = a_line("1001", "10", "PCE", net_price="150", price_basis="100")

    assert price_differs(price and D(price), ordered, tolerance and D(tolerance)) is differs  # type: ignore[arg-type]
