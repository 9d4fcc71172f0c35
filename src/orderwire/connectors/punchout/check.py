"""What would be made of a document, without doing it: the report behind `orderwire cxml check`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.config.secrets import Secrets
from orderwire.connectors.punchout.authenticate import Door, sent_by
from orderwire.connectors.punchout.decoder import READERS, Opened, interchange_of, open_document
from orderwire.connectors.punchout.dtd import Dtds
from orderwire.connectors.punchout.elements import text_of
from orderwire.connectors.punchout.envelope import DocumentKind, Envelope
from orderwire.connectors.punchout.lines import Reading, read_line
from orderwire.connectors.punchout.settings import XmlLimits
from orderwire.ports.intake import DecodedMessage, DecodeHint, Finding, Severity

#: Requests that are handled in the call that brings them, and make no event.
_HANDLED: Final = frozenset({"PunchOutSetupRequest", "ProfileRequest"})
_CARTS: Final = frozenset({"PunchOutOrderMessage", "PunchOutSetupRequest"})


@dataclass(frozen=True)
class Checker:
    """Checks one document after another."""

    partners: Partners
    secrets: Secrets
    dtds: Dtds
    limits: XmlLimits = field(default_factory=XmlLimits)

    def check(self, content: bytes, name: str, now: datetime) -> dict[str, Any]:
        """Return the report on one file as JSON values. Senders need not be known, and no secret is shown."""
        opened = open_document(content, self.limits)
        if isinstance(opened, Finding):
            return {"file": name, "type": None, "accepted": False, "findings": [_finding(opened)]}
        envelope = opened.envelope
        profile = sent_by(envelope, self.partners.all())
        message = self._message(opened, profile)
        cart, found = _cart(envelope, self.limits)
        findings = [*envelope.findings, *message.findings, *found, *self.dtds.findings(opened.document, envelope.name)]
        return {
            "file": name,
            "type": message.kind,
            "accepted": not any(finding.severity is Severity.REJECT for finding in findings),
            "findings": [_finding(finding) for finding in findings],
            **_parties(envelope),
            "partner": profile.key if profile else None,
            **self._admission(envelope, now),
            "charset": opened.document.encoding,
            "test": envelope.test,
            "status": f"{envelope.status.code} {envelope.status.text}".strip() if envelope.status else None,
            "attachments": [attachment.cid or attachment.name for attachment in opened.attachments],
            "order": message.order.model_dump(mode="json") if message.order else None,
            "notice": message.notice.body.model_dump(mode="json", exclude_none=True) if message.notice else None,
            "cart": cart,
        }

    def _message(self, opened: Opened, profile: PartnerProfile | None) -> DecodedMessage:
        """Return the message; what makes no event, and is known all the same, is no reason to refuse it."""
        envelope = opened.envelope
        [message] = interchange_of(opened, profile, DecodeHint(), self.limits).messages
        is_request = envelope.kind is DocumentKind.REQUEST
        known = envelope.name in _HANDLED if is_request else envelope.kind is DocumentKind.RESPONSE
        if (known or envelope.name in _CARTS) and envelope.name not in READERS:
            return DecodedMessage(1, message.ref, message.kind, message.version)
        return message

    def _admission(self, envelope: Envelope, now: datetime) -> dict[str, Any]:
        """Say whether the sender would be let in; a Response has none."""
        if envelope.kind is DocumentKind.RESPONSE:
            return {"authenticated": None, "why_not": None}
        admitted = Door(self.partners, self.secrets).admit(envelope, now)
        refused = isinstance(admitted, Finding)
        return {"authenticated": not refused, "why_not": admitted.text if isinstance(admitted, Finding) else None}


def _parties(envelope: Envelope) -> dict[str, Any]:
    return {
        "version": envelope.version,
        "payload_id": envelope.payload_id,
        "timestamp": envelope.timestamp,
        "from": [str(each) for each in envelope.from_],
        "to": [str(each) for each in envelope.to],
        "sender": [str(each) for each in envelope.sender],
        "user_agent": envelope.user_agent,
    }


def _cart(envelope: Envelope, limits: XmlLimits) -> tuple[dict[str, Any] | None, list[Finding]]:
    """Return the cart that a punch-out brings or begins with."""
    body = envelope.body
    if body is None or envelope.name not in _CARTS:
        return None, []
    reading = Reading(limits.max_findings)
    items = [item for item in body if item.tag in {"ItemIn", "ItemOut"}]
    lines = [read_line(item, number, reading) for number, item in enumerate(items, start=1)]
    header = body.find("PunchOutOrderMessageHeader")
    operation = body.get("operation") or (header.get("operationAllowed") if header is not None else None)
    cart = {
        "operation": operation,
        "returns_to": text_of(body, "BrowserFormPost/URL") or None,
        "lines": [line.model_dump(mode="json") for line in lines if line is not None],
    }
    return cart, reading.findings


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "path": finding.tag,
        "text": finding.text,
    }
