"""StatusUpdateRequest to an acknowledgement: how the buyer's system took a document of ours."""

from typing import Final

from lxml import etree

from orderwire.canonical.acknowledgement import Acknowledgement, AcknowledgementKind, Fault, Verdict
from orderwire.canonical.envelope import EventType
from orderwire.canonical.order import Channel
from orderwire.connectors.punchout.elements import text_of
from orderwire.connectors.punchout.lines import Reading
from orderwire.connectors.punchout.orders import Sender
from orderwire.ports.intake import Notice

_MAX_TEXT_CHARS: Final = 500
#: InvoiceStatus and DocumentStatus types that are an end, and which.
_VERDICTS: Final = {
    "rejected": Verdict.REJECTED,
    "canceled": Verdict.REJECTED,
    "reconciled": Verdict.ACCEPTED,
    "paying": Verdict.ACCEPTED,
    "paid": Verdict.ACCEPTED,
    "approved": Verdict.ACCEPTED,
}


def read_status_update(body: etree._Element, sender: Sender, reading: Reading) -> Notice | None:
    """Return how a document was taken; None: the request has no Status."""
    status, about = body.find("Status"), body.find("DocumentReference")
    if status is None:
        reading.reject("missing", "The request has no Status", "StatusUpdateRequest/Status")
        return None
    code, control_ref = status.get("code", "").strip(), about.get("payloadID", "").strip() if about is not None else ""
    verdict = _verdict(code, body)
    text = text_of(status) or status.get("text", "").strip()
    faults = (Fault(code=code or None, text=text[:_MAX_TEXT_CHARS] or None),) if verdict is Verdict.REJECTED else ()
    told = Acknowledgement(
        kind=AcknowledgementKind.APPLICATION,
        partner=sender.partner,
        channel=Channel.PUNCHOUT,
        test=sender.test,
        verdict=verdict,
        acknowledgement_no=sender.payload_id or None,
        control_ref=control_ref or None,
        faults=faults,
    )
    return Notice(EventType.ACKNOWLEDGEMENT_RECEIVED, told, control_ref or None)


def _verdict(code: str, body: etree._Element) -> Verdict:
    """200 is done and 201 is under way; what stands beside the Status says more."""
    if not code.startswith("2"):
        return Verdict.REJECTED
    kinds = (each.get("type", "").strip() for each in body if each.tag in {"InvoiceStatus", "DocumentStatus"})
    said = next((_VERDICTS[kind] for kind in kinds if kind in _VERDICTS), None)
    return said or (Verdict.ACCEPTED if code == "200" else Verdict.RECEIVED)
