"""Flow `deliver`: archived bytes go to the partner, by the outlet of its profile."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from orderwire.canonical.document import DocumentDelivered, DocumentReady
from orderwire.canonical.envelope import Event, EventType, event_id
from orderwire.canonical.order import Channel
from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.errors import DeliveryRefusedError, OrderwireError, TransientError, UnavailableError
from orderwire.pipeline.ledger import settle
from orderwire.pipeline.work import Commit, Source, body_of, next_event
from orderwire.ports.clock import Clock
from orderwire.ports.intake import Delivered, Deliverer, Judge
from orderwire.ports.journal import Document, DocumentState, Step
from orderwire.ports.store import Store, Transaction
from orderwire.ports.transmission import RECEIPT_TYPE

#: A partner that did not answer is left alone for so long, lest its time-outs keep all the others waiting.
REST: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a partner's answer says, with the code of the error where it is none that one likes."""

    said: str
    code: str | None


@dataclass(frozen=True)
class Deliver:
    """Handler of document.ready. A failure goes up the ladder or is parked, and is noted, like any other's."""

    store: Store
    deliverers: Mapping[str, Deliverer]
    partners: Partners
    clock: Clock
    judges: Mapping[Channel, Judge] = field(default_factory=dict)
    _resting: dict[str, datetime] = field(default_factory=dict)  # partner → when it may be tried again

    def __call__(self, event: Event) -> Commit:
        body: DocumentReady = body_of(event)
        partner = self.partners.get(body.partner)
        deliverer = self._outlet(partner, body)
        with self.store.begin() as tx:
            content = tx.archive.get(body.sha256)
        delivered = self._try(deliverer, body, content, partner)
        if delivered.answer is not None:
            self._hear(event, body, delivered.answer)
        return lambda tx: self._delivered(tx, event, body, delivered, partner)

    def _outlet(self, partner: PartnerProfile, body: DocumentReady) -> Deliverer:
        outlet = "as2" if body.media_type == RECEIPT_TYPE else partner.outlet
        if outlet is None:
            raise DeliveryRefusedError("the partner's profile names no place to deliver to", partner=partner.key)
        if outlet not in self.deliverers:
            raise DeliveryRefusedError("nothing here delivers that way", partner=partner.key, outlet=outlet)
        return self.deliverers[outlet]

    def _try(self, deliverer: Deliverer, body: DocumentReady, content: bytes, partner: PartnerProfile) -> Delivered:
        until = self._resting.get(partner.key)
        if until is not None and self.clock() < until:
            raise UnavailableError("the partner did not answer a moment ago", partner=partner.key)
        try:
            delivered = deliverer.deliver(body.name, content, body.media_type, partner)
        except TransientError:
            self._resting[partner.key] = self.clock() + REST
            raise
        self._resting.pop(partner.key, None)
        return delivered if isinstance(delivered, Delivered) else Delivered(delivered)

    def _hear(self, event: Event, body: DocumentReady, answer: bytes) -> None:
        """Keep the partner's answer, whatever it says, and then do as it says."""
        with self.store.begin() as tx:
            sent = tx.journal.get(body.document_id)
        judge = self.judges.get(Channel(sent.channel)) if sent is not None else None
        if sent is None or judge is None:
            return
        said, refusal = "", None
        try:
            said = judge(answer)
        except OrderwireError as error:
            said, refusal = str(error), error
        with self.store.begin() as tx:
            self._keep(tx, event, sent, answer, Heard(said, refusal.code if refusal is not None else None))
        if refusal is not None:
            raise refusal

    def _keep(self, tx: Transaction, event: Event, sent: Document, answer: bytes, heard: Heard) -> None:
        now, sha256 = self.clock(), tx.archive.put(answer)
        document_id = event_id(sent.id, event.epoch, f"answer:{sha256}")
        tx.journal.add(
            Document(
                id=document_id,
                direction="in",
                channel=sent.channel,
                kind="Response",
                state=DocumentState.DONE,
                correlation_id=sent.correlation_id,
                received_at=now,
                parent_id=sent.id,
                partner=sent.partner,
                order_no=sent.order_no,
                sha256=sha256,
                name=f"Response to {sent.name}",
                test=sent.test,
                code=heard.code,
                reason=heard.said,
                finished_at=now,
            )
        )
        tx.journal.step(Step(sent.id, now, "answered", event.id, {"said": heard.said, "by": document_id}))

    def _delivered(
        self, tx: Transaction, event: Event, body: DocumentReady, delivered: Delivered, partner: PartnerProfile
    ) -> list[Event]:
        now, via = self.clock(), delivered.via
        tx.journal.update(body.document_id, state=DocumentState.DONE, finished_at=now)
        tx.journal.step(Step(body.document_id, now, "delivered", event.id, {"via": via}))
        document = tx.journal.get(body.document_id)
        if document is not None:
            settle(tx, document, delivered, partner.due, now)
        told = DocumentDelivered(document_id=body.document_id, partner=body.partner, via=via)
        step = f"delivered:{event.id}"
        return [next_event(EventType.DOCUMENT_DELIVERED, told, Source.of(event), now, subject=event.subject, step=step)]
