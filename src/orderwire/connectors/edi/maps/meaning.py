"""Which message becomes what."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from orderwire.canonical.order import PurchaseOrder
from orderwire.connectors.edi.maps import aperak, contrl
from orderwire.connectors.edi.maps.ordchg import is_change, to_order_change
from orderwire.connectors.edi.maps.recadv import to_receipt
from orderwire.connectors.edi.maps.reports import to_inventory, to_sales
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.orders import to_purchase_order
from orderwire.connectors.edi.segment import Segment
from orderwire.ports.intake import Notice

#: Makes an order or a notice of a message. Raises MappingError.
Map = Callable[[Sequence[Segment], Sender], PurchaseOrder | Notice]


def to_order(segments: Sequence[Segment], sender: Sender) -> PurchaseOrder | Notice:
    """Return the order of an ORDERS, or what it wants done with an earlier one. Raises MappingError."""
    return to_order_change(segments, sender) if is_change(segments) else to_purchase_order(segments, sender)


#: By UNH 0065.
MAPS: Final[Mapping[str, Map]] = {
    "ORDERS": to_order,
    "ORDCHG": to_order_change,
    "CONTRL": contrl.to_acknowledgement,
    "APERAK": aperak.to_acknowledgement,
    "RECADV": to_receipt,
    "INVRPT": to_inventory,
    "SLSRPT": to_sales,
}
