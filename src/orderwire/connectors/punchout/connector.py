"""The punch-out connector: what it offers."""

from orderwire.canonical.order import Channel
from orderwire.config.settings import Settings
from orderwire.connectors.punchout.answers import judge
from orderwire.connectors.punchout.decoder import CxmlDecoder
from orderwire.connectors.punchout.encoder import CxmlEncoder
from orderwire.ports.intake import Connector


def connect(_settings: Settings) -> Connector:
    """Return the connector."""
    return Connector(
        name="punchout",
        decoders={Channel.PUNCHOUT: CxmlDecoder()},
        encoders={Channel.PUNCHOUT: CxmlEncoder()},
        judges={Channel.PUNCHOUT: judge},
    )
