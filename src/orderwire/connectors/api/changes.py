"""The REST API's request to change or cancel an order, and its map to the canonical change."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from orderwire.canonical.change import LineAction, LineChange, OrderChange
from orderwire.canonical.envelope import EventType
from orderwire.canonical.order import Channel, ItemId, ItemScheme, Purpose
from orderwire.connectors.api.orders import Code, Number
from orderwire.ports.intake import Notice


class ApiLineChange(BaseModel):
    """One line. What is not said stays as it was; an added line names its item and its quantity."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    line_no: Code = Field(min_length=1, max_length=20, description="As in the order; an added line has a new one")
    action: Literal["changed", "added", "deleted"] = "changed"
    item_no: Code | None = Field(default=None, max_length=80, description="The supplier's (NAV's) number")
    gtin: str | None = Field(default=None, pattern=r"^(\d{8}|\d{12,14})$")
    buyer_item_no: Code | None = Field(default=None, max_length=80)
    quantity: Annotated[Number | None, Field(gt=0, max_digits=18)] = None
    unit: Code | None = Field(default=None, max_length=8, description="UN/ECE Rec 20 code")
    net_price: Annotated[Number | None, Field(ge=0, max_digits=18)] = None
    requested_on: date | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> "ApiLineChange":
        named = self.item_no or self.gtin or self.buyer_item_no
        if self.action == "added" and not (named and self.quantity):
            raise ValueError("an added line names its item and its quantity")
        return self


class ApiChange(BaseModel):
    """Body of POST /api/v1/order-changes."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    action: Literal["change", "cancel"] = Field(description="cancel: the whole order")
    order_no: Code = Field(min_length=1, max_length=70, description="The buyer's, of the order to be changed")
    change_no: Code = Field(
        min_length=1, max_length=70, description="The buyer's, of this request: the same again gets the same answer"
    )
    requested_on: date | None = Field(default=None, description="New requested delivery of the order")
    test: bool = False
    note: str | None = Field(default=None, max_length=4000)
    lines: tuple[ApiLineChange, ...] = Field(default=(), max_length=20000, description="The others stay as they are")

    @model_validator(mode="after")
    def _asks_for_something(self) -> "ApiChange":
        if self.action == "cancel" and (self.lines or self.requested_on):
            raise ValueError("a cancellation changes nothing else")
        if self.action == "change" and not (self.lines or self.requested_on or self.note):
            raise ValueError("the request changes nothing")
        return self


def to_order_change(change: ApiChange, partner: str) -> OrderChange:
    """Map an API change."""
    return OrderChange(
        order_no=change.order_no,
        change_no=change.change_no,
        partner=partner,
        channel=Channel.API,
        purpose=Purpose(change.action),
        test=change.test,
        requested_on=change.requested_on,
        note=change.note,
        lines=tuple(map(_line, change.lines)),
    )


def to_notice(change: OrderChange) -> Notice:
    """Return the event that asks for the change."""
    cancels = change.purpose is Purpose.CANCEL
    kind = EventType.ORDER_CANCEL_REQUESTED if cancels else EventType.ORDER_CHANGE_REQUESTED
    return Notice(kind, change, number=change.order_no, order_no=change.order_no)


def _line(line: ApiLineChange) -> LineChange:
    named = ((ItemScheme.SUPPLIER, line.item_no), (ItemScheme.GTIN, line.gtin), (ItemScheme.BUYER, line.buyer_item_no))
    return LineChange(
        line_no=line.line_no,
        action=LineAction(line.action),
        item_ids=tuple(ItemId(scheme=scheme, value=value) for scheme, value in named if value),
        quantity=line.quantity,
        unit=line.unit,
        net_price=line.net_price,
        requested_on=line.requested_on,
    )
