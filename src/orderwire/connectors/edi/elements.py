"""Elements of a segment against its directory: presence, length, type, codes."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from orderwire.connectors.edi.directory import DataElement, Directory, Element
from orderwire.connectors.edi.segment import Repeats, Segment
from orderwire.connectors.edi.segments import END, Segments
from orderwire.connectors.edi.syntax import ServiceString

_NUMBER: Final = re.compile(r"-?\d+(?:[.,]\d+)?", re.ASCII)
_NO_DIGIT_BEFORE: Final = re.compile(r"-?[.,]\d+", re.ASCII)
_NUMERIC_CHARACTERS: Final = re.compile(r"[-+\d., ]+", re.ASCII)
#: Elements that list what a partner and we agreed on, if they name a list or an agency of their own.
_AGENCY: Final = frozenset({"1131", "3055"})
#: A released character, which is one of text whatever it is.
_RELEASED: Final = re.compile(r"\?[^\s\x00-\x1f\x7f]")


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
    for element_no in range(len(elements) + 1, len(segment)):
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


def unsound(segments: Segments, directory: Directory, service: ServiceString) -> Iterator[int]:
    """Yield which segments, from 0, are to be looked at: the others have no misfit.

    One pattern runs over the whole message. It may stop at a sound segment too (numbers with blanks around them).
    """
    if (service.element, service.component) != ("+", ":") or service.release not in {"?", ""}:
        yield from range(len(segments))  # a pattern for each service string that somebody thinks of would fill memory
        return
    pattern, text = _sound(directory, service.release), segments.text
    if service.release and service.release in text:
        text = _RELEASED.sub("x", text)
    found = pattern.match(text)
    end = found.end() if found else 0
    if end == len(text):
        return
    texts = [_RELEASED.sub("x", each) for each in segments.texts] if service.release else segments.texts
    starts = list(accumulate((len(each) + 1 for each in texts), initial=0))
    while end < len(text):
        number = bisect_right(starts, end) - 1
        yield number
        found = pattern.match(text, starts[number + 1])
        end = found.end() if found else starts[number + 1]


@lru_cache
def _sound(directory: Directory, release: str) -> re.Pattern[str]:
    """The pattern of any number of sound segments. Released characters are in none: another stands for each."""
    patterns = _Patterns(directory, release)
    bodies = {tag: patterns.nested(elements) for tag, elements in directory.segments.items()}
    envelope = patterns.envelope()
    branches: dict[str, dict[str, list[str]]] = {}
    for tag, body in {**bodies, "UNH": envelope, "UNT": envelope}.items():
        branches.setdefault(tag[0], {}).setdefault(tag[1], []).append(tag[2] + body)
    tree = _choice(
        first + _choice(second + _choice(tails) for second, tails in seconds.items())
        for first, seconds in branches.items()
    )
    return re.compile(f"(?:{tree}{END})*+")


def _choice(options: Iterable[str]) -> str:
    return f"(?:{'|'.join(options)})"


class _Patterns:
    """Regular expressions for the segments of a directory, by the separators that nearly everybody uses."""

    def __init__(self, directory: Directory, release: str) -> None:
        self._codes = {number: _alternatives(codes) for number, codes in directory.codes.items()}
        self._element, self._component = re.escape("+"), ":"
        self._text = rf"[^\x00-\x1f\x7f{re.escape('+:' + release)}]"

    def envelope(self) -> str:
        """Return the pattern of UNH and UNT, which the envelope checks."""
        return f"(?:{self._text}|{self._element}|{self._component}){{0,200}}"

    def nested(self, elements: Iterable[Element]) -> str:
        """Return the pattern of all elements; what is empty at the end may be left out."""
        tail = ""
        for each in reversed(tuple(elements)):
            inner = self._composite(each)
            if each.mandatory and not any(component.mandatory for component in each.components):
                inner = rf"(?={self._component}*(?!\s){self._text})" + inner  # one of them at least
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
        return rf"(?!\s){self._text}{{1,{longest}}}"


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
