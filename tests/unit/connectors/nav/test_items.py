"""Items with their units."""

from decimal import Decimal

import pytest

from navwire import ITEM, NAV, READS, ScriptedLanes, rows, without, wsdl
from orderwire.connectors.nav.items import ItemReader
from orderwire.connectors.nav.wants import Page
from orderwire.errors import ContractError, UnavailableError
from orderwire.ports.erp import ErpItem

DRILL = {"No": "1001", "Description": "Cordless drill", "Base_Unit_of_Measure": "PCS", "GTIN": "4099999001019"}


def reader(lanes: ScriptedLanes, *, units: bool = True) -> ItemReader:
    return ItemReader(lanes.page(Page.ITEM), lanes.page(Page.ITEM_UNITS) if units else None, NAV)


def unit(item_no: str, code: str, quantity: str) -> dict[str, str]:
    return {"Item_No": item_no, "Code": code, "Qty_per_Unit_of_Measure": quantity}


def test_items_come_with_their_units() -> None:
    """Two calls for any number of items; the base unit is 1 of itself."""
    lanes = (
        ScriptedLanes()
        .reply("Item.ReadMultiple", rows("Item", DRILL, {"No": "1008", "Blocked": "true"}, {"No": "9999"}))
        .reply("ItemUnitsOfMeasure.ReadMultiple", rows("ItemUnitsOfMeasure", unit("1001", "CARTON", "6")))
    )
    found = reader(lanes).items(["1001", "1008", "unknown"])
    units = {"CARTON": Decimal(6), "PCS": Decimal(1)}
    assert found["1001"] == ErpItem("1001", "Cordless drill", "PCS", gtin="4099999001019", units=units)
    assert found["1008"].blocked
    assert found.keys() == {"1001", "1008"}


def test_a_list_price_comes_in_the_company_s_own_currency() -> None:
    """NAV leaves a price of 0 out: the item has none then; without `local_currency` nobody knows the currency."""
    lanes = ScriptedLanes().reply("Item.ReadMultiple", rows("Item", {**DRILL, "Unit_Price": "89.90"}, {"No": "1002"}))
    nav = NAV.model_copy(update={"local_currency": "EUR"})
    found = ItemReader(lanes.page(Page.ITEM), None, nav).items(["1001", "1002"])
    assert (found["1001"].unit_price, found["1001"].currency) == (Decimal("89.90"), "EUR")
    assert found["1002"].unit_price is None


def test_without_a_unit_page_there_is_the_base_unit() -> None:
    """Only base units can be ordered then."""
    lanes = ScriptedLanes().reply("Item.ReadMultiple", rows("Item", DRILL))
    assert reader(lanes, units=False).items(["1001"])["1001"].units == {"PCS": Decimal(1)}


@pytest.mark.parametrize("quantity", ["0", "", "-6"])
def test_a_unit_of_nothing_is_no_answer(quantity: str) -> None:
    """Nobody can order by a unit that holds nothing."""
    lanes = (
        ScriptedLanes()
        .reply("Item.ReadMultiple", rows("Item", DRILL))
        .reply("ItemUnitsOfMeasure.ReadMultiple", rows("ItemUnitsOfMeasure", unit("1001", "CARTON", quantity)))
    )
    with pytest.raises(UnavailableError):
        reader(lanes).items(["1001"])


def test_a_gtin_that_two_items_bear_is_absent() -> None:
    """Which of the two was meant nobody knows."""
    other = {**DRILL, "No": "1002"}
    hammer = {"No": "1003", "GTIN": "4099999001033", "Base_Unit_of_Measure": "PCS"}
    lanes = ScriptedLanes().reply("Item.ReadMultiple", rows("Item", DRILL, other, hammer))
    found = reader(lanes, units=False).items_by_gtin(["4099999001019", "4099999001033", "4099999001040", "x" * 15])
    assert {gtin: item.no for gtin, item in found.items()} == {"4099999001033": "1003"}


@pytest.mark.parametrize("held", ["00012345678905", "0012345678905", "012345678905"])
@pytest.mark.parametrize("asked", ["00012345678905", "0012345678905", "012345678905"])
def test_a_gtin_is_a_number_of_fourteen_digits(held: str, asked: str) -> None:
    """However few of them are written: NAV is asked for each form, and the buyer gets its own back."""
    lanes = ScriptedLanes().reply("Item.ReadMultiple", rows("Item", {**DRILL, "GTIN": held}))

    found = reader(lanes, units=False).items_by_gtin([asked])

    assert {gtin: item.no for gtin, item in found.items()} == {asked: "1001"}
    [body] = lanes.bodies("ReadMultiple")
    assert "012345678905|0012345678905|00012345678905" in body


def test_two_forms_of_a_gtin_are_one_question() -> None:
    """Each gets its answer."""
    lanes = ScriptedLanes().reply("Item.ReadMultiple", rows("Item", {**DRILL, "GTIN": "96385074"}))

    found = reader(lanes, units=False).items_by_gtin(["96385074", "0000096385074", "96385075"])

    assert {gtin: item.no for gtin, item in found.items()} == {"96385074": "1001", "0000096385074": "1001"}


def test_a_gtin_that_two_items_bear_in_two_forms_is_absent() -> None:
    """It is one number, so which of the two was meant nobody knows."""
    forms = ({**DRILL, "GTIN": "012345678905"}, {**DRILL, "No": "1002", "GTIN": "00012345678905"})
    lanes = ScriptedLanes().reply("Item.ReadMultiple", rows("Item", *forms))

    assert reader(lanes, units=False).items_by_gtin(["012345678905", "00012345678905"]) == {}


@pytest.mark.parametrize(("asked", "held"), [("12345678905", "012345678905"), ("A0000001", "00000000A00000")])
def test_what_is_no_gtin_is_looked_for_as_it_is(asked: str, held: str) -> None:
    """Nothing stands for what is missing."""
    lanes = ScriptedLanes().reply(
        "Item.ReadMultiple", rows("Item", {**DRILL, "GTIN": asked}, {**DRILL, "No": "1002", "GTIN": held})
    )

    found = reader(lanes, units=False).items_by_gtin([asked])

    assert found[asked].no == "1001"


def test_without_the_gtin_field_nothing_is_found_by_gtin() -> None:
    """A page that does not show GTINs is not asked for them: nothing would look like unknown."""
    lanes = ScriptedLanes(wsdls={"Item": wsdl("Item", without(ITEM, "GTIN"), READS)})
    with pytest.raises(ContractError):
        reader(lanes).items_by_gtin(["4099999001019"])


def test_unknown_items_cost_no_unit_call() -> None:
    """Units are asked for items that exist."""
    lanes = ScriptedLanes().reply("Item.ReadMultiple", rows("Item"))
    assert reader(lanes).items(["1001"]) == {}
    assert len(lanes.bodies("ReadMultiple")) == 1
