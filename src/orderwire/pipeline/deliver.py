"""Flow `deliver`: archived bytes go to the partner."""

from collections.abc import Mapping
from dataclasses import dataclass

from orderwire.canonical.document import DocumentDelivered, DocumentReady
from orderwire.canonical.envelope import Event, EventType
from orderwire.config.partners import PartnerProfile, Partners
from orderwire.errors import DeliveryRefusedError
from orderwire.pipeline.work import Commit, Source, body_of, next_event
from orderwire.ports.clock import Clock
from orderwire.ports.intake import Deliverer
from orderwire.ports.store import DocumentState, Step, Store, Transaction


@dataclass(frozen=True)
class Deliver:
    """Handler of document.ready."""

    store: Store
    deliverers: Mapping[str, Deliverer]
    partners: Partners
    clock: Clock

    def __call__(self, event: Event) -> Commit:
        body: DocumentReady = body_of(event)
        partner = self.partners.get(body.partner)
        deliverer = self._outlet(partner)
        with self.store.begin() as tx:
            content = tx.archive.get(body.sha256)
        via = deliverer.deliver(body.name, content, body.media_type, partner)
        return lambda tx: self._delivered(tx, event, body, via)

    def _outlet(self, partner: PartnerProfile) -> Deliverer:
        scheme = "folder" if partner.folder is not None and partner.folder.outbox is not None else ""
        deliverer = self.deliverers.get(scheme)
        if deliverer is not None:
            return deliverer
        raise DeliveryRefusedError("the partner's profile names no place that we can deliver to", partner=partner.key)

    def _delivered(self, tx: Transaction, event: Event, body: DocumentReady, via: str) -> list[Event]:
        now = self.clock()
        tx.journal.update(body.document_id, state=DocumentState.DONE, finished_at=now)
        tx.journal.step(Step(body.document_id, now, "delivered", event.id, {"via": via}))
        told = DocumentDelivered(document_id=body.document_id, partner=body.partner, via=via)
        step = f"delivered:{event.id}"
        return [next_event(EventType.DOCUMENT_DELIVERED, told, Source.of(event), now, subject=event.subject, step=step)]
