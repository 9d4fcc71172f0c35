"""Wants held against WSDLs."""

import pytest

from navwire import ITEM, NAV, PAGES, READS, SALES_LINE, SALES_ORDER, WRITES, Fields, without, wsdl
from orderwire.connectors.nav.contract import Page, examine, published_as, wants_of
from orderwire.connectors.nav.wsdl import read_wsdl


def problems(page: Page, content: bytes, **changes: object) -> dict[str, tuple[str, bool]]:
    nav = NAV.model_copy(update=changes)
    return {
        str(found.want): (found.problem, found.breaks)
        for found in examine(page, read_wsdl(content), nav)
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
        (SALES_ORDER, without(SALES_LINE, "Quantity"), "SalesLines/Quantity", "field missing"),
        (SALES_ORDER, {**SALES_LINE, "Type": "enum _blank_ Artikel"}, "SalesLines/Type", "option missing: Item"),
        (without(SALES_ORDER, "SalesLines"), SALES_LINE, "SalesLines/No", "field missing"),
        (
            without(SALES_ORDER, "External_Document_No"),
            SALES_LINE,
            "filter External_Document_No",
            "the page has no filter of this name",
        ),
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


def test_settings_add_wants() -> None:
    """A safety stock field and foreign currencies are wanted only where they are used."""
    item = wsdl("Item", without(ITEM, "Safety_Stock_Quantity"), READS)
    assert problems(Page.ITEM, item) == {}
    assert problems(Page.ITEM, item, safety_stock_field="Safety_Stock_Quantity") == {
        "Safety_Stock_Quantity": ("field missing", True)
    }
    nav = NAV.model_copy(update={"local_currency": "EUR"})
    assert "Currency_Code" in {want.name for want in wants_of(Page.SALES_ORDER, nav)}
