"""Structure of a message against its directory, and its own control totals."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from orderwire.connectors.edi.directory import Directory, directory_of, letters
from orderwire.connectors.edi.elements import Misfit, misfits, unsound
from orderwire.connectors.edi.finding import Where, reject, warn
from orderwire.connectors.edi.gs1 import HOLDERS, numbers_right, wrong_numbers
from orderwire.connectors.edi.message import Message
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.settings import EdiLimits
from orderwire.connectors.edi.syntax import ServiceString
from orderwire.connectors.edi.values import decimal, plain
from orderwire.connectors.edi.walker import Problem, follows, walk
from orderwire.errors import MappingError

#: Segments that the directories want and senders leave out; nothing is lost without them.
_LEFT_OUT: Final = frozenset({"DTM", "UNS"})
_TAG: Final = re.compile(r"[A-Z][A-Z0-9]{2}")
#: Segments that an ORDERS has in a LIN group only.
_LINE_ONLY: Final = frozenset({"PIA", "PRI", "QVR"})
#: A quantity in the heading belongs to a schedule, an allowance or a package.
_QUANTITY_TRIGGERS: Final = frozenset({"SCC", "ALC", "PAC"})
_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


#: What is found of a segment's place: code, DE 0085, and what is said of it.
_SAYINGS: Final = {
    Problem.MISSING: ("missing_segment", 13, "{tag} is missing, which the directory asks for here"),
    Problem.PLACE: ("segment_out_of_place", 15, "{tag} has no place here"),
    Problem.ORDER: ("segment_order", 15, "{tag} stands out of order; it was read as {path}"),
    Problem.SEGMENTS: ("segment_repeats", 35, "{path} occurs more than {most} times"),
    Problem.GROUPS: ("group_repeats", 36, "The group {path} occurs more than {most} times"),
}
#: What is wrong with a value lets the message through; without the others, or with them wrong, its meaning is in doubt.
_DOUBTFUL: Final = frozenset({"missing_value", "value_type", "decimal_notation"})
#: CONTRL comes under version and release of its own; it is made like that of syntax version 3.
_CONTRL_VERSIONS: Final = frozenset({("D", "3"), ("2", "2"), ("1", "1"), ("3", "1")})


def check_message(message: Message, service: ServiceString, limits: EdiLimits) -> None:
    """Add findings about the structure of a message, its elements and its control totals."""
    segments = message.segments
    directory = _directory(message)
    if directory is None:
        _check_size(message, limits, range(len(segments)))
        _check_unknown(message)
    else:
        _check_places(message, directory)
        _check_elements(message, directory, service, limits)
    if letters()["CNT"] in segments.skeleton:
        _check_totals(message)


def _directory(message: Message) -> Directory | None:
    version, release = message.segments[0].value(2, 2), message.segments[0].value(2, 3)
    if message.kind == "CONTRL" and (version, release) in _CONTRL_VERSIONS:
        version, release = "D", "96A"
    directory = directory_of(version, release)
    return directory if directory is not None and message.kind in directory.messages else None


def _check_unknown(message: Message) -> None:
    """Check what can be checked without a table: what an ORDERS needs to be read."""
    if not message.kind:
        return  # which was found already
    name = f"{message.kind[:6]} {message.version[:20]}"
    text = f"There is no table for {name}: its structure and elements were not checked"
    where: Where = {"segment_no": 1, "offset": message.segments[0].offset}
    message.findings.add(warn("unknown_directory", text, tag="UNH", element_no=2, **where))
    if message.kind != "ORDERS":
        return
    tags = _tags(message)
    if "BGM" not in tags:
        text = "BGM is missing, which every ORDERS must have"
        message.findings.add(reject("missing_segment", text, tag="BGM", syntax_code=13, **where))
    _check_heading(message, tags)


def _tags(message: Message) -> list[str]:
    return [segment.tag for segment in message.segments]


def _check_heading(message: Message, tags: list[str]) -> None:
    """What belongs to a line must not come before the first one."""
    heading = tags[: tags.index("LIN")] if "LIN" in tags else tags
    has_trigger = False
    for number, tag in enumerate(heading, 1):
        has_trigger = has_trigger or tag in _QUANTITY_TRIGGERS
        if tag in _LINE_ONLY or (tag == "QTY" and not has_trigger):
            text = f"{tag} stands before the first LIN"
            offset = message.segments[number - 1].offset
            message.findings.add(
                reject("segment_out_of_place", text, segment_no=number, offset=offset, tag=tag, syntax_code=15)
            )


def _check_places(message: Message, directory: Directory) -> None:
    structure, skeleton, end = directory.messages[message.kind], message.segments.skeleton, letters()["UNT"]
    if message.dropped or follows(structure, skeleton):
        return
    tags = _tags(message)
    if not skeleton.endswith(end):  # that it is missing was found before
        if follows(structure, skeleton + end):
            return
        tags.append("UNT")
    for misplaced in walk(structure, tags):
        tag = misplaced.path.rpartition("/")[2]
        if not _TAG.fullmatch(tag):
            continue
        code, syntax_code, saying = _SAYINGS[misplaced.problem]
        lenient = misplaced.problem not in {Problem.MISSING, Problem.PLACE} or misplaced.path in _LEFT_OUT
        found = warn if lenient else reject
        text = saying.format(tag=tag, path=misplaced.path, most=misplaced.most)
        offset = message.segments[min(misplaced.segment_no, len(message.segments)) - 1].offset
        where: Where = {"segment_no": misplaced.segment_no, "offset": offset, "tag": tag}
        message.findings.add(found(code, text, syntax_code=syntax_code, **where))


def _check_elements(message: Message, directory: Directory, service: ServiceString, limits: EdiLimits) -> None:
    segments = message.segments
    for number in unsound(segments, directory, service):
        _check_size(message, limits, [number])
        _add_misfits(message, number, misfits(segments[number], directory))
    if not numbers_right(segments, service):
        for number, segment in enumerate(segments):
            if segment.tag in HOLDERS:
                _add_misfits(message, number, wrong_numbers(segment))


def _add_misfits(message: Message, number: int, found: Iterable[Misfit]) -> None:
    segment = message.segments[number]
    for misfit in found:
        make = reject if misfit.code in _DOUBTFUL else warn
        where: Where = {"segment_no": number + 1, "offset": segment.offset, "tag": segment.tag}
        place: Where = {"element_no": misfit.element_no, "component_no": misfit.component_no or None}
        message.findings.add(make(misfit.code, misfit.text, syntax_code=misfit.syntax_code, **where, **place))


def _check_size(message: Message, limits: EdiLimits, numbers: Iterable[int]) -> None:
    longest = limits.max_elements
    for number in numbers:
        segment = message.segments[number]
        if len(segment) > longest:
            text = f"{segment.tag[:3]} has more than {longest} elements"
            where: Where = {"segment_no": number + 1, "offset": segment.offset, "tag": segment.tag[:3]}
            message.findings.add(reject("limit", text, syntax_code=16, **where))


def _check_totals(message: Message) -> None:
    """CNT 2 is the number of LIN segments; CNT 1 the sum of QTY, which senders reckon in more than one way."""
    skeleton, cnt = message.segments.skeleton, letters()["CNT"]
    lines = skeleton.count(letters()["LIN"])
    for number in [number for number, letter in enumerate(skeleton, 1) if letter == cnt]:
        segment = message.segments[number - 1]
        kind = segment.value(1, 1)
        if kind not in {"1", "2"} or not segment.value(1, 2):
            continue
        stated = _number(segment)
        where: Where = {
            "segment_no": number,
            "offset": segment.offset,
            "tag": "CNT",
            "element_no": 1,
            "component_no": 2,
        }
        if kind == "2" and stated != lines:
            text = f"CNT counts {segment.value(1, 2)[:20]} lines; there are {lines}"
            message.findings.add(reject("line_count", text, syntax_code=12, **where))
        elif kind == "1" and message.kind == "ORDERS" and stated not in _sums(message):
            text = f"CNT states {segment.value(1, 2)[:20]} as the sum of quantities; it is {plain(_ordered(message))}"
            message.findings.add(warn("quantity_total", text, syntax_code=12, **where))


def _number(segment: Segment) -> Decimal | None:
    try:
        return decimal(segment.value(1, 2))
    except MappingError:
        return None


def _ordered(message: Message) -> Decimal:
    return _sum([segment for segment in message.segments if segment.tag == "QTY" and segment.value(1, 1) == "21"])


def _sums(message: Message) -> set[Decimal]:
    return {_ordered(message), _sum([segment for segment in message.segments if segment.tag == "QTY"])}


def _sum(quantities: list[Segment]) -> Decimal:
    return sum((_number(quantity) or Decimal(0) for quantity in quantities), Decimal(0))


def check_characters(message: Message) -> None:
    """Add a finding for each segment with a control character in its data."""
    for number, segment in enumerate(message.segments, 1):
        for element_no, _ in enumerate(segment.elements):
            if any(_CONTROL_CHARACTERS.search(part) for part in segment.components(element_no)):
                text = f"{segment.tag[:3]} holds a control character, which is no data"
                where: Where = {"segment_no": number, "offset": segment.offset, "tag": segment.tag[:3]}
                message.findings.add(reject("invalid_character", text, element_no=element_no, syntax_code=21, **where))
                break
