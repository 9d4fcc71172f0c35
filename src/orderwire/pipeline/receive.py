"""Take bytes in: raw bytes, journal row and outbox in one transaction, then the positive answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

import structlog

from orderwire.canonical.document import DocumentReceived
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.order import Channel
from orderwire.errors import DuplicateConflictError, LimitError
from orderwire.pipeline.work import Source, next_event, traced
from orderwire.ports.clock import Checkpoint, Clock
from orderwire.ports.intake import DecodeHint
from orderwire.ports.journal import Document, DocumentState, Step
from orderwire.ports.store import Store, Transaction
from orderwire.ports.tracing import NO_TRACER, Tracer

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Receiver:
    """The one door for bytes; see `Receive` in ports/intake.py."""

    store: Store
    announce: Callable[[Sequence[Event]], None]  # publishes what the outbox already holds; failing is harmless
    clock: Clock
    max_bytes: int
    checkpoint: Checkpoint
    tracer: Tracer = NO_TRACER

    def __call__(self, content: bytes, channel: Channel, hint: DecodeHint) -> str:
        """Archive, and return the document id: the first one's for a repeated Idempotency-Key or document id.

        Raises:
            LimitError: larger than limits.max_document_bytes; nothing is taken.
            DuplicateConflictError: the Idempotency-Key was used for other content; nothing is taken.
            UnavailableError: the store cannot be reached; nothing is taken.
        """
        if len(content) > self.max_bytes:
            raise LimitError("larger than the configured limit", size=len(content), limit=self.max_bytes)
        document_id = hint.document_id or str(uuid4())
        with self.tracer.received(channel.value, document_id) as traceparent, self.store.begin() as tx:
            earlier = self._earlier(tx, content, channel, hint, document_id)
            if earlier is not None:
                return earlier
            event = traced(self._accept(tx, content, channel, hint, document_id), traceparent)
            tx.outbox.add(event, cause=None)
        self.checkpoint("after_archive")
        with structlog.contextvars.bound_contextvars(correlation_id=document_id):
            log.info("document_received", document_id=document_id, channel=channel.value, size=len(content))
            self.announce([event])
        return document_id

    def _earlier(
        self, tx: Transaction, content: bytes, channel: Channel, hint: DecodeHint, document_id: str
    ) -> str | None:
        if hint.document_id is not None and tx.journal.get(hint.document_id) is not None:
            return hint.document_id
        if hint.control_ref is None:
            return None
        fingerprint = hint.fingerprint or tx.archive.put(content)
        claim = tx.journal.claim(f"{channel}:{hint.partner}:{hint.control_ref}", fingerprint, document_id)
        if not claim.new and not claim.same_content:
            raise DuplicateConflictError("the Idempotency-Key was used for other content", key=hint.control_ref)
        return None if claim.new else claim.document_id

    def _accept(self, tx: Transaction, content: bytes, channel: Channel, hint: DecodeHint, document_id: str) -> Event:
        now = self.clock()
        body = DocumentReceived(
            document_id=document_id,
            channel=channel,
            sha256=tx.archive.put(content),
            size=len(content),
            name=hint.name,
            partner=hint.partner,
        )
        event = next_event(EventType.DOCUMENT_RECEIVED, body, Source(document_id, document_id, hint.partner), now)
        tx.journal.add(
            Document(
                id=document_id,
                direction="in",
                channel=channel.value,
                kind="file",
                state=DocumentState.RECEIVED,
                correlation_id=document_id,
                received_at=now,
                partner=hint.partner,
                control_ref=hint.control_ref,
                sha256=body.sha256,
                name=hint.name,
            )
        )
        tx.journal.step(Step(document_id, now, "received", event.id, {"bytes": len(content)}))
        return event
