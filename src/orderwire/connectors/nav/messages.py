"""What we write, in the service's own schema: zeep knows its element order, names and types."""

import io
import threading
from collections.abc import Mapping
from typing import Any, Final

import zeep
from lxml import etree
from zeep.exceptions import Error as ZeepError

from orderwire.connectors.nav.wsdl import Wsdl
from orderwire.errors import ContractError


class _NoNetwork(zeep.Transport):
    """zeep writes our messages; it never opens a connection or a file."""

    def load(self, url: str) -> bytes:
        raise ContractError("the WSDL wants other documents", cause=str(url)[:200])


# zeep is not typed.
_CLIENT: Final[Any] = zeep.Client
_TRANSPORT: Final[Any] = _NoNetwork


class Writer:
    """Messages as the service's own schema wants them: element order, names, types."""

    def __init__(self, wsdl: Wsdl, content: bytes, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()  # zeep's types are lazy
        settings = zeep.Settings(forbid_dtd=True, forbid_entities=True, forbid_external=True)
        try:
            self._client = _CLIENT(io.BytesIO(content), transport=_TRANSPORT(), settings=settings)
            # The address in the WSDL is some server's own name for itself; ours comes from the settings.
            self._proxy = self._client.create_service(wsdl.binding, "urn:not-used")
        except (
            ZeepError,
            etree.LxmlError,
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
            RecursionError,
        ) as error:
            raise ContractError("NAV's WSDL cannot be used", service=name, cause=str(error)[:200]) from None

    def message(self, operation: str, parameters: Mapping[str, Any]) -> bytes:
        try:
            with self._lock:
                envelope = self._client.create_message(self._proxy, operation, **parameters)
        except (ZeepError, ValueError, TypeError, AttributeError) as error:
            raise ContractError(
                "the web service has no place for what is to be written",
                service=self._name,
                operation=operation,
                cause=str(error)[:200],
            ) from None
        return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
