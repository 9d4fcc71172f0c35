"""What `nav check` reports of pages that differ from ours."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navwire import CUSTOMER, ITEM, NAV, READS, SALES_LINE, SALES_ORDER, WRITES, Fields, without, wsdl
from orderwire.config.nav import NavSettings
from orderwire.config.settings import Settings
from orderwire.connectors.nav.connector import check
from orderwire.connectors.nav.contract import read_contract
from orderwire.connectors.nav.pins import Pins
from orderwire.connectors.nav.report import Looked, Report
from orderwire.connectors.nav.suggest import with_suggestion
from orderwire.connectors.nav.wants import Page
from orderwire.connectors.nav.wsdl import NotWsdlError, read_wsdl

GERMAN = {
    "No": "Nr",
    "Sell_to_Customer_No": "Verk_an_Deb_Nr",
    "External_Document_No": "Externe_Belegnummer",
    "Order_Date": "Auftragsdatum",
    "SalesLines": "Verkaufszeilen",
}
GERMAN_LINE = {"Type": "Art", "No": "Nr", "Quantity": "Menge", "Unit_of_Measure_Code": "Einheitencode"}
SPACE = b"http://schemas.xmlsoap.org/wsdl/"
GERMAN_WRITES = (*READS, "Create", "Update", "Delete", "Delete_Verkaufszeilen")


def german() -> bytes:
    fields = {GERMAN.get(name, name): kind for name, kind in SALES_ORDER.items()}
    lines = {GERMAN_LINE.get(name, name): kind for name, kind in SALES_LINE.items()}
    return wsdl("Auftrag", fields, GERMAN_WRITES, lines={**lines, "Art": "enum _blank_ Sachkonto Artikel"})


def reported(folder: Path, *contents: bytes, nav: NavSettings = NAV) -> Report:
    files = []
    for number, content in enumerate(contents):
        files.append(folder / f"{number}.wsdl")
        files[-1].write_bytes(content)
    return check(Settings(nav=nav), files)


def offered(report: Report) -> dict[str, str]:
    return {row["what"]: row["offered"] for row in report.follows()}


def test_a_localised_page_is_recognised_and_mapped(tmp_path: Path) -> None:
    """With the suggested settings, and not before, the page takes orders."""
    before = reported(tmp_path, german())
    assert not before.orders
    assert not before.complete
    problems = {row["field_or_operation"]: row["problem"] for row in before.rows()}
    assert problems["(name)"] == "not the name in nav.services"
    assert problems["Sell_to_Customer_No"] == "renamed to Verk_an_Deb_Nr: see --suggest"
    assert before.suggestion == {
        "services": {"sales_order": "Auftrag"},
        "fields": {
            "sales_order": GERMAN | {f"SalesLines.{ours}": theirs for ours, theirs in GERMAN_LINE.items()},
        },
        "options": {"sales_order": {"SalesLines.Type": {"Item": "Artikel"}}},
    }
    after = reported(tmp_path, german(), nav=with_suggestion(NAV, before.suggestion))
    assert after.orders
    assert after.complete
    assert after.suggestion == {}


def test_what_is_missing_is_told_with_what_follows_and_what_to_do(tmp_path: Path) -> None:
    """Nobody has to know the connector to read the report."""
    fields = without(SALES_ORDER, "External_Document_No", "Sell_to_Customer_No") | {"Sell_to_Customer_Name": "string"}
    report = reported(tmp_path, wsdl("SalesOrder", fields, WRITES, lines=without(SALES_LINE, "Variant_Code")))
    assert report.orders
    told = {row["what"]: row["otherwise"] for row in report.follows()}
    assert "No. alone" in told["SalesOrder: the buyer's order number"]
    assert told["SalesOrder: orders of a variant"] == "orders that name a variant are refused"
    assert told["SalesOrder: Sell_to_Customer_No"] == "by string in Sell_to_Customer_Name"
    (advice,) = report.advice()
    assert "External_Document_No, SalesLines.Variant_Code" in advice


def test_a_series_of_navs_own_needs_the_buyers_number(tmp_path: Path) -> None:
    """Without it doubles could not be told: the suggestion is to number orders ourselves."""
    page = wsdl("SalesOrder", without(SALES_ORDER, "External_Document_No"), WRITES)
    report = reported(tmp_path, page, nav=NAV.model_copy(update={"numbering": "nav"}))
    assert not report.orders
    assert report.suggestion == {"numbering": "ours"}


def test_a_page_that_cannot_be_written_tells_stock_only(tmp_path: Path) -> None:
    """Read-only pages are no failure of the report, only of orders."""
    report = reported(tmp_path, wsdl("Item", ITEM, READS), wsdl("SalesOrder", SALES_ORDER, READS))
    assert (report.stock, report.orders) == (True, False)
    assert offered(report)["sales orders"] == "no"
    assert any("lets its users Create" in sentence for sentence in report.advice())


def test_an_item_page_without_what_orders_want_is_refused(tmp_path: Path) -> None:
    """Stock without the quantity on sales orders would be oversold; another quantity is no stand-in."""
    fields = without(ITEM, "Qty_on_Sales_Order") | {"Qty_on_Service_Order": "decimal"}
    report = reported(tmp_path, wsdl("Item", fields, READS))
    assert not report.stock
    assert report.suggestion == {}


def test_a_read_that_asks_for_more_is_told(tmp_path: Path) -> None:
    """A list page reads by document type and number; ours would be answered with a fault."""
    page = wsdl("Customer", {"Key": "string", "Code": "string", **CUSTOMER}, READS)
    problems = [row["problem"] for row in reported(tmp_path, page).rows() if row["problem"]]
    assert problems == ["it asks for Code, wanted No"]


def test_a_guess_is_shown_and_never_suggested(tmp_path: Path) -> None:
    """A field that only looks like the wanted one is for a person to judge."""
    fields: Fields = without(ITEM, "Inventory") | {"Inventry": "decimal"}
    report = reported(tmp_path, wsdl("Item", fields, READS))
    problems = {row["field_or_operation"]: row["problem"] for row in report.rows()}
    assert problems["Inventory"] == "field missing; is it Inventry? then set nav.fields"
    assert report.suggestion == {}


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><definitions xmlns="%s"><x>&b;</x></definitions>'
        % SPACE,
        b'<definitions xmlns="%s"><import location="file:///etc/passwd"/><binding/></definitions>' % SPACE,
        b'<definitions xmlns="%s" xmlns:x="http://www.w3.org/2001/XMLSchema"><types><x:schema>'
        b'<x:include schemaLocation="http://evil.invalid/x.xsd"/></x:schema></types><binding/></definitions>' % SPACE,
        b"<a>" * 5000,
        "<definitions/>".encode("utf-16"),
    ],
    ids=["entities", "import", "include", "deep", "utf-16"],
)
def test_hostile_files_are_refused_by_name(tmp_path: Path, content: bytes) -> None:
    """Nothing is fetched, expanded or crashed by a file that somebody hands in."""
    report = reported(tmp_path, content, wsdl("Item", ITEM, READS))
    refused, *_ = report.rows()
    assert refused["service"] == "0.wsdl"
    assert refused["problem"].startswith("cannot be read: ")
    assert report.stock
    assert not report.complete


def test_a_page_of_endless_fields_is_refused(tmp_path: Path) -> None:
    """Nobody waits for a report of what no NAV would write."""
    report = reported(tmp_path, wsdl("Item", {**ITEM, **{f"F{number}": "string" for number in range(3000)}}, READS))
    (row,) = report.rows()
    assert row["problem"] == "cannot be read: Item has more fields than any page"


@given(st.data())
def test_no_wsdl_breaks_the_report(data: st.DataObject) -> None:
    """Whatever was lost or swapped in a WSDL that can still be read, the report says something of it."""
    content = wsdl("SalesOrder", SALES_ORDER, WRITES)
    for _ in range(data.draw(st.integers(1, 4))):
        words = [b"tns:", b"xsd:string", b"_List", b"SalesOrder", b"Sales_Order_Line", b"unbounded", b"Read", b"enum"]
        lost, put = data.draw(st.sampled_from(words)), data.draw(st.sampled_from(words))
        at = content.find(lost, data.draw(st.integers(0, len(content))))
        content = content[:at] + put + content[at + len(lost) :] if at >= 0 else content
    try:
        found = read_wsdl(content)
    except NotWsdlError:
        return
    contract = read_contract(Page.SALES_ORDER, found, NAV)
    report = Report(NAV, (Looked(found.service, Page.SALES_ORDER, contract),), Pins(None, NAV))
    assert [*report.rows(), *report.follows()]
    assert isinstance(report.suggestion, dict)
    assert list(report.advice()) or report.complete or not report.orders


def test_a_type_that_holds_itself_ends(tmp_path: Path) -> None:
    """Recursive types are read one level deep."""
    page = wsdl("Item", {**ITEM, "Itself": "part Item"}, READS)
    page = page.replace(
        b'type="tns:Item_List" /></xsd:sequence></xsd:complexType><xsd:complexType name="Item_List">',
        b'type="tns:Item" /></xsd:sequence></xsd:complexType><xsd:complexType name="Item_List">',
    )
    assert list(reported(tmp_path, page).rows())
