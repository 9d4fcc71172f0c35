"""Stock by location and variant, and what is on its way in, on a simulator that publishes the pages for them."""

from collections.abc import Iterator
from contextlib import closing, nullcontext
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from navwire import PURCHASE_LINES, READS, STOCKKEEPING, wsdl
from orderwire.canonical.stock import StockKey
from orderwire.config.nav import NavSettings
from orderwire.config.settings import Settings
from orderwire.connectors.nav.client import NavErp
from orderwire.connectors.nav.connector import check
from orderwire.connectors.nav.suggest import with_suggestion
from orderwire.errors import StockTakenError
from orderwire.ports.erp import SalesLineDraft, SalesOrderDraft
from orderwire.simulators.nav.data import NavData
from orderwire.simulators.nav.published import read_folder
from orderwire.simulators.nav.server import DEMO_PASSWORD, DEMO_USER, NavSimulator

#: 12 of a lamp: 4 red and 3 plain in EAST, 5 plain in WEST; some are to come.
COMPANY = NavData.model_validate(
    {
        "items": [
            {
                "no": "LAMP", "inventory": 12, "units": {"BOX": 4}, "variants": ["BLUE"],
                "places": [
                    {"location": "EAST", "inventory": 3, "safety_stock": 1},
                    {"location": "EAST", "variant": "RED", "inventory": 4},
                    {"location": "WEST", "inventory": 5},
                ],
            }
        ],
        "customers": [{"no": "C10000", "name": "One"}, {"no": "C99999", "name": "Walk-in"}],
        "purchases": [
            {"item_no": "LAMP", "quantity": 2, "unit": "BOX", "location": "EAST", "expected_in_days": 2},
            {"item_no": "LAMP", "quantity": 1, "location": "WEST", "expected_in_days": 2},
            {"item_no": "LAMP", "quantity": 9, "location": "EAST", "expected_in_days": 30},
            {"item_no": "LAMP", "quantity": 9, "location": "EAST", "expected_in_days": -1},
            {"item_no": "LAMP", "quantity": 9, "location": "EAST"},
        ],
    }
)  # fmt: skip
SERVICES = {"stockkeeping_unit": "StockkeepingUnit", "purchase_lines": "PurchaseLines"}
EVERYWHERE, EAST = StockKey(item_no="LAMP"), StockKey(item_no="LAMP", location="EAST")
RED, WEST = StockKey(item_no="LAMP", location="EAST", variant="RED"), StockKey(item_no="LAMP", location="WEST")
NOWHERE = StockKey(item_no="LAMP", location="NORTH")


BOTH = pytest.mark.parametrize("sim", [False, True], indirect=True, ids=["page", "gateway"])


@pytest.fixture
def sim(request: pytest.FixtureRequest) -> Iterator[NavSimulator]:
    with NavSimulator(COMPANY, gateway_codeunit=getattr(request, "param", False)) as simulator:
        yield simulator


def nav(sim: NavSimulator, **changes: object) -> NavSettings:
    fields = {"url": sim.url, "company": sim.company, "username": DEMO_USER, "password": DEMO_PASSWORD}
    return NavSettings.model_validate(fields | {"services": SERVICES} | changes)


@pytest.fixture
def erp(sim: NavSimulator) -> Iterator[NavErp]:
    with closing(NavErp(nav(sim))) as connected:
        yield connected


def free(erp: NavErp, *keys: StockKey) -> list[int]:
    figures = erp.stock(keys)
    return [int(figures[key].free) for key in keys]


def lamps(quantity: int, place: StockKey, no: str = "OW-1") -> SalesOrderDraft:
    line = SalesLineDraft(
        10000,
        "LAMP",
        Decimal(quantity),
        "PCS",
        location=place.location,
        variant=place.variant,
        covered=Decimal(quantity),
    )
    return SalesOrderDraft(no, no, "C10000", None, None, None, [line], source_key=no)


def test_each_place_has_its_own_stock(sim: NavSimulator, erp: NavErp) -> None:
    """A figure is of the one place; without a stockkeeping unit there is none, and the sum is of all."""
    assert free(erp, EVERYWHERE, EAST, RED, WEST) == [12, 3, 4, 5]
    assert NOWHERE not in erp.stock([NOWHERE])
    sim.users.buy("LAMP", Decimal(2), "EAST")
    sim.users.stock("LAMP", Decimal(1), "WEST")
    assert free(erp, EVERYWHERE, EAST, RED, WEST) == [6, 1, 4, 1]


@BOTH
def test_an_order_takes_from_its_place(sim: NavSimulator, erp: NavErp) -> None:
    """What is ordered from one place is missing there and in the sum; shipped, it is gone from there."""
    erp.create_order(lamps(3, RED))
    assert free(erp, EVERYWHERE, EAST, RED, WEST) == [9, 3, 1, 5]
    sim.post("OW-1")
    assert free(erp, EVERYWHERE, EAST, RED, WEST) == [9, 3, 1, 5]
    assert [int(erp.stock([key])[key].inventory) for key in (EVERYWHERE, RED)] == [9, 1]


@BOTH
@pytest.mark.parametrize(("place", "there"), [(EAST, 7), (RED, 4), (WEST, 5)])
def test_the_codeunit_looks_at_the_place(sim: NavSimulator, place: StockKey, there: int) -> None:
    """Plenty elsewhere does not cover a place: with the codeunit nothing is made, without it NAV makes anything.

    A location without a variant is all that lies there, as in the sources that are offered.
    """
    by_codeunit = sim.gateway.codeunit_published
    with closing(NavErp(nav(sim))) as erp:
        with (
            pytest.raises(StockTakenError, match=f"{place.variant}\t{place.location}\t{there}")
            if by_codeunit
            else nullcontext()
        ):
            erp.create_order(lamps(there + 1, place))
        assert erp.create_order(lamps(there, place, "OW-2")).covered == by_codeunit


def test_what_is_to_come_counts_in_time_and_place(sim: NavSimulator, erp: NavErp) -> None:
    """Two boxes of four to EAST and one lamp to WEST come in time; what is late, overdue or undated does not count."""
    until = datetime.now(UTC).date() + timedelta(days=5)
    figures = erp.stock([EVERYWHERE, EAST, WEST, RED], until)
    assert [int(figures[key].receipts) for key in (EVERYWHERE, EAST, WEST, RED)] == [9, 8, 1, 0]
    with closing(
        NavErp(nav(sim, stock={"receipts_within_days": 5}, safety_stock_field="Safety_Stock_Quantity"))
    ) as sells:
        assert free(sells, EAST) == [10]
        assert sells.create_order(lamps(10, EAST)).no == "OW-1"


def test_safety_stock_is_the_places(sim: NavSimulator) -> None:
    """What a stockkeeping unit keeps back is kept back there, by whoever checks."""
    with closing(NavErp(nav(sim, safety_stock_field="Safety_Stock_Quantity"))) as erp:
        assert free(erp, EAST, WEST) == [2, 5]


def test_the_check_says_what_there_is(sim: NavSimulator) -> None:
    """With the two pages nothing is missing."""
    report = check(Settings(nav=nav(sim)))
    assert report.complete
    assert {"StockkeepingUnit", "PurchaseLines"} <= {one.name for one in report.services if one.contract}


def test_another_installations_pages_are_served(tmp_path: Path) -> None:
    """The same pages under other names, one field renamed: the report suggests, and the figures are the same."""
    places = {"Lagerortcode" if name == "Location_Code" else name: kind for name, kind in STOCKKEEPING.items()}
    expected = {**PURCHASE_LINES, "Buy_from_Vendor_No": "string"}
    files = {"Lagerhaltungsdaten": places, "Einkaufszeilen": expected}
    for name, fields in files.items():
        (tmp_path / f"{name}.wsdl").write_bytes(wsdl(name, fields, READS))
    with NavSimulator(COMPANY, published=read_folder(tmp_path)) as sim:
        before = nav(sim, services={})
        report = check(Settings(nav=before), sorted(tmp_path.iterdir()))
        suggested = with_suggestion(before, report.suggestion)
        assert suggested.services.stockkeeping_unit == "Lagerhaltungsdaten"
        with closing(NavErp(suggested)) as erp:
            assert free(erp, EAST, RED, WEST) == [3, 4, 5]
            until = datetime.now(UTC).date() + timedelta(days=5)
            assert int(erp.stock([EAST], until)[EAST].receipts) == 8
