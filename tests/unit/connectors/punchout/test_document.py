"""Bytes to a tree: what real systems write is read, and what is hostile is refused for its true reason."""

import socket
from pathlib import Path
from typing import NoReturn

import pytest

from cxmlwire import cxml
from orderwire.connectors.punchout.document import XmlDocument, read_document
from orderwire.connectors.punchout.settings import XmlLimits
from orderwire.ports.intake import Finding, Severity


def _read(content: bytes, charset: str | None = None) -> XmlDocument:
    document = read_document(content, charset)
    assert isinstance(document, XmlDocument)
    return document


def _code(content: bytes, limits: XmlLimits | None = None) -> str:
    finding = read_document(content, limits=limits or XmlLimits())
    assert isinstance(finding, Finding)
    assert finding.severity is Severity.REJECT
    assert len(finding.text) <= 300
    return finding.code


@pytest.mark.parametrize(
    "doctype",
    [
        "",
        '<!DOCTYPE cXML SYSTEM "http://xml.cXML.org/schemas/cXML/1.1.010/cXML.dtd">',
        '<!DOCTYPE cXML SYSTEM "cXML.dtd">',
        '<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.071/Fulfill.dtd" []>',
        '<!DOCTYPE cXML SYSTEM "cXML.dtd" [<!ENTITY % SGML-help "INCLUDE">]>',
    ],
)
def test_any_dtd_or_none_is_read(doctype: str) -> None:
    """Which DTD a document names decides nothing, nor does a switch declared for it."""
    assert _read(cxml(doctype=doctype)).root.tag == "cXML"


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1", "ISO-8859-15", "windows-1252", "UTF-16"])
def test_the_declared_encoding_is_honoured(encoding: str) -> None:
    """Characters outside ASCII come through in every encoding that senders declare."""
    document = _read(cxml("<Request><X>Bohrmaschine für 5 Zoll ß</X></Request>", encoding=encoding))

    assert document.root.findtext("Request/X") == "Bohrmaschine für 5 Zoll ß"
    assert document.encoding == encoding.upper()


def test_the_transports_charset_goes_first() -> None:
    """A document in another encoding than it declares is read as the transport says."""
    content = cxml("<Request><X>für</X></Request>", encoding="ISO-8859-1").replace(b"ISO-8859-1", b"UTF-8")

    assert _read(content, "ISO-8859-1").root.findtext("Request/X") == "für"
    assert _code(content) == "not_xml"


def test_the_roots_namespace_is_taken_off() -> None:
    """A default namespace changes no name; one with a prefix of its own stays."""
    content = b'<cXML xmlns="urn:x" xmlns:d="urn:d"><Header/><d:Signature/></cXML>'

    assert [child.tag for child in _read(content).root] == ["Header", "{urn:d}Signature"]


_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("declared", "used"),
    [
        ('<!ENTITY x "y">', "&x;"),
        ('<!ENTITY x "y">', ""),
        ('<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;"),
        ('<!ENTITY x SYSTEM "http://127.0.0.1:9/x">', "&x;"),
        ('<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;', ""),
        ("<!ENTITY % x \"<!ENTITY y 'z'>\"> %x;", "&y;"),
        (f'<!ENTITY l0 "lol">{_LAUGHS}', "&l9;"),
        (f'<!ENTITY x "{"A" * 50_000}">', "&x;" * 50_000),
        ("", "&x;"),
    ],
    ids=["internal", "unused", "file", "http", "parameter", "nested", "laughs", "quadratic", "undeclared"],
)
@pytest.mark.parametrize("place", ["<X>{}</X>", '<X a="{}"/>'], ids=["text", "attribute"])
def test_entities_are_refused(declared: str, used: str, place: str) -> None:
    """Whoever declares an entity is refused for that, whatever it stands for and wherever it is used."""
    if "SYSTEM" in declared and "a=" in place:
        used = ""  # XML itself forbids it

    content = cxml(f"<Request>{place.format(used)}</Request>", doctype=f"<!DOCTYPE cXML [{declared}]>")

    assert _code(content) == "entities"


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the DTD nor an entity is looked for: not in the network, and not on the disk."""

    def _no(*_args: object, **_named: object) -> NoReturn:
        raise AssertionError("something was fetched")

    monkeypatch.setattr(socket, "socket", _no)
    (tmp_path / "cXML.dtd").write_text('<!ENTITY leak "leaked"><!ATTLIST cXML leak CDATA "leaked">')
    doctype = f'<!DOCTYPE cXML SYSTEM "{tmp_path}/cXML.dtd">'

    assert _read(cxml(doctype=doctype)).root.get("leak") is None
    assert _code(cxml("<Request>&leak;</Request>", doctype=doctype)) == "entities"


@pytest.mark.parametrize("depth", [101, 300, 100_000])
def test_deep_documents_are_refused(depth: int) -> None:
    """Elements stand at most a hundred deep in one another."""
    assert _code(b"<a>" * depth + b"</a>" * depth) == "too_deep"
    assert _read(b"<a>" * 100 + b"</a>" * 100).root.tag == "a"


def test_large_documents_are_refused_unread() -> None:
    """By bytes, by tags and attributes, and by the length of one text."""
    assert _code(b"<a>" + b"x" * 100 * 1024 * 1024 + b"</a>") == "limit"
    assert _code(b"<a>" + b"x" * 11_000_000 + b"</a>") == "limit"
    assert _code(b"<a><b/><b/></a>", XmlLimits(max_marks=3)) == "limit"
    assert _code(b"<a b='' c='' d=''/>", XmlLimits(max_marks=3)) == "limit"
    assert _code(b"<a>" + b"<b c='' d=''/>" * 400_000 + b"</a>") == "limit"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"ISA*00*",
        b"<a><b></a>",
        b"\xff\xfe<\0a\0",
        b"<a>\xff</a>",
        b'<?xml version="1.0" encoding="x"?><a/>',
    ],
)
def test_what_is_no_xml_is_said_to_be_none(content: bytes) -> None:
    """Anything else is refused as not well-formed."""
    assert _code(content) == "not_xml"


def test_an_unknown_charset_of_the_transport_is_told() -> None:
    """The finding says under which charset the document could not be read."""
    finding = read_document(cxml(), "klingon")

    assert isinstance(finding, Finding)
    assert "klingon" in finding.text
