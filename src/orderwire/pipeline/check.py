"""The check after create: NAV's own users may have bought what we granted. Cut, and say so.

What an order was granted goes before what any order has on back-order: uncovered quantity that other orders of ours
put into NAV on purpose is no reason to cut this one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import structlog

from orderwire.canonical.response import LineOutcome
from orderwire.canonical.stock import StockKey
from orderwire.config.profile import ShortagePolicy
from orderwire.errors import ErpRefusedError, UnsettledError
from orderwire.pipeline.allocation import Terms, cut, refusal, uncovered
from orderwire.pipeline.lease import Lease
from orderwire.pipeline.plan import Plan, PlannedLine
from orderwire.pipeline.retrying import patiently
from orderwire.pipeline.standing import as_standing
from orderwire.ports.erp import ErpOrder
from orderwire.ports.store import Transaction

log = structlog.get_logger(__name__)


class AfterCheck:
    """Compare what stands in NAV with what is covered, for one order that its caller has the lease of."""

    def __init__(self, lease: Lease, erp_no: str, terms: Terms, note: Callable[[Transaction, Plan], None]) -> None:
        """`note` writes down a plan that is about to be cut."""
        self._means, self._record, self._prolong = lease.means, lease.record, lease.prolong
        self._erp_no, self._terms, self._note = erp_no, terms, note

    def run(self, plan: Plan, standing: ErpOrder | None) -> Plan:
        """Return the plan as it stands now: with NAV's prices, and with what had to be cut.

        Raises:
            UnsettledError: other orders have the item for too long.
            TransientError, OutageError: as the ERP port; the check is taken up again.
        """
        plan = as_standing(plan, standing)
        if plan.yielding and self._terms.policy is ShortagePolicy.REJECT_ORDER and not plan.standing:
            return plan.model_copy(update={"refusal": "all_or_nothing"})
        return self.settle(plan)

    def settle(self, plan: Plan) -> Plan:
        """Return the plan, already held against NAV's order, with what had to be cut. Raises as `run`."""
        for key in sorted(self._beyond(plan, plan.keys()), key=lambda key: key.item_no):
            plan = self._settle(plan, key)
        return plan

    def refuse(self, plan: Plan, wrong: Sequence[bool]) -> Plan:
        """Take the lines whose price is not the buyer's out of NAV's order again; if NAV will not, they stand.

        Raises as `run`.
        """
        if not any(wrong):
            return plan
        marked = [
            line.model_copy(update={"reason": "price_differs"}) if bad else line
            for line, bad in zip(plan.lines, wrong, strict=True)
        ]
        whole = self._terms.policy is ShortagePolicy.REJECT_ORDER
        left = [
            _because(line, "price_differs" if bad else line.reason or "order_refused") if bad or whole else line
            for line, bad in zip(marked, wrong, strict=True)
        ]
        plan = plan.model_copy(update={"lines": tuple(marked)})
        wanted = plan.model_copy(update={"lines": tuple(left), "refusal": "all_or_nothing" if whole else None})
        changed = self._carry_out(plan, wanted, [Decimal(0)] * len(marked))
        with self._means.store.begin() as tx:
            for line in changed.lines:
                if line.hold_no is not None:
                    tx.holds.cover(self._record.id, str(line.hold_no), line.backordered)
        return changed

    def _beyond(self, plan: Plan, keys: list[StockKey]) -> Mapping[StockKey, Decimal]:
        """Return, per key we granted any of, how much NAV has promised beyond its inventory, bar our back-order."""
        granted = {plan.key(line) for line in plan.lines if line.granted > line.kept}
        asked = [key for key in keys if key in granted]
        figures = patiently(lambda: self._means.erp.stock(asked)) if asked else {}
        beyond = {key: -figure.available - _backordered(plan, key) for key, figure in figures.items()}
        return {key: quantity for key, quantity in beyond.items() if quantity > 0}

    def _settle(self, plan: Plan, key: StockKey) -> Plan:
        """Cut under the item's lease, so that two orders do not both give way to one buyer."""
        with self._item(key):
            missing = self._missing(plan, key)
            return self._cut(plan, key, missing) if missing > 0 else plan

    def _missing(self, plan: Plan, key: StockKey) -> Decimal:
        """Return how much of what we granted is not covered, once nobody's back-order is under way to NAV.

        Raises:
            UnsettledError: somebody's is for too long.
        """
        means, deadline = self._means, self._means.clock() + timedelta(seconds=self._means.settle_seconds)
        while True:
            reading = means.store.next_sequence()
            beyond = self._beyond(plan, [key]).get(key, Decimal(0))
            if beyond <= 0:
                return Decimal(0)
            with means.store.begin() as tx:
                others = tx.holds.backorders(key, since=plan.reading, reading=reading, but=self._record.id)
            if beyond <= others.seen or not others.in_flight:
                return beyond - others.seen
            if means.clock() >= deadline:
                raise UnsettledError("another order's back-order is under way", item_no=key.item_no)
            means.sleep(0.05)

    @contextmanager
    def _item(self, key: StockKey) -> Iterator[None]:
        """Have the item's lease.

        Raises:
            UnsettledError: another order has it for too long.
        """
        means, owner = self._means, self._means.owner()
        deadline = means.clock() + timedelta(seconds=means.settle_seconds)
        while not self._leased(key, owner):
            if means.clock() >= deadline:
                raise UnsettledError("another order's check has the item", item_no=key.item_no)
            means.sleep(0.05)
        try:
            yield
        finally:
            with means.store.begin() as tx:
                tx.holds.free_item(key, owner)

    def _leased(self, key: StockKey, owner: str) -> bool:
        means = self._means
        with means.store.begin() as tx:
            return tx.holds.lease_item(key, owner, means.clock(), means.lease_seconds)

    def _cut(self, plan: Plan, key: StockKey, missing: Decimal) -> Plan:
        """Take what is missing off the last lines first."""
        log.warning("stock_taken_meanwhile", erp_no=self._erp_no, item_no=key.item_no)
        takes: list[Decimal] = []
        for line in reversed(plan.lines):
            takes.append(min(missing, line.granted - line.kept) if plan.key(line) == key else Decimal(0))
            missing -= takes[-1]
        takes.reverse()
        changed = self._carry_out(plan, _give_way(plan, takes, self._terms), takes)
        self._note_backorders(plan, changed)
        return changed

    def _carry_out(self, plan: Plan, changed: Plan, takes: list[Decimal]) -> Plan:
        """Make NAV's order what the changed plan says; if NAV will not, the rest is on back-order, and we say that."""
        quantities = {
            old.erp_line_no: new.erp_quantity if new.standing else Decimal(0)
            for old, new in zip(plan.lines, changed.lines, strict=True)
            if old.erp_line_no is not None and old.standing != new.standing
        }
        if not quantities:
            return changed
        yielding = plan.model_copy(update={"yielding": True})
        self._prolong()
        with self._means.store.begin() as tx:
            self._note(tx, yielding)
        try:
            standing = self._means.erp.set_quantities(self._erp_no, quantities)
        except ErpRefusedError:
            log.warning("cut_refused_by_erp", erp_no=self._erp_no)
            lines = [uncovered(old, take) if take else old for old, take in zip(plan.lines, takes, strict=True)]
            return plan.model_copy(update={"lines": tuple(lines)})
        return as_standing(changed.model_copy(update={"yielding": True}), standing)

    def _note_backorders(self, plan: Plan, changed: Plan) -> None:
        """Let the checks of other orders know what is uncovered from now on."""
        grown = [new for old, new in zip(plan.lines, changed.lines, strict=True) if new.backordered > old.backordered]
        if not grown:
            return
        with self._means.store.begin() as tx:
            sequence = tx.next_sequence()
            for line in grown:
                tx.holds.back_order(self._record.id, str(line.hold_no), line.backordered, sequence)


def _backordered(plan: Plan, key: StockKey) -> Decimal:
    return sum((line.backordered for line in plan.lines if plan.key(line) == key), Decimal(0))


def _give_way(plan: Plan, takes: list[Decimal], terms: Terms) -> Plan:
    """Return the plan with its lines cut, and under all-or-nothing with the others refused because of them."""
    pairs = list(zip(plan.lines, takes, strict=True))
    lines = [cut(line, take, terms) if take else line for line, take in pairs]
    whole = all(new.outcome is not LineOutcome.REJECTED for (_, take), new in zip(pairs, lines, strict=True) if take)
    if terms.policy is not ShortagePolicy.REJECT_ORDER or whole:
        return plan.model_copy(update={"lines": tuple(lines)})
    refused = [_because(line, "order_refused") if line.standing else line for line in lines]
    return plan.model_copy(update={"lines": tuple(refused), "refusal": "all_or_nothing"})


def _because(line: PlannedLine, reason: str) -> PlannedLine:
    return line.model_copy(update=refusal(reason))
