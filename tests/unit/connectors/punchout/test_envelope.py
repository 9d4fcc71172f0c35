"""Who sends what to whom."""

import pytest

from cxmlwire import BUYER, PAYLOAD_ID, credential, cxml, header, shared
from orderwire.connectors.punchout.document import XmlDocument, read_document
from orderwire.connectors.punchout.envelope import DocumentKind, Envelope, read_envelope
from orderwire.ports.intake import Finding


def _read(content: bytes) -> Envelope | Finding:
    document = read_document(content)
    assert isinstance(document, XmlDocument)
    return read_envelope(document)


def _envelope(content: bytes) -> Envelope:
    envelope = _read(content)
    assert isinstance(envelope, Envelope)
    return envelope


def test_a_request_says_everything_about_itself() -> None:
    """Kind, name, parties, references and mode stand in the envelope."""
    envelope = _envelope(cxml('<Request deploymentMode="test"><OrderRequest/></Request>'))

    assert (envelope.kind, envelope.name, envelope.test) == (DocumentKind.REQUEST, "OrderRequest", True)
    assert (envelope.payload_id, envelope.timestamp) == (PAYLOAD_ID, "2026-11-21T08:00:00+01:00")
    assert (envelope.version, envelope.lang, envelope.user_agent) == ("1.2.014", "en-US", "Procure 9")
    assert [str(each) for each in (*envelope.from_, *envelope.to)] == [f"NetworkId:{BUYER}", "DUNS:4099998000013"]
    assert envelope.findings == ()


def test_production_is_what_is_not_said() -> None:
    """Without deploymentMode a document means it."""
    assert _envelope(cxml()).deployment_mode == "production"


def test_a_message_names_what_it_answers() -> None:
    """A Message may have inReplyTo and a Status."""
    content = '<Message inReplyTo="a@b"><Status code="204" text="No Content"/><PunchOutOrderMessage/></Message>'

    envelope = _envelope(cxml(content))

    assert envelope.in_reply_to == "a@b"
    assert envelope.name == "PunchOutOrderMessage"
    assert envelope.status is not None
    assert envelope.status.code == "204"


def test_a_response_has_no_header() -> None:
    """It has a Status, and perhaps nothing else."""
    envelope = _envelope(cxml('<Response><Status code="400" text="Bad Request">No such item</Status></Response>', ""))

    assert (envelope.kind, envelope.name, envelope.body) == (DocumentKind.RESPONSE, "", None)
    assert envelope.status is not None
    assert (envelope.status.code, envelope.status.message) == ("400", "No such item")


def test_marketplaces_name_nobody() -> None:
    """Of several Credentials every one counts, but for a marketplace's."""
    several = credential("DUNS", "1") + credential("NetworkID", "2") + credential("X", "3", kind="marketplace")

    assert [str(each) for each in _envelope(cxml(head=header(from_=several))).from_] == ["DUNS:1", "NetworkID:2"]


def test_secrets_are_not_shown() -> None:
    """Neither a secret nor a Mac stands in what Python prints of an envelope."""
    mac = '<CredentialMac type="t" algorithm="a" creationDate="c" expirationDate="e">MACMAC</CredentialMac>'
    for proof in (shared("hush"), mac):
        envelope = _envelope(cxml(head=header(sender=credential("NetworkID", BUYER, proof))))

        assert envelope.sender[0].secret or envelope.sender[0].mac
        assert not any(word in repr(envelope) for word in ("hush", "MACMAC"))


def test_what_is_left_out_is_told_but_taken() -> None:
    """A missing payloadID, timestamp, Credential or UserAgent is a warning: real systems forget them."""
    envelope = _envelope(b"<cXML><Header><From/><To/><Sender/></Header><Request><OrderRequest/></Request></cXML>")

    assert [finding.tag for finding in envelope.findings] == [
        "cXML",
        "cXML",
        "cXML/Header/From",
        "cXML/Header/To",
        "cXML/Header/Sender",
        "cXML/Header/Sender",
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"<Invoice/>",
        b"<cXML/>",
        cxml("<Request><A/></Request><Response/>"),
        cxml("<Request/>"),
        cxml("<Request><A/><B/></Request>"),
        cxml(head=""),
    ],
    ids=["root", "nothing", "two", "empty", "twofold", "headless"],
)
def test_what_is_no_cxml_document_is_refused(content: bytes) -> None:
    """There is exactly one Request, Message or Response, with one document in it."""
    finding = _read(content)

    assert isinstance(finding, Finding)
    assert finding.code == "not_cxml"
