"""Live stock: NAV's figures of this moment, or none."""

from datetime import date
from decimal import Decimal

import pytest

from orderwire.canonical.stock import StockFigure, StockKey
from orderwire.errors import BusyError, ContractError, CredentialsError, OrderwireError, UnavailableError
from records import NOON
from unit.web.conftest import NAV_AWAY, Site


def a_figure(item_no: str, inventory: str, on_sales_orders: str) -> StockFigure:
    return StockFigure(
        key=StockKey(item_no=item_no, location="EAST"), inventory=Decimal(inventory),
        on_sales_orders=Decimal(on_sales_orders), base_unit="PCS", as_of=NOON, source="nav:Item",
    )  # fmt: skip


def test_figures_are_of_the_partners_location(site: Site) -> None:
    """One read for all; each figure comes with its time and source, and negative ones are told as they are."""
    site.erp.figures = {"1001": a_figure("1001", "120.50", "20"), "1002": a_figure("1002", "1", "4")}
    site.erp.gtins = {"4099999001026": "1002", "4099999001033": "1003"}
    query = "item=1001&item=1001&item=9&gtin=4099999001026&gtin=4099999001033&gtin=40999990"

    reply = site.call("GET", f"/api/v1/stock?{query}")

    assert reply.json() == {
        "items": [
            {
                "item_no": "1001", "gtin": None, "location": "EAST", "variant": "", "available": "100.5",
                "inventory": "120.5", "on_sales_orders": "20", "receipts": "0",
                "base_unit": "PCS", "as_of": "2026-03-09T12:00:00.123456Z", "source": "nav:Item",
            },
            {
                "item_no": "1002", "gtin": "4099999001026", "location": "EAST", "variant": "", "available": "-3",
                "inventory": "1", "on_sales_orders": "4", "receipts": "0",
                "base_unit": "PCS", "as_of": "2026-03-09T12:00:00.123456Z", "source": "nav:Item",
            },
        ],
        "unknown": ["9", "4099999001033", "40999990"],
    }  # fmt: skip
    assert site.erp.asked == [{StockKey(item_no=no, location="EAST") for no in ("1001", "1002", "1003", "9")}]
    assert site.erp.until is None
    assert reply.headers["Cache-Control"] == "no-store"


def test_another_place_and_a_day_can_be_asked_for(site: Site) -> None:
    """A location besides the partner's own, all of them, a variant, and a day up to which receipts count."""
    site.call("GET", "/api/v1/stock?item=1001&location=WEST&variant=RED&until=2026-12-01")
    assert site.erp.until == date(2026, 12, 1)
    site.call("GET", "/api/v1/stock?item=1001&location=")
    assert site.erp.asked == [
        {StockKey(item_no="1001", location="WEST", variant="RED")},
        {StockKey(item_no="1001")},
    ]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NAV_AWAY, 503),
        (CredentialsError("NAV refuses user orderwire"), 503),
        (UnavailableError("nav.internal did not answer"), 503),
        (BusyError("locked"), 503),
        (ContractError("page Item of nav.internal lacks Inventory"), 502),
    ],
)
def test_without_nav_there_is_no_figure(site: Site, error: OrderwireError, status: int) -> None:
    """A problem, and nothing of our side's particulars."""
    site.erp.error = error

    reply = site.call("GET", "/api/v1/stock?item=1001")

    assert (reply.status_code, reply.json()["code"]) == (status, error.code)
    assert ("Retry-After" in reply.headers) == (status == 503)
    assert "nav.internal" not in reply.text
    assert "orderwire" not in reply.text


@pytest.mark.parametrize(
    "query",
    ["", "item=", "item=" + "x" * 21, "item=1&location=" + "x" * 11, "item=1&until=tomorrow",
     "gtin=12", "gtin=abc", "&".join(f"item={n}" for n in range(201)),
     "&".join([f"item={n}" for n in range(150)] + [f"gtin={n:013}" for n in range(51)])],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_refused(site: Site, query: str) -> None:
    """Nothing, too much, or what is no number."""
    reply = site.call("GET", f"/api/v1/stock?{query}")

    assert (reply.status_code, reply.json()["code"]) == (422, "invalid")
    assert not site.erp.asked
