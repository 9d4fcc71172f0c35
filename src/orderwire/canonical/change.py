"""What a buyer wants changed in an order."""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from orderwire.canonical.model import Amount, Canonical, ChannelRefs, Quantity
from orderwire.canonical.order import Channel, ItemId, PurchaseOrder, Purpose


class LineAction(StrEnum):
    """UN/EDIFACT 1229."""

    ADDED = "added"  # 1
    DELETED = "deleted"  # 2
    CHANGED = "changed"  # 3
    UNCHANGED = "unchanged"  # 4


class LineChange(Canonical):
    """One line; what is None stays as it was."""

    line_no: str = Field(min_length=1, description="The buyer's, as ordered")
    action: LineAction
    item_ids: tuple[ItemId, ...] = ()
    description: str | None = None
    quantity: Quantity | None = Field(default=None, description="The new one, in `unit`")
    unit: str | None = None
    net_price: Amount | None = None
    requested_on: date | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.action is LineAction.ADDED and not (self.item_ids and self.quantity):
            raise ValueError("an added line names its item and its quantity")
        return self


class OrderChange(Canonical):
    """Body of order.change_requested and order.cancel_requested."""

    order_no: str = Field(min_length=1, max_length=70, description="The order to be changed: the buyer's number")
    change_no: str | None = Field(default=None, description="The request's own number")
    partner: str = Field(description="Key of the partner profile")
    channel: Channel
    channel_refs: ChannelRefs = Field(default_factory=dict)
    purpose: Purpose = Field(default=Purpose.CHANGE, description="cancel: all of it; replace: `lines` are the order")
    test: bool = False
    requested_at: date | None = Field(default=None, description="Date of the request")
    requested_on: date | None = Field(default=None, description="New requested delivery of the order")
    not_before: date | None = None
    not_after: date | None = None
    note: str | None = None
    lines: tuple[LineChange, ...] = ()

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.purpose is Purpose.ORIGINAL:
            raise ValueError("an original order changes nothing")
        if self.purpose is Purpose.REPLACE and not self.lines:
            raise ValueError("what replaces an order has lines")
        dates = (self.requested_on, self.not_before, self.not_after)
        if self.purpose is Purpose.CHANGE and not self.lines and not any(dates) and not self.note:
            raise ValueError("the request changes nothing")
        return self


def change_of(order: PurchaseOrder) -> OrderChange:
    """Return what an order document asks for whose purpose is to change, replace or cancel an earlier one."""
    return OrderChange(
        order_no=order.order_no,
        change_no=order.references.get("order_change"),
        partner=order.partner,
        channel=order.channel,
        channel_refs=order.channel_refs,
        purpose=order.purpose,
        test=order.test,
        requested_at=order.ordered_on,
        requested_on=order.requested_on,
        not_before=order.not_before,
        not_after=order.not_after,
        note=order.note,
        lines=() if order.purpose is Purpose.CANCEL else tuple(_changed(order)),
    )


def _changed(order: PurchaseOrder) -> list[LineChange]:
    names = LineChange.model_fields.keys() - {"action"}
    return [
        LineChange(action=LineAction.CHANGED, **{name: getattr(line, name) for name in names}) for line in order.lines
    ]
