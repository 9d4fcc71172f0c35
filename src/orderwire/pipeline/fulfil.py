"""Flow `fulfil`: duplicates, items, live stock, holds, the sales order in NAV, and the check after it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from orderwire.canonical.change import OrderChange
from orderwire.canonical.envelope import Event, content_hash, event_id
from orderwire.canonical.model import CARRIAGE
from orderwire.canonical.order import PurchaseOrder, Purpose
from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.errors import BusyError, DuplicateConflictError, MappingError
from orderwire.pipeline.amend import Amend
from orderwire.pipeline.answer import refuse
from orderwire.pipeline.job import Answer, Job
from orderwire.pipeline.punchout_gate import Gate
from orderwire.pipeline.requests import changed_again, open_change
from orderwire.pipeline.work import Commit, body_of
from orderwire.ports.clock import Checkpoint, Clock
from orderwire.ports.erp import Erp
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.ports.store import Store, Transaction

#: The buyer was told, if only that a person has to decide.
_TOLD: Final = frozenset({OrderState.ANSWERED, OrderState.HELD})
_UNTRIED: Final = frozenset({OrderState.NEW, OrderState.HELD})


@dataclass(frozen=True)
class Fulfil:
    """Handler of order.received and of requests to change or cancel. It is the `Means` of its jobs."""

    store: Store
    erp: Erp
    partners: Partners
    clock: Clock
    checkpoint: Checkpoint
    sleep: Callable[[float], None]
    owner: Callable[[], str]  # names this worker thread, for leases
    lease_seconds: float
    settle_seconds: float
    own_number: bool

    def __call__(self, event: Event) -> Commit:
        order: PurchaseOrder | OrderChange = body_of(event)
        if isinstance(order, OrderChange):
            return self._change(order, event)
        if order.purpose is not Purpose.ORIGINAL:
            raise MappingError("an order that changes another one comes as a change", purpose=order.purpose.value)
        partner = self.partners.get(order.partner)
        record = self._open(order, event)
        if record.state in _TOLD:
            return Answer(self, event, order, record).again
        return self._gated(order, event, record, partner) or Job(self, event, order, record, partner).run()

    def _gated(self, order: PurchaseOrder, event: Event, record: OrderRecord, partner: PartnerProfile) -> Commit | None:
        """Stop an order that is not what was in its cart: refuse it, or hold it for a person."""
        if record.state is not OrderState.NEW:
            return None
        gate, content = Gate(self.store, self.clock), record.content_hash
        comparison = gate.compared(order, event, partner, content)
        if comparison is None:
            return None
        if comparison.verdict == "reject":
            return Answer(self, event, order, record).first(refuse(order, comparison.reason, self.clock()))

        def hold(tx: Transaction) -> list[Event]:
            tx.orders.free(record.id, record.fence)
            return gate.hold(tx, order, event, comparison, content)

        return hold

    def _change(self, change: OrderChange, event: Event) -> Commit:
        partner = self.partners.get(change.partner)
        opened = open_change(self, order_id(change), change, event)
        if opened.fence is None:
            return lambda tx: changed_again(tx, self, event, opened)
        return Amend(self, event, replace(opened.order, fence=opened.fence), opened.change, partner).run()

    def _open(self, order: PurchaseOrder, event: Event) -> OrderRecord:
        """Find or make the order's row; unless it is answered, it comes back leased, with our fence."""
        now = self.clock()
        fresh = OrderRecord(
            id=order_id(order),
            partner=order.partner,
            order_no=order.order_no,
            content_hash=digest_of(order),
            document_id=event.documentid,
            state=OrderState.NEW,
            order=order.model_dump_json(),
            created_at=now,
        )
        with self.store.begin(lasting=False) as tx:  # the intent will be
            record = tx.orders.open(fresh)
            same = record.content_hash == fresh.content_hash
            if same and record.state in _TOLD:
                return record
            if not same and not _replaceable(record):
                raise DuplicateConflictError(
                    "an order of this number exists with other content", order_no=order.order_no
                )
            fence = tx.orders.lease(record.id, self.owner(), now, self.lease_seconds)
            if fence is None:
                raise BusyError("the order is being worked on", order_no=order.order_no)
            return replace(record, fence=fence) if same else _replaced(tx, record, fresh, fence)


def order_id(order: PurchaseOrder | OrderChange) -> str:
    """Return the id of the order's row: a partner has one order of a number."""
    return event_id(order.partner, 0, f"order:{order.order_no}")


def digest_of(order: PurchaseOrder) -> str:
    """Return what is equal for the same order sent again, whatever way it came."""
    return content_hash(order, exclude=CARRIAGE)


def _replaceable(record: OrderRecord) -> bool:
    """Other content may take the number when no sales order came of it: nothing was tried yet, or all was refused."""
    return record.state in _UNTRIED or (record.state is OrderState.ANSWERED and record.erp_no is None)


def _replaced(tx: Transaction, record: OrderRecord, fresh: OrderRecord, fence: int) -> OrderRecord:
    changes: dict[str, Any] = {
        "content_hash": fresh.content_hash,
        "document_id": fresh.document_id,
        "order": fresh.order,
        "state": OrderState.NEW,
        "revision": record.revision + 1,
        "draft": None,
        "erp_no": None,
        "response": None,
        "outcome": None,
        "released": None,
    }
    tx.orders.save(record.id, fence, **changes)
    return replace(record, fence=fence, **changes)
