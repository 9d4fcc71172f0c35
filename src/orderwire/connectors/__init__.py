"""The registry: a new connector is one folder and one line here. Others register under `orderwire.connectors`."""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from orderwire.canonical.order import Channel
    from orderwire.config.settings import Settings
    from orderwire.ports.intake import Connector, Decoder

#: Name → module with `connect(settings) -> Connector`.
REGISTRY: Final[Mapping[str, str]] = {
    "api": "orderwire.connectors.api.connector",
    "channels": "orderwire.connectors.channels.connector",
    "edi": "orderwire.connectors.edi.connector",
    "nav": "orderwire.connectors.nav.connector",
    "punchout": "orderwire.connectors.punchout.connector",
}


def decoders_of(connectors: "Iterable[Connector]") -> "dict[Channel, Decoder]":
    """Return the decoder of each channel."""
    return {channel: decoder for one in connectors for channel, decoder in one.decoders.items()}


def connect_all(settings: "Settings") -> "list[Connector]":
    """Connect every registered connector, ours first."""
    ours = [import_module(module).connect for module in REGISTRY.values()]
    theirs = [point.load() for point in entry_points(group="orderwire.connectors")]
    return [cast("Callable[[Settings], Connector]", connect)(settings) for connect in (*ours, *theirs)]
