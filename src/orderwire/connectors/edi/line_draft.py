"""A line while its group is read, and the order line or the change that it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from pydantic import ValidationError

from orderwire.canonical.change import LineAction, LineChange
from orderwire.canonical.model import prover
from orderwire.canonical.order import ItemId, OrderLine
from orderwire.canonical.party import Party
from orderwire.connectors.edi.items import Item, proven_item
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.values import Period, decimal, short_decimal
from orderwire.errors import MappingError

#: 1229: a line that an original order marks as deleted is no order for it.
DELETED: Final = "2"
_ACTIONS: Final = {
    "1": LineAction.ADDED,
    "2": LineAction.DELETED,
    "3": LineAction.CHANGED,
    "4": LineAction.UNCHANGED,
    "": LineAction.CHANGED,
}
_PART: Final = "the line is part of another line (a display, a set), which is not taken"
#: Where a pydantic complaint about a field comes from.
_SEGMENT_OF: Final = {
    "line_no": "LIN",
    "item_ids": "LIN",
    "quantity": "QTY",
    "net_price": "PRI",
    "price_basis": "PRI",
    "line_amount": "MOA",
}

#: For values that are known to be right.
proven_line: Final = prover(OrderLine)


@dataclass(slots=True)
class LineDraft:
    """A line while its group is read."""

    line_no: str
    action: str
    sender: Sender
    segment_no: int = 0
    at: int = 0  # number of the segment that is being read
    is_change: bool = False
    is_part: bool = False  # of another line: its quantity is in that one's
    order_line_no: str | None = None
    ids: list[Item] = field(default_factory=list)
    extra_ids: list[Item] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    quantity: Decimal | None = None
    qualifier: str = ""
    unit: str | None = None
    net_price: Decimal | None = None
    price_basis: Decimal | None = None
    price_unit: str | None = None
    line_amount: Decimal | None = None
    requested_on: date | None = None
    date_qualifier: str = ""
    days: dict[str, Period] = field(default_factory=dict)  # of the requested delivery, by 2005
    part_days: dict[str, str] = field(default_factory=dict)  # of parts of it, as they stand
    place: Party | None = None
    place_at: tuple[str, int] = ("LIN", 0)  # the segment that names it
    at_place: bool = False  # the LOC group at hand is the place of delivery's
    #: Values that may be out of bounds, or not as the model keeps them, and the number of the segment of each.
    long: dict[str, int] = field(default_factory=dict)

    @property
    def item_ids(self) -> tuple[ItemId, ...]:
        """Every item number once."""
        return tuple([proven_item({"scheme": scheme, "value": value}) for scheme, value in dict.fromkeys(self.items)])

    @property
    def location(self) -> str | None:
        """The number of the place of delivery."""
        return self.place.ids[0].value if self.place is not None and self.place.ids else None

    @property
    def items(self) -> list[Item]:
        return self.ids + self.extra_ids

    def number(self, name: str, text: str) -> Decimal:
        """Return the number that is the value of a field. Raises MappingError."""
        number = short_decimal(text)
        if number is None:
            self.long[name] = self.at
            return decimal(text)
        return number

    def close(self) -> OrderLine:
        """Return the line.

        Raises:
            MappingError: it is part of another line, names no item or no quantity, or a value is out of bounds.
        """
        where = {"line_no": self.line_no, "segment_no": self.segment_no}
        if self.is_part:
            raise MappingError(_PART, segment="LIN", **where)
        if self.action == DELETED:
            raise MappingError("a deleted line in an order", segment="LIN", **where)
        if not self.items:
            raise MappingError("the line names no item", segment="LIN", **where)
        if self.quantity is None:
            raise MappingError("the line has no ordered quantity", segment="QTY", **where)
        self._check_echo(self.line_no)
        try:
            values = {
                "line_no": self.line_no,
                "item_ids": self.item_ids,
                "description": " ".join(self.texts) or None,
                "quantity": self.quantity,
                "unit": self.unit,
                "net_price": self.net_price,
                "price_basis": self.price_basis,
                "price_unit": self.price_unit,
                "line_amount": self.line_amount,
                "requested_on": self.requested_on,
                "location": self.location,
                "note": "\n".join(self.notes) or None,
            }
            return OrderLine.model_validate(values) if self.long else proven_line(values)
        except ValidationError as error:
            raise self._out_of_bounds(error, where) from None

    def to_change(self, *, own_number: bool = False) -> LineChange:
        """Return what a change wants done with the line, named by its number in the order: as RFF says, or its own.

        Raises:
            MappingError: it is part of another line, the action is unknown, an added line is not whole, or a value
                is out of bounds.
        """
        line_no = self.line_no if own_number else self.order_line_no or self.line_no
        where = {"line_no": line_no, "segment_no": self.segment_no}
        if self.is_part:
            raise MappingError(_PART, segment="LIN", **where)
        if self.action not in _ACTIONS:
            raise MappingError("the action is not supported", segment="LIN", action=self.action, **where)
        self._check_echo(line_no)
        try:
            return LineChange(
                line_no=line_no,
                action=_ACTIONS[self.action],
                item_ids=self.item_ids,
                description=" ".join(self.texts) or None,
                quantity=self.quantity,
                unit=self.unit,
                net_price=self.net_price,
                requested_on=self.requested_on,
                note="\n".join(self.notes) or None,
            )
        except ValidationError as error:
            raise self._out_of_bounds(error, where) from None

    def _check_echo(self, line_no: str) -> None:
        """Refuse what our answer cannot say again."""
        echo = self.sender.echo
        if echo is None:
            return
        echo.check_line(line_no, [value for _, value in self.items], self.unit, segment_no=self.segment_no)
        if self.quantity is not None and "quantity" in self.long:
            echo.check_quantity(self.quantity, line_no=line_no, segment_no=self.long["quantity"])

    def _out_of_bounds(self, error: ValidationError, where: Mapping[str, object]) -> MappingError:
        """Say which segment it is, where one is to be blamed."""
        location = error.errors(include_url=False)[0]["loc"]
        at = self.long.get(str(location[0]), self.segment_no) if location else self.segment_no
        return out_of_bounds(error, _SEGMENT_OF, "LIN", **{**where, "segment_no": at})


def out_of_bounds(error: ValidationError, segments: Mapping[str, str], segment: str, **where: object) -> MappingError:
    """Return what a model's first complaint means for the message."""
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    text = first["msg"].removeprefix("Value error, ")
    return MappingError(f"{name}: {text}" if name else text, segment=segments.get(name, segment), **where)
