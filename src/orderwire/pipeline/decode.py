"""Flow `decode`: archived bytes become one journal row and at most one order event per message."""

from collections.abc import Mapping
from dataclasses import dataclass

from orderwire.canonical.document import DocumentReceived
from orderwire.canonical.envelope import Event, EventType, event_id
from orderwire.canonical.order import Channel, Purpose
from orderwire.config.partners import Partners
from orderwire.errors import DecodeError, DuplicateConflictError, MappingError, PermanentError, UnknownPartnerError
from orderwire.pipeline.outgoing import Recipient, dispatch, dispatch_again
from orderwire.pipeline.parking import Failure, park
from orderwire.pipeline.work import Commit, Source, body_of, next_event
from orderwire.ports.clock import Clock
from orderwire.ports.intake import (
    DecodedFile,
    DecodedInterchange,
    DecodedMessage,
    DecodeHint,
    Decoder,
    Finding,
    Severity,
)
from orderwire.ports.store import Document, DocumentQuery, DocumentState, Step, Store, Transaction

#: Which event a message's purpose asks for.
_REQUESTS = {
    Purpose.ORIGINAL: EventType.ORDER_RECEIVED,
    Purpose.CHANGE: EventType.ORDER_CHANGE_REQUESTED,
    Purpose.REPLACE: EventType.ORDER_CHANGE_REQUESTED,
    Purpose.CANCEL: EventType.ORDER_CANCEL_REQUESTED,
}
#: Kinds that ask for nothing: they tell us how ours were taken.
_NOTES = frozenset({"CONTRL", "APERAK"})


@dataclass(frozen=True)
class Decode:
    """Handler of document.received."""

    store: Store
    decoders: Mapping[Channel, Decoder]
    partners: Partners
    clock: Clock

    def __call__(self, event: Event) -> Commit:
        body: DocumentReceived = body_of(event)
        decoder = self.decoders.get(body.channel)
        if decoder is None:
            raise DecodeError("no connector decodes this channel", channel=body.channel)
        with self.store.begin() as tx:
            content = tx.archive.get(body.sha256)
            received = tx.journal.get(body.document_id)
        control_ref = received.control_ref if received else None
        hint = DecodeHint(partner=body.partner, name=body.name, control_ref=control_ref)
        decoded = decoder.decode(content, hint, self.partners)
        return lambda tx: _Filing(self, tx, event, body).file(decoded)


class _Filing:
    """The commit of one decoded file."""

    def __init__(self, flow: Decode, tx: Transaction, event: Event, body: DocumentReceived) -> None:
        self._flow, self._tx, self._event, self._body = flow, tx, event, body
        self._now = flow.clock()
        self._source = Source.of(event)
        self._events: list[Event] = []

    def file(self, decoded: DecodedFile) -> list[Event]:
        if not decoded.interchanges:
            raise DecodeError(_first(decoded.findings) or "no interchange found in these bytes")
        for number, interchange in enumerate(decoded.interchanges, start=1):
            if self._body.message_no is None:
                self._interchange(number, interchange)
            else:
                self._only(self._body.message_no, interchange)
        self._tx.journal.update(self._body.document_id, state=DocumentState.DONE, finished_at=self._now)
        detail = {"interchanges": len(decoded.interchanges), "findings": _texts(decoded.findings)}
        self._tx.journal.step(Step(self._body.document_id, self._now, "decoded", self._event.id, detail))
        return self._events

    def _only(self, message_no: int, interchange: DecodedInterchange) -> None:
        """Replay one message; the interchange was acknowledged when it came."""
        for message in interchange.messages:
            if message.message_no == message_no:
                if interchange.partner is None:
                    raise UnknownPartnerError("no partner sends under this identifier", sender=interchange.sender)
                self._message(message, interchange)

    def _interchange(self, number: int, interchange: DecodedInterchange) -> None:
        if interchange.partner is None:
            error = UnknownPartnerError("no partner sends under this identifier", sender=interchange.sender)
            return self._park_interchange(number, interchange, error)
        claim = self._tx.journal.claim(interchange.duplicate_key, interchange.sha256, self._body.document_id)
        if not claim.new and not claim.same_content:
            error_ = DuplicateConflictError(
                "an interchange of this reference came before with other content", reference=interchange.control_ref
            )
            return self._park_interchange(number, interchange, error_)
        if not claim.new:
            return self._again(number, interchange, claim.document_id)
        self._acknowledge(number, interchange)
        if not interchange.accepted:
            self._row(number, interchange, DocumentState.REJECTED, "syntax", _first(interchange.findings))
            return None
        for message in interchange.messages:
            self._message(message, interchange)
        return None

    def _acknowledge(self, number: int, interchange: DecodedInterchange) -> None:
        if interchange.acknowledge is None or interchange.partner is None:
            return
        control_no = self._tx.journal.next_number(f"control:{interchange.partner}")
        outbound = interchange.acknowledge(control_no, self._now)
        to = Recipient(interchange.partner, self._body.channel.value, f"acknowledge:{number}")
        self._events.append(dispatch(self._tx, outbound, to, self._source, self._now))

    def _again(self, number: int, interchange: DecodedInterchange, first_document_id: str) -> None:
        """The same interchange once more: the same acknowledgement again, nothing processed."""
        reason = f"the same interchange came as document {first_document_id}"
        self._row(number, interchange, DocumentState.DONE, "duplicate", reason)
        for document in self._tx.journal.find(DocumentQuery(parent_id=first_document_id, direction="out")):
            event = dispatch_again(self._tx, document.id, self._source, self._now)
            if event is not None:
                self._events.append(event)

    def _message(self, message: DecodedMessage, interchange: DecodedInterchange) -> None:
        document_id = self._message_id(message.message_no, self._event.epoch)
        document = self._document(document_id, message, interchange)
        self._tx.journal.add(document)
        self._tx.journal.step(
            Step(document_id, self._now, "read", self._event.id, {"findings": _texts(message.findings)})
        )
        source = Source.of(self._event, document_id)
        if message.error is not None and message.accepted:
            self._events.append(self._park(source, message.error))
        elif message.accepted and message.order is not None:
            order = message.order
            about = Source(
                document_id, self._event.correlationid, order.partner, self._event.epoch, order.test, self._event.id
            )
            self._events.append(next_event(_REQUESTS[order.purpose], order, about, self._now, subject=order.order_no))
        elif message.accepted and message.kind not in _NOTES:
            self._events.append(
                self._park(source, MappingError("nothing here handles this message", kind=message.kind))
            )

    def _message_id(self, message_no: int, epoch: int) -> str:
        return event_id(self._body.document_id, epoch, f"message:{message_no}")

    def _document(self, document_id: str, message: DecodedMessage, interchange: DecodedInterchange) -> Document:
        state, code, reason = DocumentState.WAITING, None, None
        if not message.accepted:
            state, code, reason = DocumentState.REJECTED, "syntax", _first(message.findings)
        elif message.kind in _NOTES:
            state, code = DocumentState.DONE, "noted"
        epoch, order = self._event.epoch, message.order
        return Document(
            id=document_id, direction="in", channel=self._body.channel.value, kind=message.kind, state=state,
            correlation_id=self._event.correlationid, received_at=self._now, parent_id=self._body.document_id,
            replay_of=self._message_id(message.message_no, epoch - 1) if epoch else None, epoch=epoch,
            partner=interchange.partner, sender=interchange.sender, control_ref=interchange.control_ref,
            message_ref=message.ref, message_no=message.message_no, order_no=order.order_no if order else None,
            sha256=self._body.sha256, name=self._body.name, test=interchange.test, code=code, reason=reason,
            finished_at=None if state is DocumentState.WAITING else self._now,
        )  # fmt: skip

    def _row(
        self, number: int, interchange: DecodedInterchange, state: DocumentState, code: str, reason: str | None
    ) -> str:
        """Journal an interchange that stops as a whole."""
        document_id = event_id(self._body.document_id, self._event.epoch, f"interchange:{number}")
        self._tx.journal.add(
            Document(
                id=document_id, direction="in", channel=self._body.channel.value, kind="interchange", state=state,
                correlation_id=self._event.correlationid, received_at=self._now, parent_id=self._body.document_id,
                epoch=self._event.epoch, partner=interchange.partner, sender=interchange.sender,
                control_ref=interchange.control_ref, sha256=self._body.sha256, name=self._body.name,
                test=interchange.test, code=code, reason=reason, finished_at=self._now,
            )
        )  # fmt: skip
        detail = {"code": code, "reason": reason, "findings": _texts(interchange.findings)}
        self._tx.journal.step(Step(document_id, self._now, state.value, self._event.id, detail))
        return document_id

    def _park_interchange(self, number: int, interchange: DecodedInterchange, error: PermanentError) -> None:
        document_id = self._row(number, interchange, DocumentState.PARKED, error.code, str(error))
        self._events.append(self._park(Source.of(self._event, document_id), error))

    def _park(self, source: Source, error: PermanentError) -> Event:
        failure = Failure(error, "decode", self._event.model_dump_json().encode())
        return park(self._tx, source, failure, self._now)


def _first(findings: tuple[Finding, ...]) -> str | None:
    """Return the first refusal's sentence, else the first finding's."""
    refusals = [finding for finding in findings if finding.severity is Severity.REJECT]
    return (refusals or [*findings])[0].text if findings else None


def _texts(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{finding.severity.value} {finding.code}: {finding.text}" for finding in findings[:50]]
