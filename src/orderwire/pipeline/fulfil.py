"""Flow `fulfil`: duplicates, items, live stock, holds, the sales order in NAV, and the check after it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from orderwire.canonical.envelope import Event, content_hash, event_id
from orderwire.canonical.order import PurchaseOrder, Purpose
from orderwire.canonical.response import AnsweredOrder, OrderResponse
from orderwire.canonical.stock import StockKey
from orderwire.config.partners import PartnerProfile, Partners
from orderwire.errors import (
    BusyError,
    DuplicateConflictError,
    ErpRefusedError,
    MappingError,
    OrderwireError,
    OutageError,
    UnavailableError,
    UnsettledError,
)
from orderwire.pipeline.allocation import Stock, allocate
from orderwire.pipeline.answer import EVENTS, refuse, to_response
from orderwire.pipeline.check import AfterCheck
from orderwire.pipeline.plan import Plan, to_draft
from orderwire.pipeline.resolve import resolve, substitutes_for
from orderwire.pipeline.retrying import patiently
from orderwire.pipeline.work import Commit, Source, body_of, next_event
from orderwire.ports.clock import Checkpoint, Clock
from orderwire.ports.erp import Erp, ErpOrder
from orderwire.ports.store import Hold, OrderRecord, OrderState, Step, Store, Transaction

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Fulfil:
    """Handler of order.received and of requests to change or cancel."""

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
        order: PurchaseOrder = body_of(event)
        if order.purpose is not Purpose.ORIGINAL:
            raise MappingError(
                "a change or cancellation of an order is decided by a person", purpose=order.purpose.value
            )
        opened = self._open(order, event)
        if opened.response is not None:
            return _Answer(self, event, order, opened).again
        job = _Job(self, event, order, opened, self.partners.get(order.partner))
        return job.run()

    def _open(self, order: PurchaseOrder, event: Event) -> OrderRecord:
        """Find or make the order's row and take its lease; the row comes back with our fence."""
        now, digest = self.clock(), content_hash(order, exclude={"channel"})
        fresh = OrderRecord(
            id=event_id(order.partner, 0, f"order:{order.order_no}"),
            partner=order.partner,
            order_no=order.order_no,
            content_hash=digest,
            document_id=event.documentid,
            state=OrderState.NEW,
            order=order.model_dump_json(),
            created_at=now,
        )
        with self.store.begin() as tx:
            record = tx.orders.open(fresh)
            if record.content_hash == digest and record.state is OrderState.ANSWERED:
                return record
            if record.content_hash != digest and not _replaceable(record):
                raise DuplicateConflictError(
                    "an order of this number exists with other content", order_no=order.order_no
                )
            fence = tx.orders.lease(record.id, self.owner(), now, self.lease_seconds)
            if fence is None:
                raise BusyError("the order is being worked on", order_no=order.order_no)
            if record.content_hash != digest:
                tx.holds.release(record.id, "the order came again with other content")
                tx.orders.save(
                    record.id,
                    fence,
                    content_hash=digest,
                    document_id=event.documentid,
                    order=fresh.order,
                    state=OrderState.NEW,
                    draft=None,
                    response=None,
                    outcome=None,
                    erp_no=None,
                    revision=record.revision + 1,
                )
            reread = tx.orders.get(record.id)
        if reread is None:
            raise UnavailableError("the order's row is gone", order_no=order.order_no)
        return reread


def _replaceable(record: OrderRecord) -> bool:
    """Other content may take the number when no sales order came of it: nothing was tried yet, or all was refused."""
    return record.state is OrderState.NEW or (record.state is OrderState.ANSWERED and record.erp_no is None)


class _Answer:
    """The end of an order: its answer, once, or the same one again."""

    def __init__(self, flow: Fulfil, event: Event, order: PurchaseOrder, record: OrderRecord) -> None:
        self._flow, self._event, self._order, self._record = flow, event, order, record

    def again(self, tx: Transaction) -> list[Event]:
        """Give the answer that was given, for the document that asked now."""
        response = OrderResponse.model_validate_json(self._record.response or "")
        if self._record.document_id != self._event.documentid:
            detail = {"first_document_id": self._record.document_id}
            tx.journal.step(Step(self._event.documentid, self._flow.clock(), "duplicate_order", self._event.id, detail))
        return self._events(response)

    def first(self, response: OrderResponse) -> Commit:
        def commit(tx: Transaction) -> list[Event]:
            record = self._record
            tx.orders.save(
                record.id,
                record.fence,
                state=OrderState.ANSWERED,
                response=response.model_dump_json(),
                outcome=response.outcome.value,
                erp_no=response.erp_no,
            )
            tx.orders.free(record.id, record.fence)
            return self._events(response)

        return commit

    def _events(self, response: OrderResponse) -> list[Event]:
        body = AnsweredOrder(order=self._order, response=response)
        kind = EVENTS[response.outcome]
        source = Source.of(self._event)
        return [next_event(kind, body, source, response.decided_at, subject=response.order_no, step="answered")]


class _Job:
    """One order on its way; every step is committed before the next begins, and can be taken up from there."""

    def __init__(
        self, flow: Fulfil, event: Event, order: PurchaseOrder, record: OrderRecord, partner: PartnerProfile
    ) -> None:
        self._flow, self._event, self._order, self._record, self._partner = flow, event, order, record, partner
        self._answer = _Answer(flow, event, order, record)
        self._state, self._erp_no = record.state, record.erp_no

    def run(self) -> Commit:
        flow, record = self._flow, self._record
        if self._order.test and flow.erp.production:
            return self._answer.first(refuse(self._order, "test_refused", flow.clock()))
        if self._state is OrderState.NEW:
            plan = self._decide()
            standing = self._create(plan, tried=False) if plan.standing else None
        else:
            plan = Plan.model_validate_json(record.draft or "")
            standing = self._create(plan, tried=True) if self._state is OrderState.INTENDED else self._read_back(plan)
        if plan.standing:
            lease = lambda: self._prolong()  # noqa: PLW0108, E731  bound late, for the check's loop
            plan = AfterCheck(flow, self._partner, record, self._erp_no or "", lease).run(plan, standing)
            self._erp_no = self._erp_no if plan.standing else None
        return self._answer.first(to_response(self._order, plan, self._erp_no, flow.clock()))

    def _decide(self) -> Plan:
        """Read live stock and grant, until it is certain; then the holds stand and the intent is written."""
        flow = self._flow
        wanted = resolve(self._order, self._partner, flow.erp)
        substitutes = substitutes_for(wanted, self._partner, flow.erp)
        keys = _keys(wanted, substitutes)
        deadline = flow.clock() + timedelta(seconds=flow.settle_seconds)
        pause = 0.02
        while True:
            reading = flow.store.next_sequence()
            figures = patiently(lambda: flow.erp.stock(keys)) if keys else {}
            free = {key: figure.free for key, figure in figures.items()}
            with flow.store.begin() as tx:
                tx.holds.lock(keys)
                unsettled = tx.holds.unsettled(keys, reading, but=self._record.id)
                plan = allocate(wanted, Stock(free, unsettled), self._partner.shortage, substitutes)
                if plan is not None:
                    self._intend(tx, plan, flow.clock())
                    return plan
            if flow.clock() >= deadline:
                raise UnsettledError("other orders for the same items are under way", order_no=self._order.order_no)
            flow.sleep(pause)
            pause = min(pause * 2, 0.5)

    def _intend(self, tx: Transaction, plan: Plan, now: datetime) -> None:
        record = self._record
        tx.holds.add(
            [Hold(record.id, str(line.erp_line_no), plan.key(line), line.standing) for line in plan.standing], now
        )
        state = OrderState.INTENDED if plan.standing else OrderState.NEW
        tx.orders.save(record.id, record.fence, state=state, draft=plan.model_dump_json())
        detail = {line.line_no: f"{line.granted}+{line.backordered} of {line.wanted}" for line in plan.lines}
        tx.journal.step(Step(self._event.documentid, now, "stock_held", self._event.id, detail))

    def _create(self, plan: Plan, *, tried: bool) -> ErpOrder | None:
        """Make the sales order, or find the one that an earlier try made."""
        flow = self._flow
        flow.checkpoint("after_intent")
        draft = to_draft(plan, self._order, self._partner, own_number=flow.own_number)
        standing = patiently(lambda: flow.erp.find_order(draft)) if tried else None
        if standing is None:
            self._prolong()
            try:
                standing = flow.erp.create_order(draft)
            except OutageError:
                raise
            except OrderwireError as error:
                standing = self._after_fault(plan, error)
        flow.checkpoint("after_reply")
        self._created(standing)
        return standing

    def _after_fault(self, plan: Plan, error: OrderwireError) -> ErpOrder:
        """Read back before anything else: a fault is no proof that nothing was done."""
        flow = self._flow
        draft = to_draft(plan, self._order, self._partner, own_number=flow.own_number)
        log.warning("order_in_doubt", order_no=self._order.order_no, code=error.code)
        standing = patiently(lambda: flow.erp.find_order(draft))
        if standing is not None:
            return standing
        if isinstance(error, ErpRefusedError):
            with flow.store.begin() as tx:
                tx.holds.release(self._record.id, "NAV refused the order, and none stands")
                tx.orders.save(self._record.id, self._record.fence, state=OrderState.NEW, draft=None)
                tx.orders.free(self._record.id, self._record.fence)
        raise error

    def _created(self, standing: ErpOrder) -> None:
        """Confirm the holds: readings drawn from now on have seen them."""
        flow, record = self._flow, self._record
        self._erp_no, self._state = standing.no, OrderState.CREATED
        sequence = flow.store.next_sequence()
        with flow.store.begin() as tx:
            tx.orders.save(record.id, record.fence, state=OrderState.CREATED, erp_no=standing.no)
            tx.holds.confirm(record.id, sequence)
            detail = {"erp_no": standing.no}
            tx.journal.step(Step(self._event.documentid, flow.clock(), "order_created", self._event.id, detail))

    def _read_back(self, plan: Plan) -> ErpOrder | None:
        flow = self._flow
        draft = to_draft(plan, self._order, self._partner, own_number=flow.own_number)
        return patiently(lambda: flow.erp.find_order(draft))

    def _prolong(self) -> None:
        """Keep the order's lease over the next call.

        Raises:
            BusyError: another worker has it by now.
        """
        flow = self._flow
        with flow.store.begin() as tx:
            if tx.orders.lease(self._record.id, flow.owner(), flow.clock(), flow.lease_seconds) != self._record.fence:
                raise BusyError("another worker took the order over", order_no=self._order.order_no)


def _keys(plan: Plan, substitutes: dict[str, str]) -> list[StockKey]:
    nos = {line.item_no for line in plan.lines if line.item_no and line.reason is None} | set(substitutes.values())
    return [StockKey(item_no=no, location=plan.location) for no in sorted(nos)]
