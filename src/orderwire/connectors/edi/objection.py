"""Objections: the APERAK for a message whose syntax is sound and which makes no sense here."""

from collections.abc import Callable
from datetime import datetime

from orderwire.canonical.acknowledgement import Acknowledgement, AcknowledgementKind, Fault, Verdict
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.edi import aperak
from orderwire.connectors.edi.dialect import dialect_of
from orderwire.connectors.edi.message import Message
from orderwire.connectors.edi.segment import Segment
from orderwire.errors import PermanentError
from orderwire.ports.intake import OutboundDocument

#: Messages that are answers themselves: an answer to them would have no end.
_ANSWERS = frozenset({"CONTRL", "APERAK"})
_REFERENCE_WIDTH = 35


def objection(
    message: Message, error: PermanentError, unb: Segment, partner: PartnerProfile | None, *, test: bool
) -> Callable[[int, datetime], OutboundDocument] | None:
    """Return what makes the APERAK; None where the partner wants none."""
    if partner is None or partner.edi is None or partner.edi.aperak == "never" or message.kind in _ANSWERS:
        return None
    if not partner.edi.message("APERAK").send:
        return None
    body = Acknowledgement(
        kind=AcknowledgementKind.APPLICATION,
        partner=partner.key,
        test=test,
        verdict=Verdict.REJECTED,
        references=_references(message, unb),
        faults=(_fault(error),),
    )

    def object_to(control_no: int, now: datetime) -> OutboundDocument:
        dialect = dialect_of("APERAK", partner, control_no, now, test=test)
        assert dialect is not None  # noqa: S101  the partner has EDI and wants it: seen above
        return dialect.document(aperak.to_rows(body, dialect))

    return object_to


def _references(message: Message, unb: Segment) -> dict[str, str]:
    """ACW the document, by its own number or its UNH's; ABO the interchange. What does not fit is left out."""
    bgm = next((segment for segment in message.segments if segment.tag == "BGM"), None)
    number = bgm.value(2, 1) if bgm else ""
    known = {"ACW": number or message.ref, "ABO": unb.value(5)}
    return {kind: text for kind, text in known.items() if text and len(text) <= _REFERENCE_WIDTH and text.isascii()}


def _fault(error: PermanentError) -> Fault:
    """The error in words, with the place as the sender's people find it."""
    facts = {name: error.facts[name] for name in ("segment", "segment_no", "value") if name in error.facts}
    line_no = str(error.facts.get("line_no") or "")
    where = ", ".join(f"{name.replace('_', ' ')} {fact}" for name, fact in facts.items())
    text = f"{error.message} ({where})" if where else error.message
    fits = line_no and line_no.isascii() and len(line_no) <= _REFERENCE_WIDTH
    return Fault(code=error.code, text=text, reference=f"LI:{line_no}" if fits else None)
