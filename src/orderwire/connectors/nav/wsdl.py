"""What a page service's WSDL says: its fields, its lines, its operations. Plain facts, no judgement."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from orderwire.connectors.nav.soap import NotSoapError, name_of, parse_xml

_WSDL: Final = "{http://schemas.xmlsoap.org/wsdl/}"
_BINDING: Final = "{http://schemas.xmlsoap.org/wsdl/soap/}operation"
_XSD: Final = "{http://www.w3.org/2001/XMLSchema}"

#: No page of NAV's comes near this.
_MAX_FIELDS: Final = 2000

_PAGE: Final = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+)?html\b", re.IGNORECASE)
#: What else is found at NAV's addresses.
_OTHERS: Final = {
    "{http://schemas.xmlsoap.org/disco/}discovery": "the list of NAV's services, not the WSDL of one",
    "{http://schemas.xmlsoap.org/soap/envelope/}Envelope": "an answer of a web service, not its WSDL",
    "{http://schemas.microsoft.com/ado/2007/06/edmx}Edmx": "the metadata of an OData service, not a WSDL",
    "{http://docs.oasis-open.org/odata/ns/edmx}Edmx": "the metadata of an OData service, not a WSDL",
}

#: Namespace and name.
_Name = tuple[str, str]


class NotWsdlError(ValueError):
    """The bytes are no WSDL of NAV's."""


@dataclass(frozen=True, slots=True)
class FieldType:
    """`string`, `decimal`, `boolean`, `int`, `date`, `dateTime`, `enum` with its values, or `list` with its entity."""

    kind: str
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {'|'.join(self.values)}".strip() if self.kind == "enum" else self.kind


@dataclass(frozen=True, slots=True)
class Entity:
    """A record of the page, or of a part of it: element name, fields by name in NAV's order."""

    name: str
    fields: Mapping[str, FieldType]


@dataclass(frozen=True, slots=True)
class Wsdl:
    """One service as its WSDL describes it."""

    service: str
    namespace: str
    binding: str
    actions: Mapping[str, str]  # operation → SOAPAction
    entity: Entity | None  # None: a codeunit
    parts: Mapping[str, Entity] = field(default_factory=dict)  # field of the entity → its rows
    filterable: frozenset[str] = frozenset()
    read_by: tuple[str, ...] = ()  # the fields that Read asks for

    @property
    def fingerprint(self) -> str:
        """Equal as long as the service looks the same; addresses do not count."""
        facts = {
            "namespace": self.namespace,
            "actions": sorted(self.actions),
            "fields": _told(self.entity) if self.entity else [],
            "parts": {name: _told(part) for name, part in self.parts.items()},
            "filterable": sorted(self.filterable),
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _told(entity: Entity) -> list[str]:
    return sorted(f"{name}: {kind}" for name, kind in entity.fields.items())


def read_wsdl(content: bytes) -> Wsdl:
    """Read a WSDL.

    Raises:
        NotWsdlError: it is none, or nothing that NAV would write.
    """
    if _PAGE.match(content):
        raise NotWsdlError("a web page, not a WSDL: somebody answered in NAV's place, or asks to sign in")
    try:
        root = parse_xml(content)
    except NotSoapError as error:
        raise NotWsdlError(str(error)) from None
    binding = root.find(f"{_WSDL}binding")
    if root.tag != f"{_WSDL}definitions" or binding is None or not binding.get("name"):
        raise NotWsdlError(_OTHERS.get(root.tag, "not a WSDL"))
    _refuse_imports(root)
    namespace = root.get("targetNamespace", "")
    binding_name = binding.get("name", "")
    schema = _Schema(root)
    entity = schema.entity_of_reads()
    return Wsdl(
        service=binding_name.removesuffix("_Binding"),
        namespace=namespace,
        binding=f"{{{namespace}}}{binding_name}",
        actions=dict(_actions(binding)),
        entity=entity,
        parts=schema.parts_of(entity) if entity else {},
        filterable=schema.filterable_of(entity) if entity else frozenset(),
        read_by=schema.parameters_of("Read") if entity else (),
    )


def _refuse_imports(root: etree._Element) -> None:
    """Refuse what would be fetched from elsewhere: NAV writes everything into one document."""
    for name in ("import", "include", "redefine"):
        for space in (_WSDL, _XSD):
            for element in root.iter(f"{space}{name}"):
                place = element.get("schemaLocation") or element.get("location")
                if place:
                    raise NotWsdlError(f"it wants another document: {place[:120]}")


def _actions(binding: etree._Element) -> Iterator[tuple[str, str]]:
    for operation in binding.iterfind(f"{_WSDL}operation"):
        soap = operation.find(_BINDING)
        if soap is not None:
            yield operation.get("name", ""), soap.get("soapAction", "")


class _Schema:
    """The definitions of the WSDL's inline schemas, by namespace and name: an XMLport brings a schema of its own."""

    def __init__(self, root: etree._Element) -> None:
        self._namespace = root.get("targetNamespace", "")
        self._types: dict[_Name, etree._Element] = {}
        self._elements: dict[_Name, etree._Element] = {}
        for schema in root.iter(f"{_XSD}schema"):
            namespace = schema.get("targetNamespace", "")
            for child in schema.iterchildren(f"{_XSD}*"):
                kept = self._elements if name_of(child) == "element" else self._types
                kept[namespace, child.get("name", "")] = child

    def entity_of_reads(self) -> Entity | None:
        """Return what `Read` and `ReadMultiple` answer with: NAV calls it as the service is published."""
        for reply in ("Read_Result", "ReadMultiple_Result"):
            for child in _children(self._elements.get((self._namespace, reply))):
                entity = self._entity(_type_of(child))
                if entity is not None:
                    return self._row_of(entity) or entity
        return None

    def parameters_of(self, operation: str) -> tuple[str, ...]:
        """Return the names of an operation's parameters."""
        element = self._elements.get((self._namespace, operation))
        return tuple(child.get("name", "") for child in _children(element))

    def parts_of(self, entity: Entity) -> dict[str, Entity]:
        """Return the record type of every list among the entity's fields."""
        found: dict[str, Entity] = {}
        for name, kind in entity.fields.items():
            listed = self._entity((self._namespace, kind.values[0])) if kind.kind == "list" else None
            row = self._row_of(listed) if listed else None
            if row is not None:
                found[name] = row
        return found

    def filterable_of(self, entity: Entity) -> frozenset[str]:
        return frozenset(self._enumeration(self._types.get((self._namespace, f"{entity.name}_Fields"))))

    def _row_of(self, entity: Entity) -> Entity | None:
        """Return the type of a list's only element; None: it is no list."""
        only = next(iter(entity.fields.items())) if len(entity.fields) == 1 else None
        if only is None or only[1].kind != "list":
            return None
        row = self._entity((self._namespace, only[1].values[0]))
        return Entity(only[0], row.fields) if row else None

    def _entity(self, type_name: _Name) -> Entity | None:
        definition = self._types.get(type_name)
        if definition is None or name_of(definition) != "complexType":
            return None
        fields = list(_children(definition))
        if len(fields) > _MAX_FIELDS:
            raise NotWsdlError(f"{type_name[1][:80]} has more fields than any page")
        return Entity(type_name[1], {child.get("name", ""): self._field(child) for child in fields})

    def _field(self, element: etree._Element) -> FieldType:
        type_name = _type_of(element)
        definition = self._types.get(type_name)
        if definition is None:
            return FieldType(type_name[1] or "unknown")
        if name_of(definition) == "complexType":
            return FieldType("list", (type_name[1],))
        return FieldType("enum", tuple(self._enumeration(definition)))

    @staticmethod
    def _enumeration(definition: etree._Element | None) -> list[str]:
        if definition is None:
            return []
        return [value.get("value", "") for value in definition.iter(f"{_XSD}enumeration")]


def _children(definition: etree._Element | None) -> Iterator[etree._Element]:
    """Yield a type's (or an element's inline type's) elements."""
    return iter(()) if definition is None else definition.iterfind(f".//{_XSD}sequence/{_XSD}element")


def _type_of(element: etree._Element) -> _Name:
    prefix, _, name = element.get("type", "").rpartition(":")
    return element.nsmap.get(prefix or None, ""), name
