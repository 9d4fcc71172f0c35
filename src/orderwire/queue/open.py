"""Opens the transport that the settings name."""

from pathlib import Path
from typing import Final

from orderwire.config.settings import Settings
from orderwire.errors import ConfigurationError
from orderwire.ports.queue import Transport
from orderwire.queue.topology import DEFAULT_TOPOLOGY, Topology

_EMBEDDED: Final = "embedded:"
_SQLITE: Final = "sqlite:///"


def open_transport(settings: Settings, topology: Topology = DEFAULT_TOPOLOGY) -> Transport:
    """Open it; RabbitMQ is connected to in the background, so this waits for nobody.

    Raises:
        ConfigurationError: the URL is of another kind, or embedded without a file.
    """
    url = settings.queue.url.get_secret_value()
    if url.startswith(_EMBEDDED):
        return _embedded(settings, topology)
    if url.startswith(("amqp://", "amqps://")):
        from orderwire.queue.rabbit import RabbitTransport

        return RabbitTransport(settings.queue, topology)
    raise ConfigurationError("queue.url: must be amqp(s)://user:password@host:port/vhost or embedded:")


def embedded_path(settings: Settings) -> Path:
    """Return the file of `embedded:///path` (a fourth slash makes it absolute), or one beside the SQLite store's.

    A file of its own, since SQLite takes one writer at a time: in the store's they would wait for each other.

    Raises:
        ConfigurationError: there is none.
    """
    url = settings.queue.url.get_secret_value()
    store = settings.store.url.get_secret_value()
    if url != _EMBEDDED:
        path = url.removeprefix(f"{_EMBEDDED}///")
    elif store.startswith(_SQLITE):
        path = _beside(store.removeprefix(_SQLITE).partition("?")[0])
    else:
        raise ConfigurationError("queue.url: embedded: needs a SQLite store; name a file with embedded:///path.db")
    if not path or path in {url, ":memory:"}:
        raise ConfigurationError("queue.url: embedded:///path.db needs a file")
    return Path(path)


def _beside(store: str) -> str:
    """Return `orderwire-queue.db` for `orderwire.db`; nothing for what is no file."""
    path = Path(store)
    return str(path.with_name(f"{path.stem}-queue{path.suffix}")) if path.name and store != ":memory:" else ""


def _embedded(settings: Settings, topology: Topology) -> Transport:
    from orderwire.queue.embedded import EmbeddedTransport

    return EmbeddedTransport(
        embedded_path(settings),
        topology,
        lease_seconds=settings.queue.lease_seconds,
        busy_seconds=settings.queue.connect_timeout_seconds,
        prefetch=settings.queue.prefetch,
    )
