"""Retries that the broker has not given back in time are sent again; the inbox makes a second copy harmless.

A broker can keep a message on a rung of the ladder, or lose it with its disks; the journal knows when it was due.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

import structlog

from orderwire.ports.clock import Clock
from orderwire.ports.journal import Document, Step
from orderwire.ports.queue import Transport
from orderwire.ports.store import Store, Transaction

log = structlog.get_logger(__name__)

#: A message that is due may be on its way, or in somebody's hands, for so long.
_GRACE: Final = timedelta(seconds=30)
#: When it is sent again once more.
_AGAIN: Final = timedelta(minutes=10)
#: Looked at in one turn: the oldest documents that are being retried.
_MOST: Final = 500


@dataclass(frozen=True)
class LateRetries:
    """Looks for them. One whose work queue holds messages is none: it waits there, as while a lane is paused."""

    store: Store
    transport: Transport
    queues: Mapping[str, str]  # flow → its work queue
    clock: Clock

    def turn(self) -> bool:
        """Send again what is late. Raises UnavailableError when the broker cannot be asked."""
        with self.store.read() as tx:
            late = self._late(tx)
        if late:
            waiting = {depth.queue for depth in self.transport.depths() if depth.ready}
            with self.store.begin() as tx:  # looked at once more: another worker may have been faster
                for one in self._late(tx):
                    if self.queues[one.flow] not in waiting and not tx.inbox.seen(one.flow, [one.event_id]):
                        self._send(tx, one)
        return False

    def _late(self, tx: Transaction) -> list["_Late"]:
        before = self.clock() - _GRACE
        return [
            _Late(one.document, one.flow, one.event_id)
            for one in tx.overview.retrying((), _MOST)
            if one.event_id and one.flow and one.flow in self.queues and one.next_at and one.next_at < before
        ]

    def _send(self, tx: Transaction, late: "_Late") -> None:
        """Have the outbox publish it again, and look at it again later."""
        now, document = self.clock(), late.document
        if not tx.outbox.again(late.event_id):
            return  # retention has taken it
        detail = {"flow": late.flow, "next": (now + _AGAIN).isoformat()}
        tx.journal.step(Step(document.id, now, "sent_again", late.event_id, detail))
        log.warning("retry_sent_again", flow=late.flow, document_id=document.id, correlation_id=document.correlation_id)


class _Late(NamedTuple):
    """A document, and the event that a flow is to work on again."""

    document: Document
    flow: str
    event_id: str
