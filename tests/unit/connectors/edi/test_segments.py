"""Segments that are made when somebody asks for them."""

import pytest

from orderwire.connectors.edi.directory import UNREAD, letters
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.segments import END, Segments
from orderwire.connectors.edi.source import chunks
from orderwire.connectors.edi.syntax import DEFAULT
from orderwire.connectors.edi.tokenizer import Tokenizer

CONTENT = "UNH+1'BGM+220+a?'b'\r\nDTM:2+1'FTX+AAI+++S\xc3\xa4ge??'QTY+21:5'XYZ+1'UNT+7+1'".encode("latin-1")


def as_batches(size: int) -> Segments:
    segments = Segments()
    for batch in Tokenizer(DEFAULT).batches(chunks(CONTENT, 0, len(CONTENT), size), 100):
        segments.extend(batch, 0, len(batch.texts))
    return segments


@pytest.mark.parametrize("size", [1, 5, 17, 1000])
def test_segments_are_the_same_made_late_or_at_once(size: int) -> None:
    """Tags, elements and offsets do not depend on when a segment is made, nor on where chunks end."""
    segments = as_batches(size)
    whole = list(Tokenizer(DEFAULT).segments([CONTENT], 100))
    assert segments[4] == whole[4]
    assert list(segments) == whole
    assert [each.offset for each in segments] == [
        100 + CONTENT.index(tag) for tag in (b"UNH", b"BGM", b"DTM", b"FTX", b"QTY", b"XYZ", b"UNT")
    ]
    assert segments[-1] is segments[6]
    assert segments[5:] == whole[5:]
    with pytest.raises(IndexError):
        segments[7]


def test_a_skeleton_has_a_letter_for_each_segment() -> None:
    """Tags of the directories have one each; those of the envelope, and what must be looked at, have none yet."""
    known = letters()
    assert as_batches(1000).skeleton == f"{UNREAD}{known['BGM']}{UNREAD}{known['FTX']}{known['QTY']}{UNREAD}{UNREAD}"
    segments = Segments(as_batches(1000))
    assert segments.skeleton == "".join(known.get(each.tag, UNREAD) for each in segments)
    assert segments.text.count(END) == len(segments)


def test_text_is_read_again_in_its_own_codec() -> None:
    """What is not ASCII is decoded anew, and keeps its offset; all else stays."""
    segments, before = as_batches(1000), list(as_batches(1000))
    segments.reread("utf-8")
    assert segments[3].value(4) == "S\xe4ge?"
    assert "S\xe4ge" in segments.text
    assert [each.offset for each in segments] == [each.offset for each in before]
    assert [number for number, each in enumerate(segments) if each != before[number]] == [3]
    assert Segments([Segment(0, ["UNB"])])[0].reread("utf-8") == Segment(0, ["UNB"])
