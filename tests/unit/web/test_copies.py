"""An edited copy is in the document's own character set, and no character of it is silently another one."""

import re

import pytest
from lxml import etree

from orderwire.connectors.edi.charset import choose
from orderwire.mapping.masking import masked
from orderwire.web.console.copies import LostCharacterError, copy_of, text_of

UNOC = "UNB+UNOC:3+1+2'FTX+AAI+++Muller'"
LATIN = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<a>Muller</a>'


def edited(before: bytes, old: str, new: str, agreed: str | None = None) -> bytes:
    return copy_of(text_of(before, agreed).replace(old, new), before, agreed)


@pytest.mark.parametrize(
    ("before", "agreed", "codec"),
    [
        (UNOC.encode(), None, "iso8859-1"),
        (UNOC.replace("UNOC", "UNOW").encode(), None, "utf-8"),
        (UNOC.replace("FTX", "FTX+Ü").encode("latin-1"), None, "iso8859-1"),
        (UNOC.replace("FTX", "FTX+Ü").encode("utf-8"), None, "utf-8"),
        (UNOC.replace("UNOC", "UNOA").replace("FTX", "FTX+Ü").encode("cp1252"), None, "cp1252"),
        (UNOC.replace("UNOC", "UNOA").encode(), "iso8859-1", "iso8859-1"),
        (UNOC.replace("FTX", "FTX+Ü").encode("cp850"), "cp850", "cp850"),
        (UNOC.replace("'", "'\r\n").encode(), None, "iso8859-1"),
        (f"UNA:+.? '{UNOC}".encode(), None, "iso8859-1"),
    ],
)
def test_edifact_is_written_as_it_is_read(before: bytes, agreed: str | None, codec: str) -> None:
    """By the syntax identifier, the profile, or what the bytes are; the rest stays as it was, byte by byte."""
    copy = edited(before, "Muller", "Müller", agreed)

    assert copy == before.replace(b"Muller", "Müller".encode(codec))
    assert choose(copy, "UNOA" if b"UNOA" in copy else "UNOC", agreed)[0] == codec or b"UNOW" in copy


@pytest.mark.parametrize(
    "before",
    [
        LATIN.encode(),
        LATIN.replace("<a>", "<a>Ä").encode("latin-1"),
        LATIN.replace("ISO-8859-1", "UTF-8").encode(),
        LATIN.replace("ISO-8859-1", "windows-1252").encode(),
        b"<a>Muller</a>",
        b"\xef\xbb\xbf" + LATIN.encode(),
        LATIN.replace("ISO-8859-1", "UTF-16").encode("utf-16"),
        LATIN.replace("ISO-8859-1", "UTF-16LE").encode("utf-16-le"),
        "\ufeff<a>Muller</a>".encode("utf-16-be"),
    ],
)
def test_xml_is_written_as_it_declares(before: bytes) -> None:
    """So that whoever reads it reads what was typed."""
    copy = edited(masked(before), "Muller", "Müller")

    assert (etree.fromstring(copy).text or "").endswith("Müller")


def test_the_transport_goes_before_the_declaration() -> None:
    """Its head stands before the document."""
    before = b"Content-Type: text/xml; charset=iso-8859-1\r\n\r\n<a>Muller</a>"

    assert edited(before, "Muller", "Müller") == before.replace(b"Muller", b"M\xfcller")


@pytest.mark.parametrize(
    ("before", "new", "told"),
    [
        (UNOC.encode(), "5 \u2013 6", "ISO8859-1, which has no \u2013 (U+2013 en dash) in line 2"),
        (UNOC.encode(), "5 €", "U+20AC euro sign"),
        (UNOC.replace("UNOC", "UNOA").encode(), "ü", "ASCII, which has no ü"),
        (UNOC.replace("UNOC", "XXXX").encode(), "ü", "ASCII, which has no ü"),
        (UNOC.replace("FTX", "FTX+Ü").encode("cp1252"), "Ř", "U+0158"),
        (LATIN.encode(), "€", "euro sign"),
        (LATIN.encode(), "\u202e", "no (U"),
    ],
)
def test_a_character_that_the_set_has_not_is_named(before: bytes, new: str, told: str) -> None:
    """In EDIFACT a `?` in its place would take away the meaning of the separator behind it."""
    with pytest.raises(LostCharacterError, match=re.escape(told)):
        edited(before, "Muller", new)


def test_a_copy_may_declare_another_set() -> None:
    """Then it is written in that."""
    assert copy_of(UNOC.replace("UNOC", "UNOW") + "\u2013", UNOC.encode()).endswith("\u2013".encode())
    assert copy_of(LATIN.replace("ISO-8859-1", "UTF-8") + "\u2013", LATIN.encode()).endswith("\u2013".encode())


@pytest.mark.parametrize(
    "before", [UNOC.encode(), f"UNA:+.? '{UNOC}?'X'".encode(), LATIN.replace("\n", "\r\n").encode()]
)
def test_what_is_not_edited_stays(before: bytes) -> None:
    """Whatever line ends a browser sends."""
    for text in (
        text_of(before),
        text_of(before).replace("\r\n", "\n").replace("\n", "\r\n"),
        text_of(before) + "\r\n",
    ):
        assert copy_of(text, before) == before


@pytest.mark.parametrize(
    "before", [b"UNA", b"UNA:+.", b"UNA:+.? ", b"UNA:+.? '", b"UNB", b"", b"\xff\xfe\x00", b"Content-Type: x",
               b'<?xml version="1.0" encoding="rot13"?>', b"UNB+UNOX:3+\x1b$B\xff", b"{\xff}"]
)  # fmt: skip
def test_odd_documents_are_edited(before: bytes) -> None:
    """Nothing is too short, cut off or not what it says to be looked at."""
    assert copy_of(text_of(before), before) == before
    assert copy_of(text_of(before) + "x", before)
