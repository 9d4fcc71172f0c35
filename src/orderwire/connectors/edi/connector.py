"""The EDIFACT connector: what it offers."""

from orderwire.canonical.order import Channel
from orderwire.config.settings import Settings
from orderwire.connectors.edi.decoder import OrdersDecoder
from orderwire.connectors.edi.encoder import EdifactEncoder
from orderwire.connectors.edi.settings import limits_of
from orderwire.ports.intake import Connector


def connect(settings: Settings) -> Connector:
    """Return the connector under the process's settings."""
    return Connector(
        name="edi",
        decoders={Channel.EDI: OrdersDecoder(limits_of(settings))},
        encoders={Channel.EDI: EdifactEncoder()},
    )
