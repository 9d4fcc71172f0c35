"""One order on its way: every step is committed before the next begins, and can be taken up from there."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Final

import structlog

from orderwire.canonical.envelope import Event
from orderwire.canonical.order import PurchaseOrder
from orderwire.canonical.response import AnsweredOrder, OrderOutcome, OrderResponse
from orderwire.canonical.stock import StockKey
from orderwire.config.profile import PartnerProfile
from orderwire.config.trading import PricePolicy, TrustPolicy
from orderwire.errors import (
    BusyError,
    DuplicateConflictError,
    OrderwireError,
    OutageError,
    PermanentError,
    StockTakenError,
)
from orderwire.pipeline.adoption import check_lines, check_owner
from orderwire.pipeline.allocation import Stock, Terms, allocate
from orderwire.pipeline.answer import EVENTS, hold, overpriced, refuse, to_response
from orderwire.pipeline.check import AfterCheck
from orderwire.pipeline.lease import Lease
from orderwire.pipeline.means import Means
from orderwire.pipeline.plan import Plan, to_draft
from orderwire.pipeline.resolve import resolve, substitutes_for
from orderwire.pipeline.retrying import patiently
from orderwire.pipeline.settling import settled
from orderwire.pipeline.standing import as_standing, numbered_as
from orderwire.pipeline.trust import Distrust, distrust
from orderwire.pipeline.work import Commit, Source, next_event
from orderwire.ports.erp import ErpOrder, SalesOrderDraft
from orderwire.ports.exchange import keep_exchanges
from orderwire.ports.holds import Hold
from orderwire.ports.journal import Step
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.ports.store import Transaction

log = structlog.get_logger(__name__)

#: Between tries in one go when NAV met a lock or a deadlock.
_LOCK_PAUSES: Final = (0.1, 0.5)
#: How often one go reads stock and decides, when NAV's own check finds it taken.
_DECISIONS: Final = 3


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
        # It may have been changed since; the answer goes the way that was asked now.
        standing = PurchaseOrder.model_validate_json(self._record.order)
        carried = {"channel": self._order.channel, "channel_refs": self._order.channel_refs}
        return self._events(standing.model_copy(update=carried), response)

    def first(self, response: OrderResponse, plan: Plan | None = None) -> Commit:
        """Give the answer, and keep the plan as it stands: a later change begins there."""

        def commit(tx: Transaction) -> list[Event]:
            record = self._record
            tx.orders.finish(
                record.id,
                record.fence,
                state=OrderState.ANSWERED,
                draft=plan.model_dump_json() if plan else None,
                response=response.model_dump_json(),
                outcome=response.outcome.value,
                erp_no=response.erp_no,
            )
            return self._events(self._order, response)

        return commit

    def object_to(self, objection: Distrust) -> Commit:
        """Refuse the order, or hold it for a person to decide: of stock nothing is held, in NAV nothing is made."""
        now = self._means.clock()
        if objection.policy is TrustPolicy.REJECT:
            return self.first(refuse(self._order, objection.reason, now))
        response = hold(self._order, objection.reason, now)

        def commit(tx: Transaction) -> list[Event]:
            record = self._record
            changes = {"response": response.model_dump_json(), "outcome": response.outcome.value}
            tx.orders.finish(record.id, record.fence, state=OrderState.HELD, draft=None, **changes)
            return self._events(self._order, response)

        return commit

    def _events(self, order: PurchaseOrder, response: OrderResponse) -> list[Event]:
        body = AnsweredOrder(order=order, response=response)
        kind = EVENTS[response.outcome]
        source = Source.of(self._event)
        step = "held" if response.outcome is OrderOutcome.HELD else "answered"
        return [next_event(kind, body, source, response.decided_at, subject=response.order_no, step=step)]


class Job:
    """The work on an order that we have the lease of."""

    def __init__(
        self, means: Means, event: Event, order: PurchaseOrder, record: OrderRecord, partner: PartnerProfile
    ) -> None:
        self._means, self._event, self._order, self._record, self._partner = means, event, order, record, partner
        self._lease = Lease(means, record, intended=record.state is OrderState.INTENDED)
        self._answer = Answer(means, event, order, record)
        self._resolved: Plan | None = None

    def run(self) -> Commit:
        """Do all that is to be done in NAV, and return how to commit the answer."""
        with self._lease.at_work():
            return self._run()

    def _run(self) -> Commit:
        means, record = self._means, self._record
        if record.state is OrderState.NEW and self._order.test and means.erp.production:
            return self._answer.first(refuse(self._order, "test_refused", means.clock()))
        if record.state is OrderState.NEW and record.released is None and (objection := self._objection()):
            return self._answer.object_to(objection)
        plan, standing = self._begin() if record.state is OrderState.NEW else self._resume()
        erp_no = (standing.no if standing else None) or record.erp_no
        if plan.standing:
            check = AfterCheck(self._lease, erp_no or "", Terms.of(self._partner), self._note)
            covered = standing is not None and standing.covered
            plan = as_standing(plan, standing) if covered else check.run(plan, standing)
            if self._partner.price_policy is PricePolicy.REJECT:
                plan = check.refuse(plan, overpriced(self._order, plan, self._partner.price_tolerance_percent))
        return self._answer.first(to_response(self._order, plan, erp_no, means.clock(), self._partner), plan)

    def _objection(self) -> Distrust | None:
        """Return what NAV's customer says against the order."""
        return distrust(self._wanted(), self._partner, self._means.erp)

    def _wanted(self) -> Plan:
        """Return what the order wants, in NAV's items and units. Raises as `resolve`."""
        # No cached_property: until Python 3.12 one lock of the class is held while NAV is asked.
        if self._resolved is None:
            self._resolved = resolve(self._order, self._partner, self._means.erp)
        return self._resolved

    def _note(self, tx: Transaction, plan: Plan) -> None:
        tx.orders.save(self._record.id, self._record.fence, draft=plan.model_dump_json())

    def _begin(self) -> tuple[Plan, ErpOrder | None]:
        """Decide and make the order; where NAV says at the last moment that others took the stock, decide again."""
        for _ in range(_DECISIONS):
            plan = self._decide()
            with suppress(StockTakenError):
                return self._create(plan) if plan.standing else (plan, None)
        raise StockTakenError("others take the stock each time it has been read", order_no=self._order.order_no)

    def _resume(self) -> tuple[Plan, ErpOrder | None]:
        """Take up where somebody stopped: what stands in NAV decides, not what we know of it."""
        plan = Plan.model_validate_json(self._record.draft or "")
        standing = self._found(plan)
        if self._record.state is OrderState.CREATED:
            return plan, standing
        if standing is not None:
            return self._created(plan, standing), standing
        return self._begin() if plan.abandoned else self._create(plan)

    def _decide(self) -> Plan:
        """Grant on live stock; then the holds stand and the intent is written. Raises UnsettledError."""
        means, wanted = self._means, self._wanted()
        substitutes = substitutes_for(wanted, self._partner, means.erp)

        def attempt(tx: Transaction, stock: Stock, reading: int) -> Plan | None:
            plan = allocate(wanted, stock, Terms.of(self._partner, substitutes))
            if plan is not None:
                plan = plan.model_copy(update={"reading": reading})
                self._intend(tx, plan, stock.free, means.clock())
            return plan

        return settled(self._lease, stock_keys(wanted, substitutes), attempt)

    def _intend(self, tx: Transaction, plan: Plan, free: Mapping[StockKey, Decimal], now: datetime) -> None:
        record = self._record
        holds = [
            Hold(record.id, str(line.hold_no), plan.key(line), line.standing, line.backordered)
            for line in plan.standing
        ]
        tx.holds.add(holds, now)
        state = OrderState.INTENDED if plan.standing else OrderState.NEW
        self._lease.intended = state is OrderState.INTENDED
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
        keep_exchanges(tx, self._event.documentid)

    def _create(self, plan: Plan) -> tuple[Plan, ErpOrder]:
        """Make the sales order: the intent is written, and as far as we know none stands."""
        means = self._means
        means.checkpoint("after_intent")
        draft = self._draft(plan)
        # Numbered by NAV, a second one would not be refused; so look, even if we never tried.
        standing = None if means.own_number else self._found(plan)
        if standing is None:
            standing = self._make(draft, plan)
        means.checkpoint("after_reply")
        return self._created(plan, standing), standing

    def _make(self, draft: SalesOrderDraft, plan: Plan) -> ErpOrder:
        """Call NAV. A fault is no proof that nothing was done: read back before anything else."""
        means, pauses = self._means, iter(_LOCK_PAUSES)
        while True:
            self._lease.prolong()
            try:
                return means.erp.create_order(draft)
            except OutageError:
                raise
            except OrderwireError as error:
                log.warning("order_in_doubt", order_no=self._order.order_no, code=error.code)
                standing = self._found(plan)
                if standing is not None:
                    return standing
                if isinstance(error, (PermanentError, StockTakenError)):
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
        draft = self._draft(plan)
        try:
            return patiently(lambda: self._means.erp.find_order(draft))
        except DuplicateConflictError:
            if self._record.state is not OrderState.CREATED:
                self._withdraw("another order stands in NAV under this number")
            raise

    def _draft(self, plan: Plan) -> SalesOrderDraft:
        own_number, revision = self._means.own_number, self._record.revision
        return to_draft(plan, self._order, self._partner, own_number=own_number, revision=revision)

    def _withdraw(self, reason: str) -> None:
        """End the holds: NAV has proved that no sales order of ours stands."""
        with self._means.store.begin() as tx:
            tx.holds.release(self._record.id, reason)
            tx.orders.save(self._record.id, self._record.fence, state=OrderState.NEW, draft=None)
            keep_exchanges(tx, self._event.documentid)
        self._lease.intended = False

    def _created(self, plan: Plan, standing: ErpOrder) -> Plan:
        """Confirm the holds: readings drawn from now on have seen them. Returns the plan with NAV's line numbers.

        Raises:
            DuplicateConflictError, ErpRefusedError: what stands is not what was asked for; the holds stay, too.
        """
        means, record = self._means, self._record
        plan = numbered_as(plan, standing)
        with means.store.begin(lasting=False) as tx:  # the intent finds the order again
            if not means.own_number:
                check_owner(tx, record, standing)
            check_lines(plan, standing)
            changes = {"state": OrderState.CREATED, "draft": plan.model_dump_json(), "erp_no": standing.no}
            tx.orders.save(record.id, record.fence, **changes)
            tx.holds.confirm(record.id, tx.next_sequence())
            detail = {"erp_no": standing.no}
            tx.journal.step(Step(self._event.documentid, means.clock(), "order_created", self._event.id, detail))
            keep_exchanges(tx, self._event.documentid)
        self._lease.intended = False
        return plan


def stock_keys(plan: Plan, substitutes: Mapping[str, str]) -> list[StockKey]:
    """Return what stock is to be read of to decide the plan."""
    nos = {line.item_no for line in plan.lines if line.item_no and line.reason is None} | set(substitutes.values())
    return [StockKey(item_no=no, location=plan.location) for no in sorted(nos)]
