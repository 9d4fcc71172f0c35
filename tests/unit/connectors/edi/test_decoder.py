"""Files to interchanges: who sent them, and what they are."""

import hashlib

import pytest

from ediwire import BUYER, OURS, SENDER, UNB, codes, decode, interchange, order, profile
from orderwire.connectors.edi.decoder import UNKNOWN
from orderwire.ports.intake import DecodeHint, Severity


def test_decode_says_who_sent_what() -> None:
    """Sender, recipient, reference, syntax, character set and digest stand in the interchange."""
    content = interchange(order(), una="UNA:+.? '")
    (only,) = decode(b"junk\r\n" + content + b"\r\n", profile())
    assert (only.sender, only.recipient) == (f"{SENDER}:14", f"{OURS}:14")
    assert (only.control_ref, only.syntax, only.charset) == ("R1", "UNOC:3", "iso8859-1")
    assert (only.partner, only.test) == ("baumarkt", False)
    assert only.sha256 == hashlib.sha256(content).hexdigest()
    assert only.messages[0].version == "D.96A/EAN008"


def test_duplicate_key_is_that_of_the_standard() -> None:
    """Sender, recipient, 0020 and 0035 make the key; other content does not change it, a test does."""
    keys = [
        decode(content)[0].duplicate_key
        for content in (
            interchange(order()),
            interchange(order(ref="M2"), order()),
            interchange(order(), unb=f"{UNB}++++++1"),
            interchange(order(), unb=UNB.replace(f"{SENDER}:14", f"{SENDER}?:14")),
        )
    ]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_messages_are_numbered_through_the_file() -> None:
    """The second interchange goes on counting, so that a number names one message of the file."""
    first, second = decode(interchange(order(), order(ref="M2")) + interchange(order()))
    assert [each.message_no for each in (*first.messages, *second.messages)] == [1, 2, 3]


def test_sender_must_be_the_partner_whose_channel_it_is() -> None:
    """A file in one partner's folder under another one's name is rejected, and not answered."""
    (honest,) = decode(interchange(order()), profile(), DecodeHint(partner="baumarkt"))
    (spoofed,) = decode(interchange(order()), profile(), DecodeHint(partner="toolbox"))
    assert honest.accepted
    assert codes(spoofed.findings) == ["sender_not_partner"]
    assert spoofed.acknowledge is None


def test_unknown_sender_is_left_to_the_pipeline() -> None:
    """Nobody answers to the sender: no partner, no finding, and the order is there to look at."""
    (only,) = decode(interchange(order()), None, DecodeHint(partner="toolbox"))
    assert (only.partner, only.accepted) == (None, True)
    assert only.messages[0].order is not None
    assert only.messages[0].order.partner == "toolbox"
    (nobody,) = decode(interchange(order()))
    assert nobody.messages[0].order is not None
    assert nobody.messages[0].order.partner == UNKNOWN


def test_recipient_must_be_us() -> None:
    """An order for another supplier is rejected."""
    (only,) = decode(interchange(order(), unb=UNB.replace(OURS, "4099998000990")), profile())
    assert codes(only.findings) == ["not_recipient"]


def test_partners_character_set_goes_before_the_declared_one() -> None:
    """A profile's codec is used for that partner's bytes."""
    content = interchange(order(heading=("BGM+220+1", "DTM+137:20260302:102", BUYER, "NAD+DP+++Größe")))
    (only,) = decode(content.replace(b"UNOC", b"UNOA"), profile(charset="latin-1"))
    assert only.charset == "latin-1"
    assert not only.findings
    assert only.messages[0].order is not None
    assert only.messages[0].order.parties[1].name == "Größe"


@pytest.mark.parametrize("tail", [b"", b"\r\n", b"\r\n\x1a", b"\x00"])
def test_last_terminator_may_be_missing(tail: bytes) -> None:
    """A UNZ at the end of the file needs no terminator; a warning says so."""
    (only,) = decode(interchange(order())[:-1] + tail)
    assert only.accepted
    assert codes(only.findings) == ["missing_terminator"]


FREE = ("LIN+1++4099999001019:EN", "QTY+21:10:PCE", "QTY+192:2:PCE", "LIN+2++4099999001026:EN", "QTY+192:0", "QTY+21:1")


def test_goods_free_of_charge_are_told_of() -> None:
    """QTY 192 is not taken; whoever looks at the order sees that it was there, and where."""
    content = interchange(order(*FREE))
    ((only,),) = (each.messages for each in decode(content, profile()))
    assert only.order is not None
    assert [line.quantity for line in only.order.lines] == [10, 1]
    (finding,) = only.findings
    assert (finding.code, finding.severity, finding.segment_no) == ("free_goods", Severity.WARN, 7)
    assert finding.offset == content.index(b"QTY+192:2")
    assert "192: 2" in finding.text


def test_goods_free_of_charge_may_be_refused() -> None:
    """A partner's agreement weighs that finding like any other."""
    (only,) = decode(interchange(order(*FREE)), profile(severities={"free_goods": "reject"}))
    assert not only.messages[0].accepted
    assert only.messages[0].order is None


@pytest.mark.parametrize("dtm", ["DTM+137:yesterday:999", "DTM+137:20260231:102", "DTM+137:2603:102"])
def test_the_documents_own_date_hinders_nobody(dtm: str) -> None:
    """A date that only informs is left out if it cannot be read, and that is told."""
    ((only,),) = (each.messages for each in decode(interchange(order(heading=("BGM+220+1", dtm, BUYER))), profile()))
    assert only.order is not None, only.error
    assert only.order.ordered_on is None
    assert [(each.code, each.severity, each.segment_no) for each in only.findings if each.code == "date"] == [
        ("date", Severity.WARN, 3)
    ]
