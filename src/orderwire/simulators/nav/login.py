"""Who may call: Basic for each request, NTLM for a connection."""

import atexit
import base64
import binascii
import hmac
import os
import struct
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final, Literal

import spnego
from spnego.exceptions import SpnegoError

from orderwire.errors import ConfigurationError

Auth = Literal["basic", "ntlm", "both", "bearer"]

_BASIC_CHALLENGE: Final = 'Basic realm=""'
#: What pyspnego raises at tokens that are none, or prove nothing.
_BAD_TOKEN: Final = (SpnegoError, ValueError, struct.error, LookupError, TypeError, NotImplementedError)


@dataclass(frozen=True, slots=True)
class Account:
    r"""The one user of the simulated NAV; `user` may be `DOMAIN\name`."""

    user: str
    password: str
    auth: Auth

    def __post_init__(self) -> None:
        if self.auth != "basic" and any(mark in self.user + self.password for mark in ":\r\n"):
            raise ConfigurationError("NTLM: no colon or line end in user or password")

    @property
    def challenges(self) -> tuple[str, ...]:
        """What a 401 offers."""
        if self.auth == "bearer":
            return ("Bearer",)
        ntlm = () if self.auth == "basic" else ("Negotiate", "NTLM")
        return ntlm if self.auth == "ntlm" else (*ntlm, _BASIC_CHALLENGE)


class _CredentialStore:
    """The file in which pyspnego's NTLM acceptor looks for passwords.

    pyspnego takes it from the variable NTLM_USER_FILE and from nowhere else, each time anew. The variable is set once
    per process, to a file of our own; simulators with different users take turns in it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._file: Path | None = None

    def step(self, account: Account, advance: Callable[[], bytes | None]) -> bytes | None:
        """Advance a handshake while the store holds this account."""
        with self._lock:
            if self._file is None:
                directory = tempfile.TemporaryDirectory(prefix="orderwire-ntlm-")
                atexit.register(directory.cleanup)
                self._file = Path(directory.name, "users")
                os.environ["NTLM_USER_FILE"] = str(self._file)
            domain, _, name = account.user.rpartition("\\")
            lines = {f":{name}:{account.password}", f"{domain}:{name}:{account.password}"}
            self._file.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
            return advance()


_STORE: Final = _CredentialStore()


class Login:
    """What one connection has proved so far."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._context: Any = None
        self._proved = False

    def admit(self, authorization: str | None) -> tuple[str, ...]:
        """Return nothing if the request may pass, else the WWW-Authenticate values of the 401."""
        scheme, _, token = (authorization or "").partition(" ")
        if self._account.auth == "bearer":
            given = scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), self._account.password.encode())
            return () if given else self._account.challenges
        if scheme.lower() == "basic" and self._account.auth != "ntlm":
            return () if self._basic(token) else self._account.challenges
        if scheme.lower() in {"ntlm", "negotiate"} and self._account.auth != "basic":
            return self._handshake(scheme, token)
        return () if self._proved else self._account.challenges

    def forget(self) -> None:
        """Ask for credentials again."""
        self._context, self._proved = None, False

    def _basic(self, token: str) -> bool:
        try:
            given = base64.b64decode(token.strip(), validate=True)
        except binascii.Error:
            return False
        user, colon, password = given.partition(b":")
        known = self._account.user.encode(), self._account.password.encode()
        # NAV's user names do not tell upper from lower case; passwords do.
        same_user = hmac.compare_digest(user.lower(), known[0].lower())
        return bool(colon) and hmac.compare_digest(password, known[1]) and same_user

    def _handshake(self, scheme: str, token: str) -> tuple[str, ...]:
        try:
            answer = _STORE.step(self._account, lambda: self._advance(scheme, base64.b64decode(token, validate=True)))
        except _BAD_TOKEN:
            self.forget()
            return self._account.challenges
        if self._context.complete:
            self._context, self._proved = None, True
            return ()
        return (f"{scheme} {base64.b64encode(answer or b'').decode()}",)

    def _advance(self, scheme: str, token: bytes) -> bytes | None:
        if self._context is None:
            self._proved = False
            protocol = "ntlm" if scheme.lower() == "ntlm" else "negotiate"
            self._context = spnego.server(protocol=protocol, options=spnego.NegotiateOptions.use_ntlm)
        answer: bytes | None = self._context.step(token)
        return answer
