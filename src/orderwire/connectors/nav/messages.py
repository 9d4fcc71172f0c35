"""What we write, in the service's own schema: zeep knows its element order, names and types.

zeep takes a millisecond or two for a sales order, one thread at a time. So it writes the first message of each kind,
which is held against our own; those that follow with the same fields we write ourselves.
"""

import io
import threading
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Final

import zeep
from lxml import etree
from zeep.exceptions import Error as ZeepError

from orderwire.connectors.nav import soap
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
        self._name, self._wsdl = name, wsdl
        self._proven: set[Hashable] = set()
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
        """Return the envelope. Records are mappings of text, lists are `{row: records}`.

        Raises:
            ContractError: the service has no place for it.
        """
        kind = (operation, _kind(parameters))
        try:
            ours = soap.request(self._wsdl.namespace, operation, self._ordered(parameters))
            if kind in self._proven:
                return ours
            with self._lock:
                envelope = self._client.create_message(self._proxy, operation, **parameters)
        except (ZeepError, ValueError, TypeError, AttributeError) as error:
            raise ContractError(
                "the web service has no place for what is to be written",
                service=self._name,
                operation=operation,
                cause=str(error)[:200],
            ) from None
        theirs = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
        if _told(soap.parse_xml(ours)) == _told(soap.parse_xml(theirs)):
            self._proven.add(kind)
        return theirs

    def _ordered(self, parameters: Mapping[str, Any]) -> list[soap.Parameter]:
        """Return a message's parameters with the fields in the schema's order."""
        entity = self._wsdl.entity
        order = entity.fields if entity else {}
        return [
            (name, value if isinstance(value, str) else self._record(value, order))
            for name, value in parameters.items()
        ]

    def _record(self, record: Mapping[str, Any], order: Iterable[str]) -> list[soap.Parameter]:
        return [(name, self._field(name, record[name])) for name in order if name in record]

    def _field(self, name: str, value: Any) -> str | list[soap.Parameter]:
        if isinstance(value, str):
            return value
        part = self._wsdl.parts.get(name)
        order = part.fields if part else {}
        return [(row, self._record(record, order)) for row, records in value.items() for record in records]


def _kind(value: Any) -> Hashable:
    """Return what messages have in common that differ in their texts and in how often a line comes."""
    if isinstance(value, Mapping):
        return frozenset((name, _kind(below)) for name, below in value.items())
    return frozenset(map(_kind, value)) if isinstance(value, list) else None


def _told(element: etree._Element) -> tuple[object, ...]:
    """Return what an element says, whatever its prefixes."""
    return element.tag, element.text or "", [_told(child) for child in element]
