"""No input makes the decoder raise, and no damage to counts or references is accepted in silence."""

import json
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ediwire import decode, interchange, order, profile
from orderwire.connectors import edi
from orderwire.connectors.edi.check import check_content
from orderwire.connectors.edi.settings import EdiLimits

SAMPLES = [path.read_bytes() for path in sorted((Path(edi.__file__).parent / "samples").rglob("*.edi"))]
PIECES = [b"UNA:+.? '", b"UNB+UNOC:3+A+B+260101:0000+R'", b"UNH+1+ORDERS:D:96A:UN'", b"UNT+2+1'", b"UNZ+1+R'"]
PIECES += [
    b"LIN+1++X:SA'",
    b"QTY+21:1'",
    b"?",
    b"'",
    b"+",
    b":",
    b"*",
    b"\r\n",
    b"\x1a",
    b"\xef\xbb\xbf",
    b"\x00",
    b"UN",
]


@given(st.binary(max_size=400))
def test_any_bytes_are_findings(content: bytes) -> None:
    """Bytes that nobody meant as EDIFACT make a report, not an exception."""
    report = check_content(content, "any", None)
    assert report["interchanges"] or report["findings"]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=5)), max_size=40))
def test_any_heap_of_segments_is_findings(pieces: list[bytes]) -> None:
    """Pieces of interchanges in any order make a report of plain JSON values."""
    json.dumps(check_content(b"".join(pieces), "heap", None))


@settings(max_examples=400)
@given(st.data())
def test_any_mutation_of_an_interchange_is_findings(data: st.DataObject) -> None:
    """Cuts, flips, repeats and insertions in real interchanges never raise, and can be acknowledged."""
    content = bytearray(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content)))
        to = data.draw(st.integers(at, min(len(content), at + 30)))
        kind = data.draw(st.sampled_from(["cut", "flip", "repeat", "insert"]))
        if kind == "cut":
            del content[at:to]
        elif kind == "repeat":
            content[at:at] = content[at:to]
        elif kind == "insert":
            content[at:at] = data.draw(st.sampled_from(PIECES))
        elif at < len(content):
            content[at] = data.draw(st.integers(0, 255))
    for one in decode(bytes(content), profile()):
        if one.acknowledge is not None:
            one.acknowledge(1, datetime(2026, 3, 2, tzinfo=UTC))


@given(st.data())
def test_no_lost_segment_is_accepted(data: st.DataObject) -> None:
    """Taking any one segment out of an interchange leaves nothing accepted that held it."""
    segments = interchange(order(), order(ref="M2")).split(b"'")[:-1]
    lost = data.draw(st.integers(0, len(segments) - 1))
    content = b"".join(each + b"'" for number, each in enumerate(segments) if number != lost)
    decoded = decode(content)
    whole = [each for one in decoded if one.accepted for each in one.messages if each.accepted]
    assert len(whole) <= 1


@given(st.integers(1, 3), st.integers(1, 5), st.integers(30, 300))
def test_limits_hold_for_any_input(messages: int, segments: int, size: int) -> None:
    """What is kept stays within the limits, and beyond them there is a rejection."""
    limits = EdiLimits(max_messages=messages, max_segments=segments, max_segment_bytes=size)
    content = interchange(*(order(ref=f"M{number}") for number in range(5)))
    (only,) = check_content(content, "limits", None, limits)["interchanges"]
    assert len(only["messages"]) <= messages
    assert not any(message["accepted"] for message in only["messages"])
