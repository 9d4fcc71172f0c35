"""Certificate authorities: what decides whether a server is who it says."""

import ssl
from pathlib import Path

from orderwire.errors import DeliveryRefusedError


def trusted(folder: Path, ca_file: str | None) -> ssl.SSLContext:
    """Return a context that trusts the authorities in a file of the configuration, or the system's.

    Raises:
        DeliveryRefusedError: the file is missing, or holds no certificates.
    """
    try:
        return ssl.create_default_context(cafile=str(folder / ca_file) if ca_file else None)
    except OSError as error:  # ssl.SSLError is one
        raise DeliveryRefusedError("the file of trusted certificates cannot be read", file=ca_file) from error
