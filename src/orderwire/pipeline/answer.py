"""From a plan to the answer the buyer gets."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from orderwire.canonical.change import OrderChange
from orderwire.canonical.envelope import EventType
from orderwire.canonical.order import OrderLine, PurchaseOrder
from orderwire.canonical.response import LineOutcome, OrderOutcome, OrderResponse, ResponseLine
from orderwire.config.profile import PartnerProfile
from orderwire.config.trading import PricePolicy
from orderwire.mapping.prices import price_differs
from orderwire.mapping.units import to_unit
from orderwire.pipeline.amendment import AmendedLine, Amendment
from orderwire.pipeline.plan import Plan, PlannedLine

#: A sentence for the buyer, by reason code.
REASONS: Final[Mapping[str, str]] = {
    "out_of_stock": "not in stock",
    "part_delivery": "only part of the quantity is in stock",
    "within_tolerance": "slightly less is in stock, and is sent as the whole",
    "back_ordered": "the rest follows when it is in stock",
    "substituted": "replaced by an equal item",
    "taken_meanwhile": "the stock was sold while the order was entered",
    "unknown_item": "the item number is not known",
    "item_blocked": "the item is not sold any more",
    "unit_not_sold": "the item is not sold in this unit",
    "quantity_out_of_range": "the quantity is too small or too large",
    "order_refused": "another line could not be delivered in full",
    "all_or_nothing": "the order could not be delivered in full",
    "nothing_to_deliver": "no line could be delivered",
    "changed_in_erp": "the order was changed by the supplier",
    "price_differs": "the price is not the one in the order",
    "customer_blocked": "the account is blocked",
    "credit_limit": "the credit limit is reached",
    "overdue": "payments are overdue",
    "refused_by_supplier": "the supplier does not take the order",
    "test_refused": "a test document was sent to a production system",
    "held": "the supplier has not decided on the order yet",
    "nothing_stands": "there is no order that could be changed",
    "gone_in_erp": "the supplier has deleted the order",
    "shipped": "the order is shipped",
    "partly_shipped": "a part of the order is shipped",
    "released": "the order is being prepared for shipping",
    "refused_by_erp": "the supplier's system did not take the change",
    "unclear_line": "a line is not clearly named",
    "cancelled": "the order was cancelled",
    "change_refused": "nothing of the change could be done",
    "cart_differs": "the order is not what was in the cart it came from",
    "no_cart": "the order holds lines that were in no cart",
}
#: The event that tells of an outcome.
EVENTS: Final[Mapping[OrderOutcome, EventType]] = {
    OrderOutcome.ACCEPTED: EventType.ORDER_ACCEPTED,
    OrderOutcome.CHANGED: EventType.ORDER_CHANGED,
    OrderOutcome.REJECTED: EventType.ORDER_REJECTED,
    OrderOutcome.HELD: EventType.ORDER_HELD,
}


def to_response(
    order: PurchaseOrder, plan: Plan, erp_no: str | None, now: datetime, partner: PartnerProfile | None = None
) -> OrderResponse:
    """Return the answer to an order whose plan is carried out, with the prices told as the partner wants it."""
    pairs = zip(order.lines, plan.lines, strict=True)
    lines = tuple(_priced(_line(ordered, planned), ordered, partner) for ordered, planned in pairs)
    outcome = _outcome(lines)
    refused = outcome is OrderOutcome.REJECTED
    reason = (plan.refusal or "nothing_to_deliver") if refused else None
    return OrderResponse(
        order_no=order.order_no, partner=order.partner, outcome=outcome, erp_no=None if refused else erp_no,
        reason=reason, reason_text=REASONS.get(reason) if reason else None, currency=order.currency, test=order.test,
        decided_at=now, lines=lines,
    )  # fmt: skip


def refuse(order: PurchaseOrder, reason: str, now: datetime) -> OrderResponse:
    """Return the answer that refuses the whole order."""
    lines = tuple(PlannedLine(line_no=line.line_no, reason=reason) for line in order.lines)
    return to_response(order, Plan(customer_no="", refusal=reason, lines=lines), None, now)


def hold(order: PurchaseOrder, reason: str, now: datetime) -> OrderResponse:
    """Return the answer that says a person decides."""
    told = {"outcome": OrderOutcome.HELD, "reason": reason, "reason_text": REASONS.get(reason)}
    return refuse(order, reason, now).model_copy(update=told)


def to_change_response(
    change: OrderChange,
    amendment: Amendment,
    erp_no: str | None,
    now: datetime,
    partner: PartnerProfile | None = None,
) -> OrderResponse:
    """Return the answer to a change that is carried out: every line of the order as it stands now."""
    again = {line.planned.line_no for line in amendment.lines if line.was is None}
    shown = [line for line in amendment.lines if not (line.deleted and line.planned.line_no in again)]
    lines = tuple(_amended(line, partner) for line in shown)
    touched = {line.outcome for line, amended in zip(lines, shown, strict=True) if amended.touched}
    response = OrderResponse(
        order_no=change.order_no, partner=change.partner, answers=change.purpose, change_no=change.change_no,
        outcome=OrderOutcome.CHANGED, erp_no=erp_no, currency=amendment.order.currency, test=change.test,
        decided_at=now, lines=lines,
    )  # fmt: skip
    if touched == {LineOutcome.REJECTED}:
        return change_outcome(response, amendment.plan.refusal or "change_refused", None)
    whole = touched <= {LineOutcome.ACCEPTED, LineOutcome.DELETED}
    return response.model_copy(update={"outcome": OrderOutcome.ACCEPTED}) if whole else response


def change_outcome(response: OrderResponse, reason: str, text: str | None) -> OrderResponse:
    """Return the answer that refuses a change as a whole."""
    changes = {"outcome": OrderOutcome.REJECTED, "reason": reason, "reason_text": text or REASONS.get(reason)}
    return response.model_copy(update=changes)


def _amended(line: AmendedLine, partner: PartnerProfile | None) -> ResponseLine:
    told = _line(line.shown, line.planned)
    if line.refused is None:
        return _priced(told, line.shown, partner)
    changes: dict[str, object] = {
        "outcome": LineOutcome.REJECTED,
        "reason": line.refused,
        "reason_text": REASONS.get(line.refused),
        "ordered_base": None,
    }
    if line.asked is not None and line.asked.unit == line.shown.unit:
        changes["ordered"] = line.asked.quantity
    return told.model_copy(update=changes)


def _line(ordered: OrderLine, planned: PlannedLine) -> ResponseLine:
    known = planned.item_no is not None and planned.wanted > 0
    return ResponseLine(
        line_no=ordered.line_no,
        item_ids=ordered.item_ids,
        item_no=planned.item_no,
        outcome=planned.outcome,
        reason=planned.reason,
        reason_text=REASONS.get(planned.reason) if planned.reason else None,
        unit=ordered.unit,
        ordered=ordered.quantity,
        confirmed=_in_unit(planned.granted, ordered, planned),
        backordered=_in_unit(planned.backordered, ordered, planned),
        base_unit=planned.base_unit,
        ordered_base=planned.wanted if known else None,
        confirmed_base=planned.granted,
        unit_price=planned.unit_price,
        promised_on=planned.promised_on if planned.granted else None,
        backorder_on=planned.promised_on if planned.backordered and not planned.granted else None,
        substitute_no=planned.substitute_no,
    )


def overpriced(order: PurchaseOrder, plan: Plan, tolerance: Decimal | None) -> list[bool]:
    """Return, line by line, whether one stands at another price than the buyer's."""
    pairs = zip(order.lines, plan.lines, strict=True)
    return [
        line.standing > 0 and line.substitute_no is None and price_differs(line.unit_price, ordered, tolerance)
        for ordered, line in pairs
    ]


def _priced(line: ResponseLine, ordered: OrderLine, partner: PartnerProfile | None) -> ResponseLine:
    """Say so where a line is accepted at another price than the buyer's; the sales order stands at NAV's."""
    if partner is None or partner.price_policy is PricePolicy.ACCEPT or line.outcome is not LineOutcome.ACCEPTED:
        return line
    if not price_differs(line.unit_price, ordered, partner.price_tolerance_percent):
        return line
    changes = {
        "outcome": LineOutcome.CHANGED,
        "reason": "price_differs",
        "reason_text": REASONS["price_differs"],
    }
    return line.model_copy(update=changes)


def _in_unit(base: Decimal, ordered: OrderLine, planned: PlannedLine) -> Decimal:
    """Return base units in the buyer's unit; all of them as the buyer wrote it, whatever rounding NAV brought."""
    if 0 < base == planned.wanted:
        return ordered.quantity
    return to_unit(base, planned.factor)


def _outcome(lines: tuple[ResponseLine, ...]) -> OrderOutcome:
    outcomes = {line.outcome for line in lines}
    if outcomes == {LineOutcome.ACCEPTED}:
        return OrderOutcome.ACCEPTED
    return OrderOutcome.REJECTED if outcomes == {LineOutcome.REJECTED} else OrderOutcome.CHANGED
