"""Logging in and staying logged in: passwords, sessions, tokens, and what slows a guesser down."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Final

from orderwire.errors import AccessRefusedError
from orderwire.ports.access import Passwords, Permission, Principal, Session, Tries, User
from orderwire.ports.clock import Clock
from orderwire.ports.store import Store, Transaction

#: Failures that cost nothing: of an account, and of an address, behind which many people may sit.
FREE_OF_ACCOUNT: Final = 5
FREE_OF_ADDRESS: Final = 30
#: After that every failure doubles the wait, up to this.
_MAX_WAIT_SECONDS: Final = 900
#: After so long without a failure, all is forgotten; a browser that somebody logged in with is known for longer.
_FORGET: Final = timedelta(hours=24)
KNOWN_DAYS: Final = 90
#: A session's last use is written down no more often than this.
_TOUCH: Final = timedelta(minutes=1)
#: 256 bits.
_SECRET_BYTES: Final = 32
_TOKEN_PREFIX: Final = "ow_"  # noqa: S105  by which leaked ones are found
_REFUSED: Final = "name or password is wrong"


@dataclass(frozen=True)
class Access:
    """Says who calls. Looking writes nothing but when a session was last used."""

    store: Store
    passwords: Passwords
    clock: Clock
    idle: timedelta = timedelta(minutes=30)
    lifetime: timedelta = timedelta(hours=12)

    def login(
        self, name: str, password: str, address: str, replaces: str | None = None, browser: str | None = None
    ) -> str:
        """Return what the browser is to hold: always a new secret; the session it held before ends.

        A `browser` that the user logged in with before counts for itself, so that nobody who guesses elsewhere, or
        behind the same proxy, locks its user out.

        Raises:
            AccessRefusedError: name or password is wrong, or too many were; then `wait_seconds` says how long to wait.
        """
        account, network = f"account:{digest_of(name)}", f"address:{_network(address)}"
        familiar = f"browser:{digest_of(f'{name} {browser}')}"
        with self.store.begin() as tx:  # counted before it is tried, so that many at once do not slip through
            if browser is not None and tx.attempts.get(familiar) is not None:
                self._count(tx, familiar, FREE_OF_ACCOUNT)
            else:
                self._count(tx, account, FREE_OF_ACCOUNT)
                self._count(tx, network, FREE_OF_ADDRESS)
            user = tx.users.get(name)
        usable = user is not None and not user.disabled
        right = self.passwords.verify(user.password_hash if user and usable else None, password)
        if user is None or not right:
            raise AccessRefusedError(_REFUSED)
        secret, now = secrets.token_urlsafe(_SECRET_BYTES), self.clock()
        with self.store.begin() as tx:
            tx.attempts.forget(account)
            self._uncount(tx, network)
            if browser is not None:
                tx.attempts.put(Tries(familiar, 0, now))
            for kind, after in (("account", _FORGET), ("address", _FORGET), ("browser", timedelta(days=KNOWN_DAYS))):
                tx.attempts.forget_before(kind, now - after)
            tx.sessions.end_before(now - self.lifetime)
            if replaces is not None:
                tx.sessions.end(digest_of(replaces))
            csrf = secrets.token_urlsafe(_SECRET_BYTES)
            tx.sessions.add(Session(digest_of(secret), name, csrf, now, now, address))
            tx.audit.add(now, name, "logged in", address, "")
        return secret

    def logout(self, secret: str) -> None:
        with self.store.begin() as tx:
            tx.sessions.end(digest_of(secret))

    def by_session(self, secret: str) -> Principal | None:
        """Return whose session it is; None: nobody's, or it has ended."""
        now, digest = self.clock(), digest_of(secret)
        with self.store.read() as tx:
            session = tx.sessions.get(digest)
            user = tx.users.get(session.user) if session else None
        if session is None or user is None or user.disabled:
            return None
        if now - session.created_at > self.lifetime or now - session.seen_at > self.idle:
            return None
        if now - session.seen_at > _TOUCH:
            with self.store.begin() as tx:
                tx.sessions.touch(digest, now)
        return Principal(user.name, user.role.permissions, user.partners, session.csrf)

    def by_token(self, secret: str) -> Principal | None:
        """Return whose token it is, with no more than its scopes."""
        with self.store.read() as tx:
            token = tx.tokens.by_digest(digest_of(secret))
            user = tx.users.get(token.user) if token else None
        if token is None or user is None or user.disabled:
            return None
        if token.expires_at is not None and self.clock() >= token.expires_at:
            return None
        scopes = {Permission(scope) for scope in token.scopes}
        return Principal(f"{user.name} ({token.label})", user.role.permissions & scopes, user.partners)

    def _count(self, tx: Transaction, key: str, free: int) -> None:
        now = self.clock()
        known = tx.attempts.get(key)
        if known is None or now - known.last_at > _FORGET:
            known = Tries(key, 0, now)
        wait = known.last_at + _wait(known.failures, free) - now
        if wait > timedelta(0):
            seconds = max(1, round(wait.total_seconds()))
            raise AccessRefusedError("too many logins failed: wait, then try again", wait_seconds=seconds)
        tx.attempts.put(Tries(key, known.failures + 1, now))

    def _uncount(self, tx: Transaction, key: str) -> None:
        known = tx.attempts.get(key)
        if known is not None:
            tx.attempts.put(Tries(key, max(0, known.failures - 1), known.last_at))


def new_token() -> str:
    """Return a token, to be shown once."""
    return _TOKEN_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)


def digest_of(secret: str) -> str:
    """Return what is kept of a secret that nobody can guess."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def scope_of(user: User) -> str:
    """Say which partners a user sees."""
    return ", ".join(user.partners) or "all partners"


def _network(address: str) -> str:
    """Return what one caller can call from: of IPv6 he has a network of 64 bits at the least."""
    try:
        return str(ip_network((address, 64), strict=False)) if ip_address(address).version == 6 else address
    except ValueError:
        return address


def _wait(failures: int, free: int) -> timedelta:
    if failures < free:
        return timedelta(0)
    return timedelta(seconds=min(2 ** min(failures - free + 1, 16), _MAX_WAIT_SECONDS))
