"""Lines of a sales order as they are followed: from the plan, from NAV's page, and matched with posted ones."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from orderwire.pipeline.plan import Plan
from orderwire.ports.follow import OpenOrder, Posted, PostedKind, PostedLine
from orderwire.ports.following import FollowedLine

_NONE = Decimal(0)


def planned_lines(erp_no: str, plan: Plan) -> list[FollowedLine]:
    """Return the lines as they were made."""
    return [
        FollowedLine(
            erp_no=erp_no,
            line_no=line.erp_line_no,
            item_no=line.sold_item_no or "",
            description="",
            unit=line.erp_unit,
            ordered=line.erp_quantity,
            unit_price=line.unit_price,
            buyer_line_no=line.line_no,
        )
        for line in plan.lines
        if line.erp_line_no is not None and line.standing > 0
    ]


def standing_lines(order: OpenOrder, known: Iterable[FollowedLine]) -> list[FollowedLine]:
    """Return the lines as they stand in NAV; what is known of a line says which one of the buyer's it is."""
    by_no = {line.line_no: line for line in known}
    lines = []
    for line in order.lines:
        before = by_no.get(line.line_no)
        lines.append(
            FollowedLine(
                erp_no=order.no,
                line_no=line.line_no,
                item_no=line.item_no,
                description=line.description,
                unit=line.unit,
                ordered=line.quantity,
                delivered=line.shipped,
                invoiced=line.invoiced,
                unit_price=line.unit_price,
                buyer_line_no=before.buyer_line_no if before else None,
            )
        )
    return lines


def differ(one: Sequence[FollowedLine], other: Sequence[FollowedLine]) -> bool:
    """Whether something else is ordered; what was delivered or invoiced of it makes no difference."""
    if [_content(line) for line in one] != [_content(line) for line in other]:
        return True
    prices = ((first.unit_price, second.unit_price) for first, second in zip(one, other, strict=True))
    return any(None not in pair and pair[0] != pair[1] for pair in prices)


def _content(line: FollowedLine) -> tuple[int, str, str, Decimal]:
    return line.line_no, line.item_no, line.unit, line.ordered


def match(posted: Sequence[PostedLine], lines: Sequence[FollowedLine]) -> list[tuple[PostedLine, FollowedLine | None]]:
    """Say which line of the order each posted line belongs to: by its number, else by item and unit.

    Of several lines of one item the first takes as much as it still lacks.
    """
    by_no = {line.line_no: line for line in lines}
    room = {line.line_no: line.backordered for line in lines}
    pairs: list[tuple[PostedLine, FollowedLine | None]] = []
    for line in posted:
        found = by_no.get(line.line_no) if line.line_no is not None else None
        if found is None or found.item_no != line.item_no:
            found = _by_item(line, lines, room)
        if found is not None:
            room[found.line_no] -= line.quantity
        pairs.append((line, found))
    return pairs


def _by_item(line: PostedLine, lines: Sequence[FollowedLine], room: Mapping[int, Decimal]) -> FollowedLine | None:
    same = [each for each in lines if (each.item_no, each.unit) == (line.item_no, line.unit)]
    fitting = (each for each in same if room[each.line_no] >= line.quantity)
    return next(fitting, None) or next(iter(same), None)


def standing_posting(document: Posted) -> Posted:
    """Return a shipment without the lines that were undone: NAV posts each again with a minus, behind it."""
    if document.kind is not PostedKind.SHIPMENT:
        return document
    left: list[PostedLine] = []
    for line in document.lines:
        undone = next((each for each in reversed(left) if _undoes(line, each)), None)
        if undone is None:
            left.append(line)
        else:
            left.remove(undone)
    return replace(document, lines=tuple(left))


def _undoes(line: PostedLine, other: PostedLine) -> bool:
    same = (line.kind, line.item_no, line.unit) == (other.kind, other.item_no, other.unit)
    return same and line.quantity == -other.quantity != 0


def before_posting(
    lines: Sequence[FollowedLine], documents: Sequence[Posted], *, still_open: bool
) -> Mapping[int, Decimal]:
    """Return what was delivered of each line before the documents, none of which was known so far.

    NAV's page counts them already; what we know of an order that is gone does not.
    """
    if not still_open:
        return {line.line_no: line.delivered for line in lines}
    posted: defaultdict[int, Decimal] = defaultdict(Decimal)
    for document in documents:
        for line, found in match(document.lines, lines):
            if found is not None:
                posted[found.line_no] += line.quantity
    return {line.line_no: max(line.delivered - posted[line.line_no], _NONE) for line in lines}


def after_posting(lines: Sequence[FollowedLine], document: Posted) -> list[FollowedLine]:
    """Add what a document posted to the lines of an order that is gone, and so can no longer be asked."""
    posted: defaultdict[int, Decimal] = defaultdict(Decimal)
    for line, found in match(document.lines, lines):
        if found is not None:
            posted[found.line_no] += line.quantity
    if document.kind is PostedKind.SHIPMENT:
        return [replace(line, delivered=min(line.delivered + posted[line.line_no], line.ordered)) for line in lines]
    return [replace(line, invoiced=min(line.invoiced + posted[line.line_no], line.ordered)) for line in lines]


def shipped_lines(lines: Sequence[FollowedLine], shipments: Iterable[Posted]) -> list[FollowedLine]:
    """Return the lines of an order that is gone with what all its shipments delivered, if that is more than we know."""
    posted = [line for shipment in shipments for line in standing_posting(shipment).lines]
    delivered: defaultdict[int, Decimal] = defaultdict(Decimal)
    for line, found in match(posted, [replace(each, delivered=_NONE) for each in lines]):
        if found is not None:
            delivered[found.line_no] += line.quantity
    return [replace(line, delivered=max(line.delivered, delivered[line.line_no])) for line in lines]


def delivered_after(
    delivered: Mapping[int, Decimal], lines: Sequence[FollowedLine], shipment: Posted
) -> Mapping[int, Decimal]:
    """Return what is delivered of each line after a shipment."""
    total = dict(delivered)
    for line, found in match(shipment.lines, lines):
        if found is not None:
            total[found.line_no] = total.get(found.line_no, _NONE) + line.quantity
    return total
