"""One order on its way: every step is committed before the next begins, and can be taken up from there."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import structlog

from orderwire.canonical.envelope import Event
from orderwire.canonical.order import PurchaseOrder
from orderwire.canonical.response import AnsweredOrder, OrderResponse
from orderwire.canonical.stock import StockKey
from orderwire.config.partners import PartnerProfile
from orderwire.errors import (
    BusyError,
    DuplicateConflictError,
    OrderwireError,
    OutageError,
    PermanentError,
    TransientError,
    UnsettledError,
)
from orderwire.pipeline.allocation import Stock, allocate
from orderwire.pipeline.answer import EVENTS, refuse, to_response
from orderwire.pipeline.check import AfterCheck
from orderwire.pipeline.means import Means
from orderwire.pipeline.plan import Plan, to_draft
from orderwire.pipeline.resolve import resolve, substitutes_for
from orderwire.pipeline.retrying import patiently
from orderwire.pipeline.work import Commit, Source, next_event
from orderwire.ports.erp import ErpOrder, SalesOrderDraft
from orderwire.ports.store import Hold, OrderRecord, OrderState, Step, Transaction

log = structlog.get_logger(__name__)

#: Between tries in one go when NAV met a lock or a deadlock.
_LOCK_PAUSES: Final = (0.1, 0.5)


class Answer:
    """The end of an order: its answer, once, or the same one again."""

    def __init__(self, means: Means, event: Event, order: PurchaseOrder, record: OrderRecord) -> None:
        self._means, self._event, self._order, self._record = means, event, order, record

    def again(self, tx: Transaction) -> list[Event]:
        """Give the answer that was given, for the document that asked now."""
        response = OrderResponse.model_validate_json(self._record.response or "")
        if self._record.document_id != self._event.documentid:
            detail = {"first_document_id": self._record.document_id}
            tx.journal.step(
                Step(self._event.documentid, self._means.clock(), "duplicate_order", self._event.id, detail)
            )
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


class Job:
    """The work on an order that we have the lease of."""

    def __init__(
        self, means: Means, event: Event, order: PurchaseOrder, record: OrderRecord, partner: PartnerProfile
    ) -> None:
        self._means, self._event, self._order, self._record, self._partner = means, event, order, record, partner
        self._answer = Answer(means, event, order, record)

    def run(self) -> Commit:
        """Do all that is to be done in NAV, and return how to commit the answer."""
        try:
            return self._run()
        except Exception:
            self._let_go()
            raise

    def _run(self) -> Commit:
        means, record = self._means, self._record
        if record.state is OrderState.NEW and self._order.test and means.erp.production:
            return self._answer.first(refuse(self._order, "test_refused", means.clock()))
        plan, standing = self._begin() if record.state is OrderState.NEW else self._resume()
        erp_no = (standing.no if standing else None) or record.erp_no
        if plan.standing:
            plan = AfterCheck(means, self._partner, record, erp_no or "", self._prolong).run(plan, standing)
        tolerance = self._partner.price_tolerance_percent
        return self._answer.first(to_response(self._order, plan, erp_no, means.clock(), tolerance))

    def _begin(self) -> tuple[Plan, ErpOrder | None]:
        plan = self._decide()
        return plan, self._create(plan) if plan.standing else None

    def _resume(self) -> tuple[Plan, ErpOrder | None]:
        """Take up where somebody stopped: what stands in NAV decides, not what we know of it."""
        plan = Plan.model_validate_json(self._record.draft or "")
        standing = self._found(plan)
        if self._record.state is OrderState.CREATED:
            return plan, standing
        if standing is not None:
            self._created(standing)
            return plan, standing
        return self._begin() if plan.abandoned else (plan, self._create(plan))

    def _decide(self) -> Plan:
        """Read live stock and grant, until it is certain; then the holds stand and the intent is written.

        Raises:
            UnsettledError: it does not become certain; the ladder tries again.
        """
        means = self._means
        wanted = resolve(self._order, self._partner, means.erp)
        substitutes = substitutes_for(wanted, self._partner, means.erp)
        keys = _keys(wanted, substitutes)
        deadline, pause = means.clock() + timedelta(seconds=means.settle_seconds), 0.02
        while True:
            reading = means.store.next_sequence()
            figures = patiently(lambda: means.erp.stock(keys)) if keys else {}
            free = {key: figure.free for key, figure in figures.items()}
            with means.store.begin() as tx:
                tx.holds.lock(keys)
                unsettled = tx.holds.unsettled(keys, reading, but=self._record.id)
                plan = allocate(wanted, Stock(free, unsettled), self._partner.shortage, substitutes)
                if plan is not None:
                    plan = plan.model_copy(update={"reading": reading})
                    self._intend(tx, plan, free, means.clock())
                    return plan
            if means.clock() >= deadline:
                raise UnsettledError("other orders for the same items are under way", order_no=self._order.order_no)
            means.sleep(pause)
            pause = min(pause * 2, 0.5)

    def _intend(self, tx: Transaction, plan: Plan, free: Mapping[StockKey, Decimal], now: datetime) -> None:
        record = self._record
        holds = [
            Hold(record.id, str(line.erp_line_no), plan.key(line), line.standing, line.backordered)
            for line in plan.standing
        ]
        tx.holds.add(holds, now)
        state = OrderState.INTENDED if plan.standing else OrderState.NEW
        tx.orders.save(record.id, record.fence, state=state, draft=plan.model_dump_json())
        lines = [
            {
                "line_no": line.line_no,
                "item_no": line.sold_item_no,
                "free": str(free.get(plan.key(line), "")),
                "wanted": str(line.wanted),
                "granted": str(line.granted),
                "backordered": str(line.backordered),
            }
            for line in plan.lines
        ]
        detail = {"lines": lines}
        tx.journal.step(Step(self._event.documentid, now, "stock_held", self._event.id, detail))

    def _create(self, plan: Plan) -> ErpOrder:
        """Make the sales order: the intent is written, and as far as we know none stands."""
        means = self._means
        means.checkpoint("after_intent")
        draft = to_draft(plan, self._order, self._partner, own_number=means.own_number)
        # Numbered by NAV, a second one would not be refused; so look, even if we never tried.
        standing = None if means.own_number else self._found(plan)
        if standing is None:
            standing = self._make(draft, plan)
        means.checkpoint("after_reply")
        self._created(standing)
        return standing

    def _make(self, draft: SalesOrderDraft, plan: Plan) -> ErpOrder:
        """Call NAV. A fault is no proof that nothing was done: read back before anything else."""
        means, pauses = self._means, iter(_LOCK_PAUSES)
        while True:
            self._prolong()
            try:
                return means.erp.create_order(draft)
            except OutageError:
                raise
            except OrderwireError as error:
                log.warning("order_in_doubt", order_no=self._order.order_no, code=error.code)
                standing = self._found(plan)
                if standing is not None:
                    return standing
                if isinstance(error, PermanentError):
                    self._withdraw("NAV refused the order, and none stands")
                pause = next(pauses, None)
                if pause is None or not isinstance(error, BusyError):
                    raise
            means.sleep(pause)

    def _found(self, plan: Plan) -> ErpOrder | None:
        """Return the sales order that stands in NAV.

        Raises:
            DuplicateConflictError: one of our number stands that is not ours; so ours does not.
        """
        draft = to_draft(plan, self._order, self._partner, own_number=self._means.own_number)
        try:
            return patiently(lambda: self._means.erp.find_order(draft))
        except DuplicateConflictError:
            if self._record.state is not OrderState.CREATED:
                self._withdraw("another order stands in NAV under this number")
            raise

    def _withdraw(self, reason: str) -> None:
        """End the holds: NAV has proved that no sales order of ours stands."""
        with self._means.store.begin() as tx:
            tx.holds.release(self._record.id, reason)
            tx.orders.save(self._record.id, self._record.fence, state=OrderState.NEW, draft=None)

    def _created(self, standing: ErpOrder) -> None:
        """Confirm the holds: readings drawn from now on have seen them."""
        means, record = self._means, self._record
        sequence = means.store.next_sequence()
        with means.store.begin() as tx:
            tx.orders.save(record.id, record.fence, state=OrderState.CREATED, erp_no=standing.no)
            tx.holds.confirm(record.id, sequence)
            detail = {"erp_no": standing.no}
            tx.journal.step(Step(self._event.documentid, means.clock(), "order_created", self._event.id, detail))

    def _prolong(self) -> None:
        """Keep the order's lease over the next call.

        Raises:
            BusyError: it had run out; the next try takes the order up from where it stands.
        """
        means, record = self._means, self._record
        with means.store.begin() as tx:
            fence = tx.orders.lease(record.id, means.owner(), means.clock(), means.lease_seconds)
            if fence is not None and fence != record.fence:
                tx.orders.free(record.id, fence)
        if fence != record.fence:
            raise BusyError("the order's lease ran out", order_no=self._order.order_no)

    def _let_go(self) -> None:
        """Give the lease up, so that the next try need not wait for its end."""
        with suppress(TransientError), self._means.store.begin() as tx:
            tx.orders.free(self._record.id, self._record.fence)


def _keys(plan: Plan, substitutes: dict[str, str]) -> list[StockKey]:
    nos = {line.item_no for line in plan.lines if line.item_no and line.reason is None} | set(substitutes.values())
    return [StockKey(item_no=no, location=plan.location) for no in sorted(nos)]
