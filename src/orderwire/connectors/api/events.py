"""Webhooks: what happens to an order, posted as JSON to the partner's own address."""

import json
from datetime import datetime
from typing import Final

from orderwire.canonical.inventory import InventoryReport
from orderwire.canonical.invoice import Invoice
from orderwire.canonical.model import Canonical
from orderwire.canonical.response import AnsweredOrder
from orderwire.canonical.shipment import Shipment
from orderwire.config.profile import PartnerProfile
from orderwire.errors import MappingError
from orderwire.ports.intake import OutboundDocument

MEDIA_TYPE: Final = "application/json"
_OUTLET: Final = "http"


class WebhookEncoder:
    """An event's body as it is, with its type and a number that grows."""

    def encode(
        self, body: Canonical, partner: PartnerProfile, control_no: int, now: datetime
    ) -> OutboundDocument | None:
        """Return the document; None where the partner takes none over HTTP.

        Raises:
            MappingError: nobody is told of this by webhook.
        """
        kind = _kind(body)
        if partner.outlet != _OUTLET:
            return None
        told = {
            "event": kind,
            "number": control_no,
            "sent_at": now.isoformat(),
            "data": body.model_dump(mode="json", exclude_none=True),
        }
        content = json.dumps(told, ensure_ascii=False).encode()
        return OutboundDocument(kind, content, f"{kind}_{partner.key}_{control_no}.json", MEDIA_TYPE, str(control_no))


def _kind(body: Canonical) -> str:
    match body:
        case AnsweredOrder():
            return f"order.{body.response.outcome.value}"
        case Shipment():
            return "shipment.posted"
        case Invoice():
            return "invoice.posted"
        case InventoryReport():
            return "stock.reported"
    raise MappingError("there is no webhook for this", body=type(body).__name__)
