"""APERAK (D.96A, D.01B) to how the partner took a document of ours."""

from collections.abc import Iterable
from typing import Any, Final

from orderwire.canonical.acknowledgement import Acknowledgement, AcknowledgementKind, Fault, Verdict
from orderwire.canonical.envelope import EventType
from orderwire.connectors.edi.maps.document import Heading, numbered, placed
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.maps.triggers import triggers
from orderwire.connectors.edi.segment import Segment
from orderwire.ports.intake import Notice

_TRIGGERS: Final = triggers({"": "DOC RFF NAD ERC", "ERC": "RFF"})
#: BGM 1225, and 1001 where there is none: 313 is an error, 312 an acknowledgement. Errors without either reject.
_FUNCTIONS: Final = {"27": Verdict.REJECTED, "29": Verdict.ACCEPTED, "44": Verdict.ACCEPTED, "12": Verdict.RECEIVED}
_DOCUMENTS: Final = {"313": Verdict.REJECTED, "312": Verdict.ACCEPTED}


def to_acknowledgement(segments: Iterable[Segment], sender: Sender) -> Notice:
    """Return the verdict with its errors.

    Raises:
        MappingError: it has no number.
    """
    heading, faults, where = Heading(sender), list[dict[str, Any]](), dict[str, Any]()
    with placed(where):
        for path, segment in numbered(segments, _TRIGGERS, where):
            if path == "ERC":
                faults.append({"code": segment.value(1, 1) or None, "text": None, "reference": None})
            elif path == "ERC/FTX":
                text = " ".join(part.strip() for part in segment.components(4) if part.strip())
                faults[-1]["text"] = faults[-1]["text"] or text or None
            elif path == "ERC/RFF":
                faults[-1]["reference"] = f"{segment.value(1, 1)}:{segment.value(1, 2)}"
            else:
                heading.read(path, segment)
        verdict = _FUNCTIONS.get(heading.function) or _DOCUMENTS.get(heading.kind)
        body = Acknowledgement(
            kind=AcknowledgementKind.APPLICATION,
            partner=sender.partner,
            test=sender.test,
            verdict=verdict or (Verdict.REJECTED if faults else Verdict.ACCEPTED),
            acknowledgement_no=heading.number,
            references=heading.references,
            faults=tuple(Fault(**fault) for fault in faults),
        )
    order_no = heading.references.get("ON")
    return Notice(EventType.ACKNOWLEDGEMENT_RECEIVED, body, number=heading.number, order_no=order_no)
