"""EDIFACT for people: a segment a line, with what each segment, element and common code means."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from orderwire.connectors.edi.directory import directory_of
from orderwire.connectors.edi.segment import Repeats, Segment
from orderwire.connectors.edi.settings import EdiLimits
from orderwire.connectors.edi.source import Source, chunks
from orderwire.connectors.edi.splitter import Splitter
from orderwire.connectors.edi.tokenizer import Tokenizer
from orderwire.errors import LimitError

#: Segments shown; a larger file can be downloaded.
MAX_SEGMENTS: Final = 2000
_WORDS: Final[dict[str, Any]] = json.loads((files("orderwire.web.console") / "edifact_words.json").read_text("utf-8"))
#: Service segments are not in the directories: their elements in order, composites as lists.
_SERVICE: Final[dict[str, list[list[str]]]] = {
    "UNB": [["0001", "0002"], ["0004", "0007"], ["0010", "0007"], ["0017", "0019"], ["0020"], ["0022"], ["0026"],
            ["0029"], ["0031"], ["0032"], ["0035"]],
    "UNH": [["0062"], ["0065", "0052", "0054", "0051", "0057"]],
    "UNT": [["0074"], ["0062"]],
    "UNZ": [["0036"], ["0020"]],
    "UNS": [["0081"]],
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """A value or a separator of a segment. `meaning`: what stands there; empty for a separator."""

    text: str
    meaning: str = ""


@dataclass(frozen=True)
class Line:
    no: int
    tag: str
    name: str
    pieces: Sequence[Piece]
    head: bool  # begins a message, a line or a section
    gist: str  # the codes in words


def pretty(content: bytes) -> tuple[list[Line], bool]:
    """Return the segments, and whether there are more than are shown."""
    found: list[Line] = []
    try:
        for line in _lines(content):
            if len(found) == MAX_SEGMENTS:
                return found, True
            found.append(line)
    except LimitError:
        return found, True
    return found, False


def _lines(content: bytes) -> Iterator[Line]:
    limits = EdiLimits()
    splitter = Splitter(Source(chunks(content, 0, len(content)), len(content)), limits)
    number, release = 0, "96A"
    for opening in splitter.openings():
        tokenizer = Tokenizer(opening.service, codec="utf-8" if _is_utf8(content) else "iso8859-1")
        for segment in tokenizer.segments(opening.pieces):
            number += 1
            if segment.tag == "UNH":
                release = segment.value(2, 3) or release
            yield _line(number, segment, release)


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _line(number: int, segment: Segment, release: str) -> Line:
    names = _names(segment.tag, release)
    pieces, gist = [], []
    for element_no, element in enumerate(segment.elements[1:], start=1):
        pieces.append(Piece("+"))
        single = element[0] if isinstance(element, Repeats) else element
        values = [single] if isinstance(single, str) else single
        for component_no, value in enumerate(values):
            if component_no:
                pieces.append(Piece(":"))
            known = names[element_no - 1] if element_no <= len(names) else []
            element_name = known[component_no] if component_no < len(known) else ""
            word = _WORDS["codes"].get(element_name, {}).get(value.strip(), "")
            if word:
                gist.append(word)
            if value:
                pieces.append(Piece(value, _meaning(element_name, word) or f"element {element_no}.{component_no + 1}"))
    name = _WORDS["segments"].get(segment.tag, "")
    return Line(number, segment.tag, name, tuple(pieces), segment.tag in {"UNH", "LIN", "UNS", "UNB"}, ", ".join(gist))


def _meaning(element: str, word: str) -> str:
    name = _WORDS["elements"].get(element, "")
    said = f"{element} {name}".strip()
    return f"{said}: {word}" if word else said


def _names(tag: str, release: str) -> list[list[str]]:
    """Return the numbers of a segment's data elements, by element and component."""
    if tag in _SERVICE:
        return _SERVICE[tag]
    directory = directory_of("D", release) or directory_of("D", "96A")
    elements = directory.segments.get(tag, ()) if directory else ()
    return [[component.number for component in element.components] for element in elements]
