"""The keeping of users: who they are, what they may, and the tokens of their programs. Every act is audited."""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from orderwire.config.partners import Partners
from orderwire.errors import AccessRefusedError, ConfigurationError
from orderwire.pipeline.access import digest_of, new_token, scope_of
from orderwire.ports.access import Passwords, Permission, Role, Token, User
from orderwire.ports.clock import Clock
from orderwire.ports.store import Store, Transaction

#: NIST SP 800-63B: long, and nothing else asked of it.
MIN_PASSWORD_CHARS: Final = 12
MAX_PASSWORD_CHARS: Final = 256
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


@dataclass(frozen=True)
class Accounts:
    store: Store
    passwords: Passwords
    partners: Partners
    clock: Clock

    def add(self, name: str, password: str, role: Role, partners: Collection[str], *, who: str) -> None:
        """Add a user; no partners: all of them.

        Raises:
            ConfigurationError: the name is taken or none, the password too short, or a partner unknown.
        """
        if not _NAME.fullmatch(name):
            raise ConfigurationError("a name is letters, digits and . _ @ -, at most 64 of them")
        password_hash, scope = self._hash(password), self._scope(partners)
        user = User(name, role, password_hash, self.clock(), scope)
        with self.store.begin() as tx:
            if not tx.users.add(user):
                raise ConfigurationError("there is a user of that name", name=name)
            self._audit(tx, who, "user added", name, f"{role.value}, {scope_of(user)}")

    def change(self, name: str, *, role: Role, partners: Collection[str], disabled: bool, who: str) -> None:
        """Say anew what a user may, and end every session of the user; a disabled one's tokens end too.

        Raises:
            ConfigurationError: there is no such user or partner, or nobody would be left to manage users.
        """
        scope = self._scope(partners)
        with self.store.begin() as tx:
            self._keep_an_admin(tx, name, role, scope, disabled=disabled)
            if not tx.users.update(name, role=role, partners=scope, disabled=disabled):
                raise ConfigurationError("no such user", name=name)
            tx.sessions.end_all(name)
            if disabled:
                tx.tokens.end_all(name)
            what = "user disabled" if disabled else "user changed"
            self._audit(tx, who, what, name, f"{role.value}, {', '.join(scope) or 'all partners'}")

    def set_password(self, name: str, password: str, *, who: str) -> None:
        """Set a password, and end every session of the user.

        Raises:
            ConfigurationError: there is no such user, or the password is too short.
        """
        password_hash = self._hash(password)
        with self.store.begin() as tx:
            if not tx.users.update(name, password_hash=password_hash):
                raise ConfigurationError("no such user", name=name)
            tx.sessions.end_all(name)
            self._audit(tx, who, "password set", name, "")

    def change_own(self, name: str, old: str, new: str) -> None:
        """Change one's own password.

        Raises:
            AccessRefusedError: the old one is wrong.
            ConfigurationError: the new one is too short.
        """
        with self.store.read() as tx:
            user = tx.users.get(name)
        if not self.passwords.verify(user.password_hash if user else None, old):
            raise AccessRefusedError("the old password is wrong")
        self.set_password(name, new, who=name)

    def add_token(self, user: str, label: str, scopes: Collection[Permission], days: int | None, *, who: str) -> str:
        """Return a new token of a user: this once, for only its digest is kept.

        Raises:
            ConfigurationError: there is no such user, or no scope.
        """
        if not scopes:
            raise ConfigurationError("a token needs a scope")
        secret, now = new_token(), self.clock()
        expires_at = now + timedelta(days=days) if days else None
        names = tuple(scope.value for scope in Permission if scope in scopes)
        with self.store.begin() as tx:
            if tx.users.get(user) is None:
                raise ConfigurationError("no such user", name=user)
            token = Token(secrets.token_hex(4), digest_of(secret), user, label[:60] or "token", names, now, expires_at)
            tx.tokens.add(token)
            self._audit(tx, who, "token added", f"{user} {token.id}", ", ".join(names))
        return secret

    def end_token(self, user: str, token_id: str, *, who: str) -> None:
        with self.store.begin() as tx:
            if tx.tokens.end(token_id, user):
                self._audit(tx, who, "token ended", f"{user} {token_id}", "")

    def _audit(self, tx: Transaction, who: str, what: str, subject: str, why: str) -> None:
        tx.audit.add(self.clock(), who, what, subject, why)

    def _hash(self, password: str) -> str:
        if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
            raise ConfigurationError(f"a password has {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters")
        return self.passwords.hash(password)

    def _scope(self, partners: Collection[str]) -> tuple[str, ...]:
        if unknown := sorted(set(partners) - set(self.partners.keys())):
            raise ConfigurationError("no such partner", partners=", ".join(unknown))
        return tuple(sorted(set(partners)))

    def _keep_an_admin(
        self, tx: Transaction, name: str, role: Role, partners: Collection[str], *, disabled: bool
    ) -> None:
        if role is Role.ADMIN and not disabled and not partners:
            return
        others = (user for user in tx.users.all() if user.name != name)
        if not any(user.role is Role.ADMIN and not user.disabled and not user.partners for user in others):
            raise ConfigurationError("somebody must be left who manages users")
