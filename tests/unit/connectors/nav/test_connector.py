"""`connect` and `check`."""

from pathlib import Path

import pytest

from navwire import ITEM, NAV, READS, SALES_ORDER, without, wsdl
from orderwire.config.settings import Settings
from orderwire.connectors.nav.connector import check, connect
from orderwire.connectors.nav.wants import Page
from orderwire.errors import ConfigurationError

CORPUS = Path(__file__).parents[5] / "shared" / "corpus" / "nav"
REAL = sorted(CORPUS.glob("*.wsdl"))
SETTINGS = Settings(nav=NAV)


def test_connect_sends_nothing() -> None:
    """A connector can be made while NAV is away."""
    connector = connect(SETTINGS)
    assert connector.name == "nav"
    assert connector.erp is not None


def test_connect_refuses_a_bad_address() -> None:
    """What cannot work is told at start-up."""
    with pytest.raises(ConfigurationError):
        connect(Settings(nav=NAV.model_copy(update={"url": "nav"})))


def test_check_reports_files(tmp_path: Path) -> None:
    """One row per want: what was found, and what is wrong with it."""
    item, orders = tmp_path / "item.wsdl", tmp_path / "orders.wsdl"
    item.write_bytes(wsdl("Item", without(ITEM, "Inventory", "GTIN"), READS))
    orders.write_bytes(wsdl("SalesOrder", SALES_ORDER, (*READS, "Create")))
    rows = list(check(SETTINGS, [item, orders]).rows())
    problems = {(row["service"], row["field_or_operation"]): row["problem"] for row in rows if row["problem"]}
    assert problems == {
        ("Item", "Inventory"): "field missing",
        ("Item", "GTIN"): "field missing (optional)",
        ("Item", "filter GTIN"): "the page has no filter of this name (optional)",
        ("SalesOrder", "Update"): "operation missing (optional)",
        ("SalesOrder", "Delete_SalesLines"): "operation missing (optional)",
        ("SalesOrder", "Delete"): "operation missing (optional)",
    }
    assert {"service", "field_or_operation", "wanted_for", "found", "problem"} == set(rows[0])


def test_check_survives_other_files(tmp_path: Path) -> None:
    """A file that is none is a problem; a service that Orderwire does not use is none."""
    junk, other = tmp_path / "junk.wsdl", tmp_path / "vendor.wsdl"
    junk.write_bytes(b"\x00")
    other.write_bytes(wsdl("Vendor", {"Key": "string", "No": "string", "Name": "string"}, READS))
    rows = list(check(SETTINGS, [junk, other, tmp_path / "missing.wsdl"]).rows())
    assert [row["service"] for row in rows] == ["junk.wsdl", "Vendor", "missing.wsdl"]
    assert [bool(row["problem"]) for row in rows] == [True, False, True]


@pytest.mark.skipif(not REAL, reason="no corpus of real WSDLs beside this repository")
def test_check_reports_real_services() -> None:
    """Every real WSDL gives rows; the sales order page of a localisation without the field says so."""
    rows = list(check(SETTINGS, REAL).rows())
    assert {"SalesOrder", "PostCodeInfo", "B2BManagement"} <= {row["service"] for row in rows}
    page = {row["field_or_operation"]: row for row in rows if row["service"] == "SalesOrder"}
    problems = [name for name, row in page.items() if row["problem"]]
    assert problems == ["External_Document_No", "filter External_Document_No", "Ship_to_Country_Region_Code"]


def test_check_of_a_nav_that_is_away_tells_each_service() -> None:
    """The report never fails: what cannot be read is its problem."""
    services = NAV.services.model_copy(update={"item_units": None})
    away = NAV.model_copy(update={"url": "http://127.0.0.1:1/NAV/WS", "services": services})
    report = check(Settings(nav=away))
    rows = list(report.rows())
    assert report.away
    assert len(rows) == len(Page) + 1, "and the gateway codeunit"
    assert ["cannot be reached" in row["problem"] for row in rows].count(True) == len(rows) - 1
    assert [row["service"] for row in rows if row["problem"].endswith("(optional)")] == ["PostedSalesInvoice"]
    assert [row["service"] for row in rows if not row["problem"]] == ["item_units"]
