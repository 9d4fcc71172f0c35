"""A partner that shops by punch-out, and what its visits need."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from canonicals import a_cart, a_cart_line
from fakes.documents import a_partner
from fakes.world import World
from orderwire.canonical.cart import Cart, CartFinding, CartLine, Setup
from orderwire.canonical.envelope import Event
from orderwire.config.profile import PartnerProfile
from orderwire.config.punchout import PunchoutSettings
from orderwire.pipeline.punchout import Means, Sessions, Visit
from orderwire.pipeline.punchout_cart import Carts
from orderwire.ports.intake import OutboundDocument
from orderwire.ports.punchout import PunchoutSession, ReturnForm

RETURN_URL: Final = "https://buyer.example.com/cart"
SHOP: Final = {"url": "https://shop.example.com/enter?lang=fr", "key_sha256": hashlib.sha256(b"shop-key").hexdigest()}
LONGEST: Final = 100
SETTINGS: Final = PunchoutSettings.model_validate({"shops": {"demo": SHOP}})


def a_shopper(**changes: Any) -> PartnerProfile:
    """Return a partner that shops; `changes` are of its punch-out profile, but for `partner`."""
    more = changes.pop("partner", {})
    punchout = {"return_origins": ["https://buyer.example.com"]} | changes
    fields = {
        "identities": [{"domain": "DUNS", "identity": "1"}],
        "ours": [{"domain": "DUNS", "identity": "2"}],
    }
    return a_partner(key="officeworks", name="Officeworks", punchout=punchout, cxml=fields, **more)


def a_setup(**changes: Any) -> Setup:
    return Setup.model_validate({"buyer_cookie": "cookie-1", "return_url": RETURN_URL} | changes)


def the_cart(*lines: CartLine, **changes: Any) -> Cart:
    """Return a cart as the shop posts it: without an id."""
    return a_cart(*(lines or (a_cart_line(),)), **{"cart_id": "", "session_id": "", **changes})


class PlainCarts:
    """A `CartWriter` whose document is the cart's JSON, of which no description is longer than LONGEST."""

    def __init__(self) -> None:
        self.written = 0

    def stops(self, cart: Cart, partner: PartnerProfile) -> tuple[CartFinding, ...]:  # noqa: ARG002  the port
        long = (line for line in cart.lines if len(line.description) > LONGEST)
        return tuple(CartFinding(line_no=line.line_no, code="field_too_long", text="too long") for line in long)

    def write(
        self,
        cart: Cart | None,
        session: PunchoutSession,
        setup: Setup,
        partner: PartnerProfile,  # noqa: ARG002  the port
        now: datetime,  # noqa: ARG002  the port
    ) -> OutboundDocument:
        self.written += 1
        text = cart.model_dump_json() if cart else "nothing changes"
        return OutboundDocument("CART", text.encode(), f"{session.id}.json", "application/json", setup.buyer_cookie)

    def form(self, content: bytes, setup: Setup, partner: PartnerProfile) -> ReturnForm:  # noqa: ARG002  the port
        return ReturnForm(setup.return_url, (("cart", content.decode()),))


@dataclass
class Mall:
    """A world with a shopper and a shop."""

    world: World
    partner: PartnerProfile
    writer: PlainCarts = field(default_factory=PlainCarts)
    announced: list[Event] = field(default_factory=list)

    @property
    def means(self) -> Means:
        world = self.world
        world.partners.profiles[self.partner.key] = self.partner
        return Means(
            world.store, world.erp, world.partners, world.clock, SETTINGS,
            {"cxml": self.writer, "oci": self.writer}, self._announce,
        )  # fmt: skip

    def _announce(self, events: Sequence[Event]) -> None:
        self.announced += events

    @property
    def sessions(self) -> Sessions:
        return Sessions(self.means)

    @property
    def carts(self) -> Carts:
        return Carts(self.means)

    def visit(self, **setup: Any) -> Visit:
        """Return a visit that the browser has entered."""
        address = self.sessions.enter(self.sessions.open(a_setup(**setup), self.partner, "document-1"))
        return self.sessions.visit(address.rpartition("=")[2])

    def again(self, visit: Visit) -> Visit:
        """Return the visit as it stands now."""
        return self.sessions.visit(visit.session.id)
