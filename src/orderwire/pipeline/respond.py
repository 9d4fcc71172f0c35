"""Flow `respond`: a decided order becomes an answer in the buyer's own syntax."""

from collections.abc import Mapping
from dataclasses import dataclass

from orderwire.canonical.envelope import Event
from orderwire.canonical.order import Channel
from orderwire.canonical.response import AnsweredOrder, OrderOutcome
from orderwire.config.partners import Partners
from orderwire.pipeline.outgoing import Recipient, dispatch
from orderwire.pipeline.work import Commit, Source, body_of
from orderwire.ports.clock import Clock
from orderwire.ports.intake import Encoder
from orderwire.ports.store import DocumentState, Step, Transaction


@dataclass(frozen=True)
class Respond:
    """Handler of order.accepted, order.changed and order.rejected."""

    encoders: Mapping[Channel, Encoder]
    partners: Partners
    clock: Clock

    def __call__(self, event: Event) -> Commit:
        answer: AnsweredOrder = body_of(event)
        return lambda tx: self._answer(tx, event, answer)

    def _answer(self, tx: Transaction, event: Event, answer: AnsweredOrder) -> list[Event]:
        now, source, response = self.clock(), Source.of(event), answer.response
        refused = response.outcome is OrderOutcome.REJECTED
        tx.journal.update(
            event.documentid,
            state=DocumentState.REJECTED if refused else DocumentState.DONE,
            order_no=response.order_no,
            erp_no=response.erp_no,
            code=response.reason,
            reason=response.reason_text,
            finished_at=now,
        )
        tx.journal.step(Step(event.documentid, now, response.outcome.value, event.id, {"erp_no": response.erp_no}))
        encoder = self.encoders.get(answer.order.channel)
        if encoder is None:
            return []
        partner = self.partners.get(response.partner)
        outbound = encoder.encode(answer, partner, tx.journal.next_number(f"control:{partner.key}"), now)
        if outbound is None:
            return []
        to = Recipient(partner.key, answer.order.channel.value, "answer", response.order_no)
        return [dispatch(tx, outbound, to, source, now)]
