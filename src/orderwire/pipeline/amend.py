"""A change or a cancellation on its way: held against NAV and live stock, carried out, and answered line by line."""

from dataclasses import dataclass, replace
from typing import Final

import structlog

from orderwire.canonical.change import OrderChange
from orderwire.canonical.envelope import Event
from orderwire.canonical.order import OrderLine, PurchaseOrder, Purpose
from orderwire.config.profile import PartnerProfile, ShortagePolicy
from orderwire.errors import BusyError, ErpRefusedError, MappingError
from orderwire.pipeline.allocation import Stock, Terms
from orderwire.pipeline.amend_answer import answered, columns_of
from orderwire.pipeline.amendment import AmendedLine, Amendment, LinePair, UnclearLineError, amended, unchanged
from orderwire.pipeline.answer import change_outcome, to_change_response, to_response
from orderwire.pipeline.check import AfterCheck
from orderwire.pipeline.job import stock_keys
from orderwire.pipeline.lease import Lease
from orderwire.pipeline.means import Means
from orderwire.pipeline.plan import EXTERNAL_DOCUMENT_NO_LENGTH, Plan, PlannedLine
from orderwire.pipeline.reallocation import reallocate, taken_away
from orderwire.pipeline.resolve import resolve, substitutes_for
from orderwire.pipeline.retrying import patiently
from orderwire.pipeline.settling import settled
from orderwire.pipeline.standing import as_standing
from orderwire.pipeline.work import Commit
from orderwire.ports.changes import ChangeRecord
from orderwire.ports.erp import ErpOrder, SalesOrderDraft
from orderwire.ports.exchange import keep_exchanges
from orderwire.ports.journal import Step
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.ports.store import Transaction

log = structlog.get_logger(__name__)

#: Between tries in one go when NAV met a lock or a deadlock.
_LOCK_PAUSES: Final = (0.1, 0.5)
#: NAV changes an order that is open; a page that shows no status leaves it to NAV to say no.
_CHANGEABLE: Final = frozenset({"Open", ""})


@dataclass(frozen=True)
class Refusal:
    """Why the request as a whole is refused."""

    reason: str
    text: str | None = None


class Amend:
    """The work on a change of an order that we have the lease of."""

    def __init__(
        self, means: Means, event: Event, order: OrderRecord, change: ChangeRecord, partner: PartnerProfile
    ) -> None:
        self._means, self._event, self._record, self._change, self._partner = means, event, order, change, partner
        self._lease = Lease(means, order, intended=change.state is OrderState.INTENDED)
        self._request = OrderChange.model_validate_json(change.request)
        self._order = PurchaseOrder.model_validate_json(order.order)

    def run(self) -> Commit:
        """Do all that is to be done in NAV, and return how to commit the answer."""
        with self._lease.at_work():
            return self._run()

    def _run(self) -> Commit:
        if self._change.state is OrderState.NEW:
            amendment = self._of_held() if self._record.state is OrderState.HELD else self._decide()
            if isinstance(amendment, Refusal):
                return self._refuse(amendment)
            nothing = all(line.refused for line in amendment.lines if line.touched) and not amendment.redated
            if nothing or self._record.state is OrderState.HELD:
                return self._answer(amendment)
        else:
            amendment = Amendment.model_validate_json(self._change.draft or "")
        standing = self._found(amendment.plan)
        if self._change.state is not OrderState.CREATED:
            doubtful = self._change.state is OrderState.INTENDED
            standing, reason = self._carry_out(amendment, standing)
            amendment = self._carried_out(amendment.carried_out(standing, reason, doubtful=doubtful))
        return self._answer(self._checked(amendment, standing))

    # -- deciding

    def _decide(self) -> Amendment | Refusal:
        """Hold the change against the order as NAV shows it, and against live stock; then the intent is written."""
        if self._request.test and (self._means.erp.production or not self._order.test):
            return Refusal("test_refused")
        plan = self._plan()
        standing = self._found(plan) if self._record.erp_no else None
        if reason := self._objection(standing):
            return Refusal(reason)
        try:
            order, pairs = amended(self._order, self._request)
        except UnclearLineError as error:
            return Refusal("unclear_line", str(error))
        redated = order.requested_on != self._order.requested_on
        if not redated and all(was == asked for was, asked in pairs) and self._request.note:
            raise MappingError("the request has only words: a person has to read them", order_no=order.order_no)
        plan = as_standing(plan, standing) if standing else plan
        known = tuple(line.line_no for line in standing.lines) if standing else ()
        heading = plan.model_copy(update={"lines": ()})
        amendment = Amendment(order=order, plan=heading, lines=(), known=known, redated=redated)
        return self._settled(amendment, *self._wishes(plan, pairs))

    def _of_held(self) -> Amendment | Refusal:
        """Cancel an order that waits for a person; any other change waits with it, to be sent as a new order."""
        if self._request.purpose is not Purpose.CANCEL:
            return Refusal("held")
        plan = self._plan()
        pairs = zip(self._order.lines, plan.lines, strict=True)
        lines = tuple(AmendedLine(was=line, before=planned, planned=taken_away(planned)) for line, planned in pairs)
        return Amendment(order=self._order, plan=plan.model_copy(update={"lines": ()}), lines=lines)

    def _plan(self) -> Plan:
        if self._record.draft is not None:
            return Plan.model_validate_json(self._record.draft)
        lines = tuple(PlannedLine(line_no=line.line_no, reason="nothing_stands") for line in self._order.lines)
        return Plan(customer_no=self._partner.customer_no, lines=lines)

    def _objection(self, standing: ErpOrder | None) -> str | None:
        """Return why NAV's order cannot be changed."""
        if self._record.erp_no is None:
            return "nothing_stands"
        if standing is None:  # somebody deleted it in NAV, as the buyer wants it
            return None if self._request.purpose is Purpose.CANCEL else "gone_in_erp"
        if standing.posted:
            return "shipped"
        if any(line.shipped > 0 for line in standing.lines):
            return "partly_shipped"
        return None if standing.status in _CHANGEABLE else "released"

    def _wishes(self, plan: Plan, pairs: list[LinePair]) -> tuple[list[AmendedLine], dict[str, str]]:
        """Return every line with what it wants, and the substitutes there are."""
        before = [line.model_copy(update={"kept": line.granted}) for line in plan.lines]
        known = dict(enumerate(before))
        wanted = [asked for was, asked in pairs if asked is not None and asked != was]
        resolved, substitutes = self._resolved(tuple(wanted)), {}
        if resolved is not None:
            substitutes = substitutes_for(resolved, self._partner, self._means.erp)
        items = iter(resolved.lines if resolved else ())
        lines = []
        for number, (was, asked) in enumerate(pairs):
            old = known.get(number)
            planned = old if asked == was else taken_away(old) if asked is None and old else next(items)
            if planned is not None:
                lines.append(AmendedLine(was=was, asked=asked, before=old, planned=planned))
        return lines, substitutes

    def _resolved(self, lines: tuple[OrderLine, ...]) -> Plan | None:
        if not lines:
            return None
        return resolve(self._order.model_copy(update={"lines": lines}), self._partner, self._means.erp)

    def _settled(self, amendment: Amendment, lines: list[AmendedLine], substitutes: dict[str, str]) -> Amendment:
        asking = [line for line in lines if line.touched and line.asked is not None]
        wished = amendment.plan.model_copy(update={"lines": tuple(line.planned for line in asking)})
        sold = {amendment.plan.key(line.before) for line in asking if line.before and line.before.substitute_no}
        keys = {*stock_keys(wished, substitutes), *sold}

        def attempt(tx: Transaction, stock: Stock, reading: int) -> Amendment | None:
            decided = reallocate(lines, amendment.plan, stock, Terms.of(self._partner, substitutes))
            if decided is None:
                return None
            plan = amendment.plan.model_copy(update={"reading": reading, "yielding": False, "refusal": None})
            made = amendment.model_copy(update={"plan": plan, "lines": decided})
            self._intend(tx, made)
            return made

        return settled(self._lease, sorted(keys, key=lambda key: key.item_no), attempt)

    def _intend(self, tx: Transaction, amendment: Amendment) -> None:
        now = self._means.clock()
        tx.orders.save(self._record.id, self._record.fence)  # is it still ours
        tx.holds.add(amendment.holds(self._record.id), now)
        self._note(tx, amendment, OrderState.INTENDED)
        self._lease.intended = True
        lines = [
            {"line_no": line.planned.line_no, "stands": str(line.planned.standing), "refused": line.refused}
            for line in amendment.lines
            if line.touched
        ]
        tx.journal.step(Step(self._event.documentid, now, "change_intended", self._event.id, {"lines": lines}))
        keep_exchanges(tx, self._event.documentid)

    def _note(self, tx: Transaction, amendment: Amendment, state: OrderState) -> None:
        tx.changes.save(self._change.id, state=state, draft=amendment.model_dump_json())

    # -- in NAV

    def _found(self, plan: Plan) -> ErpOrder | None:
        draft = SalesOrderDraft(
            no=self._record.erp_no,
            external_document_no=self._order.order_no[:EXTERNAL_DOCUMENT_NO_LENGTH],
            customer_no=plan.customer_no,
            ordered_on=None,
            requested_on=None,
            currency=None,
            lines=(),
        )
        return patiently(lambda: self._means.erp.find_order(draft))

    def _carry_out(self, amendment: Amendment, standing: ErpOrder | None) -> tuple[ErpOrder | None, str]:
        """Have NAV's order changed. A refusal is no proof that nothing was done: what stands is read again.

        Raises:
            InDoubtError, ConflictError, BusyError: the ladder tries again, beginning with what stands then.
        """
        means, pauses = self._means, iter(_LOCK_PAUSES)
        means.checkpoint("after_intent")
        while standing is not None and not standing.posted:
            self._lease.prolong()
            try:
                standing = means.erp.change_order(standing.no, amendment.edit(standing))
            except ErpRefusedError as error:
                log.warning("change_refused_by_erp", order_no=self._order.order_no, code=error.code)
                standing = self._found(amendment.plan)
                return standing, self._objection(standing) or "refused_by_erp"
            except BusyError:
                pause = next(pauses, None)
                if pause is None:
                    raise
                means.sleep(pause)
            else:
                means.checkpoint("after_reply")
                break
        return standing, "shipped" if standing and standing.posted else "changed_in_erp"

    def _carried_out(self, amendment: Amendment) -> Amendment:
        """Confirm the holds: whatever was done, readings drawn from now on have seen it."""
        with self._means.store.begin() as tx:
            tx.orders.save(self._record.id, self._record.fence)
            tx.holds.confirm(self._record.id, tx.next_sequence())
            for line in amendment.lines:
                if line.planned.hold_no is not None:
                    tx.holds.cover(self._record.id, str(line.planned.hold_no), line.planned.backordered)
            self._note(tx, amendment, OrderState.CREATED)
            keep_exchanges(tx, self._event.documentid)
        self._lease.intended = False
        return amendment

    def _checked(self, amendment: Amendment, standing: ErpOrder | None) -> Amendment:
        """Look after the stock that was granted now: NAV's users may have bought it meanwhile."""
        if standing is None:
            return amendment
        plan = as_standing(amendment.standing_plan, standing)
        terms = Terms.of(self._partner)
        if terms.policy is ShortagePolicy.REJECT_ORDER:  # what was promised before stays: only this line gives way
            terms = replace(terms, policy=ShortagePolicy.REJECT_LINE)

        def note(tx: Transaction, yielding: Plan) -> None:
            tx.orders.save(self._record.id, self._record.fence)
            self._note(tx, amendment.with_plan(yielding), OrderState.CREATED)

        return amendment.with_plan(AfterCheck(self._lease, standing.no, terms, note).settle(plan))

    # -- answering

    def _refuse(self, refusal: Refusal) -> Commit:
        """Answer that nothing changes; the lines stand as they stood."""
        return self._answer(unchanged(self._order, self._plan(), self._request, refusal.reason), refusal)

    def _answer(self, amendment: Amendment, refusal: Refusal | None = None) -> Commit:
        now = self._means.clock()
        order, plan = amendment.outcome()
        erp_no = self._record.erp_no if plan.standing else None
        answer = to_change_response(self._request, amendment, erp_no, now, self._partner)
        if refusal is not None:
            answer = change_outcome(answer, refusal.reason, refusal.text)
        standing = to_response(order, plan, erp_no, now, self._partner)

        def commit(tx: Transaction) -> list[Event]:
            named = order.model_copy(update={"channel_refs": self._request.channel_refs or order.channel_refs})
            changes = {} if refusal else columns_of(named, plan, standing)
            tx.orders.finish(self._record.id, self._record.fence, **changes)
            tx.changes.save(
                self._change.id,
                state=OrderState.ANSWERED,
                draft=amendment.model_dump_json(),
                response=answer.model_dump_json(),
                outcome=answer.outcome.value,
            )
            return [answered(self._event, order, answer)]

        return commit
