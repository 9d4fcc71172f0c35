"""MIME around a document."""

import pytest

from orderwire.connectors.punchout.parts import Entity, open_entity, whole_entity
from orderwire.connectors.punchout.settings import XmlLimits
from orderwire.ports.intake import Finding

XML = b'<?xml version="1.0"?><cXML/>'


def _part(content: bytes, *head: str) -> bytes:
    return b"--b\r\n" + "\r\n".join(head).encode() + b"\r\n\r\n" + content + b"\r\n"


def _related(*parts: bytes, parameters: str = "boundary=b") -> bytes:
    return whole_entity(b"".join(parts) + b"--b--\r\n", f"multipart/related; {parameters}")


def _entity(content: bytes) -> Entity:
    entity = open_entity(content)
    assert isinstance(entity, Entity)
    return entity


def _code(content: bytes, limits: XmlLimits | None = None) -> str:
    finding = open_entity(content, limits or XmlLimits())
    assert isinstance(finding, Finding)
    return finding.code


def test_xml_alone_stays_as_it_is() -> None:
    """Its media type adds nothing, so nothing stands before it in the archive."""
    for media_type in ("", "text/xml", "text/xml; charset=UTF-8", "application/xml; charset=ISO-8859-1", "nonsense"):
        assert whole_entity(XML, media_type) == XML
    assert _entity(XML) == Entity(XML)


def test_a_charset_of_the_transport_is_kept() -> None:
    """Of text types it goes before what the XML says, where the two differ."""
    content = whole_entity(XML, "text/xml; charset=ISO-8859-1")

    assert content == b"Content-Type: text/xml; charset=ISO-8859-1\r\n\r\n" + XML
    assert _entity(content) == Entity(XML, "iso-8859-1")


def test_utf_8_is_not_believed_of_what_is_none() -> None:
    """Many senders say it of everything; then the XML's own word counts."""
    latin = '<?xml version="1.0" encoding="ISO-8859-1"?><cXML>ü</cXML>'.encode("latin-1")

    assert whole_entity(latin, "text/xml; charset=utf-8") == latin
    assert whole_entity(latin.replace(b"\xfc", b"u"), "text/xml; charset=utf-8").startswith(b"Content-Type")


def test_the_root_is_the_part_that_start_names() -> None:
    """Whatever stands before it; the others are attachments, decoded, by the names that the document uses."""
    content = _related(
        _part(
            b"JVBERg==",
            "Content-Type: application/pdf; name=a.pdf",
            "Content-ID: <a@x>",
            "Content-Transfer-Encoding: BASE64",
        ),
        _part(b"<other/>", "Content-Type: text/xml", "Content-ID: <o@x>"),
        _part(XML, "Content-Type: text/xml; charset=ISO-8859-1", "Content-ID: <r@x>"),
        parameters='type="text/xml"; start="<r@x>"; boundary="b"',
    )

    entity = _entity(content)

    assert (entity.xml, entity.charset) == (XML, "iso-8859-1")
    assert [(each.cid, each.media_type, each.name, each.content) for each in entity.attachments] == [
        ("a@x", "application/pdf", "a.pdf", b"%PDF"),
        ("o@x", "text/xml", "", b"<other/>"),
    ]


def test_without_a_start_the_first_xml_is_the_root() -> None:
    """By its type, or where types say nothing by how it begins; mixed is as good as related."""
    typed = _related(_part(b"x", "Content-Type: text/plain"), _part(XML, "Content-Type: application/xml"))
    untyped = whole_entity(b"--b\n\n" + XML + b"\n--b--", "multipart/mixed; boundary=b")

    assert _entity(typed).xml == XML
    assert _entity(untyped).xml == XML


def test_binary_parts_are_kept_byte_by_byte() -> None:
    """A part may hold line ends, hyphens and nulls; quoted-printable is undone."""
    odd = b"\x00\r\n--\r\n\xff--bb\r\n\n"
    content = _related(
        _part(XML, "Content-Type: text/xml"),
        _part(odd, "Content-Type: application/octet-stream", "Content-Transfer-Encoding: binary"),
        _part(b"=3Ca=3E", "Content-Type: text/plain", "Content-Transfer-Encoding: quoted-printable"),
    )

    assert [each.content for each in _entity(content).attachments] == [odd, b"<a>"]


@pytest.mark.parametrize(
    "content",
    [
        whole_entity(b"--b\r\n\r\nhello\r\n--b--", "multipart/mixed; boundary=b"),
        whole_entity(b"nothing", "multipart/mixed; boundary=b"),
        whole_entity(b"--b--", "multipart/mixed; boundary=b"),
        b"Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\n<a/>\r\n--b--",
        _related(_part(b"***", "Content-Type: text/xml", "Content-Transfer-Encoding: base64")),
    ],
    ids=["no xml", "no part", "empty", "no boundary", "no base64"],
)
def test_what_is_no_multipart_is_said_to_be_none(content: bytes) -> None:
    """In one sentence, as not_mime."""
    assert _code(content) == "not_mime"


def test_attachments_are_counted() -> None:
    """Beyond the limit nothing is kept."""
    parts = [_part(b"x", "Content-Type: text/plain") for _ in range(9)]
    content = _related(_part(XML, "Content-Type: text/xml"), *parts)

    assert len(_entity(content).attachments) == 9
    assert _code(content, XmlLimits(max_attachments=3)) == "limit"


def test_a_head_without_end_has_no_body() -> None:
    """Nor does it take long."""
    assert _code(b"Content-Type: multipart/mixed; boundary=b" + b"x" * 1_000_000) == "not_mime"
    assert _entity(b"X: " + b"\n y" * 100_000).xml != XML
