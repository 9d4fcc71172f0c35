"""The URL decides which transport there is, and where."""

from pathlib import Path

import pytest

from orderwire.config.settings import Settings
from orderwire.errors import ConfigurationError
from orderwire.queue.embedded import EmbeddedTransport
from orderwire.queue.open import embedded_path, open_transport


def settings(queue: str, store: str = "sqlite:///var/orderwire.db") -> Settings:
    return Settings.model_validate({"queue": {"url": queue}, "store": {"url": store}})


@pytest.mark.parametrize(
    ("queue", "store", "path"),
    [
        ("embedded:", "sqlite:///var/orderwire.db", "var/orderwire-queue.db"),
        ("embedded:", "sqlite:////srv/orderwire.db?timeout=3", "/srv/orderwire-queue.db"),
        ("embedded:///queue.db", "postgresql://localhost/orderwire", "queue.db"),
        ("embedded:////srv/queue.db", "sqlite:///var/orderwire.db", "/srv/queue.db"),
    ],
)
def test_the_file_is_beside_the_stores_unless_it_is_named(queue: str, store: str, path: str) -> None:
    """Store and queue do not wait for each other; three slashes are relative and four absolute, as for the store."""
    assert embedded_path(settings(queue, store)) == Path(path)


@pytest.mark.parametrize(
    ("queue", "store"),
    [
        ("embedded:", "postgresql://localhost/orderwire"),
        ("embedded:", "sqlite:///:memory:"),
        ("embedded:", "sqlite:///"),
        ("embedded:queue.db", "sqlite:///var/orderwire.db"),
        ("embedded:///", "sqlite:///var/orderwire.db"),
        ("redis://localhost", "sqlite:///var/orderwire.db"),
        ("", "sqlite:///var/orderwire.db"),
        ("amqp://guest:secret@host:port/", "sqlite:///var/orderwire.db"),
        ("amqp://guest:secret@[::1/?heartbeat=often", "sqlite:///var/orderwire.db"),
    ],
)
def test_a_url_that_means_nothing_is_refused(queue: str, store: str) -> None:
    """The sentence says what is wanted, and keeps the password to itself."""
    with pytest.raises(ConfigurationError, match=r"queue\.url") as caught:
        open_transport(settings(queue, store))

    assert "secret" not in str(caught.value)


def test_embedded_opens_a_file_in_a_new_folder(tmp_path: Path) -> None:
    """The first start on a fresh machine needs no preparation."""
    transport = open_transport(settings(f"embedded:///{tmp_path}/new/queue.db"))

    transport.declare()
    transport.close()

    assert isinstance(transport, EmbeddedTransport)
    assert (tmp_path / "new" / "queue.db").exists()
