"""Punch-out: the shops behind it, and what each partner's procurement system takes from them. No secrets."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from orderwire.config.channels import WebAddress
from orderwire.config.section import Section

_DEFAULT_PORTS = {"https": 443, "http": 80}
#: What an address may be made of (RFC 3986); a backslash or a space is where two readers part.
_ADDRESS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%")


def origin_of(url: str) -> str | None:
    """Return scheme, host and port of a web address as browsers see them; None: they might see something else."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not set(url) <= _ADDRESS or parts.scheme not in _DEFAULT_PORTS or not host or "@" in parts.netloc:
        return None
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in {None, _DEFAULT_PORTS[parts.scheme]} else "")


def _origin(url: WebAddress) -> str:
    origin = origin_of(url)
    if origin is None or urlsplit(url)[2:] not in {("", "", ""), ("/", "", "")}:
        raise ValueError("must be an origin: https://host, with the port where it is not 443")
    return origin


#: https://host or https://host:port; http:// is for this machine alone.
Origin = Annotated[WebAddress, AfterValidator(_origin)]
#: Name of a form field.
FieldName = Annotated[str, Field(min_length=1, max_length=80)]
Decimals = Annotated[int, Field(ge=0, le=8)]


class ShopSettings(Section):
    """A webshop. It calls us with its API key, and we send browsers to it."""

    url: WebAddress = Field(description="Its entrance: browsers come there, with `session` in the query")
    key_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the shop's API key, in hex")


class PunchoutSettings(Section):
    url: WebAddress | None = Field(
        default=None, description="Our address as browsers reach it, without a path; None: http://<api.host>:<api.port>"
    )
    shops: Mapping[str, ShopSettings] = Field(default_factory=dict, description="The webshops, by name")
    token_seconds: int = Field(default=600, ge=10, le=3600, description="How long a StartPage address may be opened")
    misses_per_minute: int = Field(
        default=30, ge=1, description="Wrong tokens, ids and keys from one address; then it waits (429)"
    )
    client_header: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9-]+$",
        description="Header in which your reverse proxy names the caller, e.g. X-Real-IP; None: callers come directly",
    )


class CartRules(Section):
    """What the buyer's system takes; a line beyond it is stopped with the reason instead of being dropped there."""

    currencies: tuple[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], ...] = Field(
        default=(), description="ISO 4217; none named: any"
    )
    max_lines: int = Field(default=500, ge=1, le=5000, description="Lines in one cart")
    max_total: Decimal | None = Field(default=None, gt=0, description="Sum of the cart, in its currency; None: any")
    units: tuple[str, ...] = Field(default=(), description="UN/ECE Rec 20 codes it knows; none named: any we map")
    classification: str | None = Field(
        default="UNSPSC", description="Domain each line must be classified in; UNSPSC: 8 digits. None: none is needed"
    )
    price_basis: bool = Field(
        default=True, description="Whether prices may be for more than one unit; cXML before 1.2.050 cannot say that"
    )
    price_decimals: Decimals = Field(default=4, description="Of a unit price")
    quantity_decimals: Decimals = Field(default=3, description="Of a quantity")
    max_description_chars: int = Field(default=2000, ge=10, description="Longer descriptions are cut")
    max_item_no_chars: int = Field(default=40, ge=1, description="Of an item number")


class OrderRules(Section):
    """How far an order may be from the cart it came from. Stock is checked besides, as for every order."""

    price_percent: Decimal = Field(default=Decimal(0), ge=0, description="By so much a price may differ")
    quantity_percent: Decimal | None = Field(
        default=None, ge=0, description="By so much a quantity may differ; None: approvers may change it at will"
    )
    beyond: Literal["hold", "reject"] = Field(default="hold", description="What becomes of an order that differs more")
    without_cart: Literal["accept", "hold", "reject"] = Field(
        default="accept", description="What becomes of an order with a line that came from no cart"
    )


class OciProfile(Section):
    """SAP's Open Catalog Interface: the browser logs in, there is no set-up."""

    username: str = Field(min_length=1, description="The partner's user in the catalogue call")
    password_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of its password, in hex")
    username_field: FieldName = Field(default="USERNAME", description="Name of the form field")
    password_field: FieldName = Field(default="PASSWORD", description="Name of the form field")
    hook_field: FieldName = Field(default="HOOK_URL", description="Field with the address the cart goes to")


class PunchoutProfile(Section):
    shop: str | None = Field(default=None, description="Which of punchout.shops; None: the only one there is")
    session_minutes: int = Field(default=120, ge=60, le=240, description="How long a visit may last")
    return_origins: tuple[Origin, ...] = Field(
        min_length=1, description="Where carts may be sent to; a set-up that names any other place is refused"
    )
    frame_ancestors: tuple[Origin, ...] = Field(
        default=(), description="Who may show the shop in a frame (CSP); none named: nobody"
    )
    cart_field: Literal["cXML-urlencoded", "cXML-base64"] = Field(
        default="cXML-urlencoded", description="Form field, and with it the coding, the partner takes carts in"
    )
    cart: CartRules = Field(default=CartRules(), description="What the partner's system takes")
    order: OrderRules = Field(default=OrderRules(), description="How far an order may be from its cart")
    oci: OciProfile | None = Field(default=None, description="None: the partner does not come by OCI")
