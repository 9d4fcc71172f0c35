"""Elements of a segment against its directory: presence, length, type, codes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from orderwire.connectors.edi.directory import DataElement, Directory, Element
from orderwire.connectors.edi.segment import Repeats, Segment
from orderwire.connectors.edi.syntax import ServiceString

_NUMBER: Final = re.compile(r"-?\d+(?:[.,]\d+)?", re.ASCII)
_NO_DIGIT_BEFORE: Final = re.compile(r"-?[.,]\d+", re.ASCII)
_NUMERIC_CHARACTERS: Final = re.compile(r"[-+\d., ]+", re.ASCII)
#: Elements that list what a partner and we agreed on, if they name a list or an agency of their own.
_AGENCY: Final = frozenset({"1131", "3055"})
#: Component of a composite: its place.
_ALONE: Final = 1


class Misfit(NamedTuple):
    """One defect of one value. `syntax_code` is DE 0085; `component_no` is 0 for an element as a whole."""

    code: str
    syntax_code: int
    text: str
    element_no: int
    component_no: int = 0


def misfits(segment: Segment, directory: Directory) -> Iterator[Misfit]:
    """Yield what is wrong with the segment's values; a segment that the directory does not have has none."""
    elements = directory.segments.get(segment.tag)
    if elements is None:
        return
    for element_no, element in enumerate(elements, 1):
        components = segment.components(element_no)
        if any(map(str.strip, components)):
            yield from _element(components, element, element_no, directory)
        elif element.mandatory:
            yield Misfit("missing_value", 13, f"{segment.tag} has no {element.number}", element_no)
    repeats = [number for number, each in enumerate(segment.elements) if isinstance(each, Repeats)]
    for element_no in range(len(elements) + 1, len(segment.elements)):
        if any(map(str.strip, segment.components(element_no))):
            text = f"{segment.tag} has {len(elements)} elements in {directory.name}; this is one more"
            yield Misfit("too_many_elements", 16, text, element_no)
    for element_no in repeats:
        yield Misfit("too_many_elements", 35, f"{segment.tag} repeats an element that does not repeat", element_no)


def _element(components: list[str], element: Element, element_no: int, directory: Directory) -> Iterator[Misfit]:
    alone = element.components[0].number == element.number
    agreed = any(
        each.number in _AGENCY and number < len(components) and components[number].strip()
        for number, each in enumerate(element.components)
    )
    for number, definition in enumerate(element.components):
        value = components[number].strip() if number < len(components) else ""
        place = (element_no, 0 if alone else number + 1)
        if not value:
            if definition.mandatory:
                yield Misfit("missing_value", 13, f"{element.number} has no {definition.number}", *place)
            continue
        yield from _value(value, definition, place)
        known = directory.codes.get(definition.number)
        if known is not None and value not in known and not agreed:
            yield Misfit("unknown_code", 12, f"{value[:20]} is no code of {definition.number}", *place)
    for number in range(len(element.components), len(components)):
        if components[number].strip():
            text = f"{element.number} has {len(element.components)} components; this is one more"
            yield Misfit("too_many_elements", 16, text, element_no, number + 1)


def _value(value: str, definition: DataElement, place: tuple[int, int]) -> Iterator[Misfit]:
    number, kind, longest = definition.number, definition.kind, definition.longest
    length = len(value)
    if kind == "n":
        length = sum(map(str.isdigit, value))  # mark and sign do not count
        if not _NUMBER.fullmatch(value):
            yield _no_number(value, number, place)
            return
    elif kind == "a" and any(map(str.isdigit, value)):
        yield Misfit("value_type", 37, f"{number} holds letters only; it is {value[:20]}", *place)
    if longest and length > longest:
        text = f"{number} has {length} characters; {longest} are allowed"
        yield Misfit("value_too_long", 39, text, *place)


def _no_number(value: str, number: str, place: tuple[int, int]) -> Misfit:
    if _NO_DIGIT_BEFORE.fullmatch(value):
        return Misfit("decimal_notation", 38, f"{number} has no digit before the decimal mark: {value[:20]}", *place)
    if _NUMERIC_CHARACTERS.fullmatch(value):
        return Misfit("decimal_notation", 19, f"{number} is no number as EDIFACT writes it: {value[:20]}", *place)
    return Misfit("value_type", 37, f"{number} is a number; it is {value[:20]}", *place)


def sound(directory: Directory, service: ServiceString) -> Mapping[str, re.Pattern[str]]:
    """Return a pattern for each segment; a segment's text that matches it has no misfit, and is not looked at again.

    It may miss a sound segment (one with released characters, or padded numbers), which then takes longer.
    """
    return _sound(directory.name, service.element, service.component, service.release, _Segments(directory))


class _Segments:
    """A directory as an argument that a cache can hold on to: one of a name is like the other."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Segments) and other.directory.name == self.directory.name

    def __hash__(self) -> int:
        return hash(self.directory.name)


@lru_cache(maxsize=16)
def _sound(_name: str, element: str, component: str, release: str, segments: _Segments) -> dict[str, re.Pattern[str]]:
    patterns = _Patterns(segments.directory, element, component, release)
    return {tag: re.compile(tag + patterns.nested(elements)) for tag, elements in segments.directory.segments.items()}


class _Patterns:
    """Regular expressions for the segments of a directory in one service string."""

    def __init__(self, directory: Directory, element: str, component: str, release: str) -> None:
        self._codes = {number: _alternatives(codes) for number, codes in directory.codes.items()}
        self._element, self._component = re.escape(element), re.escape(component)
        self._text = rf"[^\x00-\x1f\x7f{re.escape(element + component + release)}]"

    def nested(self, elements: Iterable[Element]) -> str:
        """Return the pattern of all elements; what is empty at the end may be left out."""
        tail = ""
        for each in reversed(tuple(elements)):
            inner = self._composite(each)
            if each.mandatory and not any(component.mandatory for component in each.components):
                inner = f"(?={self._component}*(?! ){self._text})" + inner  # one of them at least
            here = self._element + (inner if each.mandatory else f"(?:{inner}|)") + tail
            tail = here if each.mandatory else f"(?:{here}|)"
        return tail

    def _composite(self, element: Element) -> str:
        tail = ""
        for number, each in reversed(tuple(enumerate(element.components))):
            inner = self._value(each)
            lead = self._component if number else ""
            here = lead + (inner if each.mandatory or (not number and not tail) else f"(?:{inner}|)") + tail
            tail = here if each.mandatory or not number else f"(?:{here}|)"
        return tail

    def _value(self, definition: DataElement) -> str:
        if definition.number in self._codes:
            return self._codes[definition.number]
        longest = definition.longest or 12
        if definition.kind == "n":
            digits = rf"[0-9]{{1,{longest}}}(?![0-9.,])"
            return rf"-?(?:{digits}|(?=[0-9.,]{{3,{longest + 1}}}(?![0-9.,]))[0-9]+[.,][0-9]+)"
        if definition.kind == "a":
            return rf"[A-Z]{{1,{longest}}}"
        # at least one character that is not a blank, which is nothing
        return rf"(?! ){self._text}{{1,{longest}}}"


def _alternatives(codes: Iterable[str]) -> str:
    """Return a pattern for the codes that shares their first letters, and takes none that goes on."""
    return f"{_trie(sorted(codes))}(?![A-Za-z0-9])"


def _trie(codes: list[str]) -> str:
    tails: dict[str, list[str]] = {}
    for code in codes:
        if code:
            tails.setdefault(code[0], []).append(code[1:])
    if not tails:
        return ""
    leaves = "".join(sorted(first for first, rest in tails.items() if rest == [""]))
    branches = [f"{re.escape(first)}{_trie(rest)}" for first, rest in tails.items() if rest != [""]]
    if leaves:
        branches.insert(0, f"[{re.escape(leaves)}]")
    return f"(?:{'|'.join(branches)}){'?' if '' in codes else ''}"
