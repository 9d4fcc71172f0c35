"""Segments from bytes."""

import pytest

from orderwire.connectors.edi.segment import Repeats, Segment
from orderwire.connectors.edi.source import chunks
from orderwire.connectors.edi.syntax import DEFAULT, ServiceString
from orderwire.connectors.edi.tokenizer import Tokenizer
from orderwire.errors import LimitError


def read(content: bytes, service: ServiceString = DEFAULT, *, size: int = 1 << 20, **how: object) -> list[Segment]:
    tokenizer = Tokenizer(service, **how)  # type: ignore[arg-type]  # the test names fields
    return list(tokenizer.segments(chunks(content, 0, len(content), size)))


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("FTX+AAI+++a", ["FTX", "AAI", "", "", "a"]),
        ("FTX+a:b::c", ["FTX", ["a", "b", "", "c"]]),
        ("FTX+a??", ["FTX", "a?"]),
        ("FTX+a?'b", ["FTX", "a'b"]),
        ("FTX+a???'b", ["FTX", "a?'b"]),
        ("FTX+a????", ["FTX", "a??"]),
        ("FTX+?++?:?:", ["FTX", "+", "::"]),
        ("FTX+a?+b:c?:d", ["FTX", ["a+b", "c:d"]]),
        ("FTX+a?.b?*c?@d", ["FTX", "a.b*c@d"]),
        ("FTX+a*b", ["FTX", "a*b"]),
    ],
)
def test_segments_releases_by_parity(text: str, elements: list[object]) -> None:
    """The release character makes the next one literal, whichever it is; an even run of them releases nothing."""
    assert [segment.elements for segment in read(f"{text}'BGM+1'".encode())] == [elements, ["BGM", "1"]]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16])
def test_segments_do_not_depend_on_where_chunks_end(size: int) -> None:
    """Any chunk size gives the same segments at the same offsets."""
    content = "UNH+1'\r\nFTX+a???'b??'FTX+ü?:ü'\nUNT+3+1'".encode("latin-1")
    assert read(content, size=size) == read(content)


def test_segments_knows_where_each_began() -> None:
    """Offsets are those of the tag in the file, line breaks and multi-byte text before it or not."""
    content = "UNH+ü'\r\n\r\nBGM+220'DTM'".encode()
    assert [segment.offset for segment in read(content, codec="utf-8")] == [
        content.index(tag) for tag in (b"UNH", b"BGM", b"DTM")
    ]


def test_segments_reads_the_codec_it_is_told() -> None:
    """Text is decoded by segment, in the interchange's own character set."""
    (segment,) = read("FTX+Ł?+ó'".encode("iso8859-2"), codec="iso8859-2")
    assert segment.value(1) == "Ł+ó"


def test_segments_drops_line_breaks_in_data_of_a_wrapped_file() -> None:
    """A line break is padding wherever it stands, between a release character and its mark as well."""
    assert [segment.elements for segment in read(b"FT\r\nX+a?\r\n'b\nc'BGM'")] == [["FTX", "a'bc"], ["BGM"]]


def test_segments_without_release_character_keeps_question_marks() -> None:
    """A blank in the release position of UNA means that there is none."""
    service = ServiceString(release="")
    assert [segment.elements for segment in read(b"FTX+why?'BGM'", service)] == [["FTX", "why?"], ["BGM"]]


def test_segments_repeats_only_in_version_4_and_where_the_directory_repeats() -> None:
    """`*` is text in version 3 and in batch messages, and repeats an element of the version 4 security segments."""
    service = ServiceString(repetition="*")
    assert read(b"USA+a*b:c'", service, version=3)[0].elements == ["USA", ["a*b", "c"]]
    assert read(b"IMD+a*b'", service, version=4)[0].elements == ["IMD", "a*b"]
    assert read(b"USA+a*b:c+d?*e'", service, version=4)[0].elements == ["USA", Repeats(["a", ["b", "c"]]), "d*e"]


def test_segments_tells_of_an_unterminated_tail() -> None:
    """The last segment counts without its terminator; padding after the last terminator does not."""
    for content, unterminated in ((b"BGM+1'UNZ+1+2\r\n\x1a", True), (b"BGM+1'\r\n\x1a\x00", False)):
        tokenizer = Tokenizer(DEFAULT)
        segments = list(tokenizer.segments([content]))
        assert (len(segments), tokenizer.unterminated) == (2 if unterminated else 1, unterminated)


def test_segments_tells_of_wrapped_lines_only() -> None:
    """A line break inside a segment is told of with the segment's place; one after a terminator is not."""
    for content, wrapped_at in ((b"BGM+1'\r\nFTX+a\nb'", 8), (b"BGM+1\r\n'\r\n  FTX+a'\r\n", None)):
        tokenizer = Tokenizer(DEFAULT)
        assert [each.value(1) for each in tokenizer.segments([content])][1:] in (["ab"], ["a"])
        assert tokenizer.wrapped_at == wrapped_at


@pytest.mark.parametrize("piece", [b"a", b"?'", b"?", b"+"])
def test_segments_refuses_an_endless_segment(piece: bytes) -> None:
    """A segment longer than allowed stops the reading before it fills the memory."""
    with pytest.raises(LimitError):
        read(b"FTX+" + piece * 100_000, size=1000, max_segment_bytes=5000)
