"""Who gets what of the stock that is there: grant on the lower bound, refuse only on an exact figure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from orderwire.canonical.response import LineOutcome
from orderwire.canonical.stock import StockKey
from orderwire.config.profile import PartnerProfile, ShortagePolicy
from orderwire.mapping.units import whole_units
from orderwire.pipeline.plan import Plan, PlannedLine

#: Under these a line is confirmed in full or refused.
_IN_FULL_ONLY = frozenset({ShortagePolicy.REJECT_LINE, ShortagePolicy.SUBSTITUTE, ShortagePolicy.REJECT_ORDER})


@dataclass
class Stock:
    """One reading: free stock per key, and the holds it may or may not have seen.

    `free` minus `unsettled` is a lower bound of what is really free; without unsettled holds it is exact.
    """

    free: Mapping[StockKey, Decimal]
    unsettled: Mapping[StockKey, Decimal]
    taken: dict[StockKey, Decimal] = field(default_factory=dict)

    def surely_free(self, key: StockKey) -> Decimal:
        """Return the lower bound, less what earlier lines of this order took; an unknown item has none."""
        return self.free.get(key, Decimal(0)) - self.unsettled.get(key, Decimal(0)) - self.taken.get(key, Decimal(0))

    def exact(self, key: StockKey) -> bool:
        return not self.unsettled.get(key)

    def take(self, key: StockKey, quantity: Decimal) -> None:
        self.taken[key] = self.taken.get(key, Decimal(0)) + quantity


@dataclass(frozen=True)
class Terms:
    """What a partner wants done where stock is short.

    `substitutes` names, per item, the item to send instead; the caller has checked that it sells in the same unit.
    """

    policy: ShortagePolicy
    tolerance_percent: Decimal = Decimal(0)
    substitutes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, partner: PartnerProfile, substitutes: Mapping[str, str] | None = None) -> "Terms":
        return cls(partner.shortage, partner.quantity_tolerance_percent, substitutes or {})

    def enough(self, there: Decimal, wanted: Decimal) -> bool:
        """Whether so little is missing that the partner takes what is there for the whole."""
        return there > 0 and (wanted - there) * 100 <= wanted * self.tolerance_percent


def allocate(plan: Plan, stock: Stock, terms: Terms) -> Plan | None:
    """Decide every line that still wants stock; None: holds in flight make it uncertain, read again."""
    policy = terms.policy
    if policy is ShortagePolicy.REJECT_ORDER and any(line.reason is not None for line in plan.lines):
        return _refused(plan)
    decided = []
    for line in plan.lines:
        if line.item_no is None or line.reason is not None:
            decided.append(line)
            continue
        answer = decide_line(plan, line, stock, terms)
        if answer is None:
            return None
        decided.append(answer)
    decided_plan = plan.model_copy(update={"lines": tuple(decided)})
    if policy is ShortagePolicy.REJECT_ORDER and any(line.outcome is LineOutcome.REJECTED for line in decided):
        return _refused(decided_plan)
    return decided_plan.numbered()


def _refused(plan: Plan) -> Plan:
    """Refuse all lines: those with a reason for that, the others because of them."""
    lines = tuple(line.model_copy(update=refusal(line.reason or "order_refused")) for line in plan.lines)
    return plan.model_copy(update={"lines": lines, "refusal": "all_or_nothing"})


def decide_line(plan: Plan, line: PlannedLine, stock: Stock, terms: Terms) -> PlannedLine | None:
    """Decide one line that wants stock; None: it is not certain."""
    return _grant(plan, line, stock) or _short(plan, line, stock, terms)


def _grant(plan: Plan, line: PlannedLine, stock: Stock) -> PlannedLine | None:
    key = plan.key(line)
    if line.wanted > stock.surely_free(key):
        return None
    stock.take(key, line.wanted)
    outcome = LineOutcome.SUBSTITUTED if line.substitute_no else LineOutcome.ACCEPTED
    return line.model_copy(update={"granted": line.wanted, "outcome": outcome})


def _short(plan: Plan, line: PlannedLine, stock: Stock, terms: Terms) -> PlannedLine | None:
    key = plan.key(line)
    if not stock.exact(key):
        return None
    there = whole_units(stock.surely_free(key), line.factor)
    if terms.enough(there, line.wanted):
        stock.take(key, there)
        changes = {"granted": there, "outcome": LineOutcome.CHANGED, "reason": "within_tolerance"}
        return line.model_copy(update=changes)
    instead_no = terms.substitutes.get(line.item_no or "") if terms.policy is ShortagePolicy.SUBSTITUTE else None
    if instead_no is not None:
        instead = line.model_copy(update={"substitute_no": instead_no})
        granted = _grant(plan, instead, stock)
        if granted is not None:
            return granted.model_copy(update={"reason": "substituted"})
        if not stock.exact(plan.key(instead)):
            return None
    decide = _SHORTAGES.get(terms.policy)
    answer = line.model_copy(update=decide(line, there) if decide else refusal("out_of_stock"))
    stock.take(key, answer.standing)
    return answer


def _part(_line: PlannedLine, there: Decimal) -> dict[str, Any]:
    if there == 0:
        return refusal("out_of_stock")
    return {"granted": there, "outcome": LineOutcome.CHANGED, "reason": "part_delivery"}


def _back_order(line: PlannedLine, there: Decimal) -> dict[str, Any]:
    rest = line.wanted - there
    return {"granted": there, "backordered": rest, "outcome": LineOutcome.BACKORDERED, "reason": "back_ordered"}


_SHORTAGES: Mapping[ShortagePolicy, Callable[[PlannedLine, Decimal], dict[str, Any]]] = {
    ShortagePolicy.PART_DELIVERY: _part,
    ShortagePolicy.BACK_ORDER: _back_order,
}


def refusal(reason: str) -> dict[str, Any]:
    """Return what changes on a line that is refused."""
    nothing = Decimal(0)
    return {
        "granted": nothing,
        "backordered": nothing,
        "outcome": LineOutcome.REJECTED,
        "reason": reason,
        "substitute_no": None,
    }


def cut(line: PlannedLine, missing: Decimal, terms: Terms) -> PlannedLine:
    """Take `missing` base units off a granted line, because another NAV user got them first."""
    if terms.policy is ShortagePolicy.BACK_ORDER:
        return uncovered(line, missing)
    left = max(line.kept, whole_units(line.granted - missing, line.factor))
    if terms.policy in _IN_FULL_ONLY and not terms.enough(left, line.wanted):
        left = line.kept
    if left == 0:
        return line.model_copy(update=refusal("taken_meanwhile"))
    return line.model_copy(update={"granted": left, "outcome": LineOutcome.CHANGED, "reason": "taken_meanwhile"})


def uncovered(line: PlannedLine, missing: Decimal) -> PlannedLine:
    """Leave a line standing in NAV, of which `missing` base units are not covered by stock any more."""
    left = whole_units(line.granted - missing, line.factor)
    rest = line.standing - left
    changes = {
        "granted": left,
        "backordered": rest,
        "outcome": LineOutcome.BACKORDERED,
        "reason": "taken_meanwhile",
    }
    return line.model_copy(update=changes)
