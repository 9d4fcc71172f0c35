"""Punch-out sessions and their carts, as the pipeline keeps them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from orderwire.canonical.cart import Cart, CartFinding, Setup
from orderwire.config.profile import PartnerProfile
from orderwire.ports.intake import OutboundDocument


class SessionState(StrEnum):
    OPEN = "open"  # set up; the browser has not come yet
    ENTERED = "entered"  # the browser is in the shop
    RETURNED = "returned"  # a cart left for the buyer's system
    CANCELLED = "cancelled"  # it left without one


class CartState(StrEnum):
    UNCHECKED = "unchecked"  # NAV could not be asked yet
    STOPPED = "stopped"  # some line must not leave: see its findings
    READY = "ready"  # checked; leaves when the browser comes for it
    RETURNED = "returned"  # handed to the browser: never changes again


@dataclass(frozen=True, slots=True)
class PunchoutSession:
    """One visit to the shop."""

    id: str  # 128 random bits, in the addresses of the shop's pages
    partner: str
    shop: str
    syntax: str  # cxml | oci
    setup: str  # JSON of canonical Setup
    opened_at: datetime
    expires_at: datetime
    token_sha256: str | None  # of the StartPage token; None: entered at once (OCI)
    token_until: datetime | None
    document_id: str  # journal row of the set-up
    state: SessionState = SessionState.OPEN
    entered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CartRecord:
    """The cart of a session: there is one, replaced until it is returned."""

    id: str  # 128 random bits: the address of the page that returns it
    session_id: str
    partner: str
    state: CartState
    cart: str | None  # JSON of canonical Cart; None: the session was cancelled
    findings: str  # JSON: list of line_no, code and text
    posted_at: datetime
    document_id: str | None = None  # journal row of what was returned
    returned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReturnForm:
    """What the browser posts to the buyer's system."""

    action: str
    fields: tuple[tuple[str, str], ...]
    charset: str = "utf-8"
    target: str = "_self"


class CartWriter(Protocol):
    """A syntax of carts. Pure."""

    def stops(self, cart: Cart, partner: PartnerProfile) -> Sequence[CartFinding]:
        """Return what of the cart cannot be said in that syntax."""
        ...

    def write(
        self, cart: Cart | None, session: PunchoutSession, setup: Setup, partner: PartnerProfile, now: datetime
    ) -> OutboundDocument:
        """Return the document that hands the cart over; without a cart, the one that says nothing is to change.

        Raises:
            MappingError: the cart cannot be said in that syntax.
        """
        ...

    def form(self, content: bytes, setup: Setup, partner: PartnerProfile) -> ReturnForm:
        """Return the form that carries a document that was written."""
        ...


class Punchouts(Protocol):
    def open(self, session: PunchoutSession) -> None: ...

    def get(self, session_id: str) -> PunchoutSession | None: ...

    def by_token(self, token_sha256: str) -> PunchoutSession | None:
        """Return the session of a StartPage token, whether or not it was used or ran out."""
        ...

    def move(self, session_id: str, before: Collection[SessionState], to: SessionState, now: datetime) -> bool:
        """Compare and set the state; False when it was none of `before`. Entering sets `entered_at`."""
        ...

    def lock(self, session_id: str) -> PunchoutSession | None:
        """Return the session, locked until the transaction ends."""
        ...

    def put_cart(self, record: CartRecord) -> CartRecord:
        """Set the session's cart, under the id it already has; one that was returned stays. Return what stands."""
        ...

    def cart(self, cart_id: str) -> CartRecord | None: ...

    def cart_of(self, session_id: str) -> CartRecord | None: ...

    def settle(self, cart_id: str, state: CartState, findings: str) -> None:
        """Write down what a check found; a cart that was returned stays as it is."""
        ...

    def give_back(self, record: CartRecord, keys: Collection[tuple[str, str]]) -> bool:
        """Mark the cart as returned, with what its lines are found by: line_no and auxiliary id. False: it was."""
        ...

    def carts_by_auxiliary(self, partner: str, auxiliary_ids: Collection[str]) -> Mapping[str, CartRecord]:
        """Return, by auxiliary id, the cart that the partner got last with a line of that id."""
        ...

    def last_carts(self, partner: str, limit: int) -> list[CartRecord]:
        """Return the carts that the partner got, the last one first."""
        ...
