"""WSDL of a service, in the grammar that NAV's server writes."""

from collections.abc import Iterable, Mapping
from typing import Final
from xml.sax.saxutils import quoteattr

from orderwire.simulators.nav.pages import Page
from orderwire.simulators.nav.values import Field, Option

SYSTEM_NAMESPACE: Final = "urn:microsoft-dynamics-schemas/nav/system/"
CODEUNIT_NAMESPACE: Final = "urn:microsoft-dynamics-schemas/codeunit/"
_WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
_WSDL_SOAP: Final = "http://schemas.xmlsoap.org/wsdl/soap/"
_UNBOUNDED: Final = "unbounded"


def page_wsdl(page: Page, location: str) -> bytes:
    """Describe a page service; one of another installation by its own WSDL, addresses and all."""
    if page.described_as:
        return page.described_as
    schema = [*_options(page), *_entities(page), *_operation_elements(page)]
    service = page.service
    return _document(page.namespace, schema, page.operations, service, f"{service}_Service", location)


def codeunit_wsdl(
    service: str, function: str, parameters: Mapping[str, str], given: Iterable[str], location: str
) -> bytes:
    """Describe a codeunit with one function: parameters by name with their types, and those that it gives back."""
    namespace = f"{CODEUNIT_NAMESPACE}{service}"
    taken = [_element(name, f"xsd:{kind}") for name, kind in parameters.items()]
    result = [_element(name, "xsd:string") for name in ("return_value", *given)]
    schema = [_wrapper(function, taken), _wrapper(f"{function}_Result", result)]
    return _document(namespace, schema, [function], service, service, location)


def system_wsdl(location: str) -> bytes:
    """Describe SystemService, which lists the companies."""
    result = _element("return_value", "xsd:string", least=0, most=_UNBOUNDED)
    schema = [_wrapper("Companies", []), _wrapper("Companies_Result", [result])]
    return _document(SYSTEM_NAMESPACE, schema, ["Companies"], "SystemService", "SystemService", location)


def _element(name: str, xml_type: str, *, least: int = 1, most: str = "1") -> str:
    return f'<xsd:element minOccurs="{least}" maxOccurs="{most}" name="{name}" type="{xml_type}" />'


def _complex(name: str, members: Iterable[str]) -> str:
    return f'<xsd:complexType name="{name}"><xsd:sequence>{"".join(members)}</xsd:sequence></xsd:complexType>'


def _enumeration(name: str, values: Iterable[str]) -> str:
    members = "".join(f"<xsd:enumeration value={quoteattr(value)} />" for value in values)
    return (
        f'<xsd:simpleType name="{name}"><xsd:restriction base="xsd:string">{members}</xsd:restriction></xsd:simpleType>'
    )


def _wrapper(name: str, members: Iterable[str]) -> str:
    sequence = "".join(members)
    inner = f"<xsd:sequence>{sequence}</xsd:sequence>" if sequence else "<xsd:sequence />"
    return f'<xsd:element name="{name}"><xsd:complexType>{inner}</xsd:complexType></xsd:element>'


def _options(page: Page) -> Iterable[str]:
    fields = page.fields + (page.part.fields if page.part else ())
    options: dict[str, Option] = {field.option.name: field.option for field in fields if field.option}
    return (_enumeration(option.name, option.members) for option in options.values())


def _members(fields: Iterable[Field]) -> list[str]:
    key = _element("Key", "xsd:string", least=0)
    return [key, *(_element(field.name, field.xml_type, least=0) for field in fields)]


def _list_of(entity: str, name: str) -> str:
    return _complex(name, [_element(entity, f"tns:{entity}", most=_UNBOUNDED)])


def _entities(page: Page) -> Iterable[str]:
    service, part = page.service, page.part
    lines = []
    if part:
        yield _complex(part.entity, _members(part.fields))
        yield _list_of(part.entity, f"{part.entity}_List")
        lines = [_element(part.name, f"tns:{part.entity}_List", least=0)]
    yield _complex(service, [*_members(page.fields), *lines])
    yield _list_of(service, f"{service}_List")
    yield _enumeration(f"{service}_Fields", (field.name for field in page.fields))
    criteria = [_element("Field", f"tns:{service}_Fields"), _element("Criteria", "xsd:string")]
    yield _complex(f"{service}_Filter", criteria)


def _operation_elements(page: Page) -> Iterable[str]:
    parameters = _parameters(page)
    for operation in page.operations:
        taken, given = parameters[operation]
        yield _wrapper(operation, taken)
        yield _wrapper(f"{operation}_Result", given)


def _parameters(page: Page) -> dict[str, tuple[list[str], list[str]]]:
    """Return for each operation the members of its request and of its response."""
    service = page.service
    one, many = f"tns:{service}", f"tns:{service}_List"
    key = [_element("Key", "xsd:string")]
    entity, listed = [_element(service, one)], [_element(f"{service}_List", many)]
    found = [_element(service, one, least=0)]
    read_by = [_element(field.name, field.xml_type) for field in page.fields if field.name in page.read_by]
    multiple = [
        _element("filter", f"tns:{service}_Filter", most=_UNBOUNDED),
        _element("bookmarkKey", "xsd:string", least=0),
        _element("setSize", "xsd:int"),
    ]
    part = page.part.name if page.part else ""
    return {
        "Read": (read_by, found),
        "ReadByRecId": ([_element("recId", "xsd:string")], found),
        "ReadMultiple": (multiple, [_element("ReadMultiple_Result", many, least=0)]),
        "IsUpdated": (key, [_element("IsUpdated_Result", "xsd:boolean")]),
        "GetRecIdFromKey": (key, [_element("GetRecIdFromKey_Result", "xsd:string")]),
        "Create": (entity, entity),
        "CreateMultiple": (listed, listed),
        "Update": (entity, entity),
        "UpdateMultiple": (listed, listed),
        "Delete": (key, [_element("Delete_Result", "xsd:boolean")]),
        f"Delete_{part}": (
            [_element(f"{part}_Key", "xsd:string")],
            [_element(f"Delete_{part}_Result", "xsd:boolean")],
        ),
    }


def _document(  # noqa: PLR0917  the five names of a service and its schema
    namespace: str, schema: Iterable[str], operations: Iterable[str], name: str, service: str, location: str
) -> bytes:
    operations = list(operations)
    messages = [message for operation in operations for message in (operation, f"{operation}_Result")]
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<definitions xmlns:tns="{namespace}" targetNamespace="{namespace}" xmlns="{_WSDL}"><types>'
        f'<xsd:schema elementFormDefault="qualified" targetNamespace="{namespace}" '
        f'xmlns:xsd="http://www.w3.org/2001/XMLSchema">{"".join(schema)}</xsd:schema></types>'
        + "".join(f'<message name="{it}"><part name="parameters" element="tns:{it}" /></message>' for it in messages)
        + f'<portType name="{name}_Port">{"".join(map(_port_operation, operations))}</portType>'
        f'<binding name="{name}_Binding" type="tns:{name}_Port">'
        f'<binding transport="http://schemas.xmlsoap.org/soap/http" xmlns="{_WSDL_SOAP}" />'
        + "".join(_bound_operation(namespace, operation) for operation in operations)
        + f'</binding><service name="{service}"><port name="{name}_Port" binding="tns:{name}_Binding">'
        f'<address location={quoteattr(location)} xmlns="{_WSDL_SOAP}" /></port></service></definitions>'
    )
    return text.encode()


def _port_operation(name: str) -> str:
    return (
        f'<operation name="{name}"><input name="{name}" message="tns:{name}" />'
        f'<output name="{name}_Result" message="tns:{name}_Result" /></operation>'
    )


def _bound_operation(namespace: str, name: str) -> str:
    body = f'<body use="literal" xmlns="{_WSDL_SOAP}" />'
    return (
        f'<operation name="{name}"><operation soapAction="{namespace}:{name}" style="document" xmlns="{_WSDL_SOAP}" />'
        f'<input name="{name}">{body}</input><output name="{name}_Result">{body}</output></operation>'
    )
