"""Records for tests that need one and care for a field or two of it."""

import hashlib
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.stock import StockKey
from orderwire.ports.exchange import Exchange
from orderwire.ports.holds import Hold
from orderwire.ports.journal import Document, DocumentState
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.ports.parking import Parked

NOON: Final = datetime(2026, 3, 9, 12, 0, 0, 123456, tzinfo=UTC)
DRILL: Final = StockKey(item_no="1001")
HAMMER: Final = StockKey(item_no="1002", location="EAST")


#: Too long for an index entry of PostgreSQL, however well it packs.
ENDLESS: Final = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(200))


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def a_document(**changes: Any) -> Document:
    document = Document(
        id="document-1",
        direction="in",
        channel="edi",
        kind="ORDERS",
        state=DocumentState.RECEIVED,
        correlation_id="correlation-1",
        received_at=NOON,
    )
    return document._replace(**changes)


def an_exchange(exchange_id: str, **changes: Any) -> Exchange:
    exchange = Exchange(
        id=exchange_id,
        at=NOON,
        milliseconds=12,
        service="Item",
        operation="ReadMultiple",
        outcome="ok",
        status=200,
        problem=None,
        request_bytes=6,
        answer_bytes=6,
        packed=zlib.compress(b"<ask/><say/>", wbits=-12),
    )
    return replace(exchange, **changes)


def an_order(**changes: Any) -> OrderRecord:
    record = OrderRecord(
        id="order-1",
        partner="baumarkt",
        order_no="4500012345",
        content_hash="c0ffee",
        document_id="document-1",
        state=OrderState.NEW,
        order="{}",
        created_at=NOON,
    )
    return replace(record, **changes)


def a_hold(quantity: str = "1", **changes: Any) -> Hold:
    return replace(Hold(order_id="order-1", line_no="10", key=DRILL, quantity=Decimal(quantity)), **changes)


def an_entry(**changes: Any) -> Parked:
    entry = Parked(
        id="parked-1",
        document_id="document-1",
        order_no="4500012345",
        partner="baumarkt",
        flow="fulfil",
        code="mapping",
        reason="no unit code for 'XYZ'",
        facts={"segment": "QTY", "line_no": 3},
        fingerprint="f1",
        body=b'{"id": "event-1"}',
        attempts=1,
        first_at=NOON,
        last_at=NOON,
    )
    return replace(entry, **changes)


def an_event(event_id: str = "event-1", **changes: Any) -> Event:
    fields: dict[str, Any] = {
        "id": event_id,
        "source": "orderwire/test",
        "type": EventType.DOCUMENT_RECEIVED,
        "time": NOON,
        "data": {"quantity": "1.50", "name": "Bohrmaschine, groß"},
        "documentid": "document-1",
        "correlationid": "correlation-1",
    }
    return Event.model_validate(fields | changes)
