"""cXML over HTTP: every request of every procurement system, at one address."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from fastapi import APIRouter, Request, Response
from lxml import etree

from orderwire.bootstrap.services import Services
from orderwire.canonical.envelope import event_id
from orderwire.canonical.order import Channel, PurchaseOrder, Purpose
from orderwire.config.cxml import CxmlProfile
from orderwire.config.profile import PartnerProfile
from orderwire.config.secrets import Secrets
from orderwire.connectors.punchout.authenticate import Door
from orderwire.connectors.punchout.decoder import Opened, fingerprint_of, interchange_of, open_document
from orderwire.connectors.punchout.envelope import DocumentKind
from orderwire.connectors.punchout.finding import first_refusal, reject, status_code
from orderwire.connectors.punchout.parts import whole_entity
from orderwire.connectors.punchout.settings import XmlLimits
from orderwire.connectors.punchout.setup import read_setup
from orderwire.connectors.punchout.writing import MEDIA_TYPE, element, instant, new_payload_id, status, write_response
from orderwire.errors import (
    ConfigurationError,
    DuplicateConflictError,
    LimitError,
    MappingError,
    OutageError,
    TransientError,
)
from orderwire.pipeline.fulfil import digest_of, order_id
from orderwire.pipeline.punchout import Sessions
from orderwire.pipeline.punchout_setup import journal_setup
from orderwire.pipeline.receive import Receiver
from orderwire.ports.intake import DecodeHint, Finding
from orderwire.ports.orders import OrderRecord
from orderwire.web.context import Context, Shared
from orderwire.web.limits import read_body
from orderwire.web.punchout import address_of, means_of

log = structlog.get_logger(__name__)
router = APIRouter(tags=["cxml"])

_BODY: Final = {"requestBody": {"required": True, "content": {"text/xml": {"schema": {"type": "string"}}}}}
_LIMITS: Final = XmlLimits()


@dataclass(frozen=True)
class CxmlCall:
    """One request of a partner that has proved who it is."""

    services: Services
    receiver: Receiver
    partner: PartnerProfile
    cxml: CxmlProfile
    opened: Opened
    content: bytes  # as it is to be archived
    url: str  # of this address, as the caller reached it
    now: datetime


@dataclass(frozen=True)
class CxmlAnswer:
    """What a Response says. The same request again must get the same answer: by `payload_id` and `at`."""

    code: int
    text: str = ""
    body: etree._Element | None = None
    payload_id: str | None = None
    at: datetime | None = None


Handler = Callable[[CxmlCall], CxmlAnswer]


@router.post("/cxml", summary="Take a cXML request", openapi_extra=_BODY)
async def take_request(request: Request, context: Shared) -> Response:
    """Answer with a cXML Response: whether the request was taken stands in its Status."""
    try:
        body = await read_body(request, context.services.settings.limits.max_document_bytes)
    except LimitError as error:
        return _respond(context.services.clock(), reject("limit", error.message))
    content_type, url = request.headers.get("content-type", ""), str(request.url.replace(query=""))
    return await context.intake.run(lambda: _take(context, whole_entity(body, content_type), url))


def _take(context: Context, content: bytes, url: str) -> Response:
    now = context.services.clock()
    opened = open_document(content, _LIMITS)
    if isinstance(opened, Finding):
        return _respond(now, opened)
    partner = Door(context.services.partners, Secrets()).admit(opened.envelope, now)
    if isinstance(partner, Finding) or partner.cxml is None:
        return _respond(now, partner if isinstance(partner, Finding) else reject("credentials", "no cXML profile"))
    call = CxmlCall(context.services, context.receiver, partner, partner.cxml, opened, content, url, now)
    answer = _handled(call)
    log.info("cxml_answered", partner=partner.key, kind=_kind(opened), status=answer.code)
    return _respond(now, answer, partner.cxml.version)


def _kind(opened: Opened) -> str:
    return opened.envelope.name if opened.envelope.name in HANDLERS else "other"


def _handled(call: CxmlCall) -> CxmlAnswer:
    """Have the request handled; what is down here is told as an error that a later call may not meet."""
    envelope = call.opened.envelope
    handler = HANDLERS.get(envelope.name) if envelope.kind is DocumentKind.REQUEST else None
    if handler is None:
        return CxmlAnswer(450, f"{envelope.name[:80] or envelope.kind} is not handled here")
    try:
        return handler(call)
    except DuplicateConflictError:
        return CxmlAnswer(409, "A document of this payloadID came before with other content")
    except LimitError as error:
        return CxmlAnswer(499, error.message)
    except (TransientError, OutageError) as error:
        log.warning("cxml_not_taken", partner=call.partner.key, code=error.code)
        return CxmlAnswer(560, "This is not available just now: send it again later")


def _respond(now: datetime, said: Finding | CxmlAnswer, version: str = "") -> Response:
    if isinstance(said, Finding):
        log.info("cxml_refused", code=said.code)
        said = CxmlAnswer(status_code(said), said.text)
    payload_id = said.payload_id or new_payload_id(now)
    content = write_response(status(said.code, said.text, "en"), payload_id, said.at or now, said.body, version)
    return Response(content, media_type=MEDIA_TYPE)


def _profile(call: CxmlCall) -> CxmlAnswer:
    """ProfileRequest: say what is handled here, and where; also a ping."""
    transactions = (element("Transaction", element("URL", call.url), requestName=name) for name in sorted(HANDLERS))
    return CxmlAnswer(200, body=element("ProfileResponse", *transactions, effectiveDate=instant(call.now)))


def _take_in(call: CxmlCall) -> CxmlAnswer:
    """Orders and notes: archived, then answered; the same payloadID gets the answer that it got."""
    envelope = call.opened.envelope
    hint = DecodeHint(
        partner=call.partner.key, control_ref=envelope.payload_id or None, fingerprint=fingerprint_of(envelope)
    )
    decoded = interchange_of(call.opened, call.partner, hint, _LIMITS)
    document_id = call.receiver(call.content, Channel.PUNCHOUT, hint)
    with call.services.store.read() as tx:
        taken = tx.journal.get(document_id)
        order = decoded.messages[0].order
        record = tx.orders.get(order_id(order)) if order is not None else None
    at = taken.received_at if taken is not None else call.now
    refusal = first_refusal((*decoded.findings, *decoded.messages[0].findings))
    code, text = 200, ""
    if refusal is not None:
        code, text = status_code(refusal), refusal.text
    elif order is not None and record is not None and _contradicts(record, order, document_id):
        code, text = 409, f"Order {order.order_no} was taken before with other content"
    elif order is not None and call.cxml.answer == "StatusUpdateRequest":
        code = 201
    return CxmlAnswer(code, text, payload_id=f"{document_id}@orderwire", at=at)


def _set_up(call: CxmlCall) -> CxmlAnswer:
    """PunchOutSetupRequest: open a session, and lead the browser to its StartPage. Each one opens its own."""
    envelope = call.opened.envelope
    if envelope.body is None:
        return CxmlAnswer(400, "There is no set-up in it")
    setup = read_setup(envelope.body, test=envelope.test or call.cxml.deployment_mode == "test")
    if isinstance(setup, Finding):
        return CxmlAnswer(status_code(setup), setup.text)
    means = means_of(call.services, call.receiver.announce)
    try:
        document_id = journal_setup(means, call.partner.key, envelope.name, setup, envelope.payload_id or None)
        token = Sessions(means).open(setup, call.partner, document_id)
    except MappingError as error:
        return CxmlAnswer(403, error.message)
    except ConfigurationError as error:
        log.warning("punchout_not_set_up", partner=call.partner.key, reason=str(error))
        return CxmlAnswer(500, "The shop cannot be opened; it has been noted")
    start = element("URL", address_of(call.services.settings, f"/punchout/start/{token}"))
    return CxmlAnswer(200, body=element("PunchOutSetupResponse", element("StartPage", start)))


def _contradicts(record: OrderRecord, order: PurchaseOrder, document_id: str) -> bool:
    """Tell whether a sales order stands that came of other content than this document's.

    An update is meant to be other content; and the document that the order came of may come again after one.
    """
    if order.purpose is not Purpose.ORIGINAL or record.erp_no is None:
        return False
    return record.document_id != event_id(document_id, 0, "message:1") and record.content_hash != digest_of(order)


#: Request to what handles it.
HANDLERS: Final[Mapping[str, Handler]] = {
    "OrderRequest": _take_in,
    "ProfileRequest": _profile,
    "PunchOutSetupRequest": _set_up,
    "StatusUpdateRequest": _take_in,
}
