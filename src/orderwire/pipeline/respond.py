"""Flow `respond`: a decided order, a shipment, an invoice, a stock report becomes a document in the buyer's syntax."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orderwire.canonical.envelope import Event, event_id
from orderwire.canonical.inventory import InventoryReport
from orderwire.canonical.invoice import Invoice
from orderwire.canonical.model import Canonical
from orderwire.canonical.order import Channel, PurchaseOrder
from orderwire.canonical.response import AnsweredOrder, OrderOutcome, OrderResponse
from orderwire.canonical.shipment import Shipment
from orderwire.config.partners import Partners
from orderwire.pipeline.outgoing import Recipient, dispatch
from orderwire.pipeline.work import Commit, Source, body_of
from orderwire.ports.clock import Clock
from orderwire.ports.intake import Encoder
from orderwire.ports.journal import DocumentState, Step
from orderwire.ports.store import Transaction

#: Bodies that become documents.
Told = AnsweredOrder | Shipment | Invoice | InventoryReport
_STATES: Final = {OrderOutcome.REJECTED: DocumentState.REJECTED, OrderOutcome.HELD: DocumentState.HELD}


@dataclass(frozen=True)
class Respond:
    """Handler of the events that a buyer is told of by a document."""

    encoders: Mapping[Channel, Encoder]
    partners: Partners
    clock: Clock

    def __call__(self, event: Event) -> Commit:
        body: Told = body_of(event)
        return lambda tx: self._respond(tx, event, body)

    def _respond(self, tx: Transaction, event: Event, body: Told) -> list[Event]:
        if isinstance(body, AnsweredOrder):
            # What NAV's users change later has a document of its own; the order's journal row stays as it is.
            first = event.id == event_id(event.documentid, event.epoch, "answered")
            held = body.response.outcome is OrderOutcome.HELD
            if first or held:
                self._journal_answer(tx, event, body.response)
            step = "held" if held else "answer" if first else f"answer:{event.id}"
            answer, channel = body.response, body.order.channel.value
            to = Recipient(answer.partner, channel, step, answer.order_no, answer.erp_no)
        elif isinstance(body, InventoryReport):
            to = Recipient(body.partner, body.channel.value, f"{event.type.value}:{body.report_no}")
        else:
            number = body.shipment_no if isinstance(body, Shipment) else body.invoice_no
            to = Recipient(body.partner, body.channel.value, f"{event.type.value}:{number}", body.order_no, number)
            body = _referring(tx, body)
        return self._send(tx, event, body, to)

    def _journal_answer(self, tx: Transaction, event: Event, response: OrderResponse) -> None:
        now, held = self.clock(), response.outcome is OrderOutcome.HELD
        tx.journal.update(
            event.documentid,
            state=_STATES.get(response.outcome, DocumentState.DONE),
            order_no=response.order_no,
            erp_no=response.erp_no,
            code=response.reason,
            reason=response.reason_text,
            finished_at=None if held else now,
        )
        tx.journal.step(Step(event.documentid, now, response.outcome.value, event.id, {"erp_no": response.erp_no}))

    def _send(self, tx: Transaction, event: Event, body: Canonical, to: Recipient) -> list[Event]:
        encoder = self.encoders.get(Channel(to.channel))
        if encoder is None:
            return []
        now, partner = self.clock(), self.partners.get(to.partner)
        outbound = encoder.encode(body, partner, tx.journal.next_number(f"control:{partner.key}"), now)
        return [] if outbound is None else [dispatch(tx, outbound, to, Source.of(event), now)]


def _referring(tx: Transaction, body: Shipment | Invoice) -> Shipment | Invoice:
    """Return the body with what its channel must name of the order, as the order brought it."""
    if body.channel_refs or not body.order_no:
        return body
    for record in tx.orders.find(order_no=body.order_no, partner=body.partner, limit=1):
        refs = PurchaseOrder.model_validate_json(record.order).channel_refs
        return body.model_copy(update={"channel_refs": refs})
    return body
