"""Bodies of events to documents: which becomes what."""

from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree

from orderwire.canonical.invoice import Invoice
from orderwire.canonical.model import Canonical
from orderwire.canonical.response import AnsweredOrder
from orderwire.canonical.shipment import Shipment
from orderwire.config.cxml import CxmlKind, CxmlProfile
from orderwire.config.profile import PartnerProfile
from orderwire.config.secrets import Secrets
from orderwire.config.trading import PricePolicy
from orderwire.connectors.punchout.confirmation import to_confirmation
from orderwire.connectors.punchout.invoice import to_invoice_detail
from orderwire.connectors.punchout.shipnotice import to_ship_notice
from orderwire.connectors.punchout.statusupdate import to_status_update
from orderwire.connectors.punchout.tongue import Tongue
from orderwire.errors import MappingError
from orderwire.ports.intake import OutboundDocument


@dataclass(frozen=True, slots=True)
class CxmlEncoder:
    """The connector's encoder: ConfirmationRequest or StatusUpdateRequest, ShipNoticeRequest, InvoiceDetailRequest."""

    secrets: Secrets = field(default_factory=Secrets)

    def encode(
        self, body: Canonical, partner: PartnerProfile, control_no: int, now: datetime
    ) -> OutboundDocument | None:
        """Return the document; None where the partner takes none of that kind, and for an order that is held.

        Raises:
            MappingError: there is no document for it, the partner has no cXML profile, or it cannot be said so.
        """
        if partner.cxml is None:
            raise MappingError("the partner's profile has no cXML", partner=partner.key)
        if not isinstance(body, AnsweredOrder | Shipment | Invoice):
            raise MappingError("there is no cXML document for this", body=type(body).__name__)
        kind = _kind(body, partner.cxml)
        if kind is None:
            return None
        source = body.order if isinstance(body, AnsweredOrder) else body
        tongue = Tongue(
            profile=partner.cxml,
            partner=partner.key,
            control_no=control_no,
            now=now,
            secret=self.secrets.get(partner.key, "cxml.our_secret")
            or self.secrets.get(partner.key, "cxml.shared_secret"),
            test=source.test,
            refs=source.channel_refs,
            default_unit=partner.default_unit,
            price_tolerance=None if partner.price_policy is PricePolicy.ACCEPT else partner.price_tolerance_percent,
        )
        said = _say(kind, body, tongue)
        return None if said is None else tongue.document(kind, said)


def _kind(body: AnsweredOrder | Shipment | Invoice, profile: CxmlProfile) -> CxmlKind | None:
    """Return the kind that tells of it; None: the partner takes none such."""
    if isinstance(body, AnsweredOrder):
        return profile.answer
    kind: CxmlKind = "ShipNoticeRequest" if isinstance(body, Shipment) else "InvoiceDetailRequest"
    return kind if profile.takes(kind) else None


def _say(kind: CxmlKind, body: AnsweredOrder | Shipment | Invoice, tongue: Tongue) -> etree._Element | None:
    match body:
        case AnsweredOrder():
            return (to_confirmation if kind == "ConfirmationRequest" else to_status_update)(body, tongue)
        case Shipment():
            return to_ship_notice(body, tongue)
        case Invoice():
            return to_invoice_detail(body, tongue)
