"""cXML documents as bytes."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from lxml import etree
from pydantic import SecretStr

from cxmlwire import a_buyer
from orderwire.connectors.punchout import writing
from orderwire.connectors.punchout.document import XmlDocument, read_document
from orderwire.connectors.punchout.elements import inner_xml, text_of, to_day, to_instant
from orderwire.connectors.punchout.writing import Heading, element, write_message, write_request, write_response

NOW = datetime(2026, 11, 21, 8, 0, 5, 123456, tzinfo=UTC)


def _heading(**changes: object) -> Heading:
    profile = a_buyer().cxml
    assert profile is not None
    fields: dict[str, object] = {"profile": profile, "payload_id": "1@us", "now": NOW}
    return Heading(**(fields | changes))  # type: ignore[arg-type]


def _root(content: bytes) -> etree._Element:
    document = read_document(content)
    assert isinstance(document, XmlDocument)
    return document.root


def test_documents_are_plain_ascii() -> None:
    """Other characters are references, and come back as they were; what XML cannot hold is replaced."""
    content = write_request(element("X", "für 5€ 😀 <b>&amp;\x00\x1f\ud800", a='"ß"'), _heading())

    assert content.isascii()
    assert content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE cXML SYSTEM ')
    made = _root(content).find("Request/X")
    assert made is not None
    assert (made.text, made.get("a")) == ("für 5€ 😀 <b>&amp;\ufffd\ufffd\ufffd", '"ß"')


def test_a_request_goes_from_us_to_the_partner() -> None:
    """Our first identity stands in From and Sender, with our secret; the partner's first in To."""
    content = write_request(element("X"), _heading(secret=SecretStr("ours"), dtd="Fulfill.dtd"))
    root = _root(content)

    assert root.findtext("Header/From/Credential/Identity") == "4099998000013"
    assert root.findtext("Header/To/Credential/Identity") == "PROCURE-T"
    assert root.findtext("Header/Sender/Credential/SharedSecret") == "ours"
    assert root.findtext("Header/Sender/UserAgent", "").startswith("Orderwire ")
    assert root.find("Header/From/Credential/SharedSecret") is None
    assert (root.get("payloadID"), root.get("timestamp")) == ("1@us", "2026-11-21T08:00:05+00:00")
    assert root.find("Request[@deploymentMode='production']") is not None
    assert b'SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.050/Fulfill.dtd">' in content


def test_tests_are_marked() -> None:
    """By the document, and by a profile that is for tests only."""
    profile = a_buyer(cxml={"deployment_mode": "test"}).cxml

    for heading in (_heading(test=True), _heading(profile=profile)):
        assert _root(write_request(element("X"), heading)).find("Request[@deploymentMode='test']") is not None


def test_a_message_may_have_a_status() -> None:
    """It stands before the document."""
    root = _root(write_message(element("X"), _heading(in_reply_to="a@b"), 204))

    assert [child.tag for child in root[1]] == ["Status", "X"]
    assert root[1].get("inReplyTo") == "a@b"


def test_a_response_has_a_status_and_perhaps_a_document() -> None:
    """And no Header; a code's own words are its text, ours stand inside."""
    root = _root(write_response(writing.status(400, "no such unit: ß"), "2@us", NOW, element("X")))

    assert [child.tag for child in root] == ["Response"]
    said = root[0][0]
    assert (said.get("code"), said.get("text"), said.text) == ("400", "Bad Request", "no such unit: ß")
    assert root[0][1].tag == "X"


def test_content_keeps_its_order() -> None:
    """Texts and elements stand as they were given; what is None is left out."""
    made = element("X", "a", None, element("Y"), "b", "c", lang="de", q=None)

    assert etree.tostring(made) == b'<X xml:lang="de">a<Y/>bc</X>'
    assert etree.tostring(writing.money("Total", Decimal("1E+2"), "EUR")) == (
        b'<Total><Money currency="EUR">100</Money></Total>'
    )
    assert writing.day(NOW.date()) == "2026-11-21T12:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-21T08:00:00+01:00", "2026-11-21T07:00:00+00:00"),
        (" 2026-11-21T08:00:00-0400 ", "2026-11-21T12:00:00+00:00"),
        ("2026-11-21T08:00:00 +00:00", "2026-11-21T08:00:00+00:00"),
        ("2026-11-21T08:00:00-5:00", "2026-11-21T13:00:00+00:00"),
        ("2026-11-21T08:00:00.250Z", "2026-11-21T08:00:00+00:00"),
        ("2026-11-21 08:00", "2026-11-21T08:00:00+00:00"),
        ("2026-11-21", "2026-11-21T00:00:00+00:00"),
    ],
)
def test_instants_are_read_as_they_really_come(text: str, meant: str) -> None:
    """Z, no zone, short zones, fractions: all say when."""
    instant = to_instant(text)

    assert instant is not None
    assert instant.astimezone(UTC).isoformat() == meant
    assert to_day(text) == instant.date()


@pytest.mark.parametrize(
    "text", ["", "soon", "21.11.2026", "2026-02-31", "2026-11-21T25:00:00", "2026-11-21T08:00:00+99:00"]
)
def test_what_is_no_instant_means_none(text: str) -> None:
    """Nothing is guessed."""
    assert to_instant(text) is None
    assert to_day(text) is None


def test_inner_xml_is_kept_as_it_stood() -> None:
    """An opaque value may be text or XML; text alone loses no blank, and XML none of its tags."""
    root = _root(b'<a><b> q&amp;1 </b><c>x&lt;<d e="1">y</d> z</c></a>')

    assert inner_xml(root[0]) == " q&1 "
    assert inner_xml(root[1]) == 'x&lt;<d e="1">y</d> z'
    assert (inner_xml(None), text_of(None), text_of(root, "c")) == ("", "", "x<y z")
