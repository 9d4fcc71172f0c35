"""Structure of a message: segments that must be there, segments out of place, and its own control totals."""

import re
from decimal import Decimal
from typing import Final

from orderwire.connectors.edi.envelope import Message
from orderwire.connectors.edi.finding import Where, reject, warn
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.values import decimal, plain
from orderwire.errors import MappingError

#: Segments without which an ORDERS cannot be read; and those that the directory wants but senders leave out.
_NEEDED: Final = ("BGM",)
_WANTED: Final = ("DTM", "UNS")
#: Segments that an ORDERS has in a LIN group only.
_LINE_ONLY: Final = frozenset({"PIA", "PRI", "QVR"})
#: A quantity in the heading belongs to a schedule, an allowance or a package.
_QUANTITY_TRIGGERS: Final = frozenset({"SCC", "ALC", "PAC"})
_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def check_orders(message: Message) -> None:
    """Add findings about the structure of an ORDERS message."""
    tags = [segment.tag for segment in message.segments]
    offset = message.segments[0].offset
    for tag in _NEEDED:
        if tag not in tags:
            text = f"{tag} is missing, which every ORDERS must have"
            message.findings.add(reject("missing_segment", text, segment_no=1, offset=offset, tag=tag, syntax_code=13))
    for tag in _WANTED:
        if tag not in tags:
            text = f"{tag} is missing, which the directory asks for"
            message.findings.add(warn("missing_segment", text, segment_no=1, offset=offset, tag=tag, syntax_code=13))
    _check_heading(message, tags)
    _check_totals(message, tags)


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


def _check_totals(message: Message, tags: list[str]) -> None:
    """CNT 2 is the number of LIN segments; CNT 1 the sum of QTY, which senders reckon in more than one way."""
    for number, segment in enumerate(message.segments, 1):
        kind = segment.value(1, 1) if tags[number - 1] == "CNT" else ""
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
        if kind == "2" and stated != tags.count("LIN"):
            text = f"CNT counts {segment.value(1, 2)[:20]} lines; there are {tags.count('LIN')}"
            message.findings.add(reject("line_count", text, syntax_code=29, **where))
        elif kind == "1" and stated not in _sums(message):
            text = f"CNT states {segment.value(1, 2)[:20]} as the sum of quantities; it is {plain(_ordered(message))}"
            message.findings.add(warn("quantity_total", text, syntax_code=29, **where))


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
