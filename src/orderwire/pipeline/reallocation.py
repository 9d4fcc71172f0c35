"""Live stock for a change: lines that want more get it as a new order would; what was promised before stays."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from orderwire.canonical.response import LineOutcome
from orderwire.config.profile import ShortagePolicy
from orderwire.mapping.units import whole_units
from orderwire.pipeline.allocation import Stock, Terms, decide_line
from orderwire.pipeline.amendment import AmendedLine, all_refused, same_line
from orderwire.pipeline.plan import LINE_STEP, Plan, PlannedLine


def reallocate(lines: Iterable[AmendedLine], plan: Plan, stock: Stock, terms: Terms) -> tuple[AmendedLine, ...] | None:
    """Decide every line that is touched; None: holds in flight make it uncertain, read again.

    `planned` of a line is what it wants, resolved to NAV's item and unit.
    """
    decided: list[AmendedLine] = []
    for line in lines:
        answer = _decided(line, plan, stock, terms)
        if answer is None:
            return None
        decided += answer
    if terms.policy is ShortagePolicy.REJECT_ORDER and any(line.refused for line in decided):
        return all_refused(decided, "order_refused")
    return tuple(_numbered(decided))


def _decided(line: AmendedLine, plan: Plan, stock: Stock, terms: Terms) -> list[AmendedLine] | None:
    wanted, before = line.planned, line.before
    if line.asked is None or not line.touched:
        return [line]
    if wanted.reason is not None:
        return [line.stays(wanted.reason)]
    if before is not None and same_line(before, wanted):
        resized = _resized(before, wanted, plan, stock, terms)
        return None if resized is None else [_answered(line, resized)]
    made = decide_line(plan, wanted, stock, terms)
    if made is None:
        return None
    if made.outcome is LineOutcome.REJECTED or before is None or before.standing == 0:
        return [_answered(line, made)]
    gone = line.model_copy(update={"asked": None, "planned": taken_away(before)})
    return [gone, AmendedLine(asked=line.asked, planned=made)]


def _answered(line: AmendedLine, planned: PlannedLine) -> AmendedLine:
    if planned.outcome is LineOutcome.REJECTED:
        return line.stays(planned.reason or "out_of_stock")
    return line.model_copy(update={"planned": planned})


def taken_away(before: PlannedLine) -> PlannedLine:
    """Return a line of which nothing is to stand any more."""
    nothing = {"granted": Decimal(0), "backordered": Decimal(0), "kept": Decimal(0)}
    return before.model_copy(update={**nothing, "outcome": LineOutcome.DELETED, "reason": None})


def _resized(before: PlannedLine, wanted: PlannedLine, plan: Plan, stock: Stock, terms: Terms) -> PlannedLine | None:
    """Return the line with its new quantity: less at once, more as far as stock surely covers it."""
    granted = min(before.granted, wanted.wanted)
    goal = {"ordered": wanted.ordered, "wanted": wanted.wanted, "kept": granted}
    extra = wanted.wanted - before.standing
    if extra <= 0:
        return _settled(before, goal, granted, wanted.wanted - granted)
    key = plan.key(before)
    sure = stock.surely_free(key)
    if extra > sure and not stock.exact(key):
        return None
    more = extra if extra <= sure else whole_units(sure, before.factor)
    enough = more == extra or terms.enough(before.granted + more, wanted.wanted)
    if not enough and terms.policy not in {ShortagePolicy.PART_DELIVERY, ShortagePolicy.BACK_ORDER}:
        more = Decimal(0)
    rest = extra - more if terms.policy is ShortagePolicy.BACK_ORDER and not enough else Decimal(0)
    if more + rest == 0:
        return before.model_copy(update={"outcome": LineOutcome.REJECTED, "reason": "out_of_stock"})
    stock.take(key, more + rest)
    changed = _settled(before, goal, granted + more, before.backordered + rest)
    if more + rest < extra:
        reason = "within_tolerance" if enough else "part_delivery"
        return changed.model_copy(update={"outcome": LineOutcome.CHANGED, "reason": reason})
    return changed


def _settled(before: PlannedLine, goal: Mapping[str, Decimal], granted: Decimal, backordered: Decimal) -> PlannedLine:
    outcome, reason = LineOutcome.ACCEPTED, None
    if backordered:
        outcome, reason = LineOutcome.BACKORDERED, "back_ordered"
    elif before.substitute_no:
        outcome, reason = LineOutcome.SUBSTITUTED, "substituted"
    return before.model_copy(
        update={**goal, "granted": granted, "backordered": backordered, "outcome": outcome, "reason": reason}
    )


def _numbered(lines: list[AmendedLine]) -> Iterator[AmendedLine]:
    """Give lines that are to be made a number to hold their stock under."""
    last = max((line.before.hold_no or 0 for line in lines if line.before), default=0)
    for line in lines:
        if not line.made:
            yield line
            continue
        last += LINE_STEP
        planned = line.planned.model_copy(update={"hold_no": last, "erp_line_no": None})
        yield line.model_copy(update={"planned": planned})
