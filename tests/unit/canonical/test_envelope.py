"""Events: deterministic ids, and bodies that survive JSON."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid5

import jsonschema
import pytest
from pydantic import ValidationError

from canonicals import ACKNOWLEDGEMENT, CART, CREDIT_NOTE, INVENTORY, INVOICE, RECEIPT, SHIPMENT
from orderwire.canonical.change import change_of
from orderwire.canonical.document import DocumentDelivered, DocumentReady, DocumentReceived, MessageParked
from orderwire.canonical.envelope import BODIES, NAMESPACE, Event, EventType, content_hash, event_id
from orderwire.canonical.model import Canonical
from orderwire.canonical.order import Channel, ItemId, ItemScheme, OrderLine, PurchaseOrder, Purpose
from orderwire.canonical.overdue import AcknowledgementLate
from orderwire.canonical.party import Party, PartyId, PartyRole
from orderwire.canonical.response import AnsweredOrder, LineOutcome, OrderOutcome, OrderResponse, ResponseLine
from orderwire.canonical.stock import StockFigure, StockKey

NOW = datetime(2026, 11, 21, 8, 15, tzinfo=UTC)
ITEM = ItemId(scheme=ItemScheme.GTIN, value="4099999001019")
ORDER = PurchaseOrder(
    order_no="4500017731",
    partner="baumarkt",
    channel=Channel.EDI,
    ordered_on=date(2026, 11, 21),
    currency="EUR",
    parties=(Party(role=PartyRole.BUYER, ids=(PartyId(scheme="gln", value="4099998000020"),), street=("Tor 3",)),),
    references={"contract": "K-1"},
    lines=(
        OrderLine(line_no="00010", item_ids=(ITEM,), quantity=Decimal("2.50"), unit="CT", net_price=Decimal("174.00")),
    ),
)
RESPONSE = OrderResponse(
    order_no="4500017731",
    partner="baumarkt",
    outcome=OrderOutcome.CHANGED,
    erp_no="OW-1",
    decided_at=NOW,
    lines=(
        ResponseLine(
            line_no="00010",
            item_ids=(ITEM,),
            item_no="1001",
            outcome=LineOutcome.BACKORDERED,
            unit="CT",
            ordered=Decimal("2.5"),
            confirmed=Decimal(2),
            backordered=Decimal("0.5"),
        ),
    ),
)
INSTANCES: list[Canonical] = [
    DocumentReceived(document_id="d", channel=Channel.EDI, sha256="ab", size=3),
    DocumentReady(document_id="d", partner="baumarkt", sha256="ab", name="a.edi", media_type="application/edifact"),
    DocumentDelivered(document_id="d", partner="baumarkt", via="folder:out/a.edi"),
    MessageParked(
        parked_id="p", document_id=None, partner=None, order_no=None, flow="decode", code="mapping", reason="no unit"
    ),
    ORDER,
    AnsweredOrder(order=ORDER, response=RESPONSE),
    StockFigure(
        key=StockKey(item_no="1001"),
        inventory=Decimal("-0.5"),
        on_sales_orders=Decimal("20.0"),
        base_unit="PCS",
        as_of=NOW,
        source="nav:Item",
    ),
    change_of(ORDER.model_copy(update={"purpose": Purpose.REPLACE})),
    SHIPMENT,
    INVOICE,
    CREDIT_NOTE,
    INVENTORY,
    RECEIPT,
    CART,
    ACKNOWLEDGEMENT,
    AcknowledgementLate(
        side="awaited", kind="CONTRL", partner="baumarkt", ref="17", document_id="d", opened_at=NOW, due_at=NOW
    ),
]


@pytest.mark.parametrize("body", INSTANCES, ids=lambda body: type(body).__name__)
def test_every_body_survives_json_and_fits_its_schema(body: Canonical) -> None:
    """What one process publishes, another reads as the same value, and so can a stranger by the schema."""
    written = body.model_dump_json()

    assert type(body).model_validate_json(written) == body
    assert type(body).model_validate_json(written).model_dump_json() == written
    jsonschema.validate(body.model_dump(mode="json"), type(body).model_json_schema(mode="serialization"))


def test_every_event_type_has_a_body_that_is_tried_above() -> None:
    """A new event type needs a model and an instance here."""
    assert set(BODIES) == set(EventType)
    assert set(BODIES.values()) == {type(body) for body in INSTANCES}


def test_an_event_survives_json() -> None:
    """The envelope and its data come back as they went."""
    event = Event(
        id=event_id("d", 0, "order.received:1"),
        source="orderwire/edi",
        type=EventType.ORDER_RECEIVED,
        subject="4500017731",
        time=NOW,
        data=ORDER.model_dump(mode="json"),
        documentid="d",
        correlationid="d",
    )

    back = Event.model_validate_json(event.model_dump_json())

    assert back == event
    assert PurchaseOrder.model_validate(back.data) == ORDER


def test_extension_names_are_what_cloudevents_allows() -> None:
    """Lower-case letters and digits only."""
    assert all(name.isalnum() and name == name.lower() for name in Event.model_fields)


def test_an_event_of_another_specversion_is_refused() -> None:
    """We read what we know."""
    with pytest.raises(ValidationError):
        Event.model_validate_json('{"specversion": "0.3"}')


def test_the_same_work_has_the_same_id() -> None:
    """An id is a UUIDv5 of document, epoch and step; the literal holds it still over versions."""
    assert event_id("d", 0, "order.received") == event_id("d", 0, "order.received")
    assert event_id("d", 0, "order.received") == "3d7a51a6-67c9-596e-a2fc-62dcd359f63e"


@pytest.mark.parametrize("document_id", ["d", "", "Straße 🚚", *map(str, range(20))])
def test_an_id_is_a_uuid_of_the_standard(document_id: str) -> None:
    """It is the UUIDv5 that the standard library makes of document, epoch and step."""
    assert event_id(document_id, 3, "step") == str(uuid5(NAMESPACE, f"{document_id}:3:step"))


def test_another_document_epoch_or_step_has_another_id() -> None:
    """A replay makes events of its own."""
    ids = {event_id("d", 0, "a"), event_id("e", 0, "a"), event_id("d", 1, "a"), event_id("d", 0, "b")}

    assert len(ids) == 4


def test_equal_content_has_an_equal_hash() -> None:
    """However a number was written, and whatever is left out of the comparison."""
    line = ORDER.lines[0].model_copy(update={"quantity": Decimal("2.5")})
    same = PurchaseOrder.model_validate({**ORDER.model_dump(), "lines": [{**line.model_dump(), "quantity": "2.500"}]})
    by_api = ORDER.model_copy(update={"channel": Channel.API})

    assert content_hash(same) == content_hash(ORDER)
    assert content_hash(by_api) != content_hash(ORDER)
    assert content_hash(by_api, exclude={"channel"}) == content_hash(ORDER, exclude={"channel"})


def test_the_text_of_an_event_is_the_event() -> None:
    """For the outbox: whatever its data and attributes; a copy with other data has a text of its own."""
    event = Event(
        id="e", source="orderwire", type=EventType.ORDER_RECEIVED, time=NOW, data={"a": ["ü\n"], "b": None},
        documentid="d", correlationid="c", epoch=2, test=True,
    )  # fmt: skip
    other = event.model_copy(update={"data": {"b": 1}})

    assert Event.model_validate_json(event.to_json()) == event
    assert Event.model_validate_json(other.to_json()) == other
    changed = event.model_copy(update={"data": {"b": 2}, "subject": "PO-1"})
    assert Event.model_validate_json(changed.to_json()) == changed
