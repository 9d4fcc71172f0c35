"""Files to interchanges, messages and orders: pure, and never raising for bad input."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from orderwire.config.partners import EdiIdentifier, PartnerProfile, Partners
from orderwire.connectors.edi import charset
from orderwire.connectors.edi.contrl import Subject, acknowledgement
from orderwire.connectors.edi.envelope import Envelope, Message
from orderwire.connectors.edi.finding import Where, reject, warn
from orderwire.connectors.edi.orders import to_purchase_order
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.settings import EdiLimits
from orderwire.connectors.edi.splitter import Span, split
from orderwire.connectors.edi.structure import check_characters, check_orders
from orderwire.connectors.edi.tokenizer import Tokenizer, chunks
from orderwire.errors import LimitError, MappingError
from orderwire.ports.intake import DecodedFile, DecodedInterchange, DecodedMessage, DecodeHint, Finding

#: Who answers to a UNB sender (identification, qualifier); None: nobody.
FindPartner = Callable[[str, str | None], PartnerProfile | None]
#: Stands in PurchaseOrder.partner where nobody is known; such an order is for looking at only.
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class OrdersDecoder:
    """The connector's decoder."""

    limits: EdiLimits = field(default_factory=EdiLimits)

    def decode(self, content: bytes, hint: DecodeHint, partners: Partners) -> DecodedFile:
        """Return every interchange of the file."""
        return decode_content(content, hint, partners.by_edi_identifier, self.limits)


def decode_content(content: bytes, hint: DecodeHint, find_partner: FindPartner, limits: EdiLimits) -> DecodedFile:
    """Decode with any way of finding the partner."""
    spans, findings = split(content, limits)
    interchanges: list[DecodedInterchange] = []
    message_no = 1
    for span in spans:
        reading = _Reading(content, span, hint, find_partner, limits)
        interchanges.append(reading.decoded(message_no))
        message_no += len(interchanges[-1].messages)
    return DecodedFile(tuple(interchanges), tuple(findings))


@dataclass(frozen=True, slots=True)
class _Reading:
    """One interchange being read."""

    content: bytes
    span: Span
    hint: DecodeHint
    find_partner: FindPartner
    limits: EdiLimits

    def decoded(self, message_no: int) -> DecodedInterchange:
        unb = self._unb()
        sender_no, qualifier = unb.value(2, 1), unb.value(2, 2)
        partner = self.find_partner(sender_no, qualifier or None) if sender_no else None
        body = self.content[self.span.unb : self.span.end]
        override = partner.edi.charset if partner and partner.edi else None
        codec, charset_findings = charset.choose(body, unb.value(1, 1), override)
        envelope = Envelope(self.limits, first_message_no=message_no)
        for finding in (*self.span.findings, *charset_findings, *self._about_parties(unb, partner)):
            envelope.findings.add(finding)
        test = unb.value(11) not in {"", "0"}
        key = partner.key if partner else self.hint.partner or UNKNOWN
        messages, subjects = self._messages(envelope, body, codec, key, test=test)
        findings = envelope.findings.close()
        unb = envelope.unb or unb
        known = partner is not None and not any(finding.code == "sender_not_partner" for finding in findings)
        return DecodedInterchange(
            sender=_named(unb, 2),
            recipient=_named(unb, 3),
            control_ref=unb.value(5),
            syntax=":".join(part for part in (unb.value(1, 1), unb.value(1, 2)) if part),
            charset=codec,
            test=test,
            partner=partner.key if partner else None,
            duplicate_key=_duplicate_key(unb),
            sha256=hashlib.sha256(self.content[self.span.start : self.span.end]).hexdigest(),
            messages=messages,
            findings=findings,
            acknowledge=acknowledgement(unb, subjects, findings, partner) if partner and known else None,
        )

    def _unb(self) -> Segment:
        """Read the first segment alone: it says how to read the others."""
        head = self.content[self.span.unb : min(self.span.end, self.span.unb + 4096)]
        segments = Tokenizer(self.span.service).segments([head], self.span.unb)
        return next(iter(segments), Segment(self.span.unb, ["UNB"]))

    def _messages(
        self, envelope: Envelope, body: bytes, codec: str, partner: str, *, test: bool
    ) -> tuple[tuple[DecodedMessage, ...], list[Subject]]:
        version = _version(self._unb())
        tokenizer = Tokenizer(self.span.service, codec, version, self.limits.max_segment_bytes)
        suspicious = len(body.translate(None, charset.CONTROLS)) != len(body)
        messages: list[DecodedMessage] = []
        subjects: list[Subject] = []
        pieces = chunks(self.content, self.span.unb, self.span.end, self.limits.chunk_bytes)
        segments = tokenizer.segments(pieces, self.span.unb)
        try:
            for message in envelope.messages(segments):
                if suspicious:
                    check_characters(message)
                decoded = _decoded_message(message, self.limits, partner, test=test)
                messages.append(decoded)
                subjects.append(_subject(message, decoded))
        except LimitError as error:
            envelope.findings.add(reject("limit", f"A segment is longer than {error.facts['allowed']} bytes"))
        if tokenizer.wrapped_at is not None:
            text = "Line breaks inside segments were left out"
            envelope.findings.add(warn("line_break", text, offset=tokenizer.wrapped_at, syntax_code=21))
        if tokenizer.unterminated:
            text = "The last segment has no terminator"
            envelope.findings.add(warn("missing_terminator", text, offset=self.span.end, syntax_code=13))
        return tuple(messages), subjects

    def _about_parties(self, unb: Segment, partner: PartnerProfile | None) -> Iterator[Finding]:
        """The sender must be the partner whose channel the file came by, and we must be the recipient."""
        where: Where = {"offset": unb.offset, "tag": "UNB", "segment_no": 1}
        if partner is None or partner.edi is None:
            return
        if self.hint.partner is not None and self.hint.partner != partner.key:
            text = f"The sender {_named(unb, 2)} is not the partner whose channel the file came by"
            yield reject("sender_not_partner", text, element_no=2, syntax_code=23, **where)
        if not _is(unb, 3, partner.edi.ours):
            text = f"The recipient {_named(unb, 3)} is not who the partner knows us as"
            yield reject("not_recipient", text, element_no=3, syntax_code=7, **where)


def _decoded_message(message: Message, limits: EdiLimits, partner: str, *, test: bool) -> DecodedMessage:
    _check_size(message, limits)
    is_order = message.kind == "ORDERS"
    if is_order:
        check_orders(message)
    order = error = None
    if is_order and not message.findings.rejected:
        try:
            order = to_purchase_order(message.segments, partner=partner, test=test)
        except MappingError as problem:
            error = _placed(problem, message)
    return DecodedMessage(
        message_no=message.message_no,
        ref=message.ref,
        kind=message.kind,
        version=message.version,
        findings=message.findings.close(),
        order=order,
        error=error,
    )


def _placed(error: MappingError, message: Message) -> MappingError:
    """Add the byte offset of the segment at fault."""
    number = error.facts.get("segment_no")
    offset = message.segments[number - 1].offset if isinstance(number, int) and number else None
    return MappingError(error.message, **{**error.facts, "offset": offset})


def _check_size(message: Message, limits: EdiLimits) -> None:
    for number, segment in enumerate(message.segments, 1):
        if len(segment.elements) > limits.max_elements:
            text = f"{segment.tag[:3]} has more than {limits.max_elements} elements"
            where: Where = {"segment_no": number, "offset": segment.offset, "tag": segment.tag[:3]}
            message.findings.add(reject("limit", text, syntax_code=16, **where))


def _subject(message: Message, decoded: DecodedMessage) -> Subject:
    header = message.segments[0]
    identifier = tuple(part.strip() for part in header.components(2)[:5])
    return Subject(decoded.ref, decoded.kind, identifier, decoded.findings)


def _version(unb: Segment) -> int:
    text = unb.value(1, 2)
    return int(text) if len(text) == 1 and text.isascii() and text.isdigit() else 3


def _named(unb: Segment, element_no: int) -> str:
    qualifier = unb.value(element_no, 2)
    return f"{unb.value(element_no, 1)}:{qualifier}" if qualifier else unb.value(element_no, 1)


def _is(unb: Segment, element_no: int, identifier: EdiIdentifier) -> bool:
    qualifier = unb.value(element_no, 2)
    same = not identifier.qualifier or not qualifier or qualifier == identifier.qualifier
    return unb.value(element_no, 1) == identifier.id and same


def _duplicate_key(unb: Segment) -> str:
    """S002, S003, 0020 and 0035; equal for the same interchange sent again."""
    parts = [unb.value(2, 1), unb.value(2, 2), unb.value(3, 1), unb.value(3, 2), unb.value(5), unb.value(11)]
    return "edi:" + ":".join(part.replace("?", "??").replace(":", "?:") for part in parts)
