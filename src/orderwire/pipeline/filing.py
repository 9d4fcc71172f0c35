"""The filing of a decoded file: its interchanges and messages go into the journal, its orders on their way."""

from datetime import datetime
from typing import Any, Final

from orderwire.canonical.change import change_of
from orderwire.canonical.document import DocumentReceived
from orderwire.canonical.envelope import Event, EventType, event_id
from orderwire.canonical.order import PurchaseOrder, Purpose
from orderwire.errors import DecodeError, DuplicateConflictError, MappingError, PermanentError, UnknownPartnerError
from orderwire.pipeline.outgoing import Recipient, answer_id, dispatch, dispatch_again
from orderwire.pipeline.parking import Failure, park
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.intake import DecodedFile, DecodedInterchange, DecodedMessage, Finding, Notice, Severity
from orderwire.ports.journal import Document, DocumentState, Step
from orderwire.ports.store import Transaction

#: Which event a message's purpose asks for.
_REQUESTS: Final = {
    Purpose.ORIGINAL: EventType.ORDER_RECEIVED,
    Purpose.CHANGE: EventType.ORDER_CHANGE_REQUESTED,
    Purpose.REPLACE: EventType.ORDER_CHANGE_REQUESTED,
    Purpose.CANCEL: EventType.ORDER_CANCEL_REQUESTED,
}
#: Kinds that ask for nothing: they tell us how ours were taken.
_NOTES: Final = frozenset({"CONTRL", "APERAK"})
#: A sender may call a message what he likes; longer names of kinds do not exist.
_KIND_CHARS: Final = 64


class Filing:
    """The commit of one decoded file, or of the part of it that is replayed."""

    def __init__(self, tx: Transaction, event: Event, body: DocumentReceived, now: datetime) -> None:
        self._tx, self._event, self._body, self._now = tx, event, body, now
        self._source = Source.of(event)
        self._events: list[Event] = []
        self._keys: dict[str, str] = {}  # duplicate key → content of the interchanges of this file

    def file(self, decoded: DecodedFile) -> list[Event]:
        """File everything, and return what follows from it.

        Raises:
            DecodeError: there is nothing to file.
        """
        if not decoded.interchanges:
            raise DecodeError(_first(decoded.findings) or "no interchange found in these bytes")
        if self._body.replays is None:
            for number, interchange in enumerate(decoded.interchanges, start=1):
                self._interchange(number, interchange)
            self._tx.journal.update(self._body.document_id, state=DocumentState.DONE, finished_at=self._now)
        else:
            self._again(self._body.replays, decoded)
        detail = {"interchanges": len(decoded.interchanges), "findings": _texts(decoded.findings)}
        self._tx.journal.step(Step(self._body.document_id, self._now, "decoded", self._event.id, detail))
        return self._events

    def _again(self, replayed: str, decoded: DecodedFile) -> None:
        """Do one interchange again, or one message, which was acknowledged when it came."""
        earlier = self._tx.journal.get(replayed)
        message_no = earlier.message_no if earlier else None
        for number, interchange in enumerate(decoded.interchanges, start=1):
            if message_no is None and self._earlier_id(f"interchange:{number}") == replayed:
                return self._interchange(number, interchange)
            for message in interchange.messages:
                if message.message_no == message_no:
                    return self._message(message, interchange)
        raise DecodeError("the document does not hold what is to be replayed any more", replays=replayed)

    def _interchange(self, number: int, interchange: DecodedInterchange) -> None:
        if interchange.partner is None:
            return self._park_interchange(number, interchange, _unknown(interchange))
        if interchange.accepted:
            first_document_id, same_content = self._claim(interchange)
            if not same_content:
                error = DuplicateConflictError(
                    "an interchange of this reference came before with other content",
                    reference=interchange.control_ref,
                )
                return self._park_interchange(number, interchange, error)
            if first_document_id is not None:
                return self._duplicate(number, interchange, first_document_id)
        self._acknowledge(interchange, interchange.partner)
        if not interchange.accepted:
            self._row(number, interchange, DocumentState.REJECTED, "syntax", _first(interchange.findings))
            return None
        for message in interchange.messages:
            self._message(message, interchange)
        return None

    def _claim(self, interchange: DecodedInterchange) -> tuple[str | None, bool]:
        """Return which document brought the same reference before, if one did, and whether its content is the same."""
        key, sha256, ours = interchange.duplicate_key, interchange.sha256, self._body.document_id
        if key in self._keys:
            return ours, self._keys[key] == sha256
        self._keys[key] = sha256
        claim = self._tx.journal.claim(key, sha256, ours)
        return None if claim.new else claim.document_id, claim.same_content

    def _acknowledge(self, interchange: DecodedInterchange, partner: str) -> None:
        """Acknowledge once: a replay finds the acknowledgement that was sent."""
        once, step = self._source._replace(epoch=0), _acknowledging(interchange)
        if interchange.acknowledge is None:
            return
        if self._tx.journal.get(answer_id(once.document_id, 0, step)) is not None:
            return
        control_no = self._tx.journal.next_number(f"control:{partner}")
        outbound = interchange.acknowledge(control_no, self._now)
        to = Recipient(partner, self._body.channel.value, step)
        self._events.append(dispatch(self._tx, outbound, to, once, self._now))

    def _duplicate(self, number: int, interchange: DecodedInterchange, first_document_id: str) -> None:
        """The same interchange once more: the same acknowledgement again, nothing processed."""
        reason = f"the same interchange came as document {first_document_id}"
        self._row(number, interchange, DocumentState.DONE, "duplicate", reason)
        acknowledgement_id = answer_id(first_document_id, 0, _acknowledging(interchange))
        event = dispatch_again(self._tx, acknowledgement_id, self._source, self._now)
        if event is not None:
            self._events.append(event)

    def _message(self, message: DecodedMessage, interchange: DecodedInterchange) -> None:
        document = self._document(message, interchange)
        self._tx.journal.add(document)
        self._tx.journal.step(
            Step(document.id, self._now, "read", self._event.id, {"findings": _texts(message.findings)})
        )
        source = Source.of(self._event, document.id)
        if document.state is not DocumentState.WAITING:
            return
        error = _unknown(interchange) if interchange.partner is None else message.error
        if error is None and message.order is not None:
            self._events.append(self._request(message.order, source, test=interchange.test))
        elif error is None and message.notice is not None:
            self._events.append(self._tell(message.notice, source, interchange))
        else:
            error = error or MappingError("nothing here handles this message", kind=message.kind)
            self._object(message, source, interchange.partner)
            self._events.append(self._park(source, error))

    def _request(self, order: PurchaseOrder, source: Source, *, test: bool) -> Event:
        """Return what the order asks for; in a test interchange every order is a test."""
        order = order if order.test or not test else order.model_copy(update={"test": True})
        about = source._replace(partner=order.partner, test=order.test)
        body = order if order.purpose is Purpose.ORIGINAL else change_of(order)
        return next_event(_REQUESTS[order.purpose], body, about, self._now, subject=order.order_no)

    def _tell(self, notice: Notice, source: Source, interchange: DecodedInterchange) -> Event:
        """Return the event of a message that is no order. What asks for work waits; everything else is done with."""
        about = source._replace(partner=interchange.partner, test=interchange.test)
        if notice.type not in _REQUESTS.values():
            changes: dict[str, Any] = {"state": DocumentState.DONE, "code": "noted", "finished_at": self._now}
            self._tx.journal.update(source.document_id, **changes)
        return next_event(notice.type, notice.body, about, self._now, subject=notice.number)

    def _object(self, message: DecodedMessage, source: Source, partner: str | None) -> None:
        """Tell the sender that a message made no sense; when it is replayed, that was told already."""
        if message.object_to is None or partner is None or self._event.epoch:
            return
        outbound = message.object_to(self._tx.journal.next_number(f"control:{partner}"), self._now)
        to = Recipient(partner, self._body.channel.value, "object")
        self._events.append(dispatch(self._tx, outbound, to, source, self._now))

    def _earlier_id(self, part: str) -> str:
        return event_id(self._body.document_id, self._event.epoch - 1, part)

    def _document(self, message: DecodedMessage, interchange: DecodedInterchange) -> Document:
        state, code, reason = DocumentState.WAITING, None, None
        if not message.accepted:
            state, code, reason = DocumentState.REJECTED, "syntax", _first(message.findings)
        elif message.kind in _NOTES and message.notice is None:
            state, code = DocumentState.DONE, "noted"
        order_no = message.order.order_no if message.order else message.notice.order_no if message.notice else None
        part = f"message:{message.message_no}"
        return Document(
            kind=message.kind[:_KIND_CHARS], state=state, message_ref=message.ref, message_no=message.message_no,
            order_no=order_no, code=code, reason=reason,
            finished_at=None if state is DocumentState.WAITING else self._now, **self._part(part, interchange),
        )  # fmt: skip

    def _row(
        self, number: int, interchange: DecodedInterchange, state: DocumentState, code: str, reason: str | None
    ) -> str:
        """Journal an interchange that stops as a whole."""
        document = Document(
            kind="interchange", state=state, code=code, reason=reason, finished_at=self._now,
            **self._part(f"interchange:{number}", interchange),
        )  # fmt: skip
        self._tx.journal.add(document)
        detail = {"code": code, "reason": reason, "findings": _texts(interchange.findings)}
        self._tx.journal.step(Step(document.id, self._now, state.value, self._event.id, detail))
        return document.id

    def _part(self, part: str, interchange: DecodedInterchange) -> dict[str, Any]:
        """Return what the journal rows of all parts of a file have."""
        body, epoch = self._body, self._event.epoch
        earlier_id = self._earlier_id(part)
        return {
            "id": event_id(body.document_id, epoch, part),
            "direction": "in",
            "channel": body.channel.value,
            "correlation_id": self._event.correlationid,
            "received_at": self._now,
            "parent_id": body.document_id,
            "replay_of": earlier_id if epoch and self._tx.journal.get(earlier_id) else None,
            "epoch": epoch,
            "partner": interchange.partner,
            "sender": interchange.sender,
            "control_ref": interchange.control_ref,
            "sha256": body.sha256,
            "name": body.name,
            "test": interchange.test,
        }

    def _park_interchange(self, number: int, interchange: DecodedInterchange, error: PermanentError) -> None:
        document_id = self._row(number, interchange, DocumentState.PARKED, error.code, str(error))
        self._events.append(self._park(Source.of(self._event, document_id), error))

    def _park(self, source: Source, error: PermanentError) -> Event:
        failure = Failure(error, "decode", self._event.model_dump_json().encode())
        return park(self._tx, source, failure, self._now)


def _unknown(interchange: DecodedInterchange) -> UnknownPartnerError:
    return UnknownPartnerError("no partner sends under this identifier", sender=interchange.sender)


def _acknowledging(interchange: DecodedInterchange) -> str:
    return f"acknowledge:{interchange.duplicate_key}"


def _first(findings: tuple[Finding, ...]) -> str | None:
    """Return the first refusal's sentence, else the first finding's."""
    refusals = [finding for finding in findings if finding.severity is Severity.REJECT]
    return (refusals or [*findings])[0].text if findings else None


def _texts(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{finding.severity.value} {finding.code}: {finding.text}" for finding in findings[:50]]
