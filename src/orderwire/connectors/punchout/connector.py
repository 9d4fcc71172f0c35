"""The punch-out connector: what it offers."""

from orderwire.canonical.order import Channel
from orderwire.config.settings import Settings
from orderwire.connectors.punchout.decoder import CxmlDecoder
from orderwire.ports.intake import Connector


def connect(_settings: Settings) -> Connector:
    """Return the connector."""
    return Connector(name="punchout", decoders={Channel.PUNCHOUT: CxmlDecoder()})
