"""What an order says after NAV's users had their hands in it: bodies of order.changed and order.rejected."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from orderwire.canonical.order import OrderLine, PurchaseOrder
from orderwire.canonical.response import AnsweredOrder, LineOutcome, OrderOutcome, OrderResponse, ResponseLine
from orderwire.mapping.units import base_per_unit, rounded, to_base
from orderwire.pipeline.answer import REASONS
from orderwire.pipeline.follow_subject import Subject, in_unit
from orderwire.pipeline.plan import PlannedLine
from orderwire.ports.erp import ErpItem
from orderwire.ports.follow import OpenOrder
from orderwire.ports.following import FollowedLine

_REASON: Final = "changed_in_erp"
_CURRENCY: Final = re.compile("[A-Z]{3}")
_NONE: Final = Decimal(0)


def changed_answer(
    subject: Subject, lines: Sequence[FollowedLine], items: Mapping[str, ErpItem], now: datetime
) -> AnsweredOrder | None:
    """Return the answer to the buyer's order as it stands now; None: it was never answered."""
    record, order = subject.record, subject.order
    if record is None or order is None or record.response is None:
        return None
    standing = {line.buyer_line_no: line for line in lines if line.buyer_line_no}
    before = OrderResponse.model_validate_json(record.response)
    answered = tuple(_answered(line, standing.get(line.line_no), subject, items) for line in before.lines)
    outcome = _outcome(answered)
    refused = outcome is OrderOutcome.REJECTED
    response = before.model_copy(
        update={
            "lines": answered,
            "outcome": outcome,
            "erp_no": None if refused else subject.erp_no,
            "reason": _REASON if refused else None,
            "reason_text": REASONS[_REASON] if refused else None,
            "decided_at": now,
        }
    )
    return AnsweredOrder(order=order, response=response)


def _outcome(lines: Sequence[ResponseLine]) -> OrderOutcome:
    outcomes = {line.outcome for line in lines}
    if outcomes == {LineOutcome.ACCEPTED}:
        return OrderOutcome.ACCEPTED
    return OrderOutcome.REJECTED if outcomes == {LineOutcome.REJECTED} else OrderOutcome.CHANGED


def _answered(
    before: ResponseLine, line: FollowedLine | None, subject: Subject, items: Mapping[str, ErpItem]
) -> ResponseLine:
    """Return one line's answer: what stands in NAV is confirmed, but for what was back-ordered before."""
    planned = subject.planned.get(before.line_no)
    if planned is None or planned.standing <= 0:
        return before  # it never stood, or not any more at the buyer's own wish
    if line is None or line.ordered <= 0:
        return _told(before, LineOutcome.REJECTED, confirmed=_NONE, confirmed_base=_NONE, backordered=_NONE)
    return _standing(before, line, planned, subject, items.get(line.item_no))


def _standing(
    before: ResponseLine, line: FollowedLine, planned: PlannedLine, subject: Subject, item: ErpItem | None
) -> ResponseLine:
    _, ratio = subject.in_buyers_unit(line, line.unit, item)
    stands = in_unit(line.ordered, ratio)
    confirmed = min(before.confirmed, stands) if before.backordered else stands
    factor = base_per_unit(line.unit, item) if item else planned.factor
    price = before.unit_price if line.unit_price is None else _per(line.unit_price, ratio)
    changes: dict[str, Any] = {
        "confirmed": confirmed,
        "confirmed_base": to_base(confirmed / ratio, factor or planned.factor),
        "backordered": stands - confirmed,
        "unit_price": price,
    }
    if line.item_no != planned.sold_item_no:
        return _told(before, LineOutcome.SUBSTITUTED, substitute_no=line.item_no, **changes)
    if (confirmed, stands - confirmed, price) == (before.confirmed, before.backordered, before.unit_price):
        return before
    if stands > confirmed:
        return before.model_copy(update={**changes, "outcome": LineOutcome.BACKORDERED})
    as_ordered = stands == before.ordered and price == before.unit_price and planned.substitute_no is None
    return _told(before, LineOutcome.ACCEPTED if as_ordered else LineOutcome.CHANGED, **changes)


def _per(price: Decimal, ratio: Decimal) -> Decimal:
    """Return a price per NAV's unit as one per the buyer's, in as many decimals as NAV keeps."""
    return price if ratio == 1 else rounded(price / ratio)


def _told(line: ResponseLine, outcome: LineOutcome, **changes: Any) -> ResponseLine:
    reason = None if outcome is LineOutcome.ACCEPTED else _REASON
    told = {"outcome": outcome, "reason": reason, "reason_text": REASONS[reason] if reason else None}
    return line.model_copy(update={**changes, **told})


def entered_answer(
    subject: Subject, order: OpenOrder, lines: Sequence[FollowedLine], items: Mapping[str, ErpItem], now: datetime
) -> AnsweredOrder | None:
    """Return an order of NAV's users as if the buyer had sent it, accepted; None: it has no lines yet.

    The buyer gave its lines no numbers, so they have NAV's.
    """
    currency = order.currency if _CURRENCY.fullmatch(order.currency) else None
    pairs = [_entered(subject, line, items.get(line.item_no)) for line in lines if line.ordered > 0]
    if not pairs:
        return None
    bought = PurchaseOrder(
        order_no=subject.order_no,
        partner=subject.partner.key,
        channel=subject.channel,
        ordered_on=order.ordered_on,
        requested_on=order.requested_on,
        currency=currency,
        lines=tuple(line for line, _ in pairs),
    )
    response = OrderResponse(
        order_no=subject.order_no,
        partner=subject.partner.key,
        outcome=OrderOutcome.ACCEPTED,
        erp_no=subject.erp_no,
        currency=currency,
        decided_at=now,
        lines=tuple(line for _, line in pairs),
    )
    return AnsweredOrder(order=bought, response=response)


def _entered(subject: Subject, line: FollowedLine, item: ErpItem | None) -> tuple[OrderLine, ResponseLine]:
    unit, _ = subject.in_buyers_unit(None, line.unit, item)
    factor = base_per_unit(line.unit, item) if item else None
    base = to_base(line.ordered, factor) if factor else None
    ids = subject.item_ids(None, line.item_no, item)
    ordered = OrderLine(
        line_no=str(line.line_no),
        item_ids=ids,
        description=line.description or None,
        quantity=line.ordered,
        unit=unit,
        net_price=line.unit_price,
    )
    answered = ResponseLine(
        line_no=ordered.line_no,
        item_ids=ids,
        item_no=line.item_no,
        outcome=LineOutcome.ACCEPTED,
        unit=unit,
        ordered=line.ordered,
        confirmed=line.ordered,
        base_unit=item.base_unit if item else None,
        ordered_base=base,
        confirmed_base=base or _NONE,
        unit_price=line.unit_price,
    )
    return ordered, answered
