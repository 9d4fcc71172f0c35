"""What a person does about a parked message: replay it from its raw bytes, try that dry, or discard it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orderwire.canonical.document import DocumentReady, DocumentReceived
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.order import Channel
from orderwire.config.partners import Partners
from orderwire.errors import AlreadyDoneError, MappingError
from orderwire.pipeline.abandon import abandon
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.clock import Clock
from orderwire.ports.intake import DecodeHint, Decoder
from orderwire.ports.store import Document, DocumentState, Parked, Step, Store, Transaction


@dataclass(frozen=True)
class Replays:
    """Replay and discard. Every act is a compare-and-set and a line in the audit."""

    store: Store
    announce: Callable[[Sequence[Event]], None]
    decoders: Mapping[Channel, Decoder]
    partners: Partners
    clock: Clock

    def replay(self, parked_id: str, *, who: str, why: str) -> str:
        """Send a parked message through again from its raw bytes, and return the new event's id.

        Raises:
            AlreadyDoneError: somebody else replayed or discarded it.
            MappingError: there is no document to replay from.
        """
        with self.store.begin() as tx:
            entry = self._settle(tx, parked_id, "replayed", who, why)
            document = self._document(tx, entry)
            event = self._resend(tx, document) if document.direction == "out" else self._from_raw(tx, document)
            tx.outbox.add(event, cause=None)
            tx.journal.step(Step(document.id, self.clock(), "replayed", event.id, {"who": who, "why": why}))
        self.announce([event])
        return event.id

    def discard(self, parked_id: str, *, who: str, why: str) -> None:
        """End a parked message without doing it; stock that its order holds is given free.

        Raises:
            AlreadyDoneError: somebody else replayed or discarded it.
            BusyError: its order is being worked on at this moment.
        """
        now = self.clock()
        with self.store.begin() as tx:
            entry = self._settle(tx, parked_id, "discarded", who, why)
            abandon(tx, entry, f"discarded by {who}: {why}", now)
            if entry.document_id is not None:
                tx.journal.update(entry.document_id, state=DocumentState.DISCARDED, reason=why, finished_at=now)
                tx.journal.step(Step(entry.document_id, now, "discarded", None, {"who": who, "why": why}))

    def dry_run(self, parked_id: str) -> dict[str, Any]:
        """Decode the raw bytes with today's maps and code lists, and tell what would become of them."""
        with self.store.begin() as tx:
            entry = tx.parked.get(parked_id)
            if entry is None:
                raise AlreadyDoneError("no parked message of that id", parked_id=parked_id)
            document = self._document(tx, entry)
            content = tx.archive.get(document.sha256 or "")
            file = tx.journal.get(document.parent_id) if document.parent_id else document
        if document.direction == "out":
            return {"parked_id": parked_id, "resend": document.name}
        hint = DecodeHint(
            partner=file.partner if file else None, name=document.name, control_ref=file.control_ref if file else None
        )
        decoded = self._decoder(document).decode(content, hint, self.partners)
        messages = [
            {
                "message_no": message.message_no,
                "partner": interchange.partner,
                "accepted": message.accepted,
                "error": str(message.error) if message.error else None,
                "findings": [finding.text for finding in message.findings],
                "order": message.order.model_dump(mode="json", exclude_none=True) if message.order else None,
            }
            for interchange in decoded.interchanges
            for message in interchange.messages
            if document.message_no in {None, message.message_no}
        ]
        return {"parked_id": parked_id, "was": {"code": entry.code, "reason": entry.reason}, "messages": messages}

    def _decoder(self, document: Document) -> Decoder:
        decoder = self.decoders.get(Channel(document.channel))
        if decoder is None:
            raise MappingError("no connector decodes this channel", channel=document.channel)
        return decoder

    def _settle(self, tx: Transaction, parked_id: str, state: str, who: str, why: str) -> Parked:
        entry = tx.parked.get(parked_id)
        if entry is None:
            raise AlreadyDoneError("no parked message of that id", parked_id=parked_id)
        if not tx.parked.settle(parked_id, state, f"{who}: {why}"):
            raise AlreadyDoneError("somebody was faster: the message is not parked any more", parked_id=parked_id)
        tx.audit.add(self.clock(), who, state, parked_id, why)
        return entry

    def _document(self, tx: Transaction, entry: Parked) -> Document:
        document = tx.journal.get(entry.document_id) if entry.document_id else None
        if document is None or document.sha256 is None:
            raise MappingError("no document to replay from: look at the bytes and discard it", parked_id=entry.id)
        return document

    def _resend(self, tx: Transaction, document: Document) -> Event:
        epoch = document.epoch + 1
        tx.journal.update(
            document.id, state=DocumentState.RECEIVED, epoch=epoch, code=None, reason=None, finished_at=None
        )
        body = DocumentReady(
            document_id=document.id, partner=document.partner or "", sha256=document.sha256 or "",
            name=document.name or document.id, media_type="application/octet-stream",
        )  # fmt: skip
        source = Source(document.id, document.correlation_id, document.partner, epoch, document.test)
        return next_event(EventType.DOCUMENT_READY, body, source, self.clock(), subject=document.order_no)

    def _from_raw(self, tx: Transaction, document: Document) -> Event:
        """Decode the file again, or one message of it; the new journal row links to this one."""
        file = document if document.parent_id is None else tx.journal.get(document.parent_id)
        if file is None or file.sha256 is None:
            raise MappingError("the raw bytes are gone", document_id=document.id)
        epoch = document.epoch + 1
        if document is file:
            tx.journal.update(
                file.id, state=DocumentState.RECEIVED, epoch=epoch, code=None, reason=None, finished_at=None
            )
        else:
            tx.journal.update(document.id, state=DocumentState.REPLAYED, finished_at=self.clock())
        body = DocumentReceived(
            document_id=file.id, channel=Channel(file.channel), sha256=file.sha256, size=0, name=file.name,
            partner=file.partner, epoch=epoch, replays=None if document is file else document.id,
        )  # fmt: skip
        source = Source(file.id, file.correlation_id, file.partner, epoch)
        step = f"replay:{document.id}"
        return next_event(EventType.DOCUMENT_RECEIVED, body, source, self.clock(), step=step)
