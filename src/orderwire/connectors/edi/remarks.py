"""What an order or a change says that is not taken: told with it, so that nobody thinks it was."""

from collections.abc import Iterator

from orderwire.connectors.edi.directory import letters
from orderwire.connectors.edi.finding import warn
from orderwire.connectors.edi.message import Message
from orderwire.connectors.edi.orders import issued_on
from orderwire.connectors.edi.syntax import DEFAULT
from orderwire.connectors.edi.values import short_decimal
from orderwire.ports.intake import Finding


def remark(message: Message) -> None:
    """Add findings about what is read past."""
    for finding in (*_dates(message), *_free_goods(message)):
        message.findings.add(finding)


def _dates(message: Message) -> Iterator[Finding]:
    """DTM 137 of the heading: when the document was issued, if that can be read."""
    mark, heading = letters()["DTM"], message.segments.skeleton.partition(letters()["LIN"])[0]
    for number in (number for number, letter in enumerate(heading) if letter == mark):
        segment = message.segments[number]
        text = segment.value(1, 2)
        if segment.value(1, 1) == "137" and text and issued_on(segment) is None:
            said = f"The date of the document, {text[:35]!r}, cannot be read; it was left out"
            yield warn("date", said, segment_no=number + 1, offset=segment.offset, tag="DTM")


def _free_goods(message: Message) -> Iterator[Finding]:
    """QTY 192: goods free of charge, beside what is ordered or in it: the partners know, we do not."""
    segments = message.segments
    service = segments[0].service or DEFAULT
    mark = f"QTY{service.element}192{service.component}"
    if mark not in segments.text:
        return
    for number, text in enumerate(segments.texts):
        if text.startswith(mark) and short_decimal(segments[number].value(1, 2)) != 0:
            said = f"Goods free of charge (QTY 192: {segments[number].value(1, 2)[:20]}) were left out of the order"
            yield warn("free_goods", said, segment_no=number + 1, offset=segments[number].offset, tag="QTY")
