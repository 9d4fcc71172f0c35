"""The REST API's order document, and its map to the canonical order."""

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from orderwire.canonical.order import Channel, ItemId, ItemScheme, OrderLine, PurchaseOrder, Purpose
from orderwire.canonical.party import Party, PartyRole


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class ApiOrderLine(_Closed):
    """One line; at least one of the item numbers."""

    line_no: str | None = Field(default=None, max_length=20, description="None: its position, from 1")
    item_no: str | None = Field(default=None, max_length=80, description="The supplier's (NAV's) number")
    gtin: str | None = Field(default=None, pattern=r"^\d{8}$|^\d{12,14}$")
    buyer_item_no: str | None = Field(default=None, max_length=80)
    description: str | None = Field(default=None, max_length=512)
    quantity: Decimal = Field(gt=0, max_digits=18)
    unit: str | None = Field(default=None, max_length=8, description="UN/ECE Rec 20 code; None: the partner's default")
    net_price: Decimal | None = Field(default=None, ge=0, max_digits=18)
    requested_on: date | None = None

    @model_validator(mode="after")
    def _named(self) -> "ApiOrderLine":
        if not (self.item_no or self.gtin or self.buyer_item_no):
            raise ValueError("one of item_no, gtin, buyer_item_no is needed")
        return self


class ApiAddress(_Closed):
    """Where the goods go."""

    name: str | None = Field(default=None, max_length=100)
    street: tuple[str, ...] = Field(default=(), max_length=4)
    postal_code: str | None = Field(default=None, max_length=20)
    city: str | None = Field(default=None, max_length=100)
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$", description="ISO 3166 alpha-2")


class ApiOrder(_Closed):
    """Body of POST /api/v1/orders."""

    order_no: str = Field(
        min_length=1, max_length=70, pattern=r"^[^\x00-\x1f\x7f]+$", description="No control characters"
    )
    ordered_on: date | None = None
    requested_on: date | None = None
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    test: bool = False
    note: str | None = Field(default=None, max_length=4000)
    ship_to: ApiAddress | None = Field(default=None, description="None: the customer's own address")
    lines: tuple[ApiOrderLine, ...] = Field(min_length=1, max_length=20000)


def to_purchase_order(order: ApiOrder, partner: str) -> PurchaseOrder:
    """Map an API order."""
    return PurchaseOrder(
        order_no=order.order_no,
        partner=partner,
        channel=Channel.API,
        purpose=Purpose.ORIGINAL,
        test=order.test,
        ordered_on=order.ordered_on,
        requested_on=order.requested_on,
        currency=order.currency,
        note=order.note,
        parties=(Party(role=PartyRole.DELIVERY, **order.ship_to.model_dump()),) if order.ship_to else (),
        lines=tuple(_line(line, position) for position, line in enumerate(order.lines, start=1)),
    )


def _line(line: ApiOrderLine, position: int) -> OrderLine:
    named = ((ItemScheme.SUPPLIER, line.item_no), (ItemScheme.GTIN, line.gtin), (ItemScheme.BUYER, line.buyer_item_no))
    return OrderLine(
        line_no=line.line_no or str(position),
        item_ids=tuple(ItemId(scheme=scheme, value=value) for scheme, value in named if value),
        description=line.description,
        quantity=line.quantity,
        unit=line.unit,
        net_price=line.net_price,
        requested_on=line.requested_on,
    )
