"""cXML orders to measure with: one line is a small order, five make 4.9 KB, ten thousand a large one."""

from typing import Final

SECRET: Final = "benchmark-secret"  # noqa: S105  of the generated orders
_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.050/cXML.dtd">\n'
    '<cXML payloadID="1795249815.4711.0001@procure.example.com" timestamp="2026-11-20T09:30:15+01:00">\n'
    "  <Header>\n"
    '    <From><Credential domain="NetworkID"><Identity>AN09999000050</Identity></Credential></From>\n'
    '    <To><Credential domain="NetworkID"><Identity>AN09999000013</Identity></Credential></To>\n'
    '    <Sender><Credential domain="NetworkID"><Identity>AN09999000050</Identity>'
    f"<SharedSecret>{SECRET}</SharedSecret></Credential><UserAgent>Procure Suite 24.2</UserAgent></Sender>\n"
    "  </Header>\n"
    "  <Request>\n    <OrderRequest>\n"
    '      <OrderRequestHeader orderID="PO-7100481" orderDate="2026-11-20T09:30:00+01:00" type="new">\n'
    '        <Total><Money currency="EUR">4495.00</Money></Total>\n'
)
_ADDRESS: Final = (
    '<Address isoCountryCode="DE" addressID="W-SUED"><Name xml:lang="de">Procure AG, Werk Süd</Name>'
    "<PostalAddress><DeliverTo>Goods in, gate 3</DeliverTo><Street>Lagerstraße 7</Street><City>Nürnberg</City>"
    '<PostalCode>90402</PostalCode><Country isoCountryCode="DE">Germany</Country></PostalAddress>'
    '<Email name="default">goods-in@procure.example.com</Email></Address>'
)
_LINE: Final = (
    '      <ItemOut quantity="{quantity}" lineNumber="{number}" requestedDeliveryDate="2026-11-27">\n'
    "        <ItemID><SupplierPartID>{part}</SupplierPartID>"
    "<SupplierPartAuxiliaryID>cart-4711/{number}</SupplierPartAuxiliaryID></ItemID>\n"
    "        <ItemDetail>\n"
    '          <UnitPrice><Money currency="EUR">89.90</Money></UnitPrice>\n'
    '          <Description xml:lang="en">Cordless drill 18 V with two batteries and a case</Description>\n'
    "          <UnitOfMeasure>PCE</UnitOfMeasure>\n"
    '          <Classification domain="UNSPSC">27112700</Classification>\n'
    "          <ManufacturerPartID>NT-{part}</ManufacturerPartID>\n"
    "          <ManufacturerName>Northwind Tools</ManufacturerName>\n"
    "        </ItemDetail>\n"
    "      </ItemOut>\n"
)


def generate(lines: int) -> bytes:
    """Return an order of so many lines, valid by the DTD."""
    parties = f"        <ShipTo>{_ADDRESS}</ShipTo>\n        <BillTo>{_ADDRESS}</BillTo>\n"
    body = "".join(
        _LINE.format(number=number, quantity=number % 40 + 1, part=1001 + number % 7) for number in range(1, lines + 1)
    )
    tail = "      </OrderRequestHeader>\n"
    return f"{_HEAD}{parties}{tail}{body}    </OrderRequest>\n  </Request>\n</cXML>\n".encode()
