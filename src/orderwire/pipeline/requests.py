"""The door for changes: which order they are about, whether they came before, and whose turn it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from orderwire.canonical.change import OrderChange
from orderwire.canonical.envelope import Event, content_hash, event_id
from orderwire.canonical.model import CARRIAGE
from orderwire.canonical.order import PurchaseOrder
from orderwire.canonical.response import OrderResponse
from orderwire.errors import BusyError, OutOfOrderError
from orderwire.pipeline.amend_answer import answered
from orderwire.pipeline.means import Means
from orderwire.ports.changes import ChangeRecord
from orderwire.ports.journal import Step
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.ports.store import Transaction

#: NAV may have been called for it, so it is finished before the next one begins.
_CHANGEABLE: Final = frozenset({OrderState.ANSWERED, OrderState.HELD})
UNDER_WAY: Final = frozenset({OrderState.INTENDED, OrderState.CREATED})


@dataclass(frozen=True)
class Opened:
    """A change and the order it is about."""

    order: OrderRecord
    change: ChangeRecord
    fence: int | None  # None: answered before


def open_change(means: Means, order_id: str, change: OrderChange, event: Event) -> Opened:
    """Find or make the change's row; unless it is answered, its order is leased to us.

    Raises:
        OutOfOrderError: the order is not there, or not decided, yet.
        BusyError: the order is being worked on.
    """
    now = means.clock()
    with means.store.begin() as tx:
        order, record, _ = _found(tx, order_id, change, event, means)
        if record.state is OrderState.ANSWERED:
            return Opened(order, record, None)
        fence = tx.orders.lease(order.id, means.owner(), now, means.lease_seconds)
        if fence is None:
            raise BusyError("the order is being worked on", order_no=change.order_no)
        # As they are under the lease: whoever had it may have answered this change, and others after it.
        order, record, before = _found(tx, order_id, change, event, means)
        if record.state is OrderState.ANSWERED:
            tx.orders.free(order.id, fence)
            return Opened(order, record, None)
        if any(other.state in UNDER_WAY and other.id != record.id for other in before):
            raise BusyError("the order is being worked on", order_no=change.order_no)
        return Opened(order, tx.changes.open(record), fence)


def _found(
    tx: Transaction, order_id: str, change: OrderChange, event: Event, means: Means
) -> tuple[OrderRecord, ChangeRecord, Sequence[ChangeRecord]]:
    """Return the order, the change's row, which may be new, and the rows there are. Raises OutOfOrderError."""
    order = tx.orders.get(order_id)
    if order is None:
        raise OutOfOrderError("no order of this number has come", order_no=change.order_no)
    before = tx.changes.of_order(order.id)
    record = _record(before, order, change, event, means)
    if record.state is not OrderState.ANSWERED and order.state not in _CHANGEABLE:
        raise OutOfOrderError("the order is not decided yet", order_no=change.order_no)
    return order, record, before


def _record(
    before: Sequence[ChangeRecord], order: OrderRecord, change: OrderChange, event: Event, means: Means
) -> ChangeRecord:
    """Return the row of this very request, or a new one.

    A request with a number is the same whenever it comes again. One without is the same as long as no other came
    after it: a buyer may go back to what was asked before.
    """
    digest = content_hash(change, exclude=CARRIAGE)
    same = [record for record in before if record.id.endswith(digest)]
    of_document = next((record for record in before if record.document_id == event.documentid), None)
    if of_document is not None or (same and (change.change_no or same[-1] == before[-1])):
        return of_document or same[-1]
    return ChangeRecord(
        id=f"{event_id(order.id, len(same), 'change')}:{digest}",
        order_id=order.id,
        document_id=event.documentid,
        state=OrderState.NEW,
        request=change.model_dump_json(),
        created_at=means.clock(),
    )


def changed_again(tx: Transaction, means: Means, event: Event, opened: Opened) -> list[Event]:
    """Give the answer that was given, for the document that asked now."""
    answer = OrderResponse.model_validate_json(opened.change.response or "")
    if opened.change.document_id != event.documentid:
        detail = {"first_document_id": opened.change.document_id}
        tx.journal.step(Step(event.documentid, means.clock(), "duplicate_change", event.id, detail))
    return [answered(event, PurchaseOrder.model_validate_json(opened.order.order), answer)]
