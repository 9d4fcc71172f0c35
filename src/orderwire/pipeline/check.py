"""The check after create: NAV's own users may have bought what we granted. Cut, and say so."""

from collections.abc import Callable
from decimal import Decimal
from typing import Protocol

import structlog

from orderwire.canonical.stock import StockKey
from orderwire.config.partners import PartnerProfile, ShortagePolicy
from orderwire.errors import ErpRefusedError, UnsettledError
from orderwire.pipeline.allocation import cut
from orderwire.pipeline.plan import Plan, PlannedLine
from orderwire.pipeline.retrying import patiently
from orderwire.ports.clock import Clock
from orderwire.ports.erp import Erp, ErpOrder
from orderwire.ports.store import OrderRecord, Store

log = structlog.get_logger(__name__)


class Surroundings(Protocol):
    """What the check needs of its flow."""

    @property
    def store(self) -> Store: ...
    @property
    def erp(self) -> Erp: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def sleep(self) -> Callable[[float], None]: ...
    @property
    def owner(self) -> Callable[[], str]: ...
    @property
    def lease_seconds(self) -> float: ...


class AfterCheck:
    """Compare what stands in NAV with what is covered, for one order."""

    def __init__(
        self, flow: Surroundings, partner: PartnerProfile, record: OrderRecord, erp_no: str, prolong: Callable[[], None]
    ) -> None:
        self._flow, self._partner, self._record, self._erp_no, self._prolong = flow, partner, record, erp_no, prolong

    def run(self, plan: Plan, standing: ErpOrder | None) -> Plan:
        """Return the plan as it stands now: with NAV's prices, and with what had to be cut.

        Raises:
            UnsettledError: another order's check has the item for too long.
            TransientError, OutageError: as the ERP port; the check is taken up again.
        """
        plan = _as_standing(plan, standing)
        short = self._short(plan, plan.keys())
        for key in sorted(short, key=lambda key: (key.item_no, key.location, key.variant)):
            plan = self._settle(plan, key)
        return plan

    def _short(self, plan: Plan, keys: list[StockKey]) -> dict[StockKey, Decimal]:
        """Return, per key, how many base units NAV has promised beyond its inventory, where we granted any."""
        granted = {plan.key(line) for line in plan.lines if line.granted > 0}
        asked = [key for key in keys if key in granted]
        figures = patiently(lambda: self._flow.erp.stock(asked)) if asked else {}
        back = {
            key: sum((line.backordered for line in plan.lines if plan.key(line) == key), Decimal(0)) for key in asked
        }
        missing = {key: -figure.available - back[key] for key, figure in figures.items()}
        return {key: quantity for key, quantity in missing.items() if quantity > 0}

    def _settle(self, plan: Plan, key: StockKey) -> Plan:
        """Cut under the item's lease, so that two orders do not both give way to one buyer."""
        flow = self._flow
        owner = flow.owner()
        self._lease(key, owner)
        try:
            missing = self._short(plan, [key]).get(key, Decimal(0))
            if missing <= 0:
                return plan
            self._prolong()
            return self._cut(plan, key, missing)
        finally:
            with flow.store.begin() as tx:
                tx.holds.free_item(key, owner)

    def _lease(self, key: StockKey, owner: str) -> None:
        flow = self._flow
        for _ in range(100):
            with flow.store.begin() as tx:
                if tx.holds.lease_item(key, owner, flow.clock(), flow.lease_seconds):
                    return
            flow.sleep(0.05)
        raise UnsettledError("another order's check has the item", item_no=key.item_no)

    def _cut(self, plan: Plan, key: StockKey, missing: Decimal) -> Plan:
        lines: list[PlannedLine] = []
        for line in reversed(plan.lines):
            takes = min(missing, line.granted) if plan.key(line) == key else Decimal(0)
            lines.append(cut(line, takes, self._partner.shortage) if takes > 0 else line)
            missing -= takes
        changed = plan.model_copy(update={"lines": tuple(reversed(lines))})
        if self._partner.shortage is ShortagePolicy.REJECT_ORDER:
            changed = _refused(changed)
        log.warning("stock_taken_meanwhile", erp_no=self._erp_no, item_no=key.item_no)
        return self._carry_out(plan, changed)

    def _carry_out(self, plan: Plan, changed: Plan) -> Plan:
        """Make NAV's order what the changed plan says; if NAV will not, the rest is on back-order, and we say that."""
        quantities = {
            old.erp_line_no: new.standing / new.factor
            for old, new in zip(plan.lines, changed.lines, strict=True)
            if old.erp_line_no is not None and old.standing != new.standing
        }
        if not quantities:
            return changed
        try:
            standing = self._flow.erp.set_quantities(self._erp_no, quantities)
        except ErpRefusedError:
            log.warning("cut_refused_by_erp", erp_no=self._erp_no)
            return _still_standing(plan, changed)
        return _as_standing(changed, standing)


def _as_standing(plan: Plan, standing: ErpOrder | None) -> Plan:
    """Take over what stands in NAV: prices, and quantities that somebody lowered, or we did before a crash."""
    found = {line.line_no: line for line in standing.lines} if standing else {}
    lines = []
    for line in plan.lines:
        if line.erp_line_no is None or line.standing == 0:
            lines.append(line)
            continue
        erp_line = found.get(line.erp_line_no)
        quantity = erp_line.quantity * line.factor if erp_line else Decimal(0)
        price = erp_line.unit_price if erp_line else None
        if standing is not None and standing.posted:
            quantity = line.standing
        lines.append(_lowered(line, quantity).model_copy(update={"unit_price": price}))
    return plan.model_copy(update={"lines": tuple(lines)})


def _lowered(line: PlannedLine, quantity: Decimal) -> PlannedLine:
    if quantity >= line.standing:
        return line
    lowered = cut(line, line.granted - min(line.granted, quantity), ShortagePolicy.PART_DELIVERY)
    return lowered.model_copy(update={"backordered": Decimal(0)})


def _refused(plan: Plan) -> Plan:
    lines = tuple(
        cut(line, line.granted, ShortagePolicy.REJECT_ORDER) if line.standing else line for line in plan.lines
    )
    return plan.model_copy(update={"lines": lines, "refusal": "all_or_nothing"})


def _still_standing(plan: Plan, changed: Plan) -> Plan:
    lines = tuple(
        cut(old, old.granted - new.granted, ShortagePolicy.BACK_ORDER) if new.granted < old.granted else new
        for old, new in zip(plan.lines, changed.lines, strict=True)
    )
    return changed.model_copy(update={"lines": lines, "refusal": None})
