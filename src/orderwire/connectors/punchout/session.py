"""What a shop is told of a session, and the cart it posts: JSON."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from orderwire.canonical.cart import Cart, CartFinding, CartLine, Classification, Operation, Setup
from orderwire.canonical.model import Canonical, Instant, Quantity
from orderwire.canonical.order import ItemScheme, OrderLine
from orderwire.canonical.party import Party
from orderwire.config.profile import PartnerProfile
from orderwire.config.punchout import CartRules, origin_of
from orderwire.ports.punchout import CartState, PunchoutSession, SessionState


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class OldLine(Canonical):
    """A line of the cart that is edited or looked at, as the buyer's system has it."""

    line_no: str
    item_no: str | None = Field(description="The supplier's number")
    auxiliary_id: str | None = Field(description="The shop's key of the line: post it back with the line")
    quantity: Quantity = Field(description="In `unit`")
    unit: str | None
    unit_price: Decimal | None
    description: str | None


class SessionAnswer(Canonical):
    """What the buyer's system said when it opened the shop, and what it takes."""

    id: str
    state: SessionState
    ended: bool = Field(description="No cart is taken any more")
    operation: Operation = Field(description="inspect: show the items, and end the visit by `cancel`")
    partner: str = Field(description="Key of the partner, e.g. for its prices and assortment")
    partner_name: str
    customer_no: str = Field(description="NAV customer")
    user: str | None
    email: str | None
    extrinsics: dict[str, str] = Field(description="The buyer's own fields, as they came: untrusted text")
    ship_to: Party | None
    item_no: str | None = Field(description="Open the shop at this item; null: at its start")
    items: tuple[OldLine, ...] = Field(description="edit, inspect: the cart of before")
    takes: CartRules = Field(description="What a cart must keep to")
    test: bool
    opened_at: Instant
    expires_at: Instant


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004  pydantic wants ValueError
    return value


def _web_address(url: str) -> str:
    if origin_of(url) is None:
        raise ValueError("must be a web address")
    return url


#: A JSON number or its text; true is none.
Number = Annotated[Decimal, BeforeValidator(_no_boolean)]
Text = Annotated[str, Field(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$", description="No control characters")]


class PostedClass(_Closed):
    domain: Text = Field(min_length=1, max_length=80, description="UNSPSC, eCl@ss …")
    code: Text = Field(min_length=1, max_length=80)


class PostedLine(_Closed):
    line_no: Text | None = Field(default=None, min_length=1, max_length=20, description="None: its position, from 1")
    item_no: Text = Field(min_length=1, max_length=80, description="The supplier's (NAV's) number")
    auxiliary_id: Text | None = Field(
        default=None, min_length=1, max_length=512, description="The shop's key of the line; None: we make one"
    )
    buyer_item_no: Text | None = Field(default=None, min_length=1, max_length=80)
    description: Text = Field(min_length=1, max_length=4000)
    quantity: Number = Field(gt=0, max_digits=18, description="In `unit`")
    unit: Text = Field(min_length=1, max_length=8, description="UN/ECE Rec 20 code")
    unit_price: Number = Field(ge=0, max_digits=18, description="Net, per `price_basis` of `unit`")
    price_basis: Number = Field(default=Decimal(1), gt=0, max_digits=18)
    classifications: tuple[PostedClass, ...] = Field(default=(), max_length=20)
    manufacturer: Text | None = Field(default=None, max_length=255)
    manufacturer_item_no: Text | None = Field(default=None, max_length=80)
    lead_time_days: int | None = Field(default=None, ge=0, le=9999, strict=True)
    url: Annotated[Text, AfterValidator(_web_address)] | None = Field(
        default=None, max_length=2000, description="Page of the item"
    )
    extrinsics: dict[Text, Text] = Field(default_factory=dict, max_length=50, description="Further fields by name")


def _numbered(lines: tuple[PostedLine, ...]) -> tuple[PostedLine, ...]:
    numbers = [line.line_no or str(position) for position, line in enumerate(lines, start=1)]
    if len(set(numbers)) != len(numbers):
        raise ValueError("a line_no stands twice")
    return lines


class PostedCart(_Closed):
    """Body of POST /punchout/sessions/{id}/cart."""

    currency: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code of all prices")
    lines: Annotated[tuple[PostedLine, ...], AfterValidator(_numbered)] = Field(
        min_length=1, max_length=5000, description="An empty cart is none: end the visit by `cancel`"
    )


class CartAnswer(Canonical):
    """How a posted cart stands."""

    state: CartState = Field(description="stopped: mend what `findings` say and post again; else send the browser on")
    return_url: str = Field(description="Send the browser there: it brings the cart into the buyer's system")
    findings: tuple[CartFinding, ...] = ()


def to_answer(
    session: PunchoutSession, setup: Setup, partner: PartnerProfile, rules: CartRules, now: datetime
) -> SessionAnswer:
    """Say what a shop may know."""
    known: dict[str, Any] = {
        name: getattr(setup, name)
        for name in ("operation", "user", "email", "extrinsics", "ship_to", "item_no", "test")
    }
    return SessionAnswer(
        id=session.id,
        state=session.state,
        ended=session.state is not SessionState.ENTERED or now >= session.expires_at,
        partner=partner.key,
        partner_name=partner.name,
        customer_no=partner.customer_no,
        items=tuple(_old(line) for line in setup.items),
        takes=rules,
        opened_at=session.opened_at,
        expires_at=session.expires_at,
        **known,
    )


def _old(line: OrderLine) -> OldLine:
    return OldLine(
        line_no=line.line_no,
        item_no=line.item_id(ItemScheme.SUPPLIER),
        auxiliary_id=line.auxiliary_id,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=None if line.net_price is None else line.net_price / (line.price_basis or Decimal(1)),
        description=line.description,
    )


def to_cart(posted: PostedCart, session: PunchoutSession, setup: Setup) -> Cart:
    """Return the canonical cart; it gets its id when it is kept."""
    lines = tuple(
        CartLine(
            **line.model_dump(exclude={"line_no", "classifications"}),
            line_no=line.line_no or str(position),
            classifications=tuple(Classification(domain=one.domain, code=one.code) for one in line.classifications),
        )
        for position, line in enumerate(posted.lines, start=1)
    )
    return Cart(
        cart_id="",
        session_id=session.id,
        partner=session.partner,
        operation=setup.operation,
        currency=posted.currency,
        test=setup.test,
        lines=lines,
    )
