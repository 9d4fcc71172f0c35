"""A change held against the order it is about: which lines it touches, and what is to stand of each."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Self

from pydantic import Field, model_validator

from orderwire.canonical.change import LineAction, LineChange, OrderChange
from orderwire.canonical.model import Canonical
from orderwire.canonical.order import OrderLine, PurchaseOrder, Purpose
from orderwire.canonical.response import LineOutcome
from orderwire.pipeline.allocation import refusal
from orderwire.pipeline.plan import Plan, PlannedLine, to_line_draft
from orderwire.pipeline.standing import lowered
from orderwire.ports.erp import ErpOrder, SalesOrderEdit
from orderwire.ports.holds import Hold

#: A line before and after; None: it is not there.
LinePair = tuple[OrderLine | None, OrderLine | None]
_DATES: Final = ("requested_on", "not_before", "not_after")


class UnclearLineError(Exception):
    """The change names a line in a way that makes no sense; the sentence is for the buyer."""


class AmendedLine(Canonical):
    """One line of the order under the change."""

    was: OrderLine | None = Field(default=None, description="As it stood in the order; None: it is added")
    asked: OrderLine | None = Field(default=None, description="As it is wanted; None: it is taken away")
    before: PlannedLine | None = Field(default=None, description="What stood")
    planned: PlannedLine = Field(description="What is to stand")
    refused: str | None = Field(default=None, description="Why the line stays as it was")

    @model_validator(mode="after")
    def _is_a_line(self) -> Self:
        if self.asked is None and self.was is None:
            raise ValueError("a line is there before or after")
        return self

    @property
    def shown(self) -> OrderLine:
        """The line as the buyer knows it: as it is asked for, or as it was."""
        line = (self.was if self.refused else self.asked) or self.asked or self.was
        if line is None:  # the model does not let it happen
            raise ValueError("a line is there before or after")
        return line

    @property
    def touched(self) -> bool:
        return self.was != self.asked

    @property
    def deleted(self) -> bool:
        return self.asked is None and self.refused is None

    @property
    def made(self) -> bool:
        """Whether a line is to be made in NAV: of the old one, if there was any, nothing stood."""
        return self.planned.standing > 0 and (self.before is None or self.before.standing == 0)

    @property
    def resized(self) -> bool:
        return self.before is not None and self.planned.erp_quantity != self.before.erp_quantity

    @property
    def grown(self) -> Decimal:
        """What more than before is to stand, in base units."""
        return self.planned.standing - (self.before.standing if self.before else 0)

    def stays(self, reason: str) -> "AmendedLine":
        """Return the line with the request for it refused."""
        unmade = self.planned.model_copy(update={"granted": Decimal(0), "backordered": Decimal(0)})
        planned = self.before or unmade.model_copy(update={"outcome": LineOutcome.REJECTED, "reason": reason})
        return self.model_copy(update={"planned": planned, "refused": reason})


class Amendment(Canonical):
    """What a change makes of an order; written down before NAV is called."""

    order: PurchaseOrder = Field(description="As it is wanted, its lines as they were")
    plan: Plan = Field(description="Customer, location and reading; its lines stand in `lines`")
    lines: tuple[AmendedLine, ...]
    known: tuple[int, ...] = Field(default=(), description="NAV's line numbers before")
    redated: bool = Field(default=False, description="The order's requested date is another")

    @property
    def standing_plan(self) -> Plan:
        """What stands, a line for each of `lines`."""
        return self.plan.model_copy(update={"lines": tuple(line.planned for line in self.lines)})

    def with_plan(self, plan: Plan) -> "Amendment":
        """Return the amendment with another plan for the same lines."""
        pairs = zip(self.lines, plan.lines, strict=True)
        lines = tuple(line.model_copy(update={"planned": planned}) for line, planned in pairs)
        return self.model_copy(update={"plan": plan.model_copy(update={"lines": ()}), "lines": lines})

    def outcome(self) -> tuple[PurchaseOrder, Plan]:
        """Return the order and its plan as they stand when the change is carried out; emptied, as they were."""
        kept = [line for line in self.lines if not line.deleted and (line.was or line.refused is None)]
        orders = [line.was if line.refused else line.asked for line in kept]
        lines = [line for line in orders if line is not None]
        plan = self.plan.model_copy(update={"lines": tuple(line.planned for line in kept)})
        if not lines:
            gone = tuple(
                line.planned.model_copy(update=refusal("cancelled")) for line in self.lines if line.was is not None
            )
            return self.order, plan.model_copy(update={"refusal": "cancelled", "lines": gone})
        return self.order.model_copy(update={"lines": tuple(lines)}), plan

    def holds(self, order_id: str) -> list[Hold]:
        """Return what is to be held until the change stands in NAV: only what is more than before."""
        return [
            Hold(
                order_id,
                str(line.planned.hold_no),
                self.plan.key(line.planned),
                line.grown,
                max(line.planned.backordered - (line.before.backordered if line.before else 0), Decimal(0)),
            )
            for line in self.lines
            if line.grown > 0
        ]

    def edit(self, standing: ErpOrder) -> SalesOrderEdit:
        """Return what is to be changed of NAV's order; lines that NAV's users deleted are left out."""
        there = {line.line_no for line in standing.lines}
        stands = [
            (number, line)
            for line in self.lines
            if not line.refused and not line.made and (number := line.planned.erp_line_no) in there and number
        ]
        return SalesOrderEdit(
            quantities={
                number: Decimal(0) if line.deleted else line.planned.erp_quantity
                for number, line in stands
                if line.deleted or line.resized
            },
            dates={
                number: day
                for number, line in stands
                if self._redates(line) and (day := line.shown.requested_on or self.order.requested_on)
            },
            requested_on=self.order.requested_on if self.redated else None,
            added=[
                to_line_draft(line.planned, self.plan.location, line.shown.requested_on or self.order.requested_on)
                for line in self.lines
                if line.made
            ],
            known=frozenset(self.known),
        )

    def _redates(self, line: AmendedLine) -> bool:
        """Whether the line is to come on another day: its own, or the order's."""
        if line.was is None or line.asked is None:
            return False
        return line.was.requested_on != line.asked.requested_on or (self.redated and line.asked.requested_on is None)

    def carried_out(self, standing: ErpOrder | None, reason: str, *, doubtful: bool) -> "Amendment":
        """Return the amendment as NAV shows it: what is not as wanted is told so.

        `reason` says why a line that stands as before was not changed. A posted order shows no lines: it was not
        changed, unless an earlier try was left in doubt, and even then it was not emptied.
        """
        if standing is not None and standing.posted and not standing.lines:
            changed = doubtful and any(line.planned.standing > 0 for line in self.lines)
            return self if changed else self.model_copy(update={"lines": all_refused(self.lines, reason)})
        lines = standing.lines if standing else ()
        found = {line.line_no: line.quantity for line in lines}
        made = iter(self.edit(standing).added_in(lines)) if standing else iter(())
        after = []
        for line in self.lines:
            new = next(made, None) if line.made else None
            if line.made and new is not None:
                line = line.model_copy(  # noqa: PLW2901  the same line, numbered
                    update={"planned": line.planned.model_copy(update={"erp_line_no": new.line_no})}
                )
                after.append(line)
            elif line.made:
                after.append(line.stays(reason))
            else:
                after.append(_as_found(line, found.get(line.planned.erp_line_no or 0, Decimal(0)), reason))
        return self.model_copy(update={"lines": tuple(after)})


def _as_found(line: AmendedLine, quantity: Decimal, reason: str) -> AmendedLine:
    """Return a line of which `quantity` stands in NAV, in the line's unit."""
    before = line.before
    if line.deleted:
        return line if quantity == 0 else line.stays(reason)
    if line.planned.standing == 0:
        return line
    changes = line.touched and line.refused is None and before is not None and before.standing > 0
    if changes and before is not None and quantity == before.erp_quantity != line.planned.erp_quantity:
        return line.stays(reason)
    return line.model_copy(update={"planned": lowered(line.planned, quantity, "changed_in_erp")})


def amended(order: PurchaseOrder, change: OrderChange) -> tuple[PurchaseOrder, list[LinePair]]:
    """Return the order's heading as it is wanted, and every line before and after.

    Raises:
        UnclearLineError: a line is not in the order, is in it already, or is named twice.
    """
    heading = {name: getattr(change, name) for name in _DATES if getattr(change, name) is not None}
    if change.purpose is Purpose.CANCEL:
        return order, [(line, None) for line in order.lines]
    _check(order, change)
    named = {line.line_no: line for line in change.lines}
    replaces = change.purpose is Purpose.REPLACE
    pairs: list[LinePair] = [(line, _after(line, named.get(line.line_no), replaces=replaces)) for line in order.lines]
    old = {line.line_no for line in order.lines}
    pairs += [(None, _made(line)) for line in change.lines if line.line_no not in old and _is_made(line)]
    return order.model_copy(update=heading), pairs


def _check(order: PurchaseOrder, change: OrderChange) -> None:
    old = [line.line_no for line in order.lines]
    named = [line.line_no for line in change.lines]
    for line in change.lines:
        if named.count(line.line_no) > 1 or old.count(line.line_no) > 1:
            raise UnclearLineError(f"line {line.line_no} is there twice")
        if change.purpose is Purpose.REPLACE:
            if line.line_no not in old and _is_made(line) and not (line.item_ids and line.quantity):
                raise UnclearLineError(f"line {line.line_no} lacks its item or its quantity")
        elif line.action is LineAction.ADDED and line.line_no in old:
            raise UnclearLineError(f"line {line.line_no} is in the order already")
        elif line.action is not LineAction.ADDED and line.line_no not in old:
            raise UnclearLineError(f"line {line.line_no} is not in the order")


def _is_made(line: LineChange) -> bool:
    return line.action is not LineAction.DELETED


def _after(was: OrderLine, change: LineChange | None, *, replaces: bool) -> OrderLine | None:
    """Return a line as it is wanted; None: taken away."""
    if change is None:
        return None if replaces else was
    if change.action is LineAction.DELETED:
        return None
    if change.action is LineAction.UNCHANGED and not replaces:
        return was
    names = ("item_ids", "description", "quantity", "unit", "net_price", "requested_on", "note")
    return was.model_copy(update={name: value for name in names if (value := getattr(change, name))})


def _made(change: LineChange) -> OrderLine:
    return OrderLine.model_validate(change.model_dump(exclude={"action"}))


def same_line(before: PlannedLine, wanted: PlannedLine) -> bool:
    """Whether both are the same item in the same unit, so that NAV's line can go on."""
    return before.standing > 0 and (before.item_no, before.erp_unit) == (wanted.item_no, wanted.erp_unit)


def all_refused(lines: Sequence[AmendedLine], reason: str) -> tuple[AmendedLine, ...]:
    """Refuse whatever is asked, line by line; what has a reason of its own keeps it."""
    return tuple(line.stays(line.refused or reason) if line.touched else line for line in lines)


def unchanged(order: PurchaseOrder, plan: Plan, change: OrderChange, reason: str) -> Amendment:
    """Return the amendment that leaves all as it is, with every request refused."""
    try:
        _heading, pairs = amended(order, change)
    except UnclearLineError:
        pairs = [(line, line) for line in order.lines]
    known = dict(enumerate(plan.lines))
    lines = [
        AmendedLine(was=was, asked=asked, before=known.get(number), planned=known.get(number) or _unmade(asked))
        for number, (was, asked) in enumerate(pairs)
    ]
    return Amendment(order=order, plan=plan.model_copy(update={"lines": ()}), lines=all_refused(lines, reason))


def _unmade(asked: OrderLine | None) -> PlannedLine:
    return PlannedLine(line_no=asked.line_no if asked else "")
