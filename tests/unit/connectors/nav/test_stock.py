"""Live figures from the Item page."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from navwire import NAV, ScriptedLanes, rows
from orderwire.canonical.stock import StockKey
from orderwire.config.nav import NavStockSettings
from orderwire.connectors.nav.stock import StockReader
from orderwire.connectors.nav.wants import Page
from orderwire.errors import ContractError, ImplausibleError, UnavailableError
from orderwire.ports.erp import ErpItem

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
FIGURES = {"Base_Unit_of_Measure": "PCS", "Inventory": "120", "Qty_on_Sales_Order": "20.5"}
KNOWN = {no: ErpItem(no, f"Item {no}", "PCS", units={"PCS": Decimal(1), "CARTON": Decimal(6)}) for no in ("1", "2")}
ITEM_ONLY = (Page.ITEM,)
ALL = (Page.ITEM, Page.STOCKKEEPING_UNIT, Page.PURCHASE_LINES)


def reader(lanes: ScriptedLanes, pages: Sequence[Page] = ITEM_ONLY, **changes: object) -> StockReader:
    nav = NAV.model_copy(update=changes)
    published = {page: lanes.page(page, nav) for page in pages}
    return StockReader(published, nav, lambda: NOW, lambda nos: {no: KNOWN[no] for no in nos if no in KNOWN})


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
    with pytest.raises(ContractError, match="stockkeeping_unit"):
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


def sku(item_no: str, location: str, inventory: str, variant: str = "") -> Mapping[str, str]:
    fields = {"Item_No": item_no, "Location_Code": location, "Variant_Code": variant, "Inventory": inventory}
    return {name: text for name, text in fields.items() if text}


def test_stock_of_a_location_and_a_variant() -> None:
    """With a page keyed by location a figure is of this location and variant alone, in the item's base unit."""
    records = (sku("1", "EAST", "5"), sku("1", "EAST", "3", "RED"), sku("2", "EAST", "7"), sku("9", "EAST", "1"))
    lanes = ScriptedLanes().reply("StockkeepingUnit.ReadMultiple", rows("StockkeepingUnit", *records))
    plain, red, other, unknown = (
        StockKey(item_no="1", location="east"),
        StockKey(item_no="1", location="EAST", variant="red"),
        StockKey(item_no="2", location="EAST"),
        StockKey(item_no="9", location="EAST"),
    )
    found = reader(lanes, ALL).stock([plain, red, other, unknown])
    assert {key: (figure.inventory, figure.base_unit) for key, figure in found.items()} == {
        plain: (Decimal(5), "PCS"), red: (Decimal(3), "PCS"), other: (Decimal(7), "PCS"),
    }  # fmt: skip
    assert {figure.source for figure in found.values()} == {"nav:StockkeepingUnit"}
    assert [body.count("<n:Field>Location_Code") for body in lanes.bodies("ReadMultiple")] == [1]


def test_each_location_is_asked_by_itself() -> None:
    """Two locations are two questions, so that a filter never names more than what was asked."""
    lanes = ScriptedLanes().reply(
        "StockkeepingUnit.ReadMultiple",
        rows("StockkeepingUnit", sku("1", "EAST", "5")),
        rows("StockkeepingUnit", sku("1", "O'HARE", "6")),
    )
    asked = [StockKey(item_no="1", location="EAST"), StockKey(item_no="1", location="O'Hare")]
    found = reader(lanes, ALL).stock(asked)
    assert [found[key].inventory for key in asked] == [5, 6]
    assert any("'O''HARE'" in body for body in lanes.bodies("ReadMultiple"))


def test_a_variant_without_a_location_is_refused() -> None:
    """A page keyed by location cannot tell the sum over all of them."""
    with pytest.raises(ContractError, match="by location"):
        reader(ScriptedLanes(), ALL).stock([StockKey(item_no="1", variant="RED")])


@pytest.mark.parametrize("key", [{"location": "L" * 11}, {"location": "EAST", "variant": "V" * 11}])
def test_places_that_cannot_be_are_not_asked_for(key: Mapping[str, str]) -> None:
    """What no NAV code can hold costs no call."""
    lanes = ScriptedLanes()
    assert reader(lanes, ALL).stock([StockKey(item_no="1", **key)]) == {}
    assert lanes.sent == []


def purchase(quantity: str, expected_on: str = "2026-03-10", unit: str = "PCS", **changes: str) -> Mapping[str, str]:
    fields = {
        "Document_Type": "Order", "Type": "Item", "No": "1", "Outstanding_Quantity": quantity,
        "Unit_of_Measure_Code": unit, "Expected_Receipt_Date": expected_on, **changes,
    }  # fmt: skip
    return {name: text for name, text in fields.items() if text}


#: What is to come by March 10th: 4, and 2 cartons of 6. The rest is late, too late, of no known date, unit or kind.
PURCHASES = (
    purchase("4"), purchase("2", "2026-03-04", "CARTON"), purchase("1", "2026-03-11"), purchase("1", "2026-03-03"),
    purchase("1", "0001-01-01"), purchase("1", ""), purchase("1", unit="BAG"), purchase("1", Document_Type="Quote"),
    purchase("1", Type="G_L_Account"), purchase("-1"),
)  # fmt: skip


def test_receipts_up_to_a_day_are_counted_in() -> None:
    """Projected stock is inventory and receipts expected up to the day, in base units, less what is sold."""
    lanes = ScriptedLanes().reply("Item.ReadMultiple", rows("Item", {"No": "1", **FIGURES}))
    lanes.reply("PurchaseLines.ReadMultiple", rows("PurchaseLines", *PURCHASES))
    figure = reader(lanes, ALL).stock(keys("1"), date(2026, 3, 10))[StockKey(item_no="1")]
    assert [figure.inventory, figure.receipts, figure.available] == [120, 16, Decimal("115.5")]


def test_receipts_may_be_promised_by_the_settings() -> None:
    """With nav.stock.receipts_within_days orders may take what comes within so many days, and no more."""
    lanes = ScriptedLanes().reply("Item.ReadMultiple", rows("Item", {"No": "1", **FIGURES}))
    lanes.reply("PurchaseLines.ReadMultiple", rows("PurchaseLines", *PURCHASES))
    figure = reader(lanes, ALL, stock=NavStockSettings(receipts_within_days=5)).stock(keys("1"))[StockKey(item_no="1")]
    assert figure.receipts == 12


def test_receipts_of_a_location() -> None:
    """Only what is ordered for the location and variant counts there."""
    lanes = ScriptedLanes().reply("StockkeepingUnit.ReadMultiple", rows("StockkeepingUnit", sku("1", "EAST", "5")))
    purchases = (
        purchase("4", Location_Code="EAST"),
        purchase("8"),
        purchase("9", Location_Code="EAST", Variant_Code="X"),
    )
    lanes.reply("PurchaseLines.ReadMultiple", rows("PurchaseLines", *purchases))
    key = StockKey(item_no="1", location="EAST")
    assert reader(lanes, ALL).stock([key], date(2026, 3, 10))[key].receipts == 4


def test_receipts_without_a_page_are_refused() -> None:
    """A day is not passed over in silence where nothing tells what is to come."""
    lanes = ScriptedLanes().reply("Item.ReadMultiple", rows("Item", {"No": "1", **FIGURES}))
    with pytest.raises(ContractError, match="purchase_lines"):
        reader(lanes).stock(keys("1"), date(2026, 3, 10))


def test_a_sudden_loss_is_held() -> None:
    """When all that had stock has none, the answer is held, and it is again when it comes again."""
    nos = [str(no) for no in range(30)]
    full = rows("Item", *({"No": no, **FIGURES} for no in nos))
    empty = rows("Item", *({"No": no} for no in nos))
    lanes = ScriptedLanes().reply("Item.ReadMultiple", full, empty, empty, full)
    stock = reader(lanes)
    assert len(stock.stock(keys(*nos))) == 30
    for _ in range(2):
        with pytest.raises(ImplausibleError) as caught:
            stock.stock(keys(*nos))
        assert caught.value.facts == {"gone": 30, "of": 30}
    assert len(stock.stock(keys(*nos))) == 30


def test_a_small_question_is_judged_by_a_control_sample() -> None:
    """One item without stock makes others be asked for; only if nearly all of them have none either is it held."""
    nos = [str(no) for no in range(30)]
    full = rows("Item", *({"No": no, **FIGURES} for no in nos))
    sold_out = rows("Item", {"No": "7"})
    lanes = ScriptedLanes().reply("Item.ReadMultiple", full, sold_out, rows("Item"), sold_out, full)
    stock = reader(lanes)
    stock.stock(keys(*nos))
    with pytest.raises(ImplausibleError):
        stock.stock(keys("7"))
    assert stock.stock(keys("7"))[StockKey(item_no="7")].inventory == 0
    assert [body.count("|") for body in lanes.bodies("ReadMultiple")] == [29, 0, 19, 0, 19]
