"""Who may use the console, and what for: users, sessions, tokens, and what went before a login."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol


class Permission(StrEnum):
    """What an act in the console asks for."""

    LOOK = "look"  # see everything of one's partners
    ACT = "act"  # replay, discard, release, assign, note
    MEND = "mend"  # replay an edited copy, add a line to a code list
    MANAGE = "manage"  # users and tokens


class Role(StrEnum):
    """Each may all that the one before may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    EDITOR = "editor"
    ADMIN = "admin"

    @property
    def permissions(self) -> frozenset[Permission]:
        return frozenset(list(Permission)[: list(Role).index(self) + 1])


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a password. No partners: all of them."""

    name: str
    role: Role
    password_hash: str
    created_at: datetime
    partners: tuple[str, ...] = ()
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A login. Of what the browser holds, only the digest is kept."""

    digest: str
    user: str
    csrf: str
    created_at: datetime
    seen_at: datetime
    address: str


@dataclass(frozen=True, slots=True)
class Token:
    """What a program shows instead of a password; it may never more than its user."""

    id: str
    digest: str
    user: str
    label: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tries:
    """Logins that failed, by account, by address, or by a browser that somebody logged in with before."""

    key: str
    failures: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, and what for."""

    name: str
    permissions: frozenset[Permission]
    partners: tuple[str, ...] = ()  # none: all of them
    csrf: str | None = None  # None: no browser, nobody can press its buttons for it

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def sees(self, partner: str | None) -> bool:
        """Tell whether something of this partner, or of nobody known, is shown."""
        return not self.partners or partner in self.partners

    @property
    def everywhere(self) -> bool:
        return not self.partners


#: Somebody at the command line has the database's own password: there is nothing to ask.
EVERYTHING: Final = frozenset(Permission)


class Users(Protocol):
    def add(self, user: User) -> bool:
        """Return False when the name is taken."""
        ...

    def get(self, name: str) -> User | None: ...

    def all(self) -> list[User]:
        """Return every user, by name."""
        ...

    def update(self, name: str, **changes: object) -> bool:
        """Set columns of `User` by name; False when there is none."""
        ...


class Sessions(Protocol):
    def add(self, session: Session) -> None: ...

    def get(self, digest: str) -> Session | None: ...

    def touch(self, digest: str, at: datetime) -> None: ...

    def end(self, digest: str) -> None: ...

    def end_all(self, user: str) -> None: ...

    def end_before(self, created: datetime) -> None:
        """Forget logins made before then."""
        ...


class Tokens(Protocol):
    def add(self, token: Token) -> None: ...

    def by_digest(self, digest: str) -> Token | None: ...

    def of(self, user: str) -> list[Token]:
        """Return a user's tokens, the newest first."""
        ...

    def end(self, token_id: str, user: str) -> bool:
        """Forget a token of this user; False when there is none."""
        ...

    def end_all(self, user: str) -> None: ...


class Attempts(Protocol):
    def get(self, key: str) -> Tries | None:
        """Return what is known of an account or address, locked until the transaction ends."""
        ...

    def put(self, tries: Tries) -> None: ...

    def forget(self, key: str) -> None: ...

    def forget_before(self, kind: str, last: datetime) -> None:
        """Forget those of a kind, which a key begins with, e.g. "account", that were last heard of before then."""
        ...


class Passwords(Protocol):
    """Slow on purpose: call outside of transactions."""

    def hash(self, password: str) -> str: ...

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Compare; None takes as long and is always wrong."""
        ...
