"""The channels connector: inlets and deliverers."""

from orderwire.config.partners import Partners
from orderwire.config.secrets import Secrets
from orderwire.config.settings import Settings
from orderwire.connectors.channels.as2 import As2Deliverer
from orderwire.connectors.channels.as2_parties import As2Parties
from orderwire.connectors.channels.folder import FolderDeliverer, FolderInlet
from orderwire.connectors.channels.http import HttpDeliverer
from orderwire.connectors.channels.sftp import SftpDeliverer, SftpInlet
from orderwire.ports.intake import Connector


def connect(settings: Settings) -> Connector:
    """Return the channels of this deployment."""
    partners, secrets, max_bytes = Partners(settings.config_dir), Secrets(), settings.limits.max_document_bytes
    return Connector(
        "channels",
        deliverers={
            "folder": FolderDeliverer(settings.data_dir),
            "sftp": SftpDeliverer(secrets),
            "http": HttpDeliverer(settings.config_dir, secrets),
            "as2": As2Deliverer(As2Parties(settings)),
        },
        inlets=(
            FolderInlet(settings.data_dir, partners, max_bytes=max_bytes),
            SftpInlet(partners, secrets, max_bytes),
        ),
    )
