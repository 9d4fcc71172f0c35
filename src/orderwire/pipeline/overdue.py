"""The look at the clock: acknowledgements that are due and have not come are told of, once."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.overdue import AcknowledgementLate
from orderwire.errors import TransientError
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.clock import Clock
from orderwire.ports.journal import Document, DocumentState, Step
from orderwire.ports.ledger import LedgerEntry, Met
from orderwire.ports.meter import Meter
from orderwire.ports.store import Store, Transaction

log = structlog.get_logger(__name__)

#: Documents that a person ended: nobody waits for their acknowledgement.
_ENDED: Final = frozenset({DocumentState.DISCARDED, DocumentState.REPLAYED})


@dataclass(frozen=True)
class Overdue:
    """Marks late entries; safe to run in any number of workers."""

    store: Store
    announce: Callable[[Sequence[Event]], None]
    meter: Meter
    clock: Clock
    every_seconds: float = 15.0

    def check(self) -> int:
        """Tell of what has become late, and return how many that were."""
        told: list[LedgerEntry] = []
        events: list[Event] = []
        with self.store.begin() as tx:
            for entry in tx.ledger.overdue(self.clock()):
                event = self._late(tx, entry)
                if event is not None:
                    told.append(entry)
                    events.append(event)
        for entry, event in zip(told, events, strict=True):
            self.meter.late(entry.side.value, entry.kind)
            about = {"correlation_id": event.correlationid, "document_id": entry.document_id}
            log.warning("acknowledgement_late", partner=entry.partner, kind=entry.kind, ref=entry.ref, **about)
        if events:
            self.announce(events)
        return len(events)

    def run(self, stopping: threading.Event) -> None:
        """Check until told to stop."""
        while not stopping.wait(self.every_seconds):
            try:
                self.check()
            except TransientError as error:
                log.warning("overdue_postponed", code=error.code)
            except Exception:
                log.exception("overdue_failed")  # the next one may do better

    def _late(self, tx: Transaction, entry: LedgerEntry) -> Event | None:
        """Mark an entry, and return the event that tells of it; None: another worker did, or nobody waits any more."""
        now, document = self.clock(), tx.journal.get(entry.document_id)
        if document is not None and document.state in _ENDED:
            tx.ledger.meet(entry, Met(now, None, document.state.value))
            return None
        if entry.due_at is None or not tx.ledger.mark_late(entry.id, now):
            return None
        body = AcknowledgementLate(
            side=entry.side.value,
            kind=entry.kind,
            partner=entry.partner,
            ref=entry.ref,
            document_id=entry.document_id,
            order_no=entry.order_no,
            opened_at=entry.opened_at,
            due_at=entry.due_at,
        )
        source = _source(entry, document)
        event = next_event(
            EventType.ACKNOWLEDGEMENT_LATE, body, source, now, subject=entry.ref, step=f"late:{entry.id}"
        )
        detail = {"side": entry.side.value, "kind": entry.kind, "due": entry.due_at.isoformat()}
        tx.journal.step(Step(entry.document_id, now, "acknowledgement_late", event.id, detail))
        tx.outbox.add(event, cause=None)
        return event


def _source(entry: LedgerEntry, document: Document | None) -> Source:
    if document is None:
        return Source(entry.document_id, entry.document_id, entry.partner)
    return Source(document.id, document.correlation_id, entry.partner, test=document.test)
