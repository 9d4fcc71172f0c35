"""What a person does about a parked message: replay it from its raw bytes or an edited copy, or discard it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orderwire.canonical.document import DocumentReady, DocumentReceived
from orderwire.canonical.envelope import Event, EventType, event_id
from orderwire.canonical.order import Channel
from orderwire.errors import AlreadyDoneError, LimitError, MappingError
from orderwire.pipeline.abandon import abandon
from orderwire.pipeline.outgoing import media_type_of
from orderwire.pipeline.parking import follow_up_of
from orderwire.pipeline.trial import document_of
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.clock import Clock
from orderwire.ports.journal import Document, DocumentState, Step
from orderwire.ports.parking import Parked
from orderwire.ports.store import Store, Transaction


@dataclass(frozen=True)
class Replays:
    """Replay, edit and discard. Every act is a compare-and-set and a line in the audit."""

    store: Store
    announce: Callable[[Sequence[Event]], None]
    clock: Clock
    max_bytes: int

    def replay(self, parked_id: str, *, who: str, why: str) -> str:
        """Send a parked message through again from its raw bytes, and return the new event's id.

        Raises:
            AlreadyDoneError: somebody else replayed or discarded it.
            MappingError: there is no document to replay from.
        """
        with self.store.begin() as tx:
            event = self.replay_in(tx, parked_id, who=who, why=why)
        self.announce([event])
        return event.id

    def replay_in(self, tx: Transaction, parked_id: str, *, who: str, why: str) -> Event:
        """Do as `replay` in the caller's transaction; the event is in the outbox, and he publishes it."""
        entry = self._settle(tx, parked_id, "replayed", who, why)
        event = self._told_again(entry) or self._anew(tx, document_of(tx, entry))
        tx.outbox.add(event, cause=None)
        if entry.document_id is not None:
            tx.journal.step(Step(entry.document_id, self.clock(), "replayed", event.id, {"who": who, "why": why}))
        return event

    def replay_edited(self, parked_id: str, content: bytes, *, who: str, why: str) -> str:
        """Send an edited copy through in place of the raw bytes, which stay as they came; return the new event's id.

        Raises:
            AlreadyDoneError: somebody else replayed or discarded it.
            MappingError: there is no document, or it is one of ours, or it is about one that went through.
            LimitError: the copy is larger than limits.max_document_bytes.
        """
        if len(content) > self.max_bytes:
            raise LimitError("larger than the configured limit", size=len(content), limit=self.max_bytes)
        with self.store.begin() as tx:
            entry = self._settle(tx, parked_id, "replayed", who, why)
            document = document_of(tx, entry)
            if follow_up_of(entry) is not None:
                raise MappingError("what NAV tells of an order is not edited: mend the profile, and replay it")
            if document.direction == "out":
                raise MappingError("a document of ours is not edited: mend the order, and send it anew")
            copy = tx.archive.put(content)
            event = self._from_raw(tx, document._replace(sha256=copy))
            tx.outbox.add(event, cause=None)
            detail = {"who": who, "why": why, "before": document.sha256, "after": copy}
            tx.journal.step(Step(document.id, self.clock(), "edited", event.id, detail))
            tx.audit.add(self.clock(), who, "edited", parked_id, f"{document.sha256} became {copy}: {why}")
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
            if follow_up_of(entry) is None:
                abandon(tx, entry, f"discarded by {who}: {why}", now)
                if entry.document_id is not None:
                    tx.journal.update(entry.document_id, state=DocumentState.DISCARDED, reason=why, finished_at=now)
            if entry.document_id is not None:
                tx.journal.step(Step(entry.document_id, now, "discarded", None, {"who": who, "why": why}))

    def _settle(self, tx: Transaction, parked_id: str, state: str, who: str, why: str) -> Parked:
        entry = tx.parked.get(parked_id)
        if entry is None:
            raise AlreadyDoneError("no parked message of that id", parked_id=parked_id)
        if not tx.parked.settle(parked_id, state, f"{who}: {why}"):
            raise AlreadyDoneError("somebody was faster: the message is not parked any more", parked_id=parked_id)
        tx.audit.add(self.clock(), who, state, parked_id, why)
        return entry

    def _told_again(self, entry: Parked) -> Event | None:
        """Return a parked follow-up as an event of its own, so that it is taken for no copy; None: it is none."""
        event = follow_up_of(entry)
        if event is None:
            return None
        again = event_id(event.id, event.epoch, f"replay:{entry.id}")
        return event.model_copy(update={"id": again, "time": self.clock(), "causationid": event.id})

    def _anew(self, tx: Transaction, document: Document) -> Event:
        return self._resend(tx, document) if document.direction == "out" else self._from_raw(tx, document)

    def _resend(self, tx: Transaction, document: Document) -> Event:
        epoch = document.epoch + 1
        tx.journal.update(
            document.id, state=DocumentState.RECEIVED, epoch=epoch, code=None, reason=None, finished_at=None
        )
        body = DocumentReady(
            document_id=document.id, partner=document.partner or "", sha256=document.sha256 or "",
            name=document.name or document.id, media_type=media_type_of(document),
        )  # fmt: skip
        source = Source(document.id, document.correlation_id, document.partner, epoch, document.test)
        return next_event(EventType.DOCUMENT_READY, body, source, self.clock(), subject=document.order_no)

    def _from_raw(self, tx: Transaction, document: Document) -> Event:
        """Decode the file again, or one message of it; the new journal row links to this one."""
        file = document if document.parent_id is None else tx.journal.get(document.parent_id)
        if file is None or document.sha256 is None:
            raise MappingError("the raw bytes are gone", document_id=document.id)
        epoch = document.epoch + 1
        whole = document.id == file.id
        if whole:
            tx.journal.update(
                file.id, state=DocumentState.RECEIVED, epoch=epoch, code=None, reason=None, finished_at=None
            )
        else:
            tx.journal.update(document.id, state=DocumentState.REPLAYED, finished_at=self.clock())
        body = DocumentReceived(
            document_id=file.id, channel=Channel(file.channel), sha256=document.sha256, size=0, name=file.name,
            partner=file.partner, epoch=epoch, replays=None if whole else document.id,
        )  # fmt: skip
        source = Source(file.id, file.correlation_id, file.partner, epoch)
        step = f"replay:{document.id}"
        return next_event(EventType.DOCUMENT_RECEIVED, body, source, self.clock(), step=step)
