"""What a person does about a held order: let it go on, or refuse it. Every act is in the audit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.order import PurchaseOrder
from orderwire.canonical.response import AnsweredOrder
from orderwire.errors import AlreadyDoneError, BusyError
from orderwire.pipeline.answer import refuse
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.clock import Clock
from orderwire.ports.journal import Document, DocumentState, Step
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.ports.store import Store, Transaction

#: Long enough for one transaction.
_LEASE_SECONDS: Final = 30.0


@dataclass(frozen=True)
class HeldOrders:
    """Release and refuse."""

    store: Store
    announce: Callable[[Sequence[Event]], None]
    clock: Clock

    def release(self, order_id: str, *, who: str, why: str) -> str:
        """Let a held order go on, with the stock that is live then; returns the id of the event that asks for it.

        Raises:
            AlreadyDoneError: it is not held.
            BusyError: it is being worked on.
        """
        with self.store.begin() as tx:
            record, fence = self._held(tx, order_id)
            document, now = _document(tx, record), self.clock()
            order = PurchaseOrder.model_validate_json(record.order)
            event = next_event(
                EventType.ORDER_RECEIVED, order, _source(record, document), now, subject=order.order_no,
                step=f"released:{fence}",
            )  # fmt: skip
            tx.orders.save(
                record.id, fence, state=OrderState.NEW, released=f"{who}: {why}", response=None, outcome=None
            )
            tx.orders.free(record.id, fence)
            self._note(tx, record, "released", who, why)
            if document is not None:
                tx.journal.update(document.id, state=DocumentState.WAITING, code=None, reason=None)
            tx.outbox.add(event, cause=None)
        self.announce([event])
        return event.id

    def refuse(self, order_id: str, *, who: str, why: str) -> str:
        """Refuse a held order, and have the buyer told; returns the event's id. Raises as `release`."""
        with self.store.begin() as tx:
            record, fence = self._held(tx, order_id)
            order = PurchaseOrder.model_validate_json(record.order)
            response = refuse(order, "refused_by_supplier", self.clock())
            source = _source(record, _document(tx, record))
            body = AnsweredOrder(order=order, response=response)
            event = next_event(
                EventType.ORDER_REJECTED, body, source, response.decided_at, subject=order.order_no, step="answered"
            )
            tx.orders.save(
                record.id, fence, state=OrderState.ANSWERED, response=response.model_dump_json(),
                outcome=response.outcome.value,
            )  # fmt: skip
            tx.orders.free(record.id, fence)
            self._note(tx, record, "refused", who, why)
            tx.outbox.add(event, cause=None)
        self.announce([event])
        return event.id

    def _held(self, tx: Transaction, order_id: str) -> tuple[OrderRecord, int]:
        """Take the order's lease, and only then look at it: somebody else may decide it at this moment."""
        fence = tx.orders.lease(order_id, "desk", self.clock(), _LEASE_SECONDS)
        record = tx.orders.get(order_id)
        if record is None or record.state is not OrderState.HELD:
            raise AlreadyDoneError("the order is not held", order_id=order_id)
        if fence is None:
            raise BusyError("the order is being worked on", order_no=record.order_no)
        return record, fence

    def _note(self, tx: Transaction, record: OrderRecord, act: str, who: str, why: str) -> None:
        now = self.clock()
        tx.audit.add(now, who, f"{act} order", record.id, why)
        tx.journal.step(Step(record.document_id, now, act, None, {"who": who, "why": why}))


def _document(tx: Transaction, record: OrderRecord) -> Document | None:
    return tx.journal.get(record.document_id)


def _source(record: OrderRecord, document: Document | None) -> Source:
    correlation_id = document.correlation_id if document else record.document_id
    epoch = document.epoch if document else 0
    return Source(record.document_id, correlation_id, record.partner, epoch, document.test if document else False)
