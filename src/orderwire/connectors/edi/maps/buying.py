"""The buyer's side: what we send, read as a buyer reads it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from orderwire.canonical.model import Canonical
from orderwire.connectors.edi.maps.desadv import to_shipment
from orderwire.connectors.edi.maps.invoic import to_invoice
from orderwire.connectors.edi.maps.ordrsp import to_order_response
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.segment import Segment

#: By UNH 0065; INVRPT, APERAK and CONTRL read alike on either side: see `meaning`.
BUYER_MAPS: Final[Mapping[str, Callable[[Sequence[Segment], Sender], Canonical]]] = {
    "ORDRSP": to_order_response,
    "DESADV": to_shipment,
    "INVOIC": to_invoice,
}
