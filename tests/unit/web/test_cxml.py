"""cXML over HTTP: HTTP says 200, the Status says what became of the request."""

import hashlib
from typing import Any, Final

import httpx
import pytest
from lxml import etree
from structlog.testing import capture_logs

from cxmlwire import BUYER, SECRET, credential, cxml, header, item, order_request, shared
from orderwire.canonical.order import Channel
from orderwire.connectors.punchout.decoder import CxmlDecoder
from orderwire.ports.intake import DecodeHint
from orderwire.ports.journal import DocumentState
from unit.web.conftest import Build, Site, without_store

ORDER: Final = cxml(order_request())


@pytest.fixture
def site(build: Build) -> Site:
    """Return a site with one partner that speaks cXML."""
    site = build()
    folder = site.services.settings.config_dir / "partners" / "procure"
    folder.mkdir()
    folder.joinpath("partner.yaml").write_text(
        f"""name: Procure
customer_no: C1
cxml:
  identities: [{{domain: NetworkID, identity: {BUYER}}}]
  ours: [{{domain: DUNS, identity: "4099998000013"}}]
  shared_secret_sha256: {hashlib.sha256(SECRET.encode()).hexdigest()}
"""
    )
    return site


def _post(site: Site, content: bytes = ORDER, content_type: str = "text/xml; charset=UTF-8") -> httpx.Response:
    return site.call("POST", "/cxml", content=content, headers={"Content-Type": content_type}, partner=None)


def _status(reply: httpx.Response) -> str:
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/xml; charset=UTF-8"
    root = etree.fromstring(reply.content)
    assert [child.tag for child in root] == ["Response"]
    return str(root[0][0].get("code"))


def test_an_order_is_archived_before_it_is_answered(site: Site) -> None:
    """200, and the journal and the archive have it."""
    reply = _post(site)

    assert _status(reply) == "200"
    [document_id] = site.documents("file")
    with site.services.store.begin() as tx:
        document = tx.journal.get(document_id)
        assert document is not None
        assert (document.partner, document.channel, document.state) == ("procure", "punchout", DocumentState.RECEIVED)
        assert tx.archive.get(document.sha256 or "") == ORDER


def test_sent_again_it_gets_the_same_answer(site: Site) -> None:
    """Byte for byte, even when its time and proof are new; it is one document."""
    first, second = _post(site), _post(site, ORDER.replace(b"2026-11-21T08:00", b"2026-11-21T09:00"))

    assert first.content == second.content
    assert site.files() == 1


def test_a_payload_id_used_for_other_content_is_a_conflict(site: Site) -> None:
    """409; nothing is taken in."""
    _post(site)

    assert _status(_post(site, ORDER.replace(b'quantity="2"', b'quantity="3"'))) == "409"
    assert site.files() == 1


def test_an_order_that_is_none_is_refused_and_kept(site: Site) -> None:
    """The buyer is told at once why, and people here can see what came."""
    reply = _post(site, cxml(order_request(item("-1"))))

    assert _status(reply) == "400"
    assert "Line 1" in reply.text
    assert site.files() == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "406"),
        (b"<cXML>", "406"),
        (b"<a/>", "406"),
        (cxml(doctype='<!DOCTYPE cXML [<!ENTITY x "y">]>'), "406"),
        (cxml(head=header(sender=credential("NetworkID", BUYER, shared("wrong")))), "401"),
        (cxml(head=header(from_=credential("NetworkID", "other"))), "403"),
        (cxml(head=header(to=credential("DUNS", "other"))), "400"),
        (cxml("<Request><QuoteRequest/></Request>"), "450"),
        (cxml("<Message><PunchOutOrderMessage/></Message>"), "450"),
    ],
)
def test_refusals_say_why_and_keep_nothing(site: Site, content: bytes, code: str) -> None:
    """Each with the code that is meant for it."""
    assert _status(_post(site, content)) == code
    assert site.files() == 0


def test_a_document_that_is_too_large_is_refused_in_cxml(site: Site) -> None:
    """499, and it is not read to its end."""
    assert _status(_post(site, b" " * (65 * 1024 * 1024))) == "499"


def test_a_profile_request_is_answered(site: Site) -> None:
    """With every request that is handled, and where; it is a ping as well."""
    reply = _post(site, cxml())

    assert _status(reply) == "200"
    transactions = etree.fromstring(reply.content).iterfind("Response/ProfileResponse/Transaction")
    named = {each.get("requestName"): each.findtext("URL") for each in transactions}
    assert {"OrderRequest", "ProfileRequest", "StatusUpdateRequest"} <= set(named)
    assert set(named.values()) == {"http://orderwire.test/cxml"}


def test_attachments_are_archived_with_their_document(site: Site) -> None:
    """The whole multipart body, with the head that is needed to read it again."""
    part = b"--b\r\nContent-Type: text/xml\r\n\r\n" + ORDER
    body = part + b"\r\n--b\r\nContent-Type: text/plain\r\nContent-ID: <a@x>\r\n\r\nhello\r\n--b--\r\n"

    assert _status(_post(site, body, 'multipart/related; type="text/xml"; boundary=b')) == "200"
    [document_id] = site.documents("file")
    with site.services.store.begin() as tx:
        document = tx.journal.get(document_id)
        content = tx.archive.get(document.sha256 or "") if document else b""
    assert content.endswith(body)
    decoded = CxmlDecoder().decode(content, DecodeHint(), site.services.partners)
    assert decoded.interchanges[0].messages[0].order is not None


def test_without_a_store_nothing_is_taken_and_later_is_asked_for(site: Site) -> None:
    """560 is transient: the buyer's system tries again."""
    assert _status(_post(without_store(site))) == "560"


def test_the_broker_may_be_away(site: Site) -> None:
    """What is archived is taken."""
    site.transport.away = True

    assert _status(_post(site)) == "200"


def test_who_gets_status_updates_is_told_accepted(site: Site) -> None:
    """201: it is queued, and a StatusUpdateRequest will follow."""
    profile = site.services.settings.config_dir / "partners/procure/partner.yaml"
    profile.write_text(profile.read_text() + "  send: [StatusUpdateRequest]\n")

    assert _status(_post(site)) == "201"


def test_neither_secrets_nor_documents_are_logged(site: Site) -> None:
    """Not of those who are let in, and not of those who are not."""
    contents: list[Any] = [
        ORDER,
        cxml(head=header(sender=credential("NetworkID", BUYER, shared("wrong-secret")))),
        b"<x",
    ]
    with capture_logs() as logs:
        for content in contents:
            _post(site, content)

    assert logs
    assert not any(word in str(logs) for word in (SECRET, "wrong-secret", "SharedSecret", "Drill"))


def test_the_decode_flow_finds_what_the_door_let_in(site: Site) -> None:
    """The archived bytes are all it needs."""
    _post(site)
    [event] = site.transport.published

    assert event.data["channel"] == Channel.PUNCHOUT.value
    assert event.partner == "procure"
