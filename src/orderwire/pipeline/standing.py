"""A plan held against what stands in NAV: prices taken over, and quantities that are lower there."""

from decimal import Decimal

from orderwire.canonical.response import LineOutcome
from orderwire.mapping.units import to_base
from orderwire.pipeline.allocation import refusal
from orderwire.pipeline.plan import Plan, PlannedLine
from orderwire.ports.erp import ErpOrder


def as_standing(plan: Plan, standing: ErpOrder | None) -> Plan:
    """Return the plan with NAV's prices, and with no line promising more than stands there; None: no order is left.

    A posted order has its quantities moved to the shipment, so they are taken as planned.
    """
    found = {line.line_no: line for line in standing.lines} if standing else {}
    reason = "taken_meanwhile" if plan.yielding else "changed_in_erp"
    lines = []
    for line in plan.lines:
        erp_line = found.get(line.erp_line_no) if line.erp_line_no is not None else None
        now = line
        if line.standing > 0 and not (standing and standing.posted):
            why = "price_differs" if line.reason == "price_differs" else reason
            now = lowered(line, erp_line.quantity if erp_line else Decimal(0), why)
        price = erp_line.unit_price if erp_line else None
        promised_on = erp_line.promised_on if erp_line else None
        lines.append(now.model_copy(update={"unit_price": price, "promised_on": promised_on}))
    return plan.model_copy(update={"lines": tuple(lines)})


def numbered_as(plan: Plan, standing: ErpOrder) -> Plan:
    """Return the plan with the numbers that NAV gave its lines; what NAV added of its own is passed over.

    A posted order shows no lines, so the numbers stay as planned.
    """
    left = list(standing.lines)
    lines = []
    for line in plan.lines:
        wanted = (line.sold_item_no, line.erp_unit)
        found = next((each for each in left if (each.item_no, each.unit) == wanted), None) if line.standing else None
        if found is not None:
            left.remove(found)
        lines.append(line.model_copy(update={"erp_line_no": found.line_no}) if found else line)
    return plan.model_copy(update={"lines": tuple(lines)})


def lowered(line: PlannedLine, quantity: Decimal, reason: str) -> PlannedLine:
    """Return the line as it is when only `quantity` of its unit stands in NAV."""
    if quantity >= line.erp_quantity:
        return line
    standing = to_base(quantity, line.factor)
    if standing <= 0:
        return line.model_copy(update=refusal(reason))
    granted = min(line.granted, standing)
    outcome = LineOutcome.BACKORDERED if granted < standing else LineOutcome.CHANGED
    changes = {"granted": granted, "backordered": standing - granted, "outcome": outcome, "reason": reason}
    return line.model_copy(update=changes)
