"""The punch-out connector: what it offers."""

from orderwire.canonical.order import Channel
from orderwire.config.settings import Settings
from orderwire.connectors.punchout.answers import judge
from orderwire.connectors.punchout.decoder import CxmlDecoder
from orderwire.connectors.punchout.dtd import Dtds
from orderwire.connectors.punchout.encoder import CxmlEncoder
from orderwire.ports.intake import Connector


def connect(settings: Settings) -> Connector:
    """Return the connector under the process's settings."""
    return Connector(
        name="punchout",
        decoders={Channel.PUNCHOUT: CxmlDecoder(dtds=Dtds(settings.cxml.dtd_dir))},
        encoders={Channel.PUNCHOUT: CxmlEncoder()},
        judges={Channel.PUNCHOUT: judge},
    )
