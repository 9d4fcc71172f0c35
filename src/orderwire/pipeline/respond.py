"""Flow `respond`: a decided order, a shipment, an invoice, a stock report becomes a document in the buyer's syntax."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orderwire.canonical.envelope import Event
from orderwire.canonical.inventory import InventoryReport
from orderwire.canonical.invoice import Invoice
from orderwire.canonical.model import Canonical
from orderwire.canonical.order import Channel, PurchaseOrder
from orderwire.canonical.response import AnsweredOrder, OrderOutcome, OrderResponse
from orderwire.canonical.shipment import Shipment
from orderwire.config.partners import Partners
from orderwire.pipeline.outgoing import Recipient, dispatch
from orderwire.pipeline.work import Commit, Source, body_of, is_answer
from orderwire.ports.clock import Clock
from orderwire.ports.intake import Encoder, OutboundDocument
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

    def tried(self, tx: Transaction, event: Event) -> OutboundDocument | None:
        """Return the document that an event would become now, under a number that is not drawn; None: none.

        Raises:
            MappingError: it cannot be said in the buyer's syntax.
        """
        return self._encoded(*_addressed(tx, event, body_of(event)), self.clock(), lambda _partner: 1)

    def _respond(self, tx: Transaction, event: Event, body: Told) -> list[Event]:
        # What NAV's users change later has a document of its own; the order's journal row stays as it is.
        if isinstance(body, AnsweredOrder) and (is_answer(event) or _held(body)):
            self._journal_answer(tx, event, body.response)
        return self._send(tx, event, *_addressed(tx, event, body))

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
        now = self.clock()
        outbound = self._encoded(body, to, now, lambda partner: tx.journal.next_number(f"control:{partner}"))
        return [] if outbound is None else [dispatch(tx, outbound, to, Source.of(event), now)]

    def _encoded(
        self, body: Canonical, to: Recipient, now: datetime, number: Callable[[str], int]
    ) -> OutboundDocument | None:
        """Return the document under the partner's next number; None where it gets none."""
        encoder = self.encoders.get(Channel(to.channel))
        if encoder is None:
            return None
        partner = self.partners.get(to.partner)
        return encoder.encode(body, partner, number(partner.key), now)


def _held(body: AnsweredOrder) -> bool:
    return body.response.outcome is OrderOutcome.HELD


def _addressed(tx: Transaction, event: Event, body: Told) -> tuple[Canonical, Recipient]:
    """Return what is to be said, and to whom."""
    if isinstance(body, AnsweredOrder):
        step = "held" if _held(body) else "answer" if is_answer(event) else f"answer:{event.id}"
        answer = body.response
        return body, Recipient(answer.partner, body.order.channel.value, step, answer.order_no, answer.erp_no)
    if isinstance(body, InventoryReport):
        return body, Recipient(body.partner, body.channel.value, f"{event.type.value}:{body.report_no}")
    number = body.shipment_no if isinstance(body, Shipment) else body.invoice_no
    to = Recipient(body.partner, body.channel.value, f"{event.type.value}:{number}", body.order_no, number)
    return _referring(tx, body), to


def _referring(tx: Transaction, body: Shipment | Invoice) -> Shipment | Invoice:
    """Return the body with what its channel must name of the order, as the order brought it."""
    if body.channel_refs or not body.order_no:
        return body
    for record in tx.orders.find(order_no=body.order_no, partner=body.partner, limit=1):
        refs = PurchaseOrder.model_validate_json(record.order).channel_refs
        return body.model_copy(update={"channel_refs": refs})
    return body
