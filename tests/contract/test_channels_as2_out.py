"""AS2 out: an independent party (libas2, and OpenSSL) opens what we send and gives the receipt."""

import base64
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from asn1crypto import cms  # type: ignore[import-untyped]

from orderwire.config.profile import PartnerProfile
from orderwire.connectors.channels.as2 import As2Deliverer, with_head
from orderwire.connectors.channels.as2_parties import As2Parties
from orderwire.errors import DeliveryRefusedError, UnavailableError
from orderwire.ports.intake import Delivered
from services.as2 import Entity, Exchange
from services.partner_server import Got, PartnerServer, make_certificate, serving

ANSWER = b"UNB+UNOC:3+4099998000013:14+4099998000020:14+261121:0800+17'UNZ+0+17'"


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Exchange:
    return Exchange.made(tmp_path_factory.mktemp("as2"))


@pytest.fixture
def server() -> Iterator[PartnerServer]:
    with serving() as one:
        one.statuses = [200]
        yield one


def entity_of(got: Got) -> Entity:
    kept = {name: text for name, text in got.headers.items() if name not in {"host", "user-agent", "accept"}}
    return Entity(kept, got.content)


def deliver(exchange: Exchange, profile: PartnerProfile, content: bytes = ANSWER) -> str | Delivered:
    deliverer = As2Deliverer(As2Parties(exchange.settings))
    return deliverer.deliver("ORDRSP_1.edi", content, "application/EDIFACT", profile)


def giving_receipts(exchange: Exchange, server: PartnerServer) -> list[tuple[bool, bytes]]:
    """Have the server open each message and answer with its receipt; return what it finds."""
    opened: list[tuple[bool, bytes]] = []

    def reply(got: Got) -> tuple[dict[str, str], bytes]:
        good, content, receipt = exchange.peer.open(entity_of(got))
        opened.append((good, content))
        return receipt.headers, receipt.content

    server.reply = reply
    return opened


def test_a_document_is_signed_and_encrypted_and_its_receipt_believed(exchange: Exchange, server: PartnerServer) -> None:
    """The other party decrypts it, verifies it, and says so with the digest of what it got."""
    opened = giving_receipts(exchange, server)

    via = deliver(exchange, exchange.profile(url=server.url))

    [(good, content)] = opened
    assert (good, content.strip()) == (True, ANSWER)
    [got] = server.got
    assert via == f"as2:{server.url} {got.headers['message-id'].strip('<>')}"
    assert (got.headers["as2-from"], got.headers["as2-to"]) == ("NORTHWIND", "BAUMARKT")
    assert ANSWER not in got.content


def test_openssl_decrypts_and_verifies_every_byte(exchange: Exchange, server: PartnerServer, tmp_path: Path) -> None:
    """S/MIME as the standard has it, for any character set."""
    content = ANSWER.replace(b"UNZ", "Süd".encode("latin-1"))
    deliver(exchange, exchange.profile(url=server.url, mdn="none"), content)
    peer = exchange.peer

    keys = ("-inkey", peer.key, "-recip", peer.certificate)
    decrypt = ("openssl", "cms", "-decrypt", "-inform", "DER", "-binary", *keys)
    inner = subprocess.run(decrypt, input=server.got[0].content, capture_output=True, timeout=60, check=True).stdout
    (tmp_path / "signed").write_bytes(inner)
    verify = (
        "openssl",
        "cms",
        "-verify",
        "-CAfile",
        peer.ours,
        "-purpose",
        "any",
        "-in",
        tmp_path / "signed",
    )
    signed = subprocess.run(verify, capture_output=True, timeout=60, check=True).stdout

    assert signed.partition(b"\r\n\r\n")[2].rstrip(b"\r\n") == content


def test_the_same_document_has_the_same_message_id(exchange: Exchange, server: PartnerServer) -> None:
    """A receiver that has it can tell; another document has another."""
    profile = exchange.profile(url=server.url, mdn="none")
    for content in (ANSWER, ANSWER, ANSWER + b" "):
        deliver(exchange, profile, content)

    first, second, other = (got.headers["message-id"] for got in server.got)
    assert first == second != other


def test_a_receipt_that_says_no_is_a_refusal(exchange: Exchange, server: PartnerServer, tmp_path: Path) -> None:
    """What the other party could not verify will not get better by sending it again."""
    stranger, _ = make_certificate(tmp_path, "stranger")
    giving_receipts(replace(exchange, peer=replace(exchange.peer, ours=stranger)), server)

    with pytest.raises(DeliveryRefusedError, match="receipt says no"):
        deliver(exchange, exchange.profile(url=server.url))


def test_a_strangers_receipt_is_not_believed(exchange: Exchange, server: PartnerServer, tmp_path: Path) -> None:
    """Whoever signed it, it was not the partner: nothing is known, so it is tried again."""
    theirs, key = make_certificate(tmp_path, "stranger")
    stranger = replace(exchange.peer, certificate=theirs, key=key)

    def reply(got: Got) -> tuple[dict[str, str], bytes]:
        receipt = stranger.open(entity_of(got))[2]
        return receipt.headers, receipt.content

    server.reply = reply
    with pytest.raises(UnavailableError, match="not the partner's"):
        deliver(exchange, exchange.profile(url=server.url))


def test_a_receipt_with_nobodys_signature_is_not_believed(exchange: Exchange, server: PartnerServer) -> None:
    """A signature without a signer verifies nothing."""
    empty = cms.ContentInfo(
        {
            "content_type": "signed_data",
            "content": {
                "version": "v1",
                "digest_algorithms": [],
                "encap_content_info": {"content_type": "data"},
                "signer_infos": [],
            },
        }
    ).dump()

    def reply(got: Got) -> tuple[dict[str, str], bytes]:
        message_id = got.headers["message-id"]
        content = (
            b"--b\r\nContent-Type: multipart/report; boundary=r\r\n\r\n--r\r\nContent-Type: text/plain\r\n\r\nok\r\n"
            b"--r\r\nContent-Type: message/disposition-notification\r\n\r\nOriginal-Message-ID: "
            + message_id.encode()
            + b"\r\nDisposition: automatic-action/MDN-sent-automatically; processed\r\n\r\n--r--\r\n\r\n--b\r\n"
            b"Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + base64.b64encode(empty)
            + b"\r\n--b--\r\n"
        )
        return {"Content-Type": "multipart/signed; boundary=b"}, content

    server.reply = reply
    with pytest.raises(UnavailableError, match="not the partner's"):
        deliver(exchange, exchange.profile(url=server.url))
    assert isinstance(deliver(exchange, exchange.profile(url=server.url, mdn_signed=False, mdn="none")), str)


def test_a_receipt_for_another_message_is_not_believed(exchange: Exchange, server: PartnerServer) -> None:
    """Nor one that was given before, however well it is signed."""
    old: list[tuple[dict[str, str], bytes]] = []

    def reply(got: Got) -> tuple[dict[str, str], bytes]:
        receipt = exchange.peer.open(entity_of(got))[2]
        old.append((receipt.headers, receipt.content))
        return old[0]

    server.reply = reply
    deliver(exchange, exchange.profile(url=server.url))

    with pytest.raises(UnavailableError, match="another message"):
        deliver(exchange, exchange.profile(url=server.url), ANSWER + b" ")


def test_a_receipt_for_other_content_is_a_refusal(exchange: Exchange, server: PartnerServer) -> None:
    """The digest says that something else arrived under our Message-ID."""
    profile = exchange.profile(url=server.url, mdn="none")
    deliver(exchange, profile, ANSWER + b" ")
    other = server.got[0]

    def reply(got: Got) -> tuple[dict[str, str], bytes]:
        headers = entity_of(other).headers | {"message-id": got.headers["message-id"]}
        receipt = exchange.peer.open(Entity(headers, other.content))[2]
        return receipt.headers, receipt.content

    server.reply = reply
    with pytest.raises(DeliveryRefusedError, match="other content"):
        deliver(exchange, exchange.profile(url=server.url))


@pytest.mark.parametrize("answer", [b"", b"<html>welcome</html>", b"--x\r\n" * 50])
def test_an_answer_without_a_receipt_is_tried_again(exchange: Exchange, server: PartnerServer, answer: bytes) -> None:
    """Some page, or nothing at all."""
    server.reply = lambda _got: ({"Content-Type": "multipart/signed; boundary=x"}, answer)

    with pytest.raises(UnavailableError):
        deliver(exchange, exchange.profile(url=server.url))


def test_an_answer_without_end_is_not_read_to_its_end(exchange: Exchange, server: PartnerServer) -> None:
    """No receipt is that long."""
    server.reply = lambda _got: ({}, b"\0" * 2_000_000)

    with pytest.raises(UnavailableError) as failed:
        deliver(exchange, exchange.profile(url=server.url))

    assert failed.value.facts["reason"] == "ReadError"


def test_a_receipt_that_comes_later_is_awaited(exchange: Exchange, server: PartnerServer) -> None:
    """The delivery tells what it will name and repeat; the partner is told where it goes."""
    delivered = deliver(exchange, exchange.profile(url=server.url, mdn="async"))

    assert isinstance(delivered, Delivered)
    assert delivered.receipt is not None
    assert f"<{delivered.receipt.ref}>" == server.got[0].headers["message-id"]
    assert delivered.receipt.proof
    assert server.got[0].headers["receipt-delivery-option"] == "https://orderwire.example.com/as2"


@pytest.mark.parametrize("changes", [{"certificate": "none.pem"}, {"certificate": "theirs.key"}, {"url": None}])
def test_a_profile_that_lacks_something_is_a_refusal(
    exchange: Exchange, server: PartnerServer, changes: dict[str, str | None]
) -> None:
    """No certificate, a file that is none, no address: nothing is sent."""
    profile = exchange.profile(**{"url": server.url, **changes})

    with pytest.raises(DeliveryRefusedError):
        deliver(exchange, profile)

    assert server.got == []


def test_head_and_body_are_one_entity() -> None:
    """Folded lines become one, so that nobody can slip a header in."""
    assert with_head({"A": "b\r\n c\r\nX: y"}, b"body") == b"A: b c X: y\r\n\r\nbody"
