"""`nav check --wsdl` on files as people have them: other encodings, other documents, broken and hostile ones."""

import json
from pathlib import Path

import pytest

from navwire import NAV, SALES_ORDER, WRITES, wsdl
from orderwire.config.settings import Settings
from orderwire.connectors.nav.connector import check
from orderwire.connectors.nav.gateway import OPERATION, PARAMETERS
from orderwire.connectors.nav.report import Report
from orderwire.connectors.nav.wants import Page
from orderwire.simulators.nav.wsdl import codeunit_wsdl, system_wsdl

CORPUS = Path(__file__).parents[5] / "shared" / "corpus"
#: Documents of other kinds.
OTHERS = sorted(file for kind in ("edifact", "cxml", "cxml-dtd") for file in (CORPUS / kind).rglob("*.*"))
ORDERS = wsdl("SalesOrder", SALES_ORDER, WRITES)
TEXT = ORDERS.decode()
COLOGNE = TEXT.replace("another.invalid", "köln.invalid")
DATE = '<xsd:element minOccurs="0" maxOccurs="1" name="Order_Date" type="xsd:date" />'
XSD = 'xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
WSDL = "http://schemas.xmlsoap.org/wsdl/"


def checked(folder: Path, content: bytes) -> Report:
    file = folder / "given.wsdl"
    file.write_bytes(content)
    report = check(Settings(nav=NAV), [file])
    json.dumps([*report.rows(), *report.follows(), *report.advice(), report.suggestion])  # all of it can be shown
    return report


def encoded(name: str, text: str = TEXT) -> bytes:
    return text.replace('encoding="utf-8"', f'encoding="{name}"').encode(name)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + ORDERS,
        encoded("utf-16"),
        encoded("iso-8859-1", COLOGNE),
        COLOGNE.encode(),
        wsdl("SalesOrder", {**SALES_ORDER, "_x0033_rd_Party": "string", "Menge_x0020__x00DC_": "decimal"}, WRITES),
        wsdl("SalesOrder", {**SALES_ORDER, **{f"Custom_{number}": "string" for number in range(1500)}}, WRITES),
        TEXT.replace(DATE, DATE * 2).encode(),
        TEXT.replace(DATE, DATE.replace("<xsd:element", '<xsd:element nillable="true"')).encode(),
        TEXT.replace("<types>", f'<types><xsd:schema {XSD}><xsd:import namespace="urn:x" /></xsd:schema>').encode(),
        TEXT.replace("<types>", "<!-- exported --><?pi?><types>").encode(),
    ],
    ids=["bom", "utf-16", "latin-1", "umlaut", "escapes", "wide", "doubled", "nillable", "bare-import", "comments"],
)
def test_a_contract_is_read_however_it_is_written(tmp_path: Path, content: bytes) -> None:
    """Encoding, spelling and size are no reason to refuse a page that has everything."""
    report = checked(tmp_path, content)
    assert [one.page for one in report.services] == [Page.SALES_ORDER]
    assert report.usable(Page.SALES_ORDER)
    assert report.complete


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "a web page"),
        (b"\n<HTML><h1>Server Error</h1><br></HTML>", "a web page"),
        (b'<discovery xmlns="http://schemas.xmlsoap.org/disco/"/>', "list of NAV's services"),
        (b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>', "answer of a web service"),
        (b'<x:Edmx xmlns:x="http://schemas.microsoft.com/ado/2007/06/edmx"/>', "OData"),
        (b'<description xmlns="http://www.w3.org/ns/wsdl"/>', "not a WSDL"),
        (TEXT.replace('<binding name="SalesOrder_Binding"', "<binding").encode(), "not a WSDL"),
        (TEXT.replace("<types>", '<import namespace="urn:x" location="x.wsdl"/><types>').encode(), "another document"),
        (b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>', "document type"),
        (b'<!DOCTYPE d [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;&a;">]><d>&c;&c;</d>', "document type"),
        (f"<definitions xmlns='{WSDL}'>{'<a>' * 5000}".encode(), "not well-formed"),
        (TEXT.replace("</types>", f"<!--{'x' * 17_000_000}--></types>").encode(), "not well-formed"),
        (wsdl("SalesOrder", {f"F{number}": "string" for number in range(3000)}, WRITES), "more fields than any page"),
        (COLOGNE.encode("latin-1"), "not well-formed"),
        (TEXT.replace("utf-8", "klingon").encode(), "not well-formed"),
        (ORDERS[: len(ORDERS) // 2], "not well-formed"),
        (b"PK\x03\x04" + bytes(30), "not well-formed"),
        (b"", "not well-formed"),
    ],
    ids=[
        "page", "error-page", "disco", "soap", "odata", "wsdl2", "no-name", "import", "file", "bomb", "deep", "huge",
        "too-wide", "bytes", "klingon", "half", "zip", "empty",
    ],
)  # fmt: skip
def test_what_is_none_is_called_so(tmp_path: Path, content: bytes, why: str) -> None:
    """The report says what the file is, or where it breaks; nothing is fetched, and nothing is offered."""
    report = checked(tmp_path, content)
    [looked] = report.services
    assert why in looked.problem
    assert (report.complete, report.orders, report.stock, report.suggestion) == (False, False, False, {})


@pytest.mark.parametrize(
    "content",
    [
        TEXT.replace("Sales_Order_Line_List", "SalesOrder_List").encode(),
        TEXT.replace("http://schemas.xmlsoap.org/wsdl/soap/", "http://schemas.xmlsoap.org/wsdl/soap12/").encode(),
        TEXT.replace("soapAction=", "action=").encode(),
    ],
    ids=["in-circles", "soap-1.2", "no-actions"],
)
def test_a_page_that_cannot_be_used_is_reported_so(tmp_path: Path, content: bytes) -> None:
    """It is the page, and what it lacks is named."""
    report = checked(tmp_path, content)
    assert report.usable(Page.SALES_ORDER) is False
    assert [row for row in report.rows() if row["problem"]]


def test_codeunits_are_told_apart(tmp_path: Path) -> None:
    """Ours is held against its contract; another one, and NAV's own system service, are not used."""
    ours = codeunit_wsdl("OrderwireGateway", OPERATION, dict.fromkeys(PARAMETERS, "string"), (), "http://nav.invalid")
    other = codeunit_wsdl("OrderwireGateway", OPERATION, {"a": "string"}, (), "http://nav.invalid")
    assert "one transaction" in checked(tmp_path, ours).services[0].note
    assert "another contract" in checked(tmp_path, other).services[0].problem
    assert checked(tmp_path, system_wsdl("http://nav.invalid")).services[0].note == "codeunit, not used"


@pytest.mark.skipif(not OTHERS, reason="no corpus of other documents beside this repository")
def test_orders_given_by_mistake() -> None:
    """EDIFACT, cXML and DTDs are no WSDLs, each by its own name."""
    report = check(Settings(nav=NAV), OTHERS)
    assert [one.name for one in report.services if one.problem] == [file.name for file in OTHERS]
