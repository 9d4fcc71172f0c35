"""The answer to a purchase order: one outcome for the order, one for each line."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from orderwire.canonical.model import Amount, Canonical, Currency, Instant, Quantity, QuantityOrZero
from orderwire.canonical.order import ItemId, PurchaseOrder, Purpose


class OrderOutcome(StrEnum):
    ACCEPTED = "accepted"  # every line as ordered
    CHANGED = "changed"  # some line cut, back-ordered, substituted or refused
    REJECTED = "rejected"  # no sales order stands
    HELD = "held"  # waits for a person


class LineOutcome(StrEnum):
    ACCEPTED = "accepted"
    CHANGED = "changed"  # fewer than ordered, or at another price
    BACKORDERED = "backordered"  # the rest follows
    SUBSTITUTED = "substituted"
    REJECTED = "rejected"  # in the answer to a change: the line stays as it was
    DELETED = "deleted"  # taken away, as the buyer asked


class Delivery(Canonical):
    """A part of a line that comes by itself."""

    quantity: Quantity = Field(description="In the line's `unit`")
    promised_on: date | None = Field(default=None, description="None: not known yet")


class ResponseLine(Canonical):
    line_no: str
    item_ids: tuple[ItemId, ...] = Field(description="As ordered")
    item_no: str | None = Field(default=None, description="NAV's; None: not found")
    outcome: LineOutcome
    reason: str | None = Field(default=None, description="Stable code: out_of_stock, unknown_item, item_blocked …")
    reason_text: str | None = Field(default=None, description="A sentence for the buyer")
    unit: str | None = Field(default=None, description="The buyer's, as ordered; None: the buyer gave none")
    ordered: Quantity = Field(description="In `unit`; as a change asks for it")
    confirmed: QuantityOrZero = Field(description="In `unit`; what stands")
    backordered: QuantityOrZero = Field(default=Decimal(0), description="In `unit`")
    base_unit: str | None = Field(default=None, description="NAV's base unit of measure")
    ordered_base: QuantityOrZero | None = Field(default=None, description="In `base_unit`")
    confirmed_base: QuantityOrZero = Field(default=Decimal(0), description="In `base_unit`")
    unit_price: Amount | None = Field(default=None, description="NAV's net price per `unit`")
    promised_on: date | None = Field(default=None, description="Of what is confirmed, where it comes at once")
    deliveries: tuple[Delivery, ...] = Field(default=(), description="What is confirmed, where it comes in parts")
    backorder_on: date | None = Field(default=None, description="When the back-ordered rest is promised")
    substitute_no: str | None = Field(default=None, description="NAV's number of the item sent instead")


class OrderResponse(Canonical):
    order_no: str
    partner: str
    answers: Purpose = Field(default=Purpose.ORIGINAL, description="What it is the answer to")
    change_no: str | None = Field(default=None, description="The number of the change or cancellation, if it has one")
    outcome: OrderOutcome
    erp_no: str | None = Field(default=None, description="NAV's sales order number")
    reason: str | None = None
    reason_text: str | None = None
    currency: Currency | None = None
    test: bool = False
    decided_at: Instant
    lines: tuple[ResponseLine, ...]


class AnsweredOrder(Canonical):
    """Body of order.accepted, order.changed, order.rejected and order.held: the question with its answer."""

    order: PurchaseOrder
    response: OrderResponse
