"""What is written is read back, and release parity holds for any text."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ediwire import decode
from orderwire.connectors.edi.settings import EdiLimits
from orderwire.connectors.edi.source import chunks
from orderwire.connectors.edi.splitter import split
from orderwire.connectors.edi.syntax import DEFAULT
from orderwire.connectors.edi.tokenizer import Tokenizer
from orderwire.connectors.edi.writer import Header, Row, interchange

LATIN = st.characters(codec="latin-1", categories=("L", "N", "P", "S", "Zs"))
TRICKY = st.one_of(LATIN, st.sampled_from("?+:'"))
TEXT = st.text(TRICKY, max_size=12)
COMPOSITE = st.lists(TEXT, min_size=2, max_size=4).map(lambda parts: (*parts, "end"))
ELEMENT = st.one_of(TEXT, COMPOSITE)
ROW = st.lists(ELEMENT, min_size=1, max_size=5).map(lambda elements: ("FTX", *elements, "end"))
HEADER = Header(("A", "14"), ("B", "14"), 7, datetime(2026, 3, 2, tzinfo=UTC))


def _as_read(row: Row) -> list[str | list[str]]:
    return [each if isinstance(each, str) else list(each) for each in row]


@given(rows=st.lists(ROW, max_size=6), size=st.integers(1, 50), una=st.booleans())
def test_what_is_written_is_read_back(rows: list[Row], size: int, *, una: bool) -> None:
    """Any text in any element comes back as it was, however the bytes are cut into chunks."""
    header = Header(HEADER.sender, HEADER.recipient, 7, HEADER.now, una=una)
    content = interchange(header, ("TESTEX", "D", "96A", "UN"), rows)
    (span,), findings = split(content, EdiLimits())
    assert not findings
    tokenizer = Tokenizer(span.service)
    read = list(tokenizer.segments(chunks(content, span.unb, span.end, size), span.unb))
    assert [segment.elements for segment in read[2:-2]] == [_as_read(row) for row in rows]
    assert all(content[each.offset : each.offset + 3].decode() == each.tag for each in read)


@given(rows=st.lists(ROW, max_size=6))
def test_what_is_written_passes_the_envelope_checks(rows: list[Row]) -> None:
    """Counts and references are right whatever stands in between."""
    (only,) = decode(interchange(HEADER, ("TESTEX", "D", "96A", "UN"), rows))
    assert only.accepted
    assert all({each.code for each in message.findings} == {"unknown_directory"} for message in only.messages)


@given(st.text("a?'", min_size=1, max_size=40), st.integers(1, 10))
def test_terminators_are_found_by_parity(text: str, size: int) -> None:
    """A terminator counts exactly when an even number of release characters stands before it."""
    content = f"{text}'".encode()
    expected, current, index = [], "", 0
    while index < len(content):
        char = chr(content[index])
        if char == "?" and index + 1 < len(content):
            current += chr(content[index + 1])
            index += 2
            continue
        if char == "'":
            expected.append(current)
            current = ""
        elif char != "?":
            current += char
        index += 1
    read = [each.elements[0] for each in Tokenizer(DEFAULT).segments(chunks(content, 0, len(content), size))]
    assert read == [*expected, *([current] if current else [])]
