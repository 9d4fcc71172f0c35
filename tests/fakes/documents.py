"""Orders, partners and events for tests, a field or two at a time; and a clock that tests wind."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from orderwire.canonical.change import OrderChange
from orderwire.canonical.envelope import Event, EventType, event_id
from orderwire.canonical.order import Channel, ItemId, ItemScheme, OrderLine, PurchaseOrder, Purpose
from orderwire.config.partners import Partners
from orderwire.config.profile import FolderProfile, PartnerProfile, ShortagePolicy
from orderwire.errors import UnknownPartnerError
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.intake import DecodedFile, DecodedInterchange, DecodedMessage, DecodeHint

MORNING: Final = datetime(2026, 11, 21, 8, tzinfo=UTC)
UNITS: Final = {"PCE": "PCS", "CT": "CARTON", "PR": "PAIR", "XBX": "BOX"}


class WoundClock:
    """A `Clock`, and the `sleep` that moves it."""

    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def after(self, seconds: float) -> datetime:
        return self.now + timedelta(seconds=seconds)


class PartnersOf(Partners):
    """Partners without files."""

    def __init__(self, *profiles: PartnerProfile) -> None:
        super().__init__(Path("nowhere"))
        self.profiles = {profile.key: profile for profile in profiles}

    def keys(self) -> list[str]:
        return sorted(self.profiles)

    def get(self, key: str) -> PartnerProfile:
        if key not in self.profiles:
            raise UnknownPartnerError("no partner of that key", partner=key)
        return self.profiles[key]


def a_partner(shortage: ShortagePolicy = ShortagePolicy.REJECT_LINE, **changes: Any) -> PartnerProfile:
    fields: dict[str, Any] = {
        "key": "baumarkt",
        "name": "Baumarkt Süd GmbH",
        "customer_no": "C10000",
        "shortage": shortage,
        "units": UNITS,
        "folder": FolderProfile(inbox="baumarkt/in", outbox="baumarkt/out"),
    }
    return PartnerProfile.model_validate(fields | changes)


def a_line(item_no: str = "1001", quantity: str = "1", unit: str | None = None, **changes: Any) -> OrderLine:
    fields: dict[str, Any] = {
        "line_no": "1",
        "item_ids": (ItemId(scheme=ItemScheme.SUPPLIER, value=item_no),),
        "quantity": Decimal(quantity),
        "unit": unit,
    }
    return OrderLine.model_validate(fields | changes)


def an_order(*lines: OrderLine, **changes: Any) -> PurchaseOrder:
    """Return an order; its lines are numbered from 1 unless `line_no` says otherwise."""
    numbered = tuple(
        line if line.line_no != "1" else line.model_copy(update={"line_no": str(number)})
        for number, line in enumerate(lines or (a_line(),), start=1)
    )
    fields: dict[str, Any] = {
        "order_no": "PO-1",
        "partner": "baumarkt",
        "channel": Channel.EDI,
        "currency": "EUR",
        "lines": numbered,
    }
    return PurchaseOrder.model_validate(fields | changes)


def order_event(order: PurchaseOrder, document_id: str | None = None, epoch: int = 0) -> Event:
    """Return the event that asks for an order, from a document of its own."""
    document_id = document_id or event_id(order.partner, 0, f"document:{order.order_no}")
    source = Source(document_id, document_id, order.partner, epoch, order.test)
    return next_event(EventType.ORDER_RECEIVED, order, source, MORNING, subject=order.order_no)


def change_event(change: OrderChange, document_id: str | None = None) -> Event:
    """Return the event that asks for a change, from a document of its own."""
    document_id = document_id or event_id(change.partner, 0, f"document:{change.order_no}:{change.change_no}")
    source = Source(document_id, document_id, change.partner, 0, change.test)
    cancels = change.purpose is Purpose.CANCEL
    kind = EventType.ORDER_CANCEL_REQUESTED if cancels else EventType.ORDER_CHANGE_REQUESTED
    return next_event(kind, change, source, MORNING, subject=change.order_no)


def a_message(order: PurchaseOrder | None = None, **changes: Any) -> DecodedMessage:
    fields: dict[str, Any] = {"message_no": 1, "ref": "1", "kind": "ORDERS", "version": "D.96A", "order": order}
    return DecodedMessage(**fields | changes)


def an_interchange(*messages: DecodedMessage, **changes: Any) -> DecodedInterchange:
    fields: dict[str, Any] = {
        "sender": "4099998000020:14",
        "recipient": "4099998000013:14",
        "control_ref": "REF1",
        "syntax": "UNOC:3",
        "charset": "latin-1",
        "test": False,
        "partner": "baumarkt",
        "duplicate_key": "edi:REF1",
        "sha256": "c0ffee",
        "messages": messages,
    }
    return DecodedInterchange(**fields | changes)


class CannedDecoder:
    """A `Decoder` that returns, per content, what the test has put there."""

    def __init__(self) -> None:
        self.files: dict[bytes, DecodedFile] = {}
        self.hints: list[DecodeHint] = []

    def put(self, content: bytes, *interchanges: DecodedInterchange, **changes: Any) -> None:
        self.files[content] = DecodedFile(interchanges, **changes)

    def decode(self, content: bytes, hint: DecodeHint, partners: Partners) -> DecodedFile:  # noqa: ARG002  the port
        self.hints.append(hint)
        return self.files[content]


def types_of(events: Iterable[Event]) -> list[EventType]:
    return [event.type for event in events]
