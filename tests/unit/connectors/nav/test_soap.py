"""Envelopes, and bytes that only look like some."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navwire import answer, fault
from orderwire.connectors.nav import soap

_BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
_ENVELOPE = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>%s</s:Body></s:Envelope>'


def test_request_and_parse_are_each_others_inverse() -> None:
    """What is written is read again, with special characters as they were."""
    body = soap.request("urn:x", "ReadMultiple", [("filter", [("Field", "No"), ("Criteria", "<'A&B'>|ü")])])
    element = soap.parse(body)
    assert not isinstance(element, soap.Fault)
    assert element.findtext("{urn:x}filter/{urn:x}Criteria") == "<'A&B'>|ü"


def test_parse_returns_the_result() -> None:
    """The element in the body is the answer."""
    element = soap.parse(answer("Item", "Read", "").content)
    assert not isinstance(element, soap.Fault)
    assert soap.name_of(element) == "Read_Result"


def test_parse_returns_faults_with_the_short_exception_name() -> None:
    """A fault is its .NET exception and NAV's sentence."""
    reply = fault("NavTestFieldException", "Status must be  equal to 'Open'")
    assert soap.parse(reply.content) == soap.Fault("NavTestFieldException", "Status must be equal to 'Open'")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>503</body></html>",
        b"<br>",
        b"\xff\xfe\x00",
        _ENVELOPE % b"",
        _ENVELOPE % b"<a/><b/>",
        _BOMB + _ENVELOPE % b"<r>&c;</r>",
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>' + _ENVELOPE % b"<r>&f;</r>",
        b'<?xml version="1.0" encoding="utf-8"?>' + _ENVELOPE % b"<r>M\xfcller</r>",
        b'<?xml version="1.0" encoding="klingon"?>' + _ENVELOPE % b"<r/>",
        (_ENVELOPE % b"<r>half</r>")[:-30],
        _ENVELOPE % (b"<d>" * 5000 + b"</d>" * 5000),
    ],
    ids=[
        "empty", "html", "tag-soup", "binary", "no-body", "two-results", "entity-bomb", "external-entity",
        "wrong-charset", "unknown-charset", "truncated", "deep",
    ],
)  # fmt: skip
def test_parse_refuses_what_is_no_envelope(content: bytes) -> None:
    """Hostile and broken bytes are one kind of error."""
    with pytest.raises(soap.NotSoapError):
        soap.parse(content)


@given(st.binary(max_size=300))
def test_parse_never_fails_otherwise(content: bytes) -> None:
    """Any bytes are an element, a fault or a `NotSoapError`."""
    try:
        soap.parse(content)
    except soap.NotSoapError:
        return


@given(st.text(max_size=40))
def test_sayable_tells_what_can_be_written(text: str) -> None:
    """What is sayable can be sent; nothing else reaches the XML library."""
    if soap.sayable(text):
        assert soap.request("urn:x", "Read", [("No", text)])
