"""Put an outbound document into the archive and the journal, and ask for its delivery."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Final

from orderwire.canonical.document import DocumentReady
from orderwire.canonical.envelope import Event, EventType, event_id
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.intake import OutboundDocument
from orderwire.ports.journal import Document, DocumentState, Step
from orderwire.ports.store import Transaction
from orderwire.ports.transmission import RECEIPT_TYPE

_MEDIA_TYPES: Final = {".edi": "application/EDIFACT", ".xml": "text/xml; charset=UTF-8", ".json": "application/json"}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a document, and as the answer to what."""

    partner: str
    channel: str
    step: str  # sets two answers to one document apart
    order_no: str | None = None
    erp_no: str | None = None  # NAV's number of what the document is about: sales order, shipment, invoice


def answer_id(document_id: str, epoch: int, step: str) -> str:
    """Return the id of the outbound document that answers a document at a step."""
    return event_id(document_id, epoch, step)


def dispatch(tx: Transaction, outbound: OutboundDocument, to: Recipient, source: Source, now: datetime) -> Event:
    """Archive the bytes, journal them as the answer to `source`, and return the event that has them delivered."""
    document_id = answer_id(source.document_id, source.epoch, to.step)
    sha256 = tx.archive.put(outbound.content)
    tx.journal.add(
        Document(
            id=document_id,
            direction="out",
            channel=to.channel,
            kind=outbound.kind,
            state=DocumentState.RECEIVED,
            correlation_id=source.correlation_id,
            received_at=now,
            parent_id=source.document_id,
            partner=to.partner,
            control_ref=outbound.control_ref,
            order_no=to.order_no,
            erp_no=to.erp_no,
            sha256=sha256,
            name=outbound.name,
            test=source.test,
        )
    )
    tx.journal.step(Step(document_id, now, "encoded", source.cause, {"kind": outbound.kind}))
    body = DocumentReady(
        document_id=document_id, partner=to.partner, sha256=sha256, name=outbound.name, media_type=outbound.media_type
    )
    about = Source(document_id, source.correlation_id, to.partner, source.epoch, source.test, source.cause)
    return next_event(EventType.DOCUMENT_READY, body, about, now, subject=to.order_no)


def dispatch_again(tx: Transaction, document_id: str, source: Source, now: datetime) -> Event | None:
    """Return the event that has a document delivered once more, because of `source`; None: there is none."""
    document = tx.journal.get(document_id)
    if document is None or document.sha256 is None or document.partner is None:
        return None
    body = DocumentReady(
        document_id=document.id,
        partner=document.partner,
        sha256=document.sha256,
        name=document.name or document.id,
        media_type=media_type_of(document),
    )
    tx.journal.step(Step(document.id, now, "resend_asked", source.cause))
    about = Source(document.id, document.correlation_id, document.partner, source.epoch, document.test, source.cause)
    step = f"resend:{source.document_id}:{source.epoch}"
    return next_event(EventType.DOCUMENT_READY, body, about, now, subject=document.order_no, step=step)


def media_type_of(document: Document) -> str:
    """Return a document's media type: the journal keeps none, for its kind and its name say it."""
    if document.kind == "MDN":
        return RECEIPT_TYPE
    return _MEDIA_TYPES.get(PurePath(document.name or "").suffix.lower(), "application/octet-stream")
