"""The event envelope: CloudEvents 1.0, with ids that are the same whenever the same work is done."""

import hashlib
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

import orjson
from pydantic import BaseModel, BeforeValidator, Field
from pydantic_core import to_jsonable_python

from orderwire.canonical.acknowledgement import Acknowledgement
from orderwire.canonical.cart import Cart
from orderwire.canonical.change import OrderChange
from orderwire.canonical.document import DocumentDelivered, DocumentReady, DocumentReceived, MessageParked
from orderwire.canonical.inventory import InventoryReport
from orderwire.canonical.invoice import Invoice
from orderwire.canonical.model import Canonical, Instant
from orderwire.canonical.order import PurchaseOrder
from orderwire.canonical.overdue import AcknowledgementLate
from orderwire.canonical.receipt import Receipt
from orderwire.canonical.response import AnsweredOrder
from orderwire.canonical.shipment import Shipment
from orderwire.canonical.stock import StockFigure

#: Namespace of every deterministic id that Orderwire makes.
NAMESPACE: Final = UUID("6f1d2a52-7a55-5c4e-9b0e-0d6a3c1f7b11")
_named = hashlib.sha1(NAMESPACE.bytes, usedforsecurity=False)  # what RFC 9562 makes a UUIDv5 of


class EventType(StrEnum):
    """Every event type; also its routing key on the exchange ow.events."""

    DOCUMENT_RECEIVED = "document.received"
    DOCUMENT_READY = "document.ready"
    DOCUMENT_DELIVERED = "document.delivered"
    ORDER_RECEIVED = "order.received"
    ORDER_CHANGE_REQUESTED = "order.change_requested"
    ORDER_CANCEL_REQUESTED = "order.cancel_requested"
    ORDER_ACCEPTED = "order.accepted"
    ORDER_CHANGED = "order.changed"
    ORDER_REJECTED = "order.rejected"
    ORDER_HELD = "order.held"
    STOCK_CHANGED = "stock.changed"
    CART_RETURNED = "cart.returned"
    SHIPMENT_POSTED = "shipment.posted"
    INVOICE_POSTED = "invoice.posted"
    INVENTORY_REPORTED = "inventory.reported"
    STOCK_REPORTED = "stock.reported"
    RECEIPT_ADVISED = "receipt.advised"
    ACKNOWLEDGEMENT_RECEIVED = "acknowledgement.received"
    ACKNOWLEDGEMENT_LATE = "acknowledgement.late"
    MESSAGE_PARKED = "message.parked"


_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def _trace_or_none(text: object) -> str | None:
    """Pass over what is no trace context: an order is not refused for it."""
    return text if isinstance(text, str) and _TRACEPARENT.fullmatch(text) else None


#: The model of each event type's data.
BODIES: Final[dict[EventType, type[Canonical]]] = {
    EventType.DOCUMENT_RECEIVED: DocumentReceived,
    EventType.DOCUMENT_READY: DocumentReady,
    EventType.DOCUMENT_DELIVERED: DocumentDelivered,
    EventType.ORDER_RECEIVED: PurchaseOrder,
    EventType.ORDER_CHANGE_REQUESTED: OrderChange,
    EventType.ORDER_CANCEL_REQUESTED: OrderChange,
    EventType.ORDER_ACCEPTED: AnsweredOrder,
    EventType.ORDER_CHANGED: AnsweredOrder,
    EventType.ORDER_REJECTED: AnsweredOrder,
    EventType.ORDER_HELD: AnsweredOrder,
    EventType.STOCK_CHANGED: StockFigure,
    EventType.CART_RETURNED: Cart,
    EventType.SHIPMENT_POSTED: Shipment,
    EventType.INVOICE_POSTED: Invoice,
    EventType.INVENTORY_REPORTED: InventoryReport,
    EventType.STOCK_REPORTED: InventoryReport,
    EventType.RECEIPT_ADVISED: Receipt,
    EventType.ACKNOWLEDGEMENT_RECEIVED: Acknowledgement,
    EventType.ACKNOWLEDGEMENT_LATE: AcknowledgementLate,
    EventType.MESSAGE_PARKED: MessageParked,
}


class Event(Canonical):
    """A CloudEvent. Extension names are lower case, as the specification wants them."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str = Field(description="orderwire/<connector or flow>")
    type: EventType
    subject: str | None = Field(default=None, description="The order number, where there is one")
    time: Instant
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, Any]
    documentid: str = Field(description="Journal row this event belongs to")
    correlationid: str = Field(description="Id of the first document: one id leads to everything")
    causationid: str | None = Field(default=None, description="Id of the event that led to this one")
    partner: str | None = None
    epoch: int = Field(default=0, ge=0)
    test: bool = False
    traceparent: Annotated[str | None, BeforeValidator(_trace_or_none)] = Field(
        default=None, description="W3C trace context of what made the event, where tracing is on"
    )

    @property
    def content(self) -> bytes:
        """The data as JSON, which is made once: for the outbox, and for the wire.

        Raises:
            TypeError: it holds what JSON has not.
        """
        known = vars(self)
        if "content" not in known:
            known["content"] = orjson.dumps(self.data, default=to_jsonable_python)
        return known["content"]  # type: ignore[no-any-return]

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy; what was made of the data is made anew of the copy's."""
        copy = super().model_copy(update=update, deep=deep)
        vars(copy).pop("content", None)
        return copy

    def to_json(self) -> bytes:
        """Return the event as `model_dump_json` does. Raises as `content` does."""
        values = vars(self) | {"data": orjson.Fragment(self.content)}
        del values["content"]
        return orjson.dumps(values, option=orjson.OPT_UTC_Z)


def event_id(document_id: str, epoch: int, step: str) -> str:
    """Return the UUIDv5 of the source document, its replay epoch and the step."""
    digest = _named.copy()
    digest.update(f"{document_id}:{epoch}:{step}".encode())
    text = digest.hexdigest()
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"


def content_hash(body: BaseModel, *, exclude: AbstractSet[str] | None = None) -> str:
    """Return the SHA-256 of a model's canonical JSON; equal content has an equal hash."""
    return hashlib.sha256(body.model_dump_json(exclude=set(exclude or ())).encode()).hexdigest()
