"""Segments to bytes: service string, escaping, character set, counts."""

import codecs
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydifact.control.characters import Characters
from pydifact.segments import Segment as Written
from pydifact.serializer import Serializer

from orderwire.connectors.edi.charset import codec_of, fits_text
from orderwire.errors import MappingError

#: A segment to be written: tag, then elements, each a text or the components of a composite.
Row = tuple[str | Sequence[str], ...]
MEDIA_TYPE: Final = "application/EDIFACT"
#: Codecs a partner may ask for, by the syntax identifier that announces them. UNOA has no lower case.
_SYNTAX_IDS: Final = {
    "ascii": "UNOB",
    "iso8859-1": "UNOC",
    "cp1252": "UNOC",
    "iso8859-2": "UNOD",
    "iso8859-5": "UNOE",
    "iso8859-7": "UNOF",
    "iso8859-15": "UNOL",
    "utf-8": "UNOY",
    "euc_kr": "KECA",
}


@dataclass(frozen=True, slots=True)
class Header:
    """What the UNB says. `sender` and `recipient` are components of S002 and S003."""

    sender: tuple[str, ...]
    recipient: tuple[str, ...]
    control_no: int
    now: datetime
    syntax_id: str = "UNOC"
    version: str = "3"
    test: bool = False
    una: bool = True
    decimal_mark: str = "."


def syntax_id_of(codec: str | None) -> str:
    """Return the syntax identifier to write under, Latin-1 unless the partner's codec has one."""
    return _SYNTAX_IDS.get(codecs.lookup(codec or "iso8859-1").name, "UNOC")


def softened(text: str, syntax_id: str) -> str:
    """Return the free text as near as the character set can hold it, without control characters."""
    codec = codec_of(syntax_id)
    plain = "".join(char if char.isprintable() else " " for char in text)
    return "".join(char if fits_text(char, codec) else _nearest(char, codec) for char in plain)


def cut(text: str, width: int, parts: int) -> list[str]:
    """Return the text in at most `parts` pieces of `width`, broken between words where that is possible."""
    pieces: list[str] = []
    rest = text.strip()
    while rest and len(pieces) < parts:
        stop = width if len(rest) <= width else rest.rfind(" ", 1, width + 1)
        stop = stop if stop > 0 else width
        pieces.append(rest[:stop].strip())
        rest = rest[stop:].strip()
    return pieces


def interchange(header: Header, message_type: tuple[str, ...], rows: Sequence[Row]) -> bytes:
    """Return an interchange of one message; `rows` are what stands between UNH and UNT.

    Raises:
        MappingError: a value is not in the character set.
    """
    date = header.now.strftime("%Y%m%d" if header.version >= "4" else "%y%m%d")
    control_ref = control_ref_of(header.control_no)
    unb: Row = (
        "UNB",
        (header.syntax_id, header.version),
        header.sender,
        header.recipient,
        (date, header.now.strftime("%H%M")),
        control_ref,
        *(("", "", "", "", "", "1") if header.test else ()),
    )
    everything = [
        unb,
        ("UNH", "1", message_type),
        *rows,
        ("UNT", str(len(rows) + 2), "1"),
        ("UNZ", "1", control_ref),
    ]
    characters = Characters.from_str(f"UNA:+{header.decimal_mark}? '")
    text = Serializer(characters).serialize([_written(row) for row in everything], with_una_header=header.una)
    try:
        return text.encode(codec_of(header.syntax_id))
    except UnicodeEncodeError as error:
        raise MappingError("a value is not in the character set", character=text[error.start]) from None


def control_ref_of(control_no: int) -> str:
    """Return the control number as UNB 0020 takes it: at most 14 digits."""
    return str(control_no % 10**14)


def _written(row: Row) -> Written:
    """Cut empty elements and components at the end, as the syntax wants."""
    elements: list[str | list[str]] = [part if isinstance(part, str) else _composite(part) for part in row[1:]]
    while elements and not any(elements[-1]):
        elements.pop()
    return Written(str(row[0]), *elements)


def _composite(components: Sequence[str]) -> list[str]:
    kept = list(components)
    while kept and not kept[-1]:
        kept.pop()
    return kept or [""]


def _nearest(char: str, codec: str) -> str:
    """The letter without its accent, or a full stop."""
    bare = "".join(part for part in unicodedata.normalize("NFKD", char) if fits_text(part, codec))
    return bare or "."
