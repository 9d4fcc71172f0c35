"""The shopping cart of a punch-out: what the buyer asked for, and what the shop puts into the buyer's system."""

from decimal import Decimal
from enum import StrEnum

from pydantic import ConfigDict, Field

from orderwire.canonical.model import Amount, Canonical, Currency, Instant, Quantity
from orderwire.canonical.order import ItemId, ItemScheme, OrderLine
from orderwire.canonical.party import Party


class Operation(StrEnum):
    """Why the buyer's system opens the shop (cXML PunchOutSetupRequest@operation)."""

    CREATE = "create"
    EDIT = "edit"  # with the cart that was returned before
    INSPECT = "inspect"  # likewise, to look at only
    SOURCE = "source"


class Classification(Canonical):
    domain: str = Field(min_length=1, max_length=80, description="UNSPSC, eCl@ss, or the buyer's own")
    code: str = Field(min_length=1, max_length=80)


class CartLine(Canonical):
    """One line, priced per `price_basis` of `unit`."""

    line_no: str = Field(min_length=1, max_length=20)
    item_no: str = Field(min_length=1, max_length=80, description="The supplier's (NAV's) number")
    auxiliary_id: str | None = Field(
        default=None, max_length=512, description="The shop's key of the line, sent back verbatim with order and edit"
    )
    buyer_item_no: str | None = Field(default=None, max_length=80)
    description: str = Field(min_length=1, max_length=4000)
    quantity: Quantity = Field(description="In `unit`")
    unit: str = Field(min_length=1, max_length=8, description="UN/ECE Rec 20 code, e.g. PCE")
    unit_price: Amount = Field(ge=Decimal(0), description="Net, per `price_basis` of `unit`")
    price_basis: Quantity = Field(default=Decimal(1), description="1 unless prices are per hundred or thousand")
    classifications: tuple[Classification, ...] = Field(default=(), max_length=20)
    manufacturer: str | None = Field(default=None, max_length=255)
    manufacturer_item_no: str | None = Field(default=None, max_length=80)
    lead_time_days: int | None = Field(default=None, ge=0, le=9999)
    url: str | None = Field(default=None, max_length=2000, description="Page of the item")
    extrinsics: dict[str, str] = Field(default_factory=dict, description="Further fields by name")

    @property
    def amount(self) -> Decimal:
        """What the line comes to, not rounded."""
        return self.quantity * self.unit_price / self.price_basis

    def ordered(self) -> OrderLine:
        """Return the line as an order of the whole cart would have it."""
        numbers = ((ItemScheme.SUPPLIER, self.item_no), (ItemScheme.BUYER, self.buyer_item_no))
        return OrderLine(
            line_no=self.line_no,
            item_ids=tuple(ItemId(scheme=scheme, value=number) for scheme, number in numbers if number),
            description=self.description,
            quantity=self.quantity,
            unit=self.unit,
            net_price=self.unit_price,
            price_basis=None if self.price_basis == 1 else self.price_basis,
            auxiliary_id=self.auxiliary_id,
        )


class Cart(Canonical):
    """Body of cart.returned. An order that comes of it is an order.received of its own."""

    cart_id: str
    session_id: str
    partner: str = Field(description="Key of the partner profile")
    operation: Operation = Operation.CREATE
    currency: Currency
    test: bool = False
    returned_at: Instant | None = Field(default=None, description="None: not returned yet")
    lines: tuple[CartLine, ...] = Field(min_length=1, max_length=5000)

    @property
    def total(self) -> Decimal:
        """The sum of the lines' amounts, not rounded."""
        return sum((line.amount for line in self.lines), Decimal(0))


class CartFinding(Canonical):
    """Why a cart, or a line of it, must not leave the shop."""

    line_no: str | None = Field(default=None, description="None: the cart as a whole")
    code: str = Field(description="Stable: out_of_stock, unit_unknown, price_differs …")
    text: str = Field(description="A sentence for the person who shops")


class Setup(Canonical):
    """What the buyer's system says when it opens the shop, whatever its syntax; the cookie to the last blank."""

    model_config = ConfigDict(str_strip_whitespace=False)

    operation: Operation = Operation.CREATE
    buyer_cookie: str = Field(default="", max_length=8000, description="Opaque, returned unchanged")
    return_url: str = Field(max_length=4000, description="Where the browser posts the cart to")
    user: str | None = Field(default=None, max_length=255, description="Who shops, as the buyer's system names them")
    email: str | None = Field(default=None, max_length=255)
    extrinsics: dict[str, str] = Field(default_factory=dict, description="The buyer's own fields by name")
    ship_to: Party | None = None
    item_no: str | None = Field(default=None, max_length=80, description="Open the shop at this item")
    items: tuple[OrderLine, ...] = Field(default=(), max_length=5000, description="edit, inspect: the cart of before")
    test: bool = False
    echo: dict[str, str] = Field(default_factory=dict, description="OCI: fields that go back as they came")
