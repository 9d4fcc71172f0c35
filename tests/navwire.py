"""NAV without a network: WSDLs and answers in NAV's grammar, handed out by lanes that remember what was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import SecretStr

from orderwire.config.nav import NavServices, NavSettings
from orderwire.connectors.nav.connection import Reply
from orderwire.connectors.nav.faults import Call
from orderwire.connectors.nav.lanes import Lanes
from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.wants import SHIP_TO_FIELDS, Page

Fields = Mapping[str, str]

ITEM: Fields = {
    "Key": "string",
    "No": "string",
    "Description": "string",
    "Base_Unit_of_Measure": "string",
    "Blocked": "boolean",
    "GTIN": "string",
    "Unit_Price": "decimal",
    "Inventory": "decimal",
    "Qty_on_Sales_Order": "decimal",
    "Safety_Stock_Quantity": "decimal",
}
CUSTOMER: Fields = {
    "Key": "string",
    "No": "string",
    "Name": "string",
    "Blocked": "enum _blank_ Ship Invoice All",
    "Credit_Limit_LCY": "decimal",
    "Balance_LCY": "decimal",
    "Outstanding_Orders_LCY": "decimal",
    "Shipped_Not_Invoiced_LCY": "decimal",
    "Balance_Due_LCY": "decimal",
}
SALES_ORDER: Fields = {
    "Key": "string",
    "No": "string",
    "Sell_to_Customer_No": "string",
    "External_Document_No": "string",
    "Order_Date": "date",
    "Requested_Delivery_Date": "date",
    "Status": "enum Open Released",
    "Currency_Code": "string",
    **dict.fromkeys((f"Ship_to_{name}" for name in (*SHIP_TO_FIELDS, "Country_Region_Code")), "string"),
    "SalesLines": "part Sales_Order_Line",
}
SALES_LINE: Fields = {
    "Key": "string",
    "Type": "enum _blank_ G_L_Account Item",
    "No": "string",
    "Variant_Code": "string",
    "Location_Code": "string",
    "Quantity": "decimal",
    "Unit_of_Measure_Code": "string",
    "Unit_Price": "decimal",
    "Quantity_Shipped": "decimal",
    "Quantity_Invoiced": "decimal",
    "Requested_Delivery_Date": "date",
    "Promised_Delivery_Date": "date",
    "Planned_Delivery_Date": "date",
    "Line_No": "int",
}
UNITS: Fields = {"Key": "string", "Item_No": "string", "Code": "string", "Qty_per_Unit_of_Measure": "decimal"}
SHIPMENT: Fields = {
    "Key": "string",
    "No": "string",
    "Sell_to_Customer_No": "string",
    "Order_No": "string",
    "External_Document_No": "string",
    "Posting_Date": "date",
    "Package_Tracking_No": "string",
    "SalesShipmLines": "part Posted_Sales_Shpt_Line",
}
INVOICE: Fields = {
    "Key": "string",
    "No": "string",
    "Sell_to_Customer_No": "string",
    "Order_No": "string",
    "External_Document_No": "string",
    "Posting_Date": "date",
    "Due_Date": "date",
    "Currency_Code": "string",
    "SalesInvLines": "part Posted_Sales_Invoice_Line",
}
POSTED_LINE: Fields = {
    "Key": "string",
    "Type": "enum _blank_ G_L_Account Item",
    "No": "string",
    "Description": "string",
    "Quantity": "decimal",
    "Unit_of_Measure_Code": "string",
    "Line_No": "int",
}
#: Records of parts, by entity.
PARTS: Mapping[str, Fields] = {
    "Posted_Sales_Shpt_Line": POSTED_LINE,
    "Posted_Sales_Invoice_Line": {
        **POSTED_LINE,
        "Unit_Price": "decimal",
        "Line_Amount": "decimal",
        "VAT_Percent": "decimal",
        "Inv_Discount_Amount": "decimal",
        "Shipment_No": "string",
    },
}
STOCKKEEPING: Fields = {
    "Key": "string",
    "Location_Code": "string",
    "Item_No": "string",
    "Variant_Code": "string",
    "Inventory": "decimal",
    "Qty_on_Sales_Order": "decimal",
    "Safety_Stock_Quantity": "decimal",
}
PURCHASE_LINES: Fields = {
    "Key": "string",
    "Document_Type": "enum Quote Order Invoice",
    "Type": "enum _blank_ G_L_Account Item",
    "No": "string",
    "Variant_Code": "string",
    "Location_Code": "string",
    "Unit_of_Measure_Code": "string",
    "Outstanding_Quantity": "decimal",
    "Expected_Receipt_Date": "date",
}
READS = ("Read", "ReadMultiple")
WRITES = (*READS, "Create", "Update", "Delete", "Delete_SalesLines")

PAGES: Mapping[Page, tuple[str, Fields, Sequence[str]]] = {
    Page.ITEM: ("Item", ITEM, READS),
    Page.CUSTOMER: ("Customer", CUSTOMER, READS),
    Page.SALES_ORDER: ("SalesOrder", SALES_ORDER, WRITES),
    Page.ITEM_UNITS: ("ItemUnitsOfMeasure", UNITS, READS),
    Page.POSTED_SHIPMENT: ("PostedSalesShipment", SHIPMENT, READS),
    Page.STOCKKEEPING_UNIT: ("StockkeepingUnit", STOCKKEEPING, READS),
    Page.PURCHASE_LINES: ("PurchaseLines", PURCHASE_LINES, READS),
    Page.POSTED_INVOICE: ("PostedSalesInvoice", INVOICE, READS),
}


def without(fields: Fields, *names: str) -> dict[str, str]:
    return {name: kind for name, kind in fields.items() if name not in names}


def wsdl(service: str, fields: Fields, operations: Sequence[str], *, lines: Fields = SALES_LINE) -> bytes:
    """Write a WSDL as NAV does."""
    namespace = f"urn:microsoft-dynamics-schemas/page/{service.lower()}"
    types = _record(service, fields)
    for entity in (kind.removeprefix("part ") for kind in fields.values() if kind.startswith("part ")):
        types += _record(entity, PARTS.get(entity, lines)) + _list(entity)
    filterable = [name for name, kind in fields.items() if name != "Key" and not kind.startswith("part ")]
    names = "".join(f'<xsd:enumeration value="{name}" />' for name in filterable)
    types += (
        f'<xsd:simpleType name="{service}_Fields"><xsd:restriction base="xsd:string">{names}</xsd:restriction>'
        "</xsd:simpleType>"
    )
    types += _list(service) + _type(
        f"{service}_Filter", _element("Field", f"tns:{service}_Fields") + _element("Criteria")
    )
    elements = "".join(_call(name, service, list(fields)[1]) for name in operations)
    messages = "".join(
        f'<message name="{name}"><part name="parameters" element="tns:{name}" /></message>'
        f'<message name="{name}_Result"><part name="parameters" element="tns:{name}_Result" /></message>'
        for name in operations
    )
    port = "".join(
        f'<operation name="{name}"><input name="{name}" message="tns:{name}" />'
        f'<output name="{name}_Result" message="tns:{name}_Result" /></operation>'
        for name in operations
    )
    soap = 'xmlns="http://schemas.xmlsoap.org/wsdl/soap/"'
    bound = "".join(
        f'<operation name="{name}"><operation soapAction="{namespace}:{name}" style="document" {soap} />'
        f'<input name="{name}"><body use="literal" {soap} /></input>'
        f'<output name="{name}_Result"><body use="literal" {soap} /></output></operation>'
        for name in operations
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><definitions xmlns:tns="{namespace}" targetNamespace="{namespace}"'
        f' xmlns="http://schemas.xmlsoap.org/wsdl/"><types><xsd:schema elementFormDefault="qualified"'
        f' targetNamespace="{namespace}" xmlns:xsd="http://www.w3.org/2001/XMLSchema">{types}{elements}</xsd:schema>'
        f'</types>{messages}<portType name="{service}_Port">{port}</portType>'
        f'<binding name="{service}_Binding" type="tns:{service}_Port">'
        f'<binding transport="http://schemas.xmlsoap.org/soap/http" {soap} />{bound}</binding>'
        f'<service name="{service}_Service"><port name="{service}_Port" binding="tns:{service}_Binding">'
        f'<address location="http://another.invalid/{service}" {soap} /></port></service></definitions>'
    ).encode()


def _element(name: str, kind: str = "xsd:string") -> str:
    return f'<xsd:element minOccurs="0" maxOccurs="1" name="{name}" type="{kind}" />'


def _type(name: str, content: str) -> str:
    return f'<xsd:complexType name="{name}"><xsd:sequence>{content}</xsd:sequence></xsd:complexType>'


def _list(entity: str) -> str:
    rows = f'<xsd:element minOccurs="1" maxOccurs="unbounded" name="{entity}" type="tns:{entity}" />'
    return _type(f"{entity}_List", rows)


def _record(name: str, fields: Fields) -> str:
    options, content = "", ""
    for field_name, kind in fields.items():
        first, *values = kind.split(" ")
        match first:
            case "enum":
                texts = "".join(f'<xsd:enumeration value="{value}" />' for value in values)
                options += (
                    f'<xsd:simpleType name="{name}_{field_name}"><xsd:restriction base="xsd:string">{texts}'
                    f"</xsd:restriction></xsd:simpleType>"
                )
                content += _element(field_name, f"tns:{name}_{field_name}")
            case "part":
                content += _element(field_name, f"tns:{values[0]}_List")
            case _:
                content += _element(field_name, f"xsd:{kind}")
    return options + _type(name, content)


def _call(name: str, service: str, first: str) -> str:
    deleting = name.startswith("Delete")
    argument, answer = {
        "Read": (_element(first), _element(service, f"tns:{service}")),
        "ReadMultiple": (
            f'<xsd:element minOccurs="1" maxOccurs="unbounded" name="filter" type="tns:{service}_Filter" />'
            + _element("bookmarkKey")
            + _element("setSize", "xsd:int"),
            _element("ReadMultiple_Result", f"tns:{service}_List"),
        ),
        "Delete": (_element("Key"), ""),
        "Delete_SalesLines": (_element("SalesLines_Key"), ""),
    }.get(name, (_element(service, f"tns:{service}"), _element(service, f"tns:{service}")))
    answer = _element(f"{name}_Result", "xsd:boolean") if deleting else answer
    return "".join(
        f'<xsd:element name="{element}"><xsd:complexType><xsd:sequence>{content}</xsd:sequence></xsd:complexType>'
        f"</xsd:element>"
        for element, content in ((name, argument), (f"{name}_Result", answer))
    )


def answer(service: str, operation: str, content: str) -> Reply:
    """A result as NAV wraps it."""
    namespace = f"urn:microsoft-dynamics-schemas/page/{service.lower()}"
    return Reply(
        200,
        f'<Soap:Envelope xmlns:Soap="http://schemas.xmlsoap.org/soap/envelope/"><Soap:Body>'
        f'<{operation}_Result xmlns="{namespace}">{content}</{operation}_Result></Soap:Body></Soap:Envelope>'.encode(),
    )


def rows(service: str, *records: Mapping[str, str]) -> Reply:
    """A ReadMultiple answer."""
    listed = "".join(record(service, fields) for fields in records)
    return answer(service, "ReadMultiple", f"<ReadMultiple_Result>{listed}</ReadMultiple_Result>")


def record(name: str, fields: Mapping[str, str], lines: Sequence[Mapping[str, str]] = ()) -> str:
    content = "".join(f"<{field}>{text}</{field}>" for field, text in fields.items())
    if lines:
        content += f"<SalesLines>{''.join(record('Sales_Order_Line', line) for line in lines)}</SalesLines>"
    return f"<{name}>{content}</{name}>"


def fault(kind: str, text: str) -> Reply:
    """A fault as NAV words it."""
    namespace = "Service.WebServices" if kind == "ServiceBrokerException" else "Types.Exceptions"
    return Reply(
        500,
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode'
        f' xmlns:a="urn:microsoft-dynamics-schemas/error">a:Microsoft.Dynamics.Nav.{namespace}.{kind}</faultcode>'
        f'<faultstring xml:lang="en-US">{text}</faultstring><detail><string'
        f' xmlns="http://schemas.microsoft.com/2003/10/Serialization/">{text}</string></detail></s:Fault></s:Body>'
        "</s:Envelope>".encode(),
    )


@dataclass
class Sent:
    """A call as it left."""

    call: Call
    body: str


@dataclass
class ScriptedLanes(Lanes):
    """Answers each operation with the next reply of its script, or raises it."""

    script: dict[str, list[Reply | Exception]] = field(default_factory=dict)
    wsdls: dict[str, bytes] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(NAV)
        self.wsdls = {name: wsdl(name, fields, operations) for name, fields, operations in PAGES.values()} | self.wsdls

    def get(self, call: Call, url: str) -> Reply:
        self.sent.append(Sent(call, url))
        found = self.wsdls.get(call.service)
        return Reply(404, b"") if found is None else Reply(200, found)

    def post(self, call: Call, url: str, action: str, body: bytes) -> Reply:
        assert action.endswith(f":{call.operation}")
        assert url.endswith(f"/Page/{call.service}")
        self.sent.append(Sent(call, body.decode()))
        reply = self.script[f"{call.service}.{call.operation}"].pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def reply(self, name: str, *replies: Reply | Exception) -> "ScriptedLanes":
        """Add to the script of `Service.Operation`."""
        self.script.setdefault(name, []).extend(replies)
        return self

    def bodies(self, operation: str) -> list[str]:
        return [sent.body for sent in self.sent if sent.call.operation == operation]

    def page(self, page: Page, nav: NavSettings | None = None) -> PageService:
        return PageService(page, PAGES[page][0], nav or NAV, self)


NAV = NavSettings(
    url="http://nav.invalid:7047/DynamicsNAV/WS",
    company="Northwind Tools Ltd.",
    username="orderwire",
    password=SecretStr("s3cret-passw0rd"),
    services=NavServices(stockkeeping_unit="StockkeepingUnit", purchase_lines="PurchaseLines"),
    connect_timeout_seconds=2,
    read_timeout_seconds=2,
)
