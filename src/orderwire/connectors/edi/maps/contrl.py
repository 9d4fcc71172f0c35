"""CONTRL (syntax versions 3 and 4) to how the partner took an interchange of ours."""

from collections.abc import Iterable
from typing import Any, Final

from orderwire.canonical.acknowledgement import Acknowledgement, AcknowledgementKind, Fault, MessageVerdict, Verdict
from orderwire.canonical.envelope import EventType
from orderwire.connectors.edi.maps.document import placed
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.segment import Segment
from orderwire.errors import MappingError
from orderwire.ports.intake import Notice

#: DE 0083. 1 to 3, 5 and 6 are of earlier versions: 6 rejects the envelope, the others acknowledge it.
_VERDICTS: Final = {
    "1": Verdict.ACCEPTED,
    "2": Verdict.ACCEPTED,
    "3": Verdict.ACCEPTED,
    "4": Verdict.REJECTED,
    "5": Verdict.ACCEPTED,
    "6": Verdict.REJECTED,
    "7": Verdict.ACCEPTED,
    "8": Verdict.RECEIVED,
}
#: What stands for the kind of a functional group.
_GROUP: Final = "UNG"


class _Draft:
    """An acknowledgement while its message is read."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}
        self.messages: list[tuple[dict[str, Any], list[Fault]]] = []
        self.segment_no: int | None = None  # of the last UCS


def to_acknowledgement(segments: Iterable[Segment], sender: Sender) -> Notice:
    """Return what a CONTRL says of one interchange and of messages in it.

    Raises:
        MappingError: it names no interchange, or says nothing of it.
    """
    draft, where = _Draft(), dict[str, Any]()
    with placed(where):
        for number, segment in enumerate(segments, start=1):
            where.update(segment=segment.tag, segment_no=number)
            if reader := _READERS.get(segment.tag):
                reader(draft, segment)
        if not draft.facts:
            raise MappingError("the acknowledgement names no interchange", segment="UCI")
        messages = tuple(MessageVerdict(**facts, faults=tuple(faults)) for facts, faults in draft.messages)
        body = Acknowledgement(
            kind=AcknowledgementKind.SYNTAX, partner=sender.partner, test=sender.test, messages=messages, **draft.facts
        )
    return Notice(EventType.ACKNOWLEDGEMENT_RECEIVED, body, number=body.control_ref)


def _uci(draft: _Draft, segment: Segment) -> None:
    """UCI 0020, S002, S003, 0083; 0085, 0013, S011."""
    if not segment.value(1):
        raise MappingError("the acknowledgement names no interchange")
    fault = _fault(segment, 5)
    draft.facts = {
        "control_ref": segment.value(1),
        "sender": _named(segment, 2),
        "recipient": _named(segment, 3),
        "verdict": _verdict(segment.value(4)),
        "faults": (fault,) if fault else (),
    }


def _ucm(draft: _Draft, segment: Segment) -> None:
    """UCM 0062, S009, 0083; 0085, 0013, S011."""
    _add(draft, segment, segment.value(2, 1) or None, 3)


def _ucf(draft: _Draft, segment: Segment) -> None:
    """UCF 0048, S006, S007, 0083; 0085, 0013, S011."""
    _add(draft, segment, _GROUP, 4)


def _add(draft: _Draft, segment: Segment, kind: str | None, action_no: int) -> None:
    fault = _fault(segment, action_no + 1)
    facts = {"ref": segment.value(1), "kind": kind, "verdict": _verdict(segment.value(action_no))}
    draft.messages.append((facts, [fault] if fault else []))
    draft.segment_no = None


def _ucs(draft: _Draft, segment: Segment) -> None:
    """UCS 0096, 0085."""
    draft.segment_no = _number(segment.value(1))
    if segment.value(2):
        _faults(draft).append(Fault(code=segment.value(2), segment_no=draft.segment_no))


def _ucd(draft: _Draft, segment: Segment) -> None:
    """UCD 0085, S011: 0098 the element, 0104 the component; in the segment of the UCS before it."""
    place = {"element_no": _number(segment.value(2, 1)), "component_no": _number(segment.value(2, 2))}
    _faults(draft).append(Fault(code=segment.value(1) or None, segment_no=draft.segment_no, **place))


_READERS: Final = {"UCI": _uci, "UCM": _ucm, "UCF": _ucf, "UCS": _ucs, "UCD": _ucd}


def _faults(draft: _Draft) -> list[Fault]:
    if not draft.messages:
        raise MappingError("an error of a segment stands before its message")
    return draft.messages[-1][1]


def _fault(segment: Segment, first: int) -> Fault | None:
    code, tag = segment.value(first), segment.value(first + 1)
    if not code and not tag:
        return None
    place = {"element_no": _number(segment.value(first + 2, 1)), "component_no": _number(segment.value(first + 2, 2))}
    return Fault(code=code or None, tag=tag or None, **place)


def _verdict(action: str) -> Verdict:
    if action not in _VERDICTS:
        raise MappingError("the action of the acknowledgement is unknown", action=action)
    return _VERDICTS[action]


def _named(segment: Segment, element_no: int) -> str:
    return ":".join(part for part in (segment.value(element_no, 1), segment.value(element_no, 2)) if part)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
