"""Segments to bytes."""

from datetime import UTC, datetime

import pytest

from orderwire.connectors.edi.writer import Header, cut, interchange, softened, syntax_id_of

HEADER = Header(sender=("A",), recipient=("B", ""), control_no=7, now=datetime(2026, 3, 2, 9, 5, tzinfo=UTC))


def test_interchange_escapes_cuts_and_counts() -> None:
    """Service characters are released, empty ends are cut, counts and references fit."""
    content = interchange(HEADER, ("X", "D"), [("FTX", "a+b:c'd?e", ("x", "", ""), "", ("", ""))])
    assert content == (b"UNA:+.? 'UNB+UNOC:3+A+B+260302:0905+7'UNH+1+X:D'FTX+a?+b?:c?'d??e+x'UNT+3+1'UNZ+1+7'")


@pytest.mark.parametrize(
    ("text", "syntax_id", "expected"),
    [("a\x00b\nc", "UNOC", "a b c"), ("Łódź", "UNOC", ".ódz"), ("Grüße", "UNOA", "Gru.e"), ("日本", "UNOY", "日本")],
)
def test_softened_text_fits_the_character_set(text: str, syntax_id: str, expected: str) -> None:
    """Free text loses what its character set lacks rather than stopping the answer."""
    assert softened(text, syntax_id) == expected


@pytest.mark.parametrize(
    ("text", "pieces"),
    [("", []), ("one two", ["one two"]), ("one two three", ["one two", "three"]), ("x" * 25, ["x" * 10, "x" * 10])],
)
def test_cut_breaks_between_words(text: str, pieces: list[str]) -> None:
    """Pieces are broken at blanks where there are some, and there are no more than allowed."""
    assert cut(text, 10, 2) == pieces


@pytest.mark.parametrize(
    ("codec", "syntax_id"),
    [
        (None, "UNOC"),
        ("ascii", "UNOB"),
        ("US-ASCII", "UNOB"),
        ("latin1", "UNOC"),
        ("cp1252", "UNOC"),
        ("UTF8", "UNOY"),
        ("iso8859-15", "UNOL"),
    ],
)
def test_syntax_identifier_is_one_that_holds_what_is_written(codec: str | None, syntax_id: str) -> None:
    """UNOA is ASCII without lower case, which we write: UNOB has it."""
    assert syntax_id_of(codec) == syntax_id
