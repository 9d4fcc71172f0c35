"""Contracts of other installations: a real WSDL is served as it is, and its page works on the simulator's tables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from lxml import etree

from orderwire.errors import ConfigurationError
from orderwire.mapping.nav_names import meant
from orderwire.mapping.nav_pages import lines_of, page_of
from orderwire.simulators.nav.pages import (
    CUSTOMER,
    ITEM,
    ITEM_UNITS,
    POSTED_INVOICE,
    POSTED_SHIPMENT,
    PURCHASE_LINES,
    SALES_ORDER,
    STOCKKEEPING_UNIT,
    Page,
    Part,
)
from orderwire.simulators.nav.values import Field, Option

_WSDL: Final = "{http://schemas.xmlsoap.org/wsdl/}"
_XSD: Final = "{http://www.w3.org/2001/XMLSchema}"
#: What `page_of` says → the page with its table.
_PAGES: Final[Mapping[str, Page]] = {
    "item": ITEM,
    "customer": CUSTOMER,
    "sales_order": SALES_ORDER,
    "item_units": ITEM_UNITS,
    "stockkeeping_unit": STOCKKEEPING_UNIT,
    "purchase_lines": PURCHASE_LINES,
    "posted_shipment": POSTED_SHIPMENT,
    "posted_invoice": POSTED_INVOICE,
}
_SUFFIXES: Final = frozenset({".wsdl", ".xml"})

#: A record type's elements: name → type, without prefixes.
_Elements = dict[str, str]


@dataclass(frozen=True, slots=True)
class Published:
    """A service as its WSDL describes it. `page` is None where nothing stands behind it but the description."""

    kind: str  # Page or Codeunit
    service: str
    wsdl: bytes
    page: Page | None


def read_folder(folder: Path) -> list[Published]:
    """Read every WSDL of a folder; of two with one name the first by file name counts.

    Raises:
        ConfigurationError: a file is no WSDL of NAV's, or there is none.
    """
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in _SUFFIXES)
    found: dict[tuple[str, str], Published] = {}
    for file in files:
        try:
            service = read_service(file.read_bytes())
        except (OSError, ValueError, etree.XMLSyntaxError) as error:
            raise ConfigurationError(f"{file.name} is no WSDL of NAV's: {str(error)[:200]}") from None
        found.setdefault((service.kind, service.service), service)
    if not found:
        raise ConfigurationError(f"there is no *.wsdl in {folder}")
    return list(found.values())


def read_service(content: bytes) -> Published:
    """Read one WSDL.

    Raises:
        ValueError, etree.XMLSyntaxError: it is none.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(content, parser)
    binding = root.find(f"{_WSDL}binding")
    if root.tag != f"{_WSDL}definitions" or binding is None or root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("no definitions with a binding, or a document type")
    service = binding.get("name", "").removesuffix("_Binding")
    if "/codeunit/" in root.get("targetNamespace", ""):
        return Published("Codeunit", service, content, None)
    return Published("Page", service, content, _page(service, content, _Schema(root)))


class _Schema:
    """The WSDL's own types and operations."""

    def __init__(self, root: etree._Element) -> None:
        self.namespace = root.get("targetNamespace", "")
        schema = root.find(f"{_WSDL}types/{_XSD}schema[@targetNamespace='{self.namespace}']")
        definitions = [] if schema is None else list(schema.iterchildren(f"{_XSD}*"))
        self._named = {one.get("name", ""): one for one in definitions if not one.tag.endswith("}element")}
        self._elements = {one.get("name", ""): one for one in definitions if one.tag.endswith("}element")}
        bound = root.iterfind(f"{_WSDL}binding/{_WSDL}operation")
        self.operations = tuple(operation.get("name", "") for operation in bound)

    def answers(self, name: str) -> list[str]:
        """Return the types of an answer's elements."""
        return list(self._members(self._elements.get(name)).values())

    def read_by(self) -> tuple[str, ...]:
        return tuple(self._members(self._elements.get("Read")))

    def elements(self, name: str) -> _Elements:
        """Return the elements of a record type."""
        return self._members(self._named.get(name))

    def options(self, name: str) -> tuple[str, ...]:
        """Return the values of an enumeration; none: it is no enumeration."""
        definition = self._named.get(name)
        found = () if definition is None else definition.iter(f"{_XSD}enumeration")
        return tuple(value.get("value", "") for value in found)

    def rows_of(self, name: str) -> tuple[str, str] | None:
        """Return element and type of what a list holds; None: the type is no list."""
        members = list(self.elements(name).items())
        return members[0] if len(members) == 1 and self.elements(members[0][1]) else None

    @staticmethod
    def _members(definition: etree._Element | None) -> _Elements:
        found = () if definition is None else definition.iterfind(f".//{_XSD}sequence/{_XSD}element")
        return {one.get("name", ""): one.get("type", "").rpartition(":")[2] for one in found}


def _page(service: str, content: bytes, schema: _Schema) -> Page | None:
    """Put the page's fields over the columns of the table that it shows."""
    entity = next(iter(_entities(schema)), "")
    elements = schema.elements(entity)
    rows = {name: row for name, kind in elements.items() if (row := schema.rows_of(kind)) is not None}
    shapes = {name: (kind, tuple(schema.elements(kind))) for name, (_, kind) in rows.items()}
    like = _PAGES.get(page_of(service, tuple(elements), shapes) or "")
    if like is None:
        return None
    return Page(
        service=service,
        table=like.table,
        read_by=schema.read_by(),
        fields=_bound(elements, like.fields, schema),
        part=_part(like.part, rows, shapes, schema) if like.part else None,
        editable="Create" in schema.operations,
        entity_name=entity,
        described_as=content,
        declared_namespace=schema.namespace,
        offered=schema.operations,
    )


def _entities(schema: _Schema) -> Iterator[str]:
    """Yield the type that Read answers with, of an editable page or of a list."""
    for answer in ("Read_Result", "ReadMultiple_Result"):
        for kind in schema.answers(answer):
            row = schema.rows_of(kind)
            yield row[1] if row else kind


def _part(
    like: Part, rows: Mapping[str, tuple[str, str]], shapes: Mapping[str, tuple[str, tuple[str, ...]]], schema: _Schema
) -> Part | None:
    name = lines_of(shapes)
    if name is None:
        return None
    entity, kind = rows[name]
    return replace(like, name=name, entity=entity, fields=_bound(schema.elements(kind), like.fields, schema))


def _bound(elements: _Elements, known: tuple[Field, ...], schema: _Schema) -> tuple[Field, ...]:
    """Return the fields that the simulator has columns for, in the page's order and under its names."""
    bound: dict[str, Field] = {}
    for field in known:
        wanted = field.xml_type.rpartition(":")[2] if not field.option else ""
        fitting = [
            name
            for name, kind in elements.items()
            if (schema.options(kind) if field.option else kind == wanted) and name not in bound
        ]
        name = meant(field.name, fitting)
        if name:
            bound[name] = replace(field, name=name, option=_option(field, elements[name], schema))
    return tuple(bound[name] for name in elements if name in bound)


def _option(field: Field, kind: str, schema: _Schema) -> Option | None:
    """Return the page's options with what each is called in the table."""
    if field.option is None:
        return None
    members = schema.options(kind)
    names = {theirs: ours for ours in field.option.members if (theirs := meant(ours, members)) is not None}
    return Option(kind, members, tuple(names.get(member, member) for member in members))
