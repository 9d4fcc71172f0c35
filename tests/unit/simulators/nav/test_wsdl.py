"""The WSDL has NAV's grammar: held against a real one."""

from pathlib import Path
from typing import Final

import pytest
from lxml import etree

from orderwire.simulators.nav.pages import PAGES
from orderwire.simulators.nav.wsdl import page_wsdl, system_wsdl

REAL: Final = Path(__file__).parents[5] / "shared/corpus/nav"
XSD: Final = "{http://www.w3.org/2001/XMLSchema}"
WSDL: Final = "{http://schemas.xmlsoap.org/wsdl/}"
LOCATION: Final = "http://127.0.0.1:7047/DynamicsNAV/WS/Page/SalesOrder"


def generated(service: str) -> etree._Element:
    return etree.fromstring(page_wsdl(PAGES[service], LOCATION))


@pytest.fixture
def real() -> etree._Element:
    found = sorted(REAL.glob("*__SalesOrder.wsdl")) if REAL.is_dir() else []
    if not found:
        pytest.skip("the corpus of real WSDLs is not here")
    return etree.fromstring(found[0].read_bytes())


def attributes(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def members(root: etree._Element, kind: str, name: str) -> dict[str, dict[str, str]]:
    """Return the elements of a complex type or of a wrapper element, in order, with their attributes."""
    schema = root.find(f".//{XSD}schema")
    assert schema is not None
    owner = next(item for item in schema.iterchildren(f"{XSD}{kind}") if item.get("name") == name)
    return {str(item.get("name")): attributes(item) for item in owner.iterdescendants(f"{XSD}element")}


def test_operations_are_described_as_a_real_nav_does(real: etree._Element) -> None:
    """Every wrapper element of the sales order service is the real one's, to the attribute."""
    ours = generated("SalesOrder")
    for operation in PAGES["SalesOrder"].operations:
        for name in (operation, f"{operation}_Result"):
            assert members(ours, "element", name) == members(real, "element", name)


def test_fields_are_a_selection_of_a_real_page(real: etree._Element) -> None:
    """Fields that the real page also has are described alike and stand in the same order, Key first."""
    for name in ("SalesOrder", "Sales_Order_Line", "SalesOrder_List", "Sales_Order_Line_List", "SalesOrder_Filter"):
        ours, theirs = members(generated("SalesOrder"), "complexType", name), members(real, "complexType", name)
        assert next(iter(ours)) == next(iter(theirs))
        assert [ours[it] for it in ours if it in theirs] == [theirs[it] for it in theirs if it in ours]


def test_definitions_have_the_real_skeleton(real: etree._Element) -> None:
    """Messages, port type, binding, SOAP actions and service are named as the real ones."""

    def skeleton(root: etree._Element) -> list[tuple[str, dict[str, str]]]:
        return [
            (str(item.tag), attributes(item) | {"location": ""})
            for child in root
            if child.tag != f"{WSDL}types"
            for item in child.iter("{*}*")
        ]

    assert skeleton(generated("SalesOrder")) == skeleton(real)
    assert generated("SalesOrder").attrib == real.attrib


def test_a_schema_is_as_strict_and_as_lax_as_nav() -> None:
    """One qualified schema, nothing nillable, nothing imported, at least one filter wanted."""
    for service in PAGES:
        root = generated(service)
        (schema,) = root.iter(f"{XSD}schema")
        assert schema.get("elementFormDefault") == "qualified"
        assert not list(root.iter(f"{XSD}import"))
        assert not root.xpath("//@nillable")
        assert members(root, "element", "ReadMultiple")["filter"]["minOccurs"] == "1"


def test_filterable_fields_leave_out_key_and_lines() -> None:
    """`_Fields` lists every control but the Key and the subpage."""
    values = generated("SalesOrder").xpath("//*[@name='SalesOrder_Fields']//@value")
    assert values == [field.name for field in PAGES["SalesOrder"].fields]


def test_read_only_page_has_five_operations() -> None:
    """Posted shipments can only be read."""
    operations = generated("PostedSalesShipment").find(f"{WSDL}portType")
    assert operations is not None
    assert [item.get("name") for item in operations] == [
        "Read", "ReadByRecId", "ReadMultiple", "IsUpdated", "GetRecIdFromKey",
    ]  # fmt: skip


def test_system_service_lists_companies() -> None:
    """The system service has a namespace of its own, with a slash at its end."""
    root = etree.fromstring(system_wsdl("http://127.0.0.1/x?a&b"))
    assert root.get("targetNamespace") == "urn:microsoft-dynamics-schemas/nav/system/"
    assert members(root, "element", "Companies_Result")["return_value"]["maxOccurs"] == "unbounded"
