"""SOAP envelopes: written for reads, and parsed by a parser that trusts nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"

#: A parameter: text, or parameters below it.
Parameter = tuple[str, "str | Sequence[Parameter]"]

_UNSAYABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotSoapError(ValueError):
    """The bytes are no SOAP envelope."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What NAV said no with: the .NET exception's short name, and its sentence."""

    kind: str
    text: str


def sayable(text: str) -> bool:
    """Return whether XML can carry the text at all."""
    return _UNSAYABLE.search(text) is None


def request(namespace: str, operation: str, parameters: Sequence[Parameter]) -> bytes:
    """Return the envelope of a call."""
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP})
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    call = etree.SubElement(body, f"{{{namespace}}}{operation}", nsmap={"n": namespace})
    _append(call, namespace, parameters)
    return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")


def _append(parent: etree._Element, namespace: str, parameters: Sequence[Parameter]) -> None:
    for name, value in parameters:
        element = etree.SubElement(parent, f"{{{namespace}}}{name}")
        if isinstance(value, str):
            element.text = value
        else:
            _append(element, namespace, value)


def parse_xml(content: bytes) -> etree._Element:
    """Return the root of an XML document without DTD.

    Raises:
        NotSoapError: it is none.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotSoapError(f"not well-formed: {str(error)[:120]}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotSoapError("a document type declaration is not allowed")
    return root


def parse(content: bytes) -> etree._Element | Fault:
    """Return the element in the envelope's body, or the fault that stands there.

    Raises:
        NotSoapError: the bytes are no envelope with one element in its body.
    """
    root = parse_xml(content)
    body = root.find(f"{{{SOAP}}}Body") if root.tag == f"{{{SOAP}}}Envelope" else None
    if body is None or len(body) != 1:
        raise NotSoapError("not a SOAP envelope")
    if body[0].tag == f"{{{SOAP}}}Fault":
        return _fault(body[0])
    return body[0]


def _fault(element: etree._Element) -> Fault:
    code = (element.findtext("faultcode") or "").rpartition(":")[2]
    text = " ".join((element.findtext("faultstring") or "").split())
    return Fault(kind=code.rpartition(".")[2].strip() or "unknown", text=text[:500])


def name_of(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]
