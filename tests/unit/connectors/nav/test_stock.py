"""Live figures from the Item page."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from navwire import NAV, ScriptedLanes, rows
from orderwire.canonical.stock import StockKey
from orderwire.connectors.nav.stock import StockReader
from orderwire.connectors.nav.wants import Page
from orderwire.errors import ContractError, UnavailableError

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
FIGURES = {"Base_Unit_of_Measure": "PCS", "Inventory": "120", "Qty_on_Sales_Order": "20.5"}


def reader(lanes: ScriptedLanes, **changes: object) -> StockReader:
    nav = NAV.model_copy(update=changes)
    return StockReader(lanes.page(Page.ITEM, nav), nav, lambda: NOW)


def keys(*nos: str) -> list[StockKey]:
    return [StockKey(item_no=no) for no in nos]


def test_stock_reads_all_keys_in_one_call() -> None:
    """Figures come with time and source, under the key that was asked; unknown items are absent."""
    lanes = ScriptedLanes().reply("Item.ReadMultiple", rows("Item", {"No": "TB-1", **FIGURES}))
    asked = keys("tb-1", "unknown")
    found = reader(lanes).stock(asked)
    assert found.keys() == {asked[0]}
    figure = found[asked[0]]
    assert (figure.inventory, figure.on_sales_orders, figure.free) == (Decimal(120), Decimal("20.5"), Decimal("99.5"))
    assert (figure.base_unit, figure.as_of, figure.source) == ("PCS", NOW, "nav:Item")
    assert ":Criteria>TB-1|UNKNOWN<" in lanes.bodies("ReadMultiple")[0]


def test_absent_decimals_are_zero() -> None:
    """NAV leaves zeros out."""
    lanes = ScriptedLanes().reply("Item.ReadMultiple", rows("Item", {"No": "1"}))
    assert reader(lanes).stock(keys("1"))[StockKey(item_no="1")].free == 0


def test_safety_stock_is_kept_back() -> None:
    """With a safety stock field, less is free than available."""
    lanes = ScriptedLanes().reply(
        "Item.ReadMultiple", rows("Item", {"No": "1", "Safety_Stock_Quantity": "7", **FIGURES})
    )
    figure = reader(lanes, safety_stock_field="Safety_Stock_Quantity").stock(keys("1"))[StockKey(item_no="1")]
    assert figure.available - figure.free == 7


@pytest.mark.parametrize("place", [{"location": "EAST"}, {"variant": "RED"}])
def test_places_are_refused(place: Mapping[str, str]) -> None:
    """The Item page only knows the sum of all locations and variants: it is not asked."""
    lanes = ScriptedLanes()
    with pytest.raises(ContractError):
        reader(lanes).stock([*keys("1"), StockKey(item_no="1", **place)])
    assert lanes.sent == []


def test_nothing_is_asked_for_nothing() -> None:
    """Keys that cannot be in NAV cost no call."""
    lanes = ScriptedLanes()
    assert reader(lanes).stock(keys("x" * 30)) == {}
    assert lanes.bodies("ReadMultiple") == []


@pytest.mark.parametrize("text", ["many", "123456789012345678901234567890"])
def test_nonsense_is_no_figure(text: str) -> None:
    """A figure that is no number is no answer, never a guess."""
    lanes = ScriptedLanes().reply("Item.ReadMultiple", rows("Item", {"No": "1", "Inventory": text}))
    with pytest.raises(UnavailableError):
        reader(lanes).stock(keys("1"))


def test_figures_out_of_range_are_no_answer() -> None:
    """More digits than a figure can have are not cut."""
    text = "123456789012345678.12345678901234567890"
    lanes = ScriptedLanes().reply("Item.ReadMultiple", rows("Item", {"No": "1", "Inventory": text}))
    with pytest.raises(UnavailableError, match="range"):
        reader(lanes).stock(keys("1"))


def test_long_questions_are_several_calls() -> None:
    """The filter's length is bounded."""
    lanes = ScriptedLanes().reply(
        "Item.ReadMultiple", rows("Item", {"No": "1001"}, {"No": "1002"}), rows("Item", {"No": "1003"})
    )
    found = reader(lanes, max_filter_chars=10).stock(keys("1001", "1002", "1003"))
    assert len(found) == 3
