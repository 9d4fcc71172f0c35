"""Real WSDLs served as they are."""

from pathlib import Path

import pytest

from navwire import ITEM, READS, SALES_LINE, SALES_ORDER, WRITES, wsdl
from orderwire.errors import ConfigurationError
from orderwire.simulators.nav.data import NavData
from orderwire.simulators.nav.gateway import Gateway, Request
from orderwire.simulators.nav.published import read_folder, read_service
from orderwire.simulators.nav.slots import Pace
from orderwire.simulators.nav.world import World

CODEUNIT = (
    b'<definitions targetNamespace="urn:microsoft-dynamics-schemas/codeunit/Prices"'
    b' xmlns="http://schemas.xmlsoap.org/wsdl/"><binding name="Prices_Binding"/></definitions>'
)


def test_a_page_lies_over_the_table_that_it_shows() -> None:
    """Fields keep their names, options their members; what the simulator has no column for is left out."""
    lines = {name: kind for name, kind in SALES_LINE.items() if name != "Type"} | {"Art": "enum _blank_ Artikel"}
    service = read_service(wsdl("Auftrag", {**SALES_ORDER, "Area": "string"}, WRITES, lines=lines))
    page = service.page
    assert page is not None
    assert (page.table, page.read_by, page.entity) == ("Sales Header", ("No",), "Auftrag")
    assert "Area" not in {field.name for field in page.fields}
    assert page.part is not None
    kind = next(field for field in page.part.fields if field.name == "Art")
    assert (kind.parse("Artikel"), kind.shown("Item"), kind.parse("")) == ("Item", "Artikel", "_blank_")


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    """Of two services of one name the first file counts; other files are passed over."""
    (tmp_path / "a.wsdl").write_bytes(wsdl("Item", ITEM, READS))
    (tmp_path / "b.wsdl").write_bytes(wsdl("Item", {**ITEM, "Shelf_No": "string"}, READS))
    (tmp_path / "c.XML").write_bytes(CODEUNIT)
    (tmp_path / "readme.txt").touch()
    found = read_folder(tmp_path)
    assert [(one.kind, one.service) for one in found] == [("Page", "Item"), ("Codeunit", "Prices")]
    assert b"Shelf_No" not in found[0].wsdl


@pytest.mark.parametrize(
    "content", [b"", b"<html/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', wsdl("Item", ITEM, READS)[:900]]
)
def test_what_is_no_wsdl_is_named(tmp_path: Path, content: bytes) -> None:
    """Whoever gave the file learns which one it is."""
    (tmp_path / "broken.wsdl").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"broken\.wsdl is no WSDL"):
        read_folder(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """A misspelt folder would serve the demo's contracts in silence."""
    with pytest.raises(ConfigurationError, match=r"no \*\.wsdl"):
        read_folder(tmp_path)


def test_what_nothing_stands_behind_is_described_only() -> None:
    """A codeunit shows its WSDL; a call is a fault, and an unknown service is none."""
    gateway = Gateway(World(NavData()), "Demo", pace=Pace(), published=[read_service(CODEUNIT)])
    path = "/DynamicsNAV/WS/Demo/Codeunit/Prices"
    assert gateway.handle(Request("GET", path, "nav")).body == CODEUNIT
    refused = gateway.handle(Request("POST", path, "nav", b"<a/>"))
    assert (refused.status, b"nothing behind" in refused.body) == (500, True)
    assert gateway.handle(Request("GET", path + "s", "nav")).status == 404
