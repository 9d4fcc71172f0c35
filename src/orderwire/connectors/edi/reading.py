"""Interchanges as they are read: checked messages, one at a time, in constant memory."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from orderwire.config.edi import EdiIdentifier
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.edi import charset
from orderwire.connectors.edi.envelope import Envelope
from orderwire.connectors.edi.finding import Where, reject, warn
from orderwire.connectors.edi.message import Message
from orderwire.connectors.edi.segment import Segment
from orderwire.connectors.edi.segments import Segments
from orderwire.connectors.edi.settings import EdiLimits
from orderwire.connectors.edi.source import Source
from orderwire.connectors.edi.splitter import Opening, Splitter
from orderwire.connectors.edi.structure import check_characters, check_message
from orderwire.connectors.edi.tokenizer import Tokenizer
from orderwire.errors import LimitError
from orderwire.ports.intake import DecodeHint, Finding

#: Who answers to a UNB sender (identification, qualifier); None: nobody.
FindPartner = Callable[[str, str | None], PartnerProfile | None]
_HINT: Final = DecodeHint()


def nobody(_identifier: str, _qualifier: str | None) -> PartnerProfile | None:
    """Know no partner: for looking at files only."""
    return None


class Reading:
    """One file being read. `findings` are about bytes outside any interchange, and complete at the end."""

    def __init__(
        self,
        source: Source,
        limits: EdiLimits,
        find_partner: FindPartner = nobody,
        hint: DecodeHint = _HINT,
    ) -> None:
        self._splitter = Splitter(source, limits)
        self._limits = limits
        self._find_partner = find_partner
        self._hint = hint

    @property
    def findings(self) -> list[Finding]:
        return self._splitter.findings

    def interchanges(self) -> Iterator["Incoming"]:
        """Yield each interchange; read its messages before asking for the next."""
        message_no = 1
        for opening in self._splitter.openings():
            incoming = self._incoming(opening, message_no)
            yield incoming
            message_no += incoming.count

    def _incoming(self, opening: Opening, message_no: int) -> "Incoming":
        unb = _first_segment(opening)
        sender_no, qualifier = unb.value(2, 1), unb.value(2, 2)
        partner = self._find_partner(sender_no, qualifier or None) if sender_no else None
        agreed = partner.edi.severities if partner and partner.edi else {}
        envelope = Envelope(self._limits, message_no, {str(code): severity for code, severity in agreed.items()})
        for finding in (*opening.findings, *_about_parties(unb, partner, self._hint)):
            envelope.findings.add(finding)
        return Incoming(opening, unb, partner, envelope, self._limits)


@dataclass(slots=True)
class Incoming:
    """One interchange. `sha256`, `charset` and the envelope's findings are complete after the last message."""

    opening: Opening
    unb: Segment
    partner: PartnerProfile | None
    envelope: Envelope
    limits: EdiLimits
    charset: str = field(default="", init=False)
    count: int = field(default=0, init=False)
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256, init=False)
    _told: set[str] = field(default_factory=set, init=False)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def messages(self) -> Iterator[Message]:
        """Yield each message with all that is wrong with its syntax and structure."""
        self._read_text(Segments([self.unb]))
        tokenizer = self._tokenizer()
        try:
            for message in self.envelope.messages(tokenizer.batches(self._pieces(), self.opening.unb)):
                self.count += 1
                raw = message.segments.text.encode("latin-1")
                if not raw.isascii() or b"\x1b" in raw:
                    self._read_text(message.segments)
                check_message(message, self.opening.service, self.limits)
                if len(raw.translate(None, charset.CONTROLS)) + len(message.segments) != len(raw):  # END is one
                    check_characters(message)
                yield message
        except LimitError as error:
            text = f"A segment is longer than {error.facts['allowed']} bytes"
            self.envelope.findings.add(reject("limit", text))
        self._about_the_end(tokenizer)

    def _tokenizer(self) -> Tokenizer:
        """Everything is read as Latin-1 first: the character set is known when a message is whole."""
        return Tokenizer(
            self.opening.service, version=_version(self.unb), max_segment_bytes=self.limits.max_segment_bytes
        )

    def _pieces(self) -> Iterator[bytes]:
        self._digest.update(self.opening.una)
        for piece in self.opening.pieces:
            self._digest.update(piece)
            yield piece

    def _read_text(self, segments: Segments) -> None:
        """Read again, in their own character set, the segments that are not ASCII."""
        declared = charset.codec_of(self.unb.value(1, 1))
        raw = segments.text.encode("latin-1")
        override = self.partner.edi.charset if self.partner and self.partner.edi else None
        codec, findings = charset.choose(raw, self.unb.value(1, 1), override)
        if not self.charset or (self.charset == declared and codec != declared):
            self.charset = codec
        for finding in findings:
            if finding.text not in self._told:
                self._told.add(finding.text)
                self.envelope.findings.add(finding)
        if codec in {"iso8859-1", "ascii"}:
            return
        segments.reread(codec)

    def _about_the_end(self, tokenizer: Tokenizer) -> None:
        if tokenizer.wrapped_at is not None:
            text = "Line breaks inside segments were left out"
            self.envelope.findings.add(warn("line_break", text, offset=tokenizer.wrapped_at, syntax_code=21))
        if tokenizer.unterminated:
            text = "The last segment has no terminator"
            self.envelope.findings.add(warn("missing_terminator", text, syntax_code=13))


def _first_segment(opening: Opening) -> Segment:
    """Read the UNB alone: it says how to read the others."""
    segments = Tokenizer(opening.service).segments([opening.head], opening.unb)
    return next(iter(segments), Segment(opening.unb, ["UNB"]))


def _about_parties(unb: Segment, partner: PartnerProfile | None, hint: DecodeHint) -> Iterator[Finding]:
    """The sender must be the partner whose channel the file came by, and we must be the recipient."""
    where: Where = {"offset": unb.offset, "tag": "UNB", "segment_no": 1}
    if partner is None or partner.edi is None:
        return
    if hint.partner is not None and hint.partner != partner.key:
        text = f"The sender {named(unb, 2)} is not the partner whose channel the file came by"
        yield reject("sender_not_partner", text, element_no=2, syntax_code=23, **where)
    if not _is(unb, 3, partner.edi.ours):
        text = f"The recipient {named(unb, 3)} is not who the partner knows us as"
        yield reject("not_recipient", text, element_no=3, syntax_code=7, **where)


def _version(unb: Segment) -> int:
    text = unb.value(1, 2)
    return int(text) if len(text) == 1 and text.isascii() and text.isdigit() else 3


def named(unb: Segment, element_no: int) -> str:
    """Return a party of UNB with its qualifier."""
    qualifier = unb.value(element_no, 2)
    return f"{unb.value(element_no, 1)}:{qualifier}" if qualifier else unb.value(element_no, 1)


def _is(unb: Segment, element_no: int, identifier: EdiIdentifier) -> bool:
    qualifier = unb.value(element_no, 2)
    same = not identifier.qualifier or not qualifier or qualifier == identifier.qualifier
    return unb.value(element_no, 1) == identifier.id and same
