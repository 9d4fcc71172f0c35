"""Interchanges in a file."""

import pytest

from ediwire import UNB, codes, interchange, order
from orderwire.connectors.edi.settings import EdiLimits
from orderwire.connectors.edi.splitter import split
from orderwire.connectors.edi.syntax import DEFAULT

LIMITS = EdiLimits()
ONE = interchange(order())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b""),
        (b"\xef\xbb\xbf", b""),
        (b"\r\n\r\n", b"\r\n\x1a"),
        (b"", b"\x00\x00\x1a"),
        (b"UNA:+.? '", b""),
        (b"UNA:+.? '\r\n", b"\r\n"),
    ],
)
def test_split_takes_padding_bom_and_una_in_its_stride(before: bytes, after: bytes) -> None:
    """Padding, a byte order mark and a service string around an interchange are no finding."""
    spans, findings = split(before + ONE + after, LIMITS)
    assert len(spans) == 1
    assert not findings
    assert spans[0].service == DEFAULT
    assert spans[0].unb == (before + ONE).index(b"UNB")


def test_split_finds_several_interchanges_and_reports_junk_between() -> None:
    """Each interchange has its own span; what stands between is a warning with its offset."""
    content = ONE + b"\r\nJUNK\r\n" + ONE
    spans, findings = split(content, LIMITS)
    assert [content[span.start : span.end] for span in spans] == [ONE, ONE]
    assert codes(findings) == ["junk"]
    assert findings[0].offset == content.index(b"JUNK")


def test_split_reads_each_interchange_by_its_own_service_string() -> None:
    """A second interchange with other separators does not disturb the first."""
    other = b"UNA;#,* ~UNB#UNOC;3#A#B#260302;0915#R2~UNZ#0#R2~"
    spans, findings = split(ONE + other, LIMITS)
    assert not findings
    assert [(span.service.element, span.service.terminator) for span in spans] == [("+", "'"), ("#", "~")]


@pytest.mark.parametrize(
    ("una", "terminator"), [(b"UNA:+.?'", "'"), (b"UNA:+.?'\r\n", "'"), (b"UNA:+.? \n", "\n"), (b"", "\n"), (b"", "~")]
)
def test_split_finds_the_terminator_in_use(una: bytes, terminator: str) -> None:
    """A service string of five characters, a line feed as terminator, and one that nobody announced are found out."""
    content = una + ONE.replace(b"'", terminator.encode())
    (span,), findings = split(content, LIMITS)
    assert span.service.terminator == terminator
    assert span.end == len(content)
    assert not findings


def test_split_says_when_the_announced_separators_are_not_those_in_use() -> None:
    """A UNA that contradicts its UNB is a warning, and the UNB is believed."""
    (span,), _findings = split(b"UNA+:+.?*'" + ONE, LIMITS)
    assert codes(span.findings) == ["service_string"]
    assert span.service == DEFAULT


@pytest.mark.parametrize("text", ["UNB is a word", "a+UNZ+1+R1", "?'UNZ+1+R1", "???'UNB+UNOC", "'?UNZ+1"])
def test_split_is_not_led_astray_by_tags_in_data(text: str) -> None:
    """UNB and UNZ inside data, also behind a released terminator, end nothing."""
    released = text.replace("+", "?+")
    content = interchange(order("LIN+1++4099999001019:EN", "QTY+21:1", f"FTX+LIN+++{released}"))
    (span,), findings = split(content, LIMITS)
    assert (span.start, span.end) == (0, len(content))
    assert not findings


@pytest.mark.parametrize(("text", "unz"), [("a??", "UNZ+1+R1"), ("a????", "UNZ+1+R1??"), ("a", "UNZ+1+R???'1")])
def test_split_finds_the_end_by_release_parity(text: str, unz: str) -> None:
    """An even run of release characters before a terminator leaves it one, before UNZ and in it."""
    content = interchange(order(), [f"FTX+AAI+++{text}"], unz=unz)
    (span,), findings = split(content + b"junk", LIMITS)
    assert span.end == len(content)
    assert codes(findings) == ["junk"]


def test_split_ends_an_interchange_without_unz_where_the_next_begins() -> None:
    """A missing UNZ does not swallow the interchange that follows."""
    cut = ONE[: ONE.rindex(b"UNZ")]
    spans, _findings = split(cut + b"UNA:+.? '" + ONE, LIMITS)
    assert [span.start for span in spans] == [0, len(cut)]


def test_split_ends_an_unterminated_unz_at_the_next_interchange() -> None:
    """A UNZ without terminator ends at the line break before the next UNB."""
    spans, findings = split(ONE[:-1] + b"\r\n" + ONE, LIMITS)
    assert len(spans) == 2
    assert not findings


def test_split_finds_unz_on_wrapped_lines() -> None:
    """A tag cut by an 80-column wrap is still the tag."""
    for width in range(20, 60):
        wrapped = b"\r\n".join(ONE[start : start + width] for start in range(0, len(ONE), width))
        (span,), _findings = split(wrapped + b"junk", LIMITS)
        assert span.end == len(wrapped)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_interchange"),
        (b"Dear Northwind,", "no_interchange"),
        (b"".join(f"{segment}'".encode() for segment in order()), "missing_unb"),
        (ONE.replace(b"UNB", b"NB", 1), "missing_unb"),
        (b"UNA:+.?*'UIB+UNOA:4+1234++++A+B'UIH+SCRIPT:010:006:NEWRX+1'UIT+1+2'UIZ++1'", "interactive"),
    ],
)
def test_split_rejects_a_file_without_interchange(content: bytes, code: str) -> None:
    """No UNB is a rejection, and a message without one is named as such."""
    spans, findings = split(content, LIMITS)
    assert not spans
    assert code in codes(findings)
    assert code == "no_interchange" or "no_interchange" not in codes(findings)


def test_split_does_not_lose_a_message_after_the_last_unz() -> None:
    """A message behind UNZ is a rejection, not ignored junk."""
    _spans, findings = split(ONE + b"UNH+2+ORDERS:D:96A:UN'UNT+2+2'", LIMITS)
    assert codes(findings) == ["missing_unb"]


def test_split_stops_at_the_limits() -> None:
    """More bytes or more interchanges than allowed are a finding, and nothing is read beyond."""
    assert codes(split(ONE, EdiLimits(max_bytes=10))[1]) == ["limit"]
    spans, findings = split(ONE * 4, EdiLimits(max_interchanges=3))
    assert len(spans) == 3
    assert codes(findings) == ["limit"]


def test_split_is_linear_in_hostile_input() -> None:
    """Ten thousand beginnings, release characters and blanks are split at once."""
    for piece in (b"UNB+", b"'UNB+UNOC", b"?", b"'?", b"' \r\n", b"UNA:+.? 'UNB+", UNB.encode() + b"'"):
        split(ONE[:80] + piece * 20_000, LIMITS)
