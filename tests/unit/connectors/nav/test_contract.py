"""Wants held against WSDLs."""

import pytest

from navwire import ITEM, NAV, PAGES, READS, SALES_LINE, SALES_ORDER, WRITES, Fields, without, wsdl
from orderwire.connectors.nav.contract import published_as, read_contract, wants_of
from orderwire.connectors.nav.wants import Page
from orderwire.connectors.nav.wsdl import read_wsdl


def problems(page: Page, content: bytes, **changes: object) -> dict[str, tuple[str, bool]]:
    nav = NAV.model_copy(update=changes)
    return {
        str(found.want): (found.problem, found.breaks)
        for found in read_contract(page, read_wsdl(content), nav).findings
        if found.problem
    }


@pytest.mark.parametrize("page", list(Page))
def test_the_contract_of_each_page_is_met_by_its_own_wsdl(page: Page) -> None:
    """With everything there, nothing is reported."""
    service, fields, operations = PAGES[page]
    assert published_as(page, NAV) == service
    assert problems(page, wsdl(service, fields, operations)) == {}


@pytest.mark.parametrize("name", ["No", "Inventory", "Qty_on_Sales_Order", "Base_Unit_of_Measure", "Blocked"])
def test_a_missing_field_breaks_the_page(name: str) -> None:
    """Without a wanted field no figure is guessed."""
    found = problems(Page.ITEM, wsdl("Item", without(ITEM, name), READS))
    assert found[name] == ("field missing", True)


def test_a_field_of_another_type_breaks_the_page() -> None:
    """A renamed control may leave its name to another field."""
    found = problems(Page.ITEM, wsdl("Item", {**ITEM, "Inventory": "boolean"}, READS))
    assert found == {"Inventory": ("type is boolean, wanted decimal", True)}


@pytest.mark.parametrize(
    ("fields", "lines", "name", "problem"),
    [
        (SALES_ORDER, without(SALES_LINE, "Quantity"), "SalesLines.Quantity", "field missing"),
        (SALES_ORDER, {**SALES_LINE, "Type": "enum _blank_ Artikel"}, "SalesLines.Type", "option missing: Item"),
        (without(SALES_ORDER, "SalesLines"), SALES_LINE, "SalesLines.No", "field missing"),
        (without(SALES_ORDER, "Sell_to_Customer_No"), SALES_LINE, "Sell_to_Customer_No", "field missing"),
    ],
)
def test_lines_and_filters_are_examined(fields: Fields, lines: Fields, name: str, problem: str) -> None:
    """A page in another language has other options; a page without lines takes no orders."""
    assert problems(Page.SALES_ORDER, wsdl("SalesOrder", fields, WRITES, lines=lines))[name] == (problem, True)


def test_optional_wants_do_not_break_the_page() -> None:
    """A page that NAV does not let delete still takes orders; a page without GTIN still tells stock."""
    read_only = problems(Page.SALES_ORDER, wsdl("SalesOrder", SALES_ORDER, (*READS, "Create")))
    assert read_only == dict.fromkeys(("Update", "Delete_SalesLines", "Delete"), ("operation missing", False))
    assert not problems(Page.ITEM, wsdl("Item", without(ITEM, "GTIN"), READS))["GTIN"][1]


def test_a_page_without_the_buyers_number_takes_orders_of_our_numbers_only() -> None:
    """Our own No. tells doubles; NAV's number series does not, and then the page cannot be used."""
    page = wsdl("SalesOrder", without(SALES_ORDER, "External_Document_No"), WRITES)
    assert not any(breaks for _, breaks in problems(Page.SALES_ORDER, page).values())
    found = problems(Page.SALES_ORDER, page, numbering="nav")
    assert found["filter External_Document_No"] == ("the page has no filter of this name", True)


def test_a_customer_may_be_named_by_another_field() -> None:
    """Where the page shows no customer number, the customer's name field takes it."""
    fields = without(SALES_ORDER, "Sell_to_Customer_No") | {"Sell_to_Customer_Name": "string"}
    contract = read_contract(Page.SALES_ORDER, read_wsdl(wsdl("SalesOrder", fields, WRITES)), NAV)
    found = {str(one.want): one.found for one in contract.findings}
    assert found["Sell_to_Customer_No"] == "string in Sell_to_Customer_Name"
    assert not contract.has("Sell_to_Customer_No")
    assert contract.has("Sell_to_Customer_Name")


def test_fields_are_looked_for_under_their_own_names() -> None:
    """A localised page meets the contract once the settings say what its fields, parts and options are called."""
    fields = {("Lignes" if name == "SalesLines" else name): kind for name, kind in SALES_ORDER.items()}
    lines = without(SALES_LINE, "Quantity", "Type") | {"Menge": "decimal", "Type": "enum _blank_ Artikel"}
    operations = (*READS, "Create", "Update", "Delete", "Delete_Lignes")
    page = wsdl("SalesOrder", fields, operations, lines=lines)
    names = {"SalesLines": "Lignes", "SalesLines.Quantity": "Menge"}
    options = {"SalesLines.Type": {"Item": "Artikel"}}
    told = {"fields": {"sales_order": names}, "options": {"sales_order": options}}
    assert problems(Page.SALES_ORDER, page, **told) == {}
    contract = read_contract(Page.SALES_ORDER, read_wsdl(page), NAV.model_copy(update=told))
    assert contract.has("SalesLines.Quantity")
    assert contract.offers("Delete_SalesLines")


def test_a_field_of_another_type_is_not_used() -> None:
    """What is optional and not of the wanted type counts as not there."""
    page = wsdl("SalesOrder", {**SALES_ORDER, "External_Document_No": "int"}, WRITES)
    contract = read_contract(Page.SALES_ORDER, read_wsdl(page), NAV)
    assert not contract.has("External_Document_No")
    assert contract.has("No")


def test_settings_add_wants() -> None:
    """A safety stock field and foreign currencies are wanted only where they are used."""
    item = wsdl("Item", without(ITEM, "Safety_Stock_Quantity"), READS)
    assert problems(Page.ITEM, item) == {}
    assert problems(Page.ITEM, item, safety_stock_field="Safety_Stock_Quantity") == {
        "Safety_Stock_Quantity": ("field missing", True)
    }
    nav = NAV.model_copy(update={"local_currency": "EUR"})
    assert "Currency_Code" in {want.name for want in wants_of(Page.SALES_ORDER, nav)}
