"""Files to interchanges, messages and orders: pure, and never raising for bad input."""

from dataclasses import dataclass, field, replace
from typing import Final

from orderwire.canonical.order import PurchaseOrder
from orderwire.config.partners import Partners
from orderwire.connectors.edi.contrl import Subject, acknowledgement
from orderwire.connectors.edi.finding import reject
from orderwire.connectors.edi.maps.meaning import MAPS
from orderwire.connectors.edi.maps.sender import Sender, sender_of
from orderwire.connectors.edi.message import Message
from orderwire.connectors.edi.objection import objection
from orderwire.connectors.edi.reading import FindPartner, Incoming, Reading, named
from orderwire.connectors.edi.remarks import remark
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.settings import EdiLimits
from orderwire.connectors.edi.source import Source, chunks
from orderwire.errors import MappingError
from orderwire.ports.intake import DecodedFile, DecodedInterchange, DecodedMessage, DecodeHint, Notice

#: Stands in PurchaseOrder.partner where nobody is known; such an order is for looking at only.
UNKNOWN: Final = "unknown"
_REMARKED: Final = frozenset({"ORDERS", "ORDCHG"})


@dataclass(frozen=True, slots=True)
class OrdersDecoder:
    """The connector's decoder."""

    limits: EdiLimits = field(default_factory=EdiLimits)

    def decode(self, content: bytes, hint: DecodeHint, partners: Partners) -> DecodedFile:
        """Return every interchange of the file."""
        return decode_content(content, hint, partners.by_edi_identifier, self.limits)


def decode_content(content: bytes, hint: DecodeHint, find_partner: FindPartner, limits: EdiLimits) -> DecodedFile:
    """Decode with any way of finding the partner."""
    if len(content) > limits.max_bytes:
        text = f"The file has {len(content)} bytes; {limits.max_bytes} are allowed"
        return DecodedFile((), (reject("limit", text, offset=0),))
    source = Source(chunks(content, 0, len(content), limits.chunk_bytes), limits.max_bytes)
    reading = Reading(source, limits, find_partner, hint)
    interchanges = tuple(_decoded(incoming, hint) for incoming in reading.interchanges())
    return DecodedFile(interchanges, tuple(reading.findings))


def _decoded(incoming: Incoming, hint: DecodeHint) -> DecodedInterchange:
    partner = incoming.partner
    test = incoming.unb.value(11) not in {"", "0"}
    key = partner.key if partner else hint.partner or UNKNOWN
    messages, subjects = _messages(incoming, sender_of(partner, key, test=test))
    envelope = incoming.envelope
    if partner and partner.edi and partner.edi.all_or_nothing and not all(each.accepted for each in messages):
        text = "A message was rejected, and the agreement is all or nothing"
        envelope.findings.add(reject("all_or_nothing", text, syntax_code=18))
    findings = envelope.findings.close()
    unb = envelope.unb or incoming.unb
    known = partner is not None and not any(finding.code == "sender_not_partner" for finding in findings)
    return DecodedInterchange(
        sender=named(unb, 2),
        recipient=named(unb, 3),
        control_ref=unb.value(5),
        syntax=":".join(part for part in (unb.value(1, 1), unb.value(1, 2)) if part),
        charset=incoming.charset,
        test=test,
        partner=partner.key if partner else None,
        duplicate_key=_duplicate_key(unb),
        sha256=incoming.sha256,
        messages=messages,
        findings=findings,
        acknowledge=acknowledgement(unb, subjects, findings, partner) if partner and known else None,
    )


def _messages(incoming: Incoming, sender: Sender) -> tuple[tuple[DecodedMessage, ...], list[Subject]]:
    """Return the messages; those of a group that is not whole are turned away with it."""
    pairs: list[tuple[DecodedMessage, Subject]] = []
    for message in incoming.messages():
        decoded = _decoded_message(message, sender, incoming)
        pairs.append((decoded, _subject(message, decoded)))
    messages = []
    for decoded, subject in pairs:
        group = subject.group
        if group is not None and group.findings.rejected:
            findings = (*decoded.findings, *group.findings.close())
            messages.append(replace(decoded, findings=findings, order=None, notice=None, error=None))
        else:
            messages.append(decoded)
    return tuple(messages), [subject for _decoded, subject in pairs]


def _decoded_message(message: Message, sender: Sender, incoming: Incoming) -> DecodedMessage:
    meaning = error = None
    if message.kind in _REMARKED and not message.findings.rejected:
        remark(message)
    to_meaning = MAPS.get(message.kind)
    if to_meaning is not None and not message.findings.rejected:
        try:
            meaning = to_meaning(message.segments, sender)
        except MappingError as problem:
            error = _placed(problem, message)
    return DecodedMessage(
        message_no=message.message_no,
        ref=message.ref,
        kind=message.kind,
        version=message.version,
        findings=message.findings.close(),
        order=meaning if isinstance(meaning, PurchaseOrder) else None,
        notice=meaning if isinstance(meaning, Notice) else None,
        error=error,
        object_to=objection(message, error, incoming.unb, incoming.partner, test=sender.test) if error else None,
    )


def _placed(error: MappingError, message: Message) -> MappingError:
    """Add the byte offset of the segment at fault."""
    number = error.facts.get("segment_no")
    offset = message.segments[number - 1].offset if isinstance(number, int) and number else None
    return MappingError(error.message, **{**error.facts, "offset": offset})


def _subject(message: Message, decoded: DecodedMessage) -> Subject:
    header = message.segments[0]
    identifier = tuple(part.strip() for part in header.components(2)[:5])
    return Subject(decoded.ref, decoded.kind, identifier, decoded.findings, message.group)


def _duplicate_key(unb: Segment) -> str:
    """S002, S003, 0020 and 0035; equal for the same interchange sent again."""
    parts = [unb.value(2, 1), unb.value(2, 2), unb.value(3, 1), unb.value(3, 2), unb.value(5), unb.value(11)]
    return "edi:" + ":".join(part.replace("?", "??").replace(":", "?:") for part in parts)
