"""Envelope references and counts."""

import pytest

from ediwire import UNB, codes, decode, interchange, message, order
from orderwire.ports.intake import Severity

UNG = "UNG+ORDERS+A+B+260302:0915+G1+UN+D:96A"


def grouped(*messages: list[str], une: str | None = None, ung: str = UNG) -> list[str]:
    return [ung, *(segment for each in messages for segment in each), une or f"UNE+{len(messages)}+G1"]


def test_a_right_interchange_has_no_finding() -> None:
    """References and counts that fit are accepted, with groups and without."""
    for content in (
        interchange(order(), order(ref="M2")),
        interchange(grouped(order(), order(ref="M2")), unz="UNZ+1+R1"),
        interchange(grouped(order()), grouped(order()), unz="UNZ+2+R1"),
    ):
        (only,) = decode(content)
        assert only.accepted
        assert not only.findings
        assert all(each.accepted and not each.findings for each in only.messages)


@pytest.mark.parametrize(
    ("unt", "code", "syntax_code"),
    [
        ("UNT+9+M1", "unt_count", 29),
        ("UNT++M1", "unt_count", 29),
        ("UNT+seven+M1", "unt_count", 29),
        ("UNT+" + "9" * 5000 + "+M1", "unt_count", 29),
        ("UNT+8+M2", "unt_reference", 28),
        ("UNT+8", "unt_reference", 28),
    ],
)
def test_a_wrong_unt_rejects_its_message_alone(unt: str, code: str, syntax_code: int) -> None:
    """A wrong count or reference in UNT rejects the message and says what stands there and what should."""
    bad = [*order()[:-1], unt]
    (only,) = decode(interchange(order(ref="M0"), bad, order(ref="M9")))
    assert only.accepted
    assert [each.accepted for each in only.messages] == [True, False, True]
    (finding,) = only.messages[1].findings
    assert (finding.code, finding.syntax_code, finding.segment_no) == (code, syntax_code, 8)


def test_a_count_with_leading_zeros_is_right() -> None:
    """UNT 0074 is a number: 000008 counts eight."""
    (only,) = decode(interchange([*order()[:-1], "UNT+000008+M1"], unz="UNZ+01+R1"))
    assert only.accepted
    assert only.messages[0].accepted


@pytest.mark.parametrize(
    ("content", "code", "syntax_code"),
    [
        (interchange(order(), unz="UNZ+2+R1"), "unz_count", 29),
        (interchange(order(), unz="UNZ++R1"), "unz_count", 29),
        (interchange(order(), unz="UNZ+1+R2"), "unz_reference", 28),
        (interchange(order(), unz="UNZ+1"), "unz_reference", 28),
        (interchange(order())[: -len("UNZ+1+R1'")], "missing_unz", 13),
        (interchange(), "empty_interchange", 32),
        (interchange(order(), unb=UNB.removesuffix("+R1"), unz="UNZ+1"), "missing_element", 13),
        (interchange(order(), ["FTX+AAI"], unz="UNZ+1+R1"), "outside_message", 33),
        (interchange(order(), ["UNT+1+M1"], unz="UNZ+1+R1"), "outside_message", 33),
        (interchange(grouped(une="UNE+0+G1"), unz="UNZ+1+R1"), "empty_group", 32),
        (interchange(["UNE+1+G1"], order(), unz="UNZ+1+R1"), "outside_message", 33),
        (interchange(order(), grouped(order()), unz="UNZ+1+R1"), "mixed_groups", 30),
        (interchange(grouped(order()), order(), unz="UNZ+1+R1"), "mixed_groups", 30),
        (interchange(grouped(order()), unz="UNZ+2+R1"), "unz_count", 29),
    ],
)
def test_a_wrong_envelope_rejects_the_interchange(content: bytes, code: str, syntax_code: int) -> None:
    """What is wrong with UNB or UNZ rejects the interchange, with the code of ISO 9735."""
    (only,) = decode(content)
    assert not only.accepted
    assert (code, syntax_code) in [(each.code, each.syntax_code) for each in only.findings]


@pytest.mark.parametrize(
    ("bad", "code", "syntax_code"),
    [
        (grouped(order(), une="UNE+2+G1"), "une_count", 29),
        (grouped(order(), une="UNE+1+G2"), "une_reference", 28),
        ([UNG, *order()], "missing_une", 13),
    ],
)
def test_a_wrong_group_rejects_its_messages_alone(bad: list[str], code: str, syntax_code: int) -> None:
    """What is wrong with UNG or UNE turns away the messages of that group, and those of no other."""
    (only,) = decode(interchange(bad, grouped(order()), unz="UNZ+2+R1"))
    assert only.accepted
    assert [each.accepted for each in only.messages] == [False, True]
    assert [each.order is None for each in only.messages] == [True, False]
    assert (code, syntax_code) in [(each.code, each.syntax_code) for each in only.messages[0].findings]


def test_a_group_holds_messages_of_one_type() -> None:
    """A message of another type than UNG announces is rejected with 31."""
    ung = UNG.replace("ORDERS", "INVOIC")
    (only,) = decode(interchange(grouped(order(), ung=ung), unz="UNZ+1+R1"))
    assert [(each.code, each.syntax_code) for each in only.messages[0].findings] == [("group_type", 31)]


def test_a_message_without_unt_ends_where_the_next_begins() -> None:
    """A missing UNT rejects that message and leaves the next one whole."""
    (only,) = decode(interchange(order()[:-1], order(ref="M2")))
    assert [codes(each.findings) for each in only.messages] == [["missing_unt"], []]


def test_tags_are_checked_and_empty_segments_are_not_counted() -> None:
    """A broken tag rejects its message; a doubled terminator is a warning and no segment."""
    (only,) = decode(interchange([*order()[:2], "", "nad+x", *order()[2:-1], "UNT+9+M1"]))
    assert codes(only.messages[0].findings) == ["empty_segment", "bad_tag"]


def test_unh_needs_reference_and_type() -> None:
    """Without UNH 0062 or S009 a message cannot be answered or read."""
    (only,) = decode(interchange(["UNH", "UNT+2+"]))
    assert codes(only.messages[0].findings) == ["missing_element", "missing_element"]


def test_a_reference_used_twice_is_a_warning() -> None:
    """Two messages of one reference are read, and the second says so; each group counts anew."""
    (only,) = decode(interchange(order(), order()))
    assert [codes(each.findings, Severity.WARN) for each in only.messages] == [[], ["repeated_reference"]]
    (groups,) = decode(interchange(grouped(order()), grouped(order()), unz="UNZ+2+R1"))
    assert not any(each.findings for each in groups.messages)


def test_other_messages_are_checked_and_not_mapped() -> None:
    """An INVOIC goes through the envelope checks and makes no order and no error."""
    (only,) = decode(
        interchange(message("BGM+380+1", "DTM+137:20260302:102", "UNS+S", "MOA+86:1", kind="INVOIC:D:93A:UN"))
    )
    (invoice,) = only.messages
    assert (invoice.accepted, invoice.kind, invoice.order, invoice.error) == (True, "INVOIC", None, None)


def test_limits_are_findings() -> None:
    """Too many messages, segments or elements reject; nothing beyond is kept."""
    (many,) = decode(interchange(order(), order(ref="M2"), order(ref="M3")), max_messages=2)
    assert "limit" in codes(many.findings)
    assert len(many.messages) == 2
    (long,) = decode(interchange(order()), max_segments=4)
    assert codes(long.messages[0].findings)[0] == "limit"
    (wide,) = decode(interchange(order("LIN+1++4099999001019:EN" + "+" * 50)), max_elements=20)
    assert codes(wide.messages[0].findings) == ["limit"]
    (odd,) = decode(interchange(order(*[""] * 20)), max_odd_segments=5)
    assert codes(odd.findings, Severity.REJECT) == ["limit"]
    (huge,) = decode(interchange(order(f"FTX+AAI+++{'x' * 500}")), max_segment_bytes=200)
    assert "limit" in codes(huge.findings)


def test_findings_are_bounded_and_never_hide_a_rejection() -> None:
    """A thousand defects leave a bounded list that still rejects."""
    (only,) = decode(interchange(order(*["nad+x"] * 1000)), max_findings=10)
    (bad,) = only.messages
    assert not bad.accepted
    assert len(bad.findings) == 11
    assert bad.findings[-1].code == "more_findings"


def test_a_terminator_of_three_bytes_is_told_of() -> None:
    """A typographic apostrophe is one byte in cp1252, which is read; in UTF-8 it is none that can terminate."""
    content = interchange(order())
    (readable,) = decode(content.replace(b"'", b"\x92"))
    assert readable.accepted
    assert [each.accepted for each in readable.messages] == [True]
    (only,) = decode(content.replace(b"'", "\u2019".encode()))
    assert not only.accepted
    (reason,) = [finding for finding in only.findings if finding.code == "service_string"]
    assert reason.severity is Severity.REJECT
    assert "more than one byte" in reason.text
