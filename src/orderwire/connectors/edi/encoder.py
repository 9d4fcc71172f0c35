"""Bodies of events to messages: which becomes what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orderwire.canonical.acknowledgement import Acknowledgement, AcknowledgementKind
from orderwire.canonical.inventory import InventoryReport
from orderwire.canonical.invoice import Invoice
from orderwire.canonical.model import Canonical
from orderwire.canonical.response import AnsweredOrder
from orderwire.canonical.shipment import Shipment
from orderwire.config.edi import OutgoingKind
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.edi import aperak, desadv, invoic, invrpt, ordrsp
from orderwire.connectors.edi.dialect import Dialect, dialect_of
from orderwire.connectors.edi.writer import Row
from orderwire.errors import MappingError
from orderwire.ports.intake import OutboundDocument


@dataclass(frozen=True, slots=True)
class EdifactEncoder:
    """The connector's encoder: ORDRSP, DESADV, INVOIC, INVRPT and APERAK in the partner's dialect."""

    def encode(
        self, body: Canonical, partner: PartnerProfile, control_no: int, now: datetime
    ) -> OutboundDocument | None:
        """Return the document; None where the partner gets none of that kind, and for an order that is held.

        Raises:
            MappingError: there is no message for it, or a value does not fit into the message.
        """
        kind, test = _kind(body)
        dialect = dialect_of(kind, partner, control_no, now, test=test)
        rows = _rows(body, dialect) if dialect else None
        return dialect.document(rows) if dialect and rows is not None else None


def _kind(body: Canonical) -> tuple[OutgoingKind, bool]:
    match body:
        case AnsweredOrder():
            return "ORDRSP", body.response.test
        case Shipment():
            return "DESADV", body.test
        case Invoice():
            return "INVOIC", body.test
        case InventoryReport():
            return "INVRPT", body.test
        case Acknowledgement(kind=AcknowledgementKind.APPLICATION):
            return "APERAK", body.test
    raise MappingError("there is no EDIFACT message for this", body=type(body).__name__)


def _rows(body: Canonical, dialect: Dialect) -> Sequence[Row] | None:
    match body:
        case AnsweredOrder():
            return ordrsp.to_rows(body, dialect)
        case Shipment():
            return desadv.to_rows(body, dialect)
        case Invoice():
            return invoic.to_rows(body, dialect)
        case InventoryReport():
            return invrpt.to_rows(body, dialect)
        case Acknowledgement():
            return aperak.to_rows(body, dialect)
    return None
