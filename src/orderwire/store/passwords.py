"""Passwords as they are kept: argon2id with the library's parameters, each hash with its own salt."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()


class ArgonPasswords:
    def hash(self, password: str) -> str:
        return _HASHER.hash(password)

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Compare; None takes as long and is always wrong."""
        nobodys = _nobodys_hash()
        try:
            _HASHER.verify(password_hash or nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody")
