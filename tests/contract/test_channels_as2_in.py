"""AS2 in: what an independent party sends to /as2, and the receipts it gets and gives."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from orderwire.bootstrap.services import Services
from orderwire.canonical.document import DocumentReady
from orderwire.canonical.envelope import Event, EventType
from orderwire.cli.program import app
from orderwire.config.partners import Partners
from orderwire.connectors.channels.as2 import As2Deliverer
from orderwire.connectors.channels.as2_library import library
from orderwire.connectors.channels.as2_parties import As2Parties
from orderwire.pipeline.deliver import Deliver
from orderwire.pipeline.outbox import Dispatcher
from orderwire.pipeline.outgoing import Recipient, dispatch
from orderwire.pipeline.receive import Receiver
from orderwire.pipeline.work import Source
from orderwire.ports.clock import no_checkpoint, system_clock
from orderwire.ports.intake import Connector, OutboundDocument
from orderwire.ports.journal import Document, DocumentQuery, DocumentState
from orderwire.ports.ledger import LedgerQuery, LedgerState
from orderwire.ports.transmission import RECEIPT_TYPE
from orderwire.queue.topology import Topology
from orderwire.store.store import open_store
from orderwire.telemetry.metrics import Metrics
from orderwire.web.app import create_app
from services.as2 import Entity, Exchange
from services.partner_server import PartnerServer, make_certificate, serving
from unit.web.conftest import FakeErp, FakeTransport, Site, without_store

ORDER = b"UNB+UNOC:3+4099998000020:14+4099998000013:14+261121:0800+17'UNZ+0+17'"
DEEP = b"".join(
    f"--b{level}\r\nContent-Type: multipart/report; boundary=b{level + 1}\r\n\r\n".encode() for level in range(3000)
)
PROFILE = """
name: Baumarkt
customer_no: C10000
as2:
  name: BAUMARKT
  certificate: theirs.pem
  mdn: async
  url: {url}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exchange:
    return Exchange.made(tmp_path_factory.mktemp("as2"))


@pytest.fixture
def partner() -> Iterator[PartnerServer]:
    with serving() as server:
        server.statuses = [200]
        yield server


@pytest.fixture
def exchange(made: Exchange, partner: PartnerServer) -> Exchange:
    folder = made.settings.config_dir / "partners/baumarkt"
    (folder / "partner.yaml").write_text(PROFILE.format(url=partner.url), encoding="utf-8")
    return made


@pytest.fixture
def site(exchange: Exchange, tmp_path: Path) -> Iterator[Site]:
    """The app on a store of its own."""
    settings = exchange.settings.model_copy(
        update={"store": exchange.settings.store.model_copy(update={"url": _url(tmp_path)})}
    )
    store = open_store(settings)
    store.migrate()
    transport, erp = FakeTransport(), FakeErp()
    queue: Any = transport  # a fake of what is used
    nav: Any = erp  # likewise
    dispatcher = Dispatcher(store, queue, system_clock)
    receiver = Receiver(store, dispatcher.announce, system_clock, 1 << 20, no_checkpoint)
    services = Services(
        settings, Partners(settings.config_dir), store, queue, lambda: [Connector("fake", erp=nav)], dispatcher,
        receiver, Metrics(), system_clock, Topology(),
    )  # fmt: skip
    yield Site(services, transport, erp, create_app(services))
    store.close()


def _url(folder: Path) -> Any:
    return SecretStr(f"sqlite:///{folder}/orderwire.db")


def post(site: Site, entity: Entity) -> httpx.Response:
    return site.call("POST", "/as2", partner=None, headers=entity.headers, content=entity.content)


def entity_of(reply: httpx.Response) -> Entity:
    return Entity(dict(reply.headers), reply.content)


def files(site: Site) -> list[Document]:
    with site.services.store.begin() as tx:
        return tx.journal.find(DocumentQuery(kind="file"))


def content_of(site: Site, document: Document) -> bytes:
    with site.services.store.begin() as tx:
        return tx.archive.get(document.sha256 or "")


def test_a_message_is_archived_and_its_receipt_says_so(site: Site, exchange: Exchange) -> None:
    """The other party verifies our signature, and finds the digest of what it sent."""
    reply = post(site, exchange.peer.compose(ORDER, "order.edi", "1@baumarkt"))

    assert reply.status_code == 200
    receipt = exchange.peer.receipt(entity_of(reply))
    assert (receipt["messageId"], receipt["processed"]) == ("<1@baumarkt>", True)
    assert receipt["mic"]["algorithm"] == "sha256"
    [document] = files(site)
    assert (document.partner, document.name, document.channel) == ("baumarkt", "order.edi", "edi")
    assert content_of(site, document) == ORDER
    assert [event.type for event in site.transport.published] == [EventType.DOCUMENT_RECEIVED]


def test_the_same_message_gets_the_same_receipt(site: Site, exchange: Exchange) -> None:
    """Byte for byte, though it was encrypted anew; nothing is taken in twice."""
    first = post(site, exchange.peer.compose(ORDER, "order.edi", "2@baumarkt"))
    second = post(site, exchange.peer.compose(ORDER, "order.edi", "2@baumarkt"))

    assert (first.content, first.headers["message-id"]) == (second.content, second.headers["message-id"])
    assert len(files(site)) == 1


def test_without_a_store_nothing_is_receipted(site: Site, exchange: Exchange) -> None:
    """The partner sends it again later; a receipt would have been the end of it."""
    message = exchange.peer.compose(ORDER, "order.edi", "10@baumarkt")

    away = post(without_store(site), message)
    back = post(site, message)

    assert (away.status_code, "Retry-After" in away.headers) == (503, True)
    assert b"disposition" not in away.content.lower()
    assert exchange.peer.receipt(entity_of(back))["processed"]


def test_another_document_under_the_same_message_id_is_refused(site: Site, exchange: Exchange) -> None:
    """The receipt says so, and nothing of it is kept."""
    post(site, exchange.peer.compose(ORDER, "order.edi", "3@baumarkt"))

    reply = post(site, exchange.peer.compose(ORDER + b" ", "order.edi", "3@baumarkt"))

    assert b"processed/error: duplicate-document" in reply.content
    assert len(files(site)) == 1


def compressed(exchange: Exchange, whole: bytes) -> Entity:
    """Return a message that is compressed instead of encrypted, under the media type of both."""
    kind = {"Content-Type": "application/pkcs7-mime; smime-type=compressed-data; name=smime.p7z"}
    return Entity({**exchange.peer.head("9@baumarkt"), **kind}, library("pyas2lib.cms").compress_message(whole))


def test_what_is_not_signed_by_the_partner_is_refused(site: Site, exchange: Exchange, tmp_path: Path) -> None:
    """Signed by another, not signed at all, or not encrypted: a receipt that says why, and nothing is taken in."""
    theirs, key = make_certificate(tmp_path, "stranger")
    stranger = replace(exchange.peer, certificate=theirs, key=key)
    plain = b"Content-Type: application/edifact\r\n\r\n" + ORDER
    open_message = Entity({**exchange.peer.head("6@baumarkt"), "Content-Type": "application/edifact"}, ORDER)
    packed = Entity({**open_message.headers, "Content-Type": "application/pkcs7-mime; smime-type=x"}, ORDER)
    signed = exchange.peer.signed(ORDER, "order.edi")
    receipts = []
    for entity, words in (
        (stranger.compose(ORDER, "order.edi", "4@baumarkt"), b"authentication-failed"),
        (exchange.peer.encrypted(plain, "5@baumarkt"), b"insufficient-message-security"),
        (open_message, b"insufficient-message-security"),
        (packed, b"processed/error"),
        (replace(exchange.peer, ours=theirs).encrypted(signed, "7@baumarkt"), b"decryption-failed"),
        (replace(exchange.peer.encrypted(plain, "8@baumarkt"), content=b"0" * 99), b"processed/error"),
        (compressed(exchange, signed), b"insufficient-message-security"),
        (
            compressed(exchange, plain + b"0" * site.services.settings.limits.max_document_bytes),
            b"decompression-failed",
        ),
    ):
        reply = post(site, entity)

        assert (reply.status_code, words in reply.content) == (200, True), reply.content
        receipts.append(entity_of(reply))
    assert all(receipt["description"] is not None for receipt in exchange.peer.receipts(receipts))
    assert files(site) == []


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 404, "unknown_partner"),
        ({"AS2-From": "NOBODY", "AS2-To": "NORTHWIND", "Message-ID": "<1@x>"}, 404, "unknown_partner"),
        ({"AS2-From": "BAUMARKT", "AS2-To": "SOMEBODY", "Message-ID": "<1@x>"}, 404, "unknown_partner"),
        ({"AS2-From": "BAUMARKT", "AS2-To": "NORTHWIND"}, 422, "decode"),
        ({"AS2-From": "BAUMARKT", "AS2-To": "NORTHWIND", "Message-ID": "<" + "x" * 300}, 422, "decode"),
        ({"Content-Type": "multipart/report; boundary=x"}, 503, "unavailable"),
        ({"Content-Type": 'multipart/signed; boundary="'}, 404, "unknown_partner"),
    ],
)
def test_what_is_no_message_for_us_is_a_problem(site: Site, headers: dict[str, str], status: int, code: str) -> None:
    """From nobody, for somebody else, without a Message-ID, or a receipt of something we never sent."""
    reply = post(site, Entity(headers, b"--x\r\n\r\n" + ORDER))

    assert (reply.status_code, reply.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("multipart/signed", DEEP, "decode"),
        ("multipart/report", DEEP, "decode"),
        ("multipart/mixed", DEEP, "decode"),
        ("multipart/report", b"x" * 1_100_000, "limit"),
        ("application/pkcs7-mime", b"\n" * 1_000_001, "limit"),
    ],
)
def test_hostile_calls_end_at_once(site: Site, exchange: Exchange, kind: str, body: bytes, code: str) -> None:
    """Parts within parts without end, a receipt without end, lines without end: refused, in no time."""
    head = exchange.peer.head("11@baumarkt")
    reply = post(site, Entity({**head, "Content-Type": f"{kind}; boundary=b0"}, body))

    if code == "decode" and reply.status_code == 200:  # the library saw to it, and the receipt says so
        assert b"processed/error" in reply.content
    else:
        assert reply.json()["code"] == code
    assert files(site) == []


def test_a_receipt_that_is_wanted_later_goes_to_the_partners_own_place(
    site: Site, exchange: Exchange, partner: PartnerServer
) -> None:
    """202 at once; the receipt is delivered like a document, and never to a place a stranger names."""
    elsewhere = {"Receipt-Delivery-Option": "http://169.254.169.254/latest"}
    reply = post(site, exchange.peer.compose(ORDER, "order.edi", "8@baumarkt", **elsewhere))
    assert (reply.status_code, reply.content) == (202, b"")

    [ready] = [event for event in site.transport.published if event.type is EventType.DOCUMENT_READY]
    assert DocumentReady.model_validate(ready.data).media_type == RECEIPT_TYPE
    deliver(site, ready)

    [got] = partner.got
    receipt = exchange.peer.receipt(Entity(got.headers, got.content))
    assert (receipt["messageId"], receipt["processed"]) == ("<8@baumarkt>", True)
    assert "receipt-delivery-option" not in got.headers
    post(site, exchange.peer.compose(ORDER, "order.edi", "8@baumarkt", **elsewhere))
    assert len([event for event in site.transport.published if event.type is EventType.DOCUMENT_READY]) == 2


def deliver(site: Site, ready: Event) -> None:
    services = site.services
    outlets = {"as2": As2Deliverer(As2Parties(services.settings))}
    commit = Deliver(services.store, outlets, services.partners, services.clock)(ready)
    with services.store.begin() as tx:
        commit(tx)


def sent(site: Site) -> str:
    """Send an answer whose receipt is to come later, and return its document."""
    outbound = OutboundDocument("ORDRSP", ORDER, "ORDRSP_1.edi", "application/EDIFACT", "17")
    with site.services.store.begin() as tx:
        ready = dispatch(
            tx, outbound, Recipient("baumarkt", "edi", "answer"), Source("d1", "d1", "baumarkt"), system_clock()
        )
    deliver(site, ready)
    return ready.documentid


def entry_states(site: Site) -> list[tuple[str, LedgerState, str | None]]:
    with site.services.store.begin() as tx:
        return [(entry.kind, entry.state, entry.outcome) for entry in tx.ledger.find(LedgerQuery(kind="MDN"))]


def test_a_receipt_that_comes_later_is_matched(site: Site, exchange: Exchange, partner: PartnerServer) -> None:
    """The ledger waits for it, and it is met once; a stranger's is not believed."""
    sent(site)
    assert entry_states(site) == [("MDN", LedgerState.OPEN, None)]
    _, _, receipt = exchange.peer.open(Entity(partner.got[0].headers, partner.got[0].content))
    forged = replace(receipt, content=receipt.content.replace(b"Disposition: ", b"Disposition:  "))

    assert post(site, forged).status_code == 422
    assert post(site, receipt).status_code == 202
    assert post(site, receipt).status_code == 202

    assert entry_states(site) == [("MDN", LedgerState.MET, "accepted")]


def test_a_receipt_that_says_no_later_parks_the_document(
    site: Site, exchange: Exchange, partner: PartnerServer, tmp_path: Path
) -> None:
    """A person decides; a replay sends it again."""
    document_id = sent(site)
    stranger, _ = make_certificate(tmp_path, "stranger")
    peer = replace(exchange.peer, ours=stranger)
    _, _, receipt = peer.open(Entity(partner.got[0].headers, partner.got[0].content))

    assert post(site, receipt).status_code == 202

    assert entry_states(site) == [("MDN", LedgerState.MET, "rejected")]
    with site.services.store.begin() as tx:
        document = tx.journal.get(document_id)
        [parked] = tx.parked.find()
    assert document is not None
    assert (document.state, document.code) == (DocumentState.PARKED, "delivery_refused")
    assert EventType.DOCUMENT_READY.value.encode() in parked.body


def test_no_key_of_ours_no_as2(site: Site, exchange: Exchange, tmp_path: Path) -> None:
    """Nothing is taken in, and the caller is not told why."""
    copy = tmp_path / "kept.pem"
    key_file = exchange.settings.as2.key_file
    assert key_file is not None
    shutil.move(key_file, copy)
    try:
        reply = post(site, exchange.peer.compose(ORDER, "order.edi", "9@baumarkt"))
    finally:
        shutil.move(copy, key_file)

    assert reply.status_code == 500
    assert files(site) == []


def test_partner_check_shows_until_when_certificates_hold(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours and the partner's; one that is nearly over, over or missing is told."""
    folder = exchange.settings.config_dir
    monkeypatch.setenv("ORDERWIRE_AS2__NAME", "NORTHWIND")
    monkeypatch.setenv("ORDERWIRE_AS2__KEY_FILE", str(exchange.settings.as2.key_file))

    def checked() -> dict[str, tuple[bool, str]]:
        done = CliRunner().invoke(app, ["partner", "check", "--config", str(folder), "--json"])
        return {row["what"]: (row["ok"], row["text"]) for row in json.loads(done.stdout)}

    rows = checked()
    assert rows["AS2 certificate BAUMARKT"][0]
    assert rows["AS2 certificate BAUMARKT"][1].endswith("days: renew it")
    assert rows["AS2 certificate NORTHWIND"][0]
    monkeypatch.setenv("ORDERWIRE_AS2__KEY_FILE", str(folder / "none.pem"))
    assert not checked()["AS2 certificate ours"][0]
