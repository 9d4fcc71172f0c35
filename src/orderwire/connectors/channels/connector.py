"""The channels connector: inlets and deliverers."""

from orderwire.config.partners import Partners
from orderwire.config.settings import Settings
from orderwire.connectors.channels.folder import FolderDeliverer, FolderInlet
from orderwire.ports.intake import Connector


def connect(settings: Settings) -> Connector:
    """Return the folder channel of this deployment."""
    inlet = FolderInlet(settings.data_dir, Partners(settings.config_dir), max_bytes=settings.limits.max_document_bytes)
    return Connector("channels", deliverers={"folder": FolderDeliverer(settings.data_dir)}, inlets=(inlet,))
