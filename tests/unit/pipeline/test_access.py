"""Access: passwords are counted before they are tried."""

from typing import Any

import pytest

from fakes.world import World
from orderwire.errors import AccessRefusedError
from orderwire.pipeline.access import FREE_OF_ACCOUNT, Access
from orderwire.pipeline.accounts import Accounts
from orderwire.ports.access import Role


class PlainPasswords:
    """Remembers how often it was asked."""

    def __init__(self) -> None:
        self.tried = 0

    def hash(self, password: str) -> str:
        return password

    def verify(self, password_hash: str | None, password: str) -> bool:
        self.tried += 1
        return password_hash == password


def test_a_password_is_not_tried_while_an_account_waits(world: World) -> None:
    """Guesses beyond the free ones never reach the hash, however many come at once."""
    passwords = PlainPasswords()
    access = Access(world.store, passwords, world.clock)

    for _ in range(FREE_OF_ACCOUNT + 20):
        with pytest.raises(AccessRefusedError):
            access.login("ada", "guess", "192.0.2.1")

    assert passwords.tried == FREE_OF_ACCOUNT


def test_good_logins_do_not_add_up(world: World) -> None:
    """An office behind one address may log in all day."""
    passwords = PlainPasswords()
    access = Access(world.store, passwords, world.clock)
    partners: Any = world.partners  # a fake of what is used
    accounts = Accounts(world.store, passwords, partners, world.clock)
    accounts.add("ada", "a long password", Role.VIEWER, [], who="test")

    sessions = {access.login("ada", "a long password", "192.0.2.1") for _ in range(60)}

    assert len(sessions) == 60
