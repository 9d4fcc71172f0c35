"""Documents as people may see them."""

import pytest

from cxmlwire import BUYER, SECRET, credential, cxml, header, order_request, shared
from orderwire.mapping.masking import masked

MAC = '<CredentialMac type="FromSenderCredentials" algorithm="HMAC-SHA1-96">bWFjbWFj</CredentialMac>'

#: Behind what reads over itself, in pieces, and with a bracket in it.
HIDDEN = shared(f"<!-- -->{SECRET}<?x y?> <![CDATA[x]{SECRET}]]>{SECRET}")


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-15", "UTF-16", "UTF-16-BE"])
@pytest.mark.parametrize(
    "proof", [shared(), shared(f"<![CDATA[{SECRET}]]>"), HIDDEN, MAC], ids=["plain", "cdata", "hidden", "mac"]
)
def test_what_proves_the_sender_is_struck_out(proof: str, encoding: str) -> None:
    """In every encoding that documents come in, and nothing else is."""
    content = cxml(order_request(), header(sender=credential("NetworkID", BUYER, proof)), encoding=encoding)

    text = masked(content).decode("utf-8" if encoding.startswith("UTF-16") else encoding)

    assert SECRET not in text
    assert "bWFjbWFj" not in text
    assert text.count("***") == 1
    assert text.endswith("</cXML>")


def test_broken_documents_are_masked_too() -> None:
    """Nobody has to understand them for that."""
    assert SECRET.encode() not in masked(b"<x><SharedSecret>" + SECRET.encode() + b"</Oops")


def test_other_documents_are_left_alone() -> None:
    """EDIFACT, JSON and cXML without secrets come out as they went in."""
    for content in (
        b"UNB+UNOC:3'",
        b'{"a": 1}',
        cxml(head=""),
        b"",
        b"<SharedSecret/>",
        b"<SharedSecret /><a>b</a>",
        b"<SharedSecret></SharedSecret><a/>",
    ):
        assert masked(content) == content


def test_hostile_documents_take_no_time() -> None:
    """Ends that never come are not looked for for ever."""
    for content in (b"<SharedSecret>" * 300_000, b"<SharedSecret " * 300_000, b"<SharedSecret><![CDATA[" * 300_000):
        assert len(masked(content)) <= len(content)
