"""Transmissions with a receipt of their own: the bytes are archived, then the receipt says so, once and for ever."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import structlog

from orderwire.canonical.envelope import Event
from orderwire.errors import DecodeError, DeliveryRefusedError
from orderwire.pipeline.outgoing import Recipient, answer_id, dispatch, dispatch_again
from orderwire.pipeline.parking import Failure, park
from orderwire.pipeline.work import Source
from orderwire.ports.clock import Clock
from orderwire.ports.intake import DecodeHint, OutboundDocument, Receive
from orderwire.ports.journal import Document, DocumentState, Step
from orderwire.ports.ledger import LedgerEntry, LedgerQuery, Met
from orderwire.ports.store import Store, Transaction
from orderwire.ports.transmission import RECEIPT_TYPE, GivenReceipt, Transmission

log = structlog.get_logger(__name__)

_STEP: Final = "receipt"
#: The standard's word for a Message-ID that came before with something else.
_DUPLICATE: Final = "duplicate-document"


@dataclass(frozen=True)
class Transmissions:
    """Takes in what a station has opened."""

    store: Store
    receive: Receive
    announce: Callable[[Sequence[Event]], None]
    clock: Clock

    def take(self, brought: Transmission) -> bytes | None:
        """Archive the document, and return the receipt to be answered with; None: none, or it goes later.

        Raises:
            OrderwireError: as `receive`; nothing is taken then.
        """
        if brought.refusal is not None:
            return self._refused(brought, brought.refusal)
        known = str(uuid5(NAMESPACE_URL, f"as2:{brought.partner}:{brought.message_id}"))
        hint = DecodeHint(partner=brought.partner, name=brought.name, document_id=known)
        document_id = self.receive(brought.content, brought.channel, hint)
        with self.store.begin() as tx:
            document = tx.journal.get(document_id)
            if document is None or document.sha256 != hashlib.sha256(brought.content).hexdigest():
                return self._refused(brought, _DUPLICATE)
            receipt, events = self._receipt(tx, brought, document)
        self.announce(events)
        return None if brought.later else receipt

    def addressee(self, message_id: str) -> str | None:
        """Return which partner a message of ours went to."""
        with self.store.begin() as tx:
            entry = _awaited(tx, message_id)
        return entry.partner if entry else None

    def settle(self, given: GivenReceipt) -> None:
        """Match a receipt that came later with what it is for.

        Raises:
            DecodeError: it is for nothing that we sent.
        """
        now = self.clock()
        with self.store.begin() as tx:
            entry = _awaited(tx, given.message_id)
            document = tx.journal.get(entry.document_id) if entry else None
            if entry is None or document is None:
                raise DecodeError("the receipt is for no message of ours")
            whole = given.proof is None or entry.proof is None or given.proof == entry.proof
            accepted = given.accepted and whole
            if not tx.ledger.meet(entry, Met(now, None, "accepted" if accepted else "rejected")):
                return  # it came before
            tx.journal.step(Step(document.id, now, "receipt_came", None, {"accepted": accepted, "text": given.text}))
            events = [] if accepted else self._park(tx, document, given.text if whole else "for other content")
        self.announce(events)

    def _park(self, tx: Transaction, document: Document, text: str) -> list[Event]:
        """Park what the partner could not take, so that a replay sends it again."""
        now = self.clock()
        source = Source(document.id, document.correlation_id, document.partner, document.epoch, document.test)
        again = dispatch_again(tx, document.id, source._replace(document_id=f"{document.id}:{now.isoformat()}"), now)
        error = DeliveryRefusedError("the partner's receipt says no", disposition=text)
        body = again.model_dump_json().encode() if again else b""
        event = park(tx, source, Failure(error, "deliver", body), now)
        tx.outbox.add(event, cause=None)
        return [event]

    def _receipt(self, tx: Transaction, brought: Transmission, document: Document) -> tuple[bytes | None, list[Event]]:
        """Return the receipt that was given before, or make the one that is given from now on."""
        given = tx.journal.get(answer_id(document.id, 0, _STEP))
        if given is not None and given.sha256 is not None:
            return tx.archive.get(given.sha256), self._again(tx, given) if brought.later else []
        receipt = brought.receipt(None)
        if receipt is None:
            return None, []
        now = self.clock()
        outbound = OutboundDocument("MDN", receipt, "receipt.mdn", RECEIPT_TYPE, brought.message_id)
        source = Source(document.id, document.correlation_id, brought.partner)
        ready = dispatch(tx, outbound, Recipient(brought.partner, brought.channel.value, _STEP), source, now)
        if brought.later:
            tx.outbox.add(ready, cause=None)
            return receipt, [ready]
        tx.journal.update(ready.documentid, state=DocumentState.DONE, finished_at=now)
        tx.journal.step(Step(ready.documentid, now, "delivered", None, {"via": "as2: in the answer"}))
        return receipt, []

    def _again(self, tx: Transaction, given: Document) -> list[Event]:
        """Send a later receipt once more, if it has been sent: else it is on its way."""
        if given.state is not DocumentState.DONE:
            return []
        now = self.clock()
        source = Source(f"{given.id}:{now.isoformat()}", given.correlation_id, given.partner)
        event = dispatch_again(tx, given.id, source, now)
        if event is None:
            return []
        tx.outbox.add(event, cause=None)
        return [event]

    def _refused(self, brought: Transmission, reason: str) -> bytes | None:
        log.warning("transmission_refused", partner=brought.partner, message_id=brought.message_id, reason=reason)
        return brought.receipt(reason)


def _awaited(tx: Transaction, message_id: str) -> LedgerEntry | None:
    found = tx.ledger.find(LedgerQuery(kind="MDN", ref=message_id, limit=1))
    return found[0] if found else None
