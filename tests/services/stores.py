"""Stores opened by URL, and a crash to try them with."""

from typing import NoReturn

from pydantic import SecretStr

from orderwire.config.settings import Settings, StoreSettings
from orderwire.store import SqlStore, open_store


def open_at(url: str) -> SqlStore:
    return open_store(Settings(store=StoreSettings(url=SecretStr(url), connect_timeout_seconds=2)))


def migrate_store(url: str) -> None:
    """Bring the schema at `url` up to date, and leave no connection behind."""
    store = open_at(url)
    store.migrate()
    store.close()


def crash() -> NoReturn:
    """Fail in the middle of the work.

    Raises:
        ZeroDivisionError: always.
    """
    raise ZeroDivisionError
