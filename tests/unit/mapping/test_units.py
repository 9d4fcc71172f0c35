"""Units: the buyer's code to NAV's, and quantities to base units and back, as NAV rounds them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.documents import a_partner
from fakes.erp import an_item
from orderwire.errors import MappingError
from orderwire.mapping.units import (
    NAV_ROUNDING,
    base_per_unit,
    in_range,
    rounded,
    to_base,
    to_erp_unit,
    to_unit,
    whole_units,
)
from orderwire.ports.erp import ErpItem

D = Decimal
DRILL = an_item("1001", CARTON=6)

quantities = st.decimals(min_value=D("0.00001"), max_value=D(10) ** 6, places=5)
factors = st.sampled_from([D(1), D(6), D(12), D("0.5"), D("0.33333"), D("1000"), D("2.54")])


@pytest.mark.parametrize(
    ("unit", "default", "erp_unit"),
    [("PCE", None, "PCS"), ("CT", "PCE", "CARTON"), (None, "CT", "CARTON"), (None, None, "PCS"), ("", "CT", "CARTON")],
)
def test_buyers_unit(unit: str | None, default: str | None, erp_unit: str) -> None:
    """The code list, else the partner's default through it, else the item's base unit."""
    assert to_erp_unit(unit, DRILL, a_partner(default_unit=default)) == erp_unit


def test_unit_is_never_guessed() -> None:
    """A code that no list has is an error, even if NAV happens to have a unit of that name."""
    with pytest.raises(MappingError) as caught:
        to_erp_unit("CARTON", DRILL, a_partner())

    assert caught.value.facts == {"unit": "CARTON"}


def test_base_per_unit() -> None:
    """The base unit is one, another as NAV says, and one the item is not sold in is none."""
    assert base_per_unit("PCS", DRILL) == 1
    assert base_per_unit("CARTON", DRILL) == 6
    assert base_per_unit("PALLET", DRILL) is None


@pytest.mark.parametrize("factor", ["0", "-6", "0.000001"])
def test_factor_that_means_nothing(factor: str) -> None:
    """A unit that holds nothing, as a slip in NAV's card makes it, is none."""
    assert base_per_unit("CARTON", ErpItem("1", "x", "PCS", units={"CARTON": D(factor)})) is None


@pytest.mark.parametrize(
    ("quantity", "factor", "fits"),
    [
        ("1", "1", True),
        ("0.00001", "1", True),
        ("0.000009", "1", False),
        ("1", "0.000001", False),
        ("1000000000000", "1", True),
        ("1000000000001", "1", False),
        ("500000000000", "6", False),
        ("999999999999999999", "1", False),
    ],
)
def test_range(quantity: str, factor: str, fits: bool) -> None:  # noqa: FBT001  the table's column
    """What NAV would round to nothing, or could not hold, is out of range, in either unit."""
    assert in_range(D(quantity), D(factor)) is fits


@pytest.mark.parametrize(("quantity", "to"), [("1.000005", "1.00001"), ("1.0000049", "1"), ("2", "2")])
def test_rounding(quantity: str, to: str) -> None:
    """Five decimals, half up, as NAV does."""
    assert rounded(D(quantity)) == D(to)


@pytest.mark.parametrize(
    ("base", "factor", "whole"),
    [("17", "6", "12"), ("18", "6", "18"), ("5", "6", "0"), ("0", "6", "0"), ("-3", "6", "0"), ("5.5", "1", "5")],
)
def test_whole_units(base: str, factor: str, whole: str) -> None:
    """As many whole units as there are; a shortage has none."""
    assert whole_units(D(base), D(factor)) == D(whole)


@given(quantity=quantities, factor=factors)
def test_there_and_back(quantity: Decimal, factor: Decimal) -> None:
    """Converting back misses the quantity by no more than the rounding of both units."""
    assert abs(to_unit(to_base(quantity, factor), factor) - quantity) <= NAV_ROUNDING / 2 / factor + NAV_ROUNDING / 2


@given(base=quantities, factor=factors)
def test_whole_units_fit(base: Decimal, factor: Decimal) -> None:
    """Whole units are never more than there is, and one more would be."""
    whole = whole_units(base, factor)

    assert whole <= base < whole + factor
    assert whole % factor == 0
