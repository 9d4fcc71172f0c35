"""Bytes to an XML tree, or why not: nothing is fetched, nothing is expanded, nothing grows."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from lxml import etree

from orderwire.connectors.punchout.finding import reject
from orderwire.connectors.punchout.settings import XmlLimits
from orderwire.ports.intake import Finding

_LIMITS: Final = XmlLimits()
#: Contents of the one kind of entity that real documents declare: a switch of a DTD, which changes nothing in them.
_SWITCHES: Final = frozenset({"INCLUDE", "IGNORE"})


@dataclass(frozen=True, slots=True)
class XmlDocument:
    """A parsed document. Names of the root's own namespace have lost it: cXML has none."""

    root: etree._Element
    encoding: str
    system_id: str | None = None


def read_document(content: bytes, charset: str | None = None, limits: XmlLimits = _LIMITS) -> XmlDocument | Finding:
    """Parse bytes; `charset` is what the transport says of them, and goes before what they say themselves."""
    if len(content) > limits.max_bytes:
        return reject("limit", f"The XML has {len(content)} bytes; {limits.max_bytes} are allowed")
    # In every encoding no less than there are; each takes a hundred bytes of memory and more.
    if content.count(b"<") + content.count(b"=") > limits.max_marks:
        return reject("limit", f"The XML has more than {limits.max_marks} tags and attributes")
    try:
        root = etree.fromstring(content.lstrip(b" \t\r\n"), _parser(charset))  # many senders begin with an empty line
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        return _refusal(str(error), charset)
    return _checked(root, limits)


def _parser(charset: str | None) -> etree.XMLParser:
    """Return a parser of its own for each document: they are not shared between threads."""
    return etree.XMLParser(
        encoding=charset,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )


def _refusal(reason: str, charset: str | None) -> Finding:
    if "amplification" in reason or "entit" in reason.lower():
        return reject("entities", f"Entities are not taken: {reason}")
    if "depth" in reason:
        return reject("too_deep", f"Elements stand too deep in one another: {reason}")
    if "Resource limit" in reason or "too long" in reason:
        return reject("limit", f"A text or name is too long: {reason}")
    about = f" (read as {charset}, as the transport says)" if charset else ""
    return reject("not_xml", f"Not well-formed XML{about}: {reason}")


def _checked(root: etree._Element, limits: XmlLimits) -> XmlDocument | Finding:
    info: Any = root.getroottree().docinfo
    internal = info.internalDTD
    for entity in internal.iterentities() if internal is not None else ():
        if entity.system_url is not None or entity.orig not in _SWITCHES:
            return reject("entities", "The document declares entities, which are not taken")
    if next(root.iter(etree.Entity), None) is not None:
        return reject("entities", "The document refers to an entity, which is not taken")
    if _deeper_than(limits.max_depth)(root):
        return reject("too_deep", f"Elements stand more than {limits.max_depth} deep in one another")
    _strip_namespace(root)
    return XmlDocument(root, (info.encoding or "UTF-8").upper(), info.system_url)


@cache
def _deeper_than(depth: int) -> etree.XPath:
    return etree.XPath(f"boolean(/*{'/*' * depth})")


def _strip_namespace(root: etree._Element) -> None:
    if not root.tag.startswith("{"):
        return
    prefix = root.tag[: root.tag.index("}") + 1]
    for element in root.iter(f"{prefix}*"):
        element.tag = element.tag.removeprefix(prefix)
