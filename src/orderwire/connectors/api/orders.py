"""The REST API's order document, and its map to the canonical order."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from orderwire.canonical.order import Channel, ItemId, ItemScheme, OrderLine, PurchaseOrder, Purpose
from orderwire.canonical.party import Party, PartyRole


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


#: A number or code goes into NAV, file names and other syntaxes.
Code = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$", description="No control characters")]


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004  pydantic wants ValueError
    return value


#: A JSON number or its text; true is none.
Number = Annotated[Decimal, BeforeValidator(_no_boolean)]


class ApiOrderLine(_Closed):
    """One line; at least one of the item numbers."""

    line_no: Code | None = Field(default=None, max_length=20, description="None: its position, from 1")
    item_no: Code | None = Field(default=None, max_length=80, description="The supplier's (NAV's) number")
    gtin: str | None = Field(default=None, pattern=r"^(\d{8}|\d{12,14})$")
    buyer_item_no: Code | None = Field(default=None, max_length=80)
    description: str | None = Field(default=None, max_length=512)
    quantity: Number = Field(gt=0, max_digits=18)
    unit: Code | None = Field(default=None, max_length=8, description="UN/ECE Rec 20 code; None: the partner's default")
    net_price: Number | None = Field(default=None, ge=0, max_digits=18)
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


def _some(lines: tuple[ApiOrderLine, ...]) -> tuple[ApiOrderLine, ...]:
    """Ask for a line, once the lines there are have been read: a wrong one is not a missing one."""
    if not lines:
        raise ValueError("at least one line is needed")
    return lines


class ApiOrder(_Closed):
    """Body of POST /api/v1/orders."""

    order_no: Code = Field(min_length=1, max_length=70)
    ordered_on: date | None = None
    requested_on: date | None = None
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    test: bool = False
    note: str | None = Field(default=None, max_length=4000)
    ship_to: ApiAddress | None = Field(default=None, description="None: the customer's own address")
    lines: Annotated[tuple[ApiOrderLine, ...], AfterValidator(_some)] = Field(
        max_length=20000, json_schema_extra={"minItems": 1}
    )


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
