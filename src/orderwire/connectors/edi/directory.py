"""Directories: what D.96A and D.01B say of messages, segments, data elements and codes, from the tables."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

#: The letter of what is no tag of a directory.
UNREAD: Final = "\0"
_TOKEN: Final = re.compile(r"\[(!?)(\d+)|([A-Z][A-Z0-9]{2})(!?)(\d*)|\]")
_ELEMENT: Final = re.compile(r"(\w{4})(!?)(?:=(\w+)\.\.(\d*)|\(([^)]*)\))")


@dataclass(frozen=True, slots=True, eq=False)  # one is like no other, and quick to look up by
class Part:
    """A segment of a message, or a group of them: a group has `parts`, its trigger first."""

    tag: str
    mandatory: bool
    most: int
    parts: "tuple[Part, ...]" = ()


class DataElement(NamedTuple):
    """A data element or component. `longest` is 0 where nobody limits it."""

    number: str
    mandatory: bool
    kind: str
    longest: int


class Element(NamedTuple):
    """An element of a segment: a composite, or one data element alone."""

    number: str
    mandatory: bool
    components: tuple[DataElement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Directory:
    """One directory. `messages` are the groups UNH … UNT by message type."""

    name: str
    messages: dict[str, Part]
    segments: dict[str, tuple[Element, ...]]
    codes: dict[str, frozenset[str]]


def directory_of(version: str, release: str) -> Directory | None:
    """Return the directory that UNH 0052 and 0054 name, or None where there is no table."""
    return _load(table) if (table := _TABLES.get((version, release.upper()))) else None


@lru_cache
def letters() -> dict[str, str]:
    """One letter for each tag of the directories, so that the tags of a message are a text to match."""
    directories = [_load(table) for table in _TABLES.values()]
    tags = {tag for each in directories for tag in (*each.segments, *_tags(each.messages.values()))}
    return {tag: chr(_FIRST_LETTER + number) for number, tag in enumerate(sorted(tags))}


def _tags(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        if part.tag:
            yield part.tag
        yield from _tags(part.parts)


#: Of a block of letters that mean nothing in a regular expression.
_FIRST_LETTER: Final = 0x3400
#: EANCOM 1997 stands on D.96A, EANCOM 2002 on D.01B; both say so in 0054, and their subsets are tolerated.
_TABLES: Final = {("D", "96A"): "d96a", ("D", "01B"): "d01b"}


@lru_cache
def _load(table: str) -> Directory:
    content = json.loads((files("orderwire.connectors.edi") / "tables" / f"{table}.json").read_text("utf-8"))
    return Directory(
        name=content["directory"],
        messages={kind: _message(text) for kind, text in content["messages"].items()},
        segments={tag: tuple(_elements(text)) for tag, text in content["segments"].items()},
        codes={number: frozenset(text.split()) for number, text in content["codes"].items()},
    )


def _message(text: str) -> Part:
    """Read a message's structure; see `scripts/generate_edi_tables.py` for the notation."""
    open_groups: list[tuple[bool, int, list[Part]]] = [(True, 1, [])]
    for token in _TOKEN.finditer(text):
        if token.group(2):
            open_groups.append((bool(token.group(1)), int(token.group(2)), []))
        elif tag := token.group(3):
            open_groups[-1][2].append(Part(tag, bool(token.group(4)), int(token.group(5) or 1)))
        else:
            mandatory, most, parts = open_groups.pop()
            open_groups[-1][2].append(Part(parts[0].tag, mandatory, most, tuple(parts)))
    return Part("", mandatory=True, most=1, parts=tuple(open_groups[0][2]))


def _elements(text: str) -> Iterator[Element]:
    for each in text.split("+"):
        if found := _ELEMENT.fullmatch(each):
            mandatory = bool(found.group(2))
            if found.group(5) is None:
                yield Element(found.group(1), mandatory, (_data_element(found),))
            else:
                yield Element(found.group(1), mandatory, tuple(map(_data_element, _ELEMENT.finditer(found.group(5)))))


def _data_element(found: re.Match[str]) -> DataElement:
    return DataElement(found.group(1), bool(found.group(2)), found.group(3), int(found.group(4) or 0))
