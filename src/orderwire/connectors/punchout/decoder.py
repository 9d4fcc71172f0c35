"""cXML to one interchange of one message: pure, and never raising for bad input."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from lxml import etree

from orderwire.canonical.order import PurchaseOrder
from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.punchout.authenticate import sent_by
from orderwire.connectors.punchout.document import XmlDocument, read_document
from orderwire.connectors.punchout.dtd import Dtds
from orderwire.connectors.punchout.envelope import DocumentKind, Envelope, read_envelope
from orderwire.connectors.punchout.finding import reject
from orderwire.connectors.punchout.lines import Reading
from orderwire.connectors.punchout.notes import read_status_update
from orderwire.connectors.punchout.orders import Sender, read_order
from orderwire.connectors.punchout.parts import Attachment, open_entity
from orderwire.connectors.punchout.settings import XmlLimits
from orderwire.ports.intake import DecodedFile, DecodedInterchange, DecodedMessage, DecodeHint, Finding, Notice

#: Stands in PurchaseOrder.partner where nobody is known; such an order is for looking at only.
UNKNOWN: Final = "unknown"
#: Request to what reads its meaning.
READERS: Final[dict[str, Callable[[etree._Element, Sender, Reading], PurchaseOrder | Notice | None]]] = {
    "OrderRequest": read_order,
    "StatusUpdateRequest": read_status_update,
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A document with all that came with it."""

    document: XmlDocument
    envelope: Envelope
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class CxmlDecoder:
    """The connector's decoder. Who sends is proved elsewhere: at the door, or by the channel."""

    limits: XmlLimits = field(default_factory=XmlLimits)
    dtds: Dtds = field(default_factory=Dtds)

    def decode(self, content: bytes, hint: DecodeHint, partners: Partners) -> DecodedFile:
        """Return the document as one interchange of one message."""
        opened = open_document(content, self.limits)
        if isinstance(opened, Finding):
            return DecodedFile((), (opened,))
        profile = sent_by(opened.envelope, partners.all())
        interchange = interchange_of(opened, profile, hint, self.limits)
        noted = self.dtds.findings(opened.document, opened.envelope.name)
        return DecodedFile((replace(interchange, findings=(*interchange.findings, *noted)),))


def open_document(content: bytes, limits: XmlLimits) -> Opened | Finding:
    """Take bytes apart as far as the envelope."""
    entity = open_entity(content, limits)
    if isinstance(entity, Finding):
        return entity
    document = read_document(entity.xml, entity.charset, limits)
    if isinstance(document, Finding):
        return document
    envelope = read_envelope(document)
    return envelope if isinstance(envelope, Finding) else Opened(document, envelope, entity.attachments)


def interchange_of(
    opened: Opened, profile: PartnerProfile | None, hint: DecodeHint, limits: XmlLimits
) -> DecodedInterchange:
    """Return what an opened document says, sent by the partner of a profile."""
    envelope, key = opened.envelope, profile.key if profile else None
    findings = list(envelope.findings)
    if hint.partner is not None and key is not None and key != hint.partner:
        text = "From names another party than the one that these bytes came from"
        findings.append(reject("sender_not_partner", text, "cXML/Header/From"))
    test = envelope.test or bool(profile and profile.cxml and profile.cxml.deployment_mode == "test")
    digest = fingerprint_of(envelope)
    named = ",".join(str(each) for each in envelope.from_)
    return DecodedInterchange(
        sender=named,
        recipient=",".join(str(each) for each in envelope.to),
        control_ref=envelope.payload_id,
        syntax=f"cXML {envelope.version}".rstrip(),
        charset=opened.document.encoding,
        test=test,
        partner=key,
        duplicate_key=f"cxml:{key or named}:{envelope.payload_id or digest}",
        sha256=digest,
        messages=(_message(envelope, profile, test=test, limits=limits),),
        findings=tuple(findings),
    )


def fingerprint_of(envelope: Envelope) -> str:
    """Return what is equal for a document sent again: its Header may be made anew, with another time and proof."""
    said = etree.tostring(envelope.carrier, encoding="utf-8", with_tail=False)
    return hashlib.sha256(said).hexdigest()


def _message(envelope: Envelope, profile: PartnerProfile | None, *, test: bool, limits: XmlLimits) -> DecodedMessage:
    parties = profile.parties if profile else {}
    shortage = profile.shortage if profile else None
    sender = Sender(profile.key if profile else UNKNOWN, envelope.payload_id, parties, test, shortage)
    reading = Reading(limits.max_findings)
    reader = READERS.get(envelope.name) if envelope.kind is DocumentKind.REQUEST else None
    if reader is None:
        reading.reject("unsupported", f"{envelope.name or envelope.kind} is not taken in", f"cXML/{envelope.kind}")
    meaning = reader(envelope.body, sender, reading) if reader and envelope.body is not None else None
    return DecodedMessage(
        message_no=1,
        ref=envelope.payload_id,
        kind=envelope.name or envelope.kind.value,
        version=envelope.version,
        findings=tuple(reading.findings),
        order=meaning if isinstance(meaning, PurchaseOrder) else None,
        notice=meaning if isinstance(meaning, Notice) else None,
    )
