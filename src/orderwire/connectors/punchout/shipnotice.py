"""ShipNoticeRequest (Fulfill.dtd): what left, order by order and line by line."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from lxml import etree

from orderwire.canonical.shipment import Package, Shipment, ShipmentLine
from orderwire.connectors.punchout.tongue import Tongue, item_id, line_number
from orderwire.connectors.punchout.writing import day, element, instant, number
from orderwire.errors import MappingError

#: PackagingCode of a package whose kind nobody said: the element is asked for.
_ANY_PACKAGE: Final = "package"
Packed = tuple[ShipmentLine, Package | None]


def to_ship_notice(shipment: Shipment, tongue: Tongue) -> etree._Element:
    """Return the request. A line of an order stands in it once, wherever it is packed.

    Raises:
        MappingError: nothing was delivered (no lines would mean the whole order), or a line is of no order line.
    """
    orders: defaultdict[str, defaultdict[str, list[Packed]]] = defaultdict(lambda: defaultdict(list))
    for line, package in _packed(shipment):
        if line.delivered:
            orders[line.order_no or shipment.order_no][line_number(line.order_line_no)].append((line, package))
    if not orders:
        raise MappingError("nothing was delivered, which a ship notice cannot say", shipment_no=shipment.shipment_no)
    contacts = (contact for party in shipment.parties if (contact := tongue.contact(party)) is not None)
    header = element(
        "ShipNoticeHeader",
        *contacts,
        shipmentID=shipment.shipment_no,
        noticeDate=instant(tongue.now),
        shipmentDate=day(shipment.despatched_on),
        deliveryDate=day(shipment.expected_on) if shipment.expected_on else None,
        shipmentType="actual",
    )
    packages = {package.package_no: package for package in shipment.packages}
    portions = (
        element(
            "ShipNoticePortion",
            tongue.order_reference(order_no, known=order_no == shipment.order_no),
            *(_item(line_no, packed, packages, tongue) for line_no, packed in lines.items()),
        )
        for order_no, lines in orders.items()
    )
    return element("ShipNoticeRequest", header, *portions)


def _packed(shipment: Shipment) -> Iterator[Packed]:
    yield from ((line, None) for line in shipment.lines)
    yield from ((line, package) for package in shipment.packages for line in package.lines)


def _item(line_no: str, packed: list[Packed], packages: Mapping[str, Package], tongue: Tongue) -> etree._Element:
    first = packed[0][0]
    if any(line.unit != first.unit for line, _ in packed):
        raise MappingError("a line was delivered in several units, which a ship notice cannot say", line_no=line_no)
    packagings = (_packaging(line, package, packages, tongue) for line, package in packed if package and package.sscc)
    batches = (_batch(line) for line, _ in packed if line.batch_no)
    ordered = (
        element("OrderedQuantity", tongue.unit(first.unit), quantity=number(first.ordered)) if first.ordered else None
    )
    return element(
        "ShipNoticeItem",
        item_id(first.item_ids),
        tongue.unit(first.unit),
        *packagings,
        *batches,
        ordered,
        quantity=number(sum((line.delivered for line, _ in packed[1:]), first.delivered)),
        lineNumber=line_no,
    )


def _packaging(line: ShipmentLine, package: Package, packages: Mapping[str, Package], tongue: Tongue) -> etree._Element:
    parent = packages.get(package.parent_no or "")
    return element(
        "Packaging",
        tongue.text("PackagingCode", package.kind or _ANY_PACKAGE),
        element("ShippingContainerSerialCode", package.sscc or ""),
        element("ShippingContainerSerialCodeReference", parent.sscc) if parent is not None and parent.sscc else None,
        element("DispatchQuantity", tongue.unit(line.unit), quantity=number(line.delivered)),
    )


def _batch(line: ShipmentLine) -> etree._Element:
    expiry = day(line.expires_on) if line.expires_on else None
    number_ = element("SupplierBatchID", line.batch_no or "")
    return element("Batch", number_, expirationDate=expiry, batchQuantity=number(line.delivered))
