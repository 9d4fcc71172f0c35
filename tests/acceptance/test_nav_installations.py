"""Other installations' contracts: what `nav check` says of a WSDL is what happens when the simulator serves it."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from navwire import CUSTOMER, ITEM, READS, SALES_LINE, SALES_ORDER, SHIPMENT, UNITS, WRITES, without, wsdl
from orderwire.canonical.stock import StockKey
from orderwire.config.nav import NavSettings
from orderwire.config.settings import Settings
from orderwire.connectors.nav.client import NavErp
from orderwire.connectors.nav.connector import check
from orderwire.connectors.nav.report import Report
from orderwire.connectors.nav.suggest import with_suggestion
from orderwire.errors import BrokenContractError
from orderwire.ports.erp import SalesLineDraft, SalesOrderDraft
from orderwire.simulators.nav.published import read_folder
from orderwire.simulators.nav.server import DEMO_PASSWORD, DEMO_USER, NavSimulator

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "nav"
REAL = sorted(CORPUS.glob("*.wsdl"))
DRAFT = SalesOrderDraft(
    no="OW-4711",
    external_document_no="PO-4711",
    customer_no="C10000",
    ordered_on=date(2026, 3, 1),
    requested_on=date(2026, 3, 9),
    currency=None,
    lines=(
        SalesLineDraft(10000, "1001", Decimal(3), "PCS", date(2026, 3, 8)),
        SalesLineDraft(20000, "1002", Decimal(1), "PCS"),
    ),
)

GERMAN = {"No": "Nr", "Sell_to_Customer_No": "Verk_an_Deb_Nr", "External_Document_No": "Externe_Belegnummer"}
GERMAN |= {"Order_Date": "Auftragsdatum", "Requested_Delivery_Date": "Gew_x00FC_nschtes_Lieferdatum"}
GERMAN |= {"SalesLines": "Verkaufszeilen"}
GERMAN_LINE = {"Type": "Art", "No": "Nr", "Quantity": "Menge", "Unit_of_Measure_Code": "Einheitencode"}
GERMAN_LINE |= {"Unit_Price": "VK_Preis", "Line_No": "Zeilennr", "Location_Code": "Lagerortcode"}
GERMAN_ITEM = {"No": "Nr", "Description": "Beschreibung", "Base_Unit_of_Measure": "Basiseinheitencode"}
GERMAN_ITEM |= {"Inventory": "Lagerbestand", "Qty_on_Sales_Order": "Menge_in_Auftrag", "Blocked": "Gesperrt"}
BY_NAME = {"Sell_to_Customer_Name": "string"}
DELETE_LINES = "Delete_Verkaufszeilen"


def named(fields: dict[str, str], names: dict[str, str]) -> dict[str, str]:
    return {names.get(name, name): kind for name, kind in fields.items()}


def german_order() -> bytes:
    lines = named(dict(SALES_LINE), GERMAN_LINE) | {"Art": "enum _blank_ Sachkonto Artikel Ressource"}
    return wsdl("Auftrag", named(dict(SALES_ORDER), GERMAN), (*READS, "Create", "Update", DELETE_LINES), lines=lines)


#: Installations as there are: name → WSDL and whether orders go through, with the suggested settings.
MADE = {
    "standard": (wsdl("SalesOrder", SALES_ORDER, WRITES), True),
    "renamed": (wsdl("OW_42", SALES_ORDER, WRITES), True),
    "german": (german_order(), True),
    "odd-lines": (
        wsdl("SalesOrder", named(dict(SALES_ORDER), {"SalesLines": "Positionen"}), (*READS, "Create")),
        True,
    ),
    "no-external": (wsdl("SalesOrder", without(SALES_ORDER, "External_Document_No"), WRITES), True),
    "by-name": (wsdl("SalesOrder", without(SALES_ORDER, "Sell_to_Customer_No") | BY_NAME, WRITES), True),
    "utf-16": (wsdl("SalesOrder", SALES_ORDER, WRITES).decode().replace("utf-8", "utf-16").encode("utf-16"), True),
    "wide": (
        wsdl("SalesOrder", {**SALES_ORDER, **{f"_x0033_rd_{n}": "string" for n in range(999)}}, WRITES),
        True,
    ),
    "poor": (
        wsdl(
            "SalesOrder",
            without(SALES_ORDER, "Sell_to_Customer_No", "External_Document_No", "Order_Date") | BY_NAME,
            (*READS, "Create"),
            lines=without(
                SALES_LINE, "Variant_Code", "Location_Code", "Requested_Delivery_Date", "Unit_Price", "Line_No"
            ),
        ),
        True,
    ),
    "nobody": (wsdl("SalesOrder", without(SALES_ORDER, "Sell_to_Customer_No"), WRITES), False),
    "read-only": (wsdl("SalesOrder", SALES_ORDER, READS), False),
    "no-quantity": (wsdl("SalesOrder", SALES_ORDER, WRITES, lines=without(SALES_LINE, "Quantity")), False),
    "german-items": (wsdl("Artikel", named(dict(ITEM), GERMAN_ITEM), READS), True),
    "items-without-gtin": (wsdl("ItemCard", without(ITEM, "GTIN"), READS), True),
    "no-inventory": (wsdl("Item", without(ITEM, "Inventory"), READS), False),
    "customers": (wsdl("Customer_Card", {**CUSTOMER, "Customer_Posting_Group": "string"}, READS), True),
    "units": (wsdl("Item_Units", UNITS, READS), True),
    "shipments": (wsdl("PostedSalesShipment", SHIPMENT, READS), True),
}


@pytest.fixture
def sim(file: Path) -> Iterator[NavSimulator]:
    with NavSimulator(published=read_folder(file.parent)) as simulator:
        yield simulator


def nav(sim: NavSimulator) -> NavSettings:
    return NavSettings.model_validate(
        {"url": sim.url, "company": sim.company, "username": DEMO_USER, "password": DEMO_PASSWORD}
    )


@pytest.fixture
def file(tmp_path: Path, content: bytes) -> Path:
    written = tmp_path / "service.wsdl"
    written.write_bytes(content)
    return written


def tried(sim: NavSimulator, file: Path) -> tuple[Report, bool]:
    """Read stock, place an order and read it back as the report suggests; return the report and whether it went."""
    before = check(Settings(nav=nav(sim)), [file])
    settings = with_suggestion(nav(sim), before.suggestion)
    erp = NavErp(settings)
    try:
        erp.ping()
    except BrokenContractError:
        return check(Settings(nav=settings), [file]), False
    else:
        place_an_order(sim, erp)
        return check(Settings(nav=settings), [file]), True
    finally:
        erp.close()


def place_an_order(sim: NavSimulator, erp: NavErp) -> None:
    keys = [StockKey(item_no="1001"), StockKey(item_no="1002")]
    before = {key.item_no: figure.free for key, figure in erp.stock(keys).items()}
    assert erp.customer("C10000") is not None
    assert erp.find_order(DRAFT) is None

    made = erp.create_order(DRAFT)

    assert (made.no, [(line.item_no, line.quantity) for line in made.lines]) == (
        "OW-4711",
        [("1001", Decimal(3)), ("1002", Decimal(1))],
    )
    assert erp.find_order(DRAFT) == made
    after = {key.item_no: figure.free for key, figure in erp.stock(keys).items()}
    assert after == {"1001": before["1001"] - 3, "1002": before["1002"] - 1}
    (stands,) = (order for order in sim.state()["orders"] if order["no"] == "OW-4711")
    assert stands["customer_no"] == "C10000"


@pytest.mark.parametrize(("content", "goes"), MADE.values(), ids=list(MADE))
def test_an_order_goes_through_where_the_report_says_so(sim: NavSimulator, file: Path, goes: bool) -> None:  # noqa: FBT001  a column of the table
    """Suggested settings are enough, and where the report says no, nothing is sent."""
    report, went = tried(sim, file)

    assert went is goes
    assert report.complete is goes
    assert [order for order in sim.state()["orders"] if order["no"] == "OW-4711"] if goes else True


@pytest.mark.skipif(not REAL, reason="no corpus of real WSDLs beside this repository")
@pytest.mark.parametrize("content", [file.read_bytes() for file in REAL], ids=[file.stem[-40:] for file in REAL])
def test_every_real_contract_is_reported_truthfully_and_served(sim: NavSimulator, file: Path) -> None:
    """The report of a real WSDL is what happens: an order goes through exactly where it says so."""
    report, went = tried(sim, file)

    (looked,) = report.services
    assert not looked.problem
    if looked.page is not None:
        assert went is report.usable(looked.page)
    kind = "Codeunit" if b"/codeunit/" in file.read_bytes() else "Page"
    url = f"{sim.url}/{sim.company}/{kind}/{looked.name}"
    assert requests.get(url, auth=(DEMO_USER, DEMO_PASSWORD), timeout=10).content == file.read_bytes()
