"""Punch-out sessions: set up by the buyer's system, entered once by the browser, ended by a cart or without one."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import structlog

from orderwire.canonical.cart import Setup
from orderwire.canonical.envelope import Event
from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.config.punchout import PunchoutProfile, PunchoutSettings, origin_of
from orderwire.errors import ConfigurationError, MappingError, SessionClosedError
from orderwire.ports.clock import Clock
from orderwire.ports.erp import Erp
from orderwire.ports.punchout import CartWriter, PunchoutSession, SessionState
from orderwire.ports.store import Store

log = structlog.get_logger(__name__)

#: 128 bits.
_TOKEN_BYTES: Final = 16


@dataclass(frozen=True)
class Means:
    """What the use cases of punch-out share."""

    store: Store
    erp: Erp
    partners: Partners
    clock: Clock
    settings: PunchoutSettings
    writers: Mapping[str, CartWriter]  # by syntax
    announce: Callable[[Sequence[Event]], None]


@dataclass(frozen=True)
class Visit:
    """A session with what it was set up for."""

    session: PunchoutSession
    setup: Setup
    partner: PartnerProfile

    @property
    def profile(self) -> PunchoutProfile:
        return punchout_of(self.partner)


class Sessions:
    """Opens sessions and finds them again."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def open(self, setup: Setup, partner: PartnerProfile, document_id: str) -> str:
        """Open a session for a set-up, and return the StartPage token: it can be used once, and not for long.

        Raises:
            MappingError: the set-up asks for what the partner's profile does not allow.
            ConfigurationError: there is no shop to open.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._open(setup, partner, document_id, "cxml", token)
        return token

    def open_entered(self, setup: Setup, partner: PartnerProfile, document_id: str) -> str:
        """Open a session for a browser that is here already (OCI), and return the shop's address for it. As `open`."""
        return self.address(self._open(setup, partner, document_id, "oci", None))

    def enter(self, token: str) -> str:
        """Use a StartPage token up, and return the shop's address for the session.

        Raises:
            SessionClosedError: the token was used, or ran out.
            LookupError: there is no such token.
        """
        now = self._means.clock()
        with self._means.store.begin() as tx:
            session = tx.punchouts.by_token(digest_of(token))
            if session is None:
                raise LookupError
            if session.token_until is None or now >= session.token_until:
                raise SessionClosedError("the address has run out")
            if not tx.punchouts.move(session.id, [SessionState.OPEN], SessionState.ENTERED, now):
                raise SessionClosedError("the address was used before")
        log.info("punchout_entered", partner=session.partner)
        return self.address(session)

    def visit(self, session_id: str, shop: str | None = None) -> Visit:
        """Return a session, whatever its state; a shop sees its own.

        Raises:
            LookupError: there is none.
        """
        with self._means.store.begin() as tx:
            session = tx.punchouts.get(session_id)
        if session is None or shop not in {None, session.shop}:
            raise LookupError
        return self.visit_of(session)

    def visit_of(self, session: PunchoutSession) -> Visit:
        setup = Setup.model_validate_json(session.setup)
        return Visit(session, setup, self._means.partners.get(session.partner))

    def address(self, session: PunchoutSession) -> str:
        """Return where the browser finds the shop: the session is in the address, since cookies may be blocked."""
        parts = urlsplit(self._means.settings.shops[session.shop].url)
        query = "&".join(part for part in (parts.query, f"session={session.id}") if part)
        return urlunsplit(parts._replace(query=query))

    def _open(
        self, setup: Setup, partner: PartnerProfile, document_id: str, syntax: str, token: str | None
    ) -> PunchoutSession:
        profile, now, settings = punchout_of(partner), self._means.clock(), self._means.settings
        if origin_of(setup.return_url) not in profile.return_origins:
            raise MappingError("carts are not sent to that address: it is not among those agreed")
        session = PunchoutSession(
            id=secrets.token_urlsafe(_TOKEN_BYTES),
            partner=partner.key,
            shop=shop_of(profile, settings),
            syntax=syntax,
            setup=setup.model_dump_json(),
            opened_at=now,
            expires_at=now + timedelta(minutes=profile.session_minutes),
            token_sha256=digest_of(token) if token else None,
            token_until=now + timedelta(seconds=settings.token_seconds) if token else None,
            document_id=document_id,
            state=SessionState.OPEN if token else SessionState.ENTERED,
            entered_at=None if token else now,
        )
        with self._means.store.begin() as tx:
            tx.punchouts.open(session)
        log.info("punchout_opened", partner=partner.key, operation=setup.operation.value, syntax=syntax)
        return session


def punchout_of(partner: PartnerProfile) -> PunchoutProfile:
    """Return how a partner shops.

    Raises:
        MappingError: it does not.
    """
    if partner.punchout is None:
        raise MappingError("punch-out is not set up for this buyer")
    return partner.punchout


def shop_of(profile: PunchoutProfile, settings: PunchoutSettings) -> str:
    """Return the name of the partner's shop.

    Raises:
        ConfigurationError: there is none, or the profile leaves open which.
    """
    name = profile.shop or (next(iter(settings.shops)) if len(settings.shops) == 1 else None)
    if name is None or name not in settings.shops:
        raise ConfigurationError("punchout.shops holds no shop for this partner", shop=name)
    return name


def digest_of(token: str) -> str:
    """Return what the store keeps of a token: whoever reads it there cannot use it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def running(session: PunchoutSession, now: datetime) -> None:
    """Return if a session is in use.

    Raises:
        SessionClosedError: it is not, and why.
    """
    if session.state is SessionState.RETURNED:
        raise SessionClosedError("the cart of this session was returned; a new visit starts in the buyer's system")
    if session.state is SessionState.CANCELLED:
        raise SessionClosedError("this session was cancelled")
    if session.state is SessionState.OPEN or now >= session.expires_at:
        raise SessionClosedError("this session has ended")
