"""SOAP 1.1 in and out: the request's operation and entities, the response's envelope."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from xml.sax.saxutils import escape

from lxml import etree

from orderwire.simulators.nav import keys
from orderwire.simulators.nav.faults import broker
from orderwire.simulators.nav.pages import Page, Part
from orderwire.simulators.nav.tables import Row, Table
from orderwire.simulators.nav.values import Field, Value, to_text
from orderwire.simulators.nav.world import World

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"


@dataclass(frozen=True, slots=True)
class Entity:
    """A record as a request states it: only what is said, empty elements as blank values."""

    key: str | None = None
    changes: dict[str, Value] = field(default_factory=dict)
    lines: tuple["Entity", ...] = ()


def parse(body: bytes) -> etree._Element:
    """Return the operation's element.

    Raises:
        NavFault: not a SOAP envelope, or one with a document type.
    """
    # A parser is not shared: requests are read on many threads.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise broker(f"There is an error in XML document: {error.msg}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise broker("DTD is prohibited in this XML document.")
    soap_body = root.find(f"{{{SOAP}}}Body") if root.tag == f"{{{SOAP}}}Envelope" else None
    if soap_body is None:
        raise broker("The message is not a SOAP 1.1 envelope.")
    operation = next(elements(soap_body), None)
    if operation is None:
        raise broker("The SOAP body is empty.")
    return operation


def elements(parent: etree._Element) -> Iterator[etree._Element]:
    """Walk child elements, without comments."""
    return parent.iterchildren("{*}*")


def children(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    """Walk child elements of a name, in the parent's namespace."""
    return parent.iterchildren(f"{{{etree.QName(parent).namespace or ''}}}{name}")


def child(parent: etree._Element, name: str) -> etree._Element | None:
    return next(children(parent, name), None)


def text_of(parent: etree._Element, name: str) -> str:
    """Return a child's text; absent and empty are the same."""
    found = child(parent, name)
    return "" if found is None else (found.text or "")


def entity(element: etree._Element | None, fields: tuple[Field, ...], part: Part | None = None) -> Entity:
    """Read a record. Elements that the page does not have, and those it does not let edit, are passed over."""
    if element is None:
        return Entity()
    by_name = {field.name: field for field in fields}
    key: str | None = None
    changes: dict[str, Value] = {}
    lines: tuple[Entity, ...] = ()
    for item in elements(element):
        name = etree.QName(item).localname
        known = by_name.get(name)
        if known and known.editable:
            changes[known.attribute] = known.parse(item.text or "")
        elif name == "Key":
            key = item.text or None
        elif part and name == part.name:
            lines = tuple(entity(line, part.fields) for line in children(item, part.entity))
    # In the page's order, whatever the request's: controls are validated from the top.
    ordered = {field.attribute: changes[field.attribute] for field in fields if field.attribute in changes}
    return Entity(key, ordered, lines)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes rows as a page shows them; blank text is left out, zero only on demand."""

    world: World
    page: Page
    omit_zero: bool = False

    def record(self, row: Row) -> str:
        """Write a row of the page's table, with its lines."""
        page = self.page
        body = self._fields(self.world.tables[page.table], row, page.fields)
        if page.part:
            lines = self.world.tables[page.part.table]
            rows = self.world.part_of(lines, str(self.world.value(row, "no")))
            written = "".join(_element(page.part.entity, self._fields(lines, line, page.part.fields)) for line in rows)
            body += _element(page.part.name, written) if written else ""
        return _element(page.entity, body)

    def _fields(self, table: Table[Any], row: Row, fields: tuple[Field, ...]) -> str:
        parts = [_element("Key", keys.encode(table, row))]
        for field_ in fields:
            value = self.world.value(row, field_.attribute)
            if self.omit_zero and isinstance(value, Decimal) and not value:
                continue
            if text := to_text(field_.shown(value)):
                parts.append(_element(field_.name, escape(text)))
        return "".join(parts)


def _element(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>"


def envelope(namespace: str, operation: str, content: str) -> bytes:
    """Write a response."""
    return (
        f'<Soap:Envelope xmlns:Soap="{SOAP}"><Soap:Body><{operation}_Result xmlns="{namespace}">{content}'
        f"</{operation}_Result></Soap:Body></Soap:Envelope>"
    ).encode()
