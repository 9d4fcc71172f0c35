"""What is read from WSDLs: ours, real ones, and bytes that are none."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navwire import ITEM, PAGES, READS, SALES_ORDER, WRITES, wsdl
from orderwire.connectors.nav.messages import Writer
from orderwire.connectors.nav.wsdl import FieldType, NotWsdlError, read_wsdl

CORPUS = Path(__file__).parents[5] / "shared" / "corpus" / "nav"
REAL = sorted(CORPUS.glob("*.wsdl"))


def test_read_wsdl_of_a_page_with_lines() -> None:
    """Entity, part, operations and filters are found, whatever the service is called."""
    found = read_wsdl(wsdl("OW_Orders", SALES_ORDER, WRITES))
    assert (found.service, found.namespace) == ("OW_Orders", "urn:microsoft-dynamics-schemas/page/ow_orders")
    assert found.entity is not None
    assert found.entity.name == "OW_Orders"
    assert found.entity.fields["Order_Date"] == FieldType("date")
    assert found.parts["SalesLines"].name == "Sales_Order_Line"
    assert found.parts["SalesLines"].fields["Type"] == FieldType("enum", ("_blank_", "G_L_Account", "Item"))
    assert found.actions["Create"] == f"{found.namespace}:Create"
    assert "No" in found.filterable


def test_fingerprint_follows_the_contract_alone() -> None:
    """Another server address is the same contract; another type, field or operation is another one."""
    original = wsdl("Item", ITEM, READS)
    fingerprint = read_wsdl(original).fingerprint
    assert read_wsdl(original.replace(b"another.invalid", b"moved.invalid")).fingerprint == fingerprint
    for changed in (
        wsdl("Item", {**ITEM, "Inventory": "string"}, READS),
        wsdl("Item", {**ITEM, "Shelf_No": "string"}, READS),
        wsdl("Item", ITEM, ("Read",)),
    ):
        assert read_wsdl(changed).fingerprint != fingerprint


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html/>",
        b'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>',
        b'<!DOCTYPE d [<!ENTITY a "b">]><definitions xmlns="http://schemas.xmlsoap.org/wsdl/">&a;</definitions>',
        wsdl("Item", ITEM, READS)[:-200],
    ],
    ids=["empty", "html", "no-binding", "entities", "truncated"],
)
def test_read_wsdl_refuses_what_is_none(content: bytes) -> None:
    """Anything but a whole WSDL is refused."""
    with pytest.raises(NotWsdlError):
        read_wsdl(content)


@given(st.data())
def test_read_wsdl_never_fails_otherwise(data: st.DataObject) -> None:
    """A WSDL with some bytes lost is read or refused."""
    content = wsdl("SalesOrder", SALES_ORDER, WRITES)
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 400)))
    try:
        read_wsdl(content[:start] + content[end:])
    except NotWsdlError:
        return


@pytest.mark.skipif(not REAL, reason="no corpus of real WSDLs beside this repository")
@pytest.mark.parametrize("file", REAL, ids=lambda file: file.stem[-30:])
def test_real_wsdls_are_read(file: Path) -> None:
    """Every real WSDL gives its service and its operations, and zeep can write its messages."""
    content = file.read_bytes()
    found = read_wsdl(content)
    assert found.service
    assert found.actions
    assert (found.entity is None) == ("/codeunit/" in found.namespace)
    Writer(found, content, found.service)


@pytest.mark.skipif(not REAL, reason="no corpus of real WSDLs beside this repository")
def test_a_real_sales_order_page() -> None:
    """A NAV 2016 sales order page has its lines where we look for them."""
    file = next(file for file in REAL if file.stem.endswith("__SalesOrder"))
    found = read_wsdl(file.read_bytes())
    assert found.parts["SalesLines"].name == "Sales_Order_Line"
    assert found.parts["SalesLines"].fields["Quantity"] == FieldType("decimal")
    assert "Delete_SalesLines" in found.actions


def test_every_page_of_ours_is_written_in_the_same_grammar() -> None:
    """The WSDLs of these tests are themselves loadable by zeep."""
    for service, fields, operations in PAGES.values():
        content = wsdl(service, fields, operations)
        Writer(read_wsdl(content), content, service)
