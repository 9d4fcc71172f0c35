"""OrderRequest to the purchase order, or to what is asked about an earlier one."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from lxml import etree
from pydantic import ValidationError

from orderwire.canonical.change import OrderChange
from orderwire.canonical.envelope import EventType
from orderwire.canonical.order import Channel, OrderLine, PurchaseOrder, Purpose
from orderwire.canonical.party import Party, PartyRole
from orderwire.config.profile import ShortagePolicy
from orderwire.connectors.punchout.elements import text_of, to_day
from orderwire.connectors.punchout.lines import Reading, note_of, read_line
from orderwire.connectors.punchout.parties import to_party
from orderwire.connectors.punchout.place import read_place
from orderwire.ports.intake import Notice

_PURPOSES: Final = {"": Purpose.ORIGINAL, "new": Purpose.ORIGINAL, "update": Purpose.REPLACE, "delete": Purpose.CANCEL}
#: What asks for a delivery; blanket orders and stock transports do not, or not from a supplier.
_ORDER_TYPES: Final = frozenset({"", "regular", "release"})
#: Attributes of the heading, by the kind of reference that they are.
_REFERENCES: Final = {"agreementID": "contract", "parentAgreementID": "blanket_order", "requisitionID": "requisition"}
#: What a line may be, instead of one that asks for an item to be delivered.
_OTHERS: Final[Mapping[str, Callable[[etree._Element], bool]]] = {
    "is a return, which is not taken as an order": lambda item: _says_yes(item, "isReturn"),
    "is blocked, which an order cannot be": lambda item: item.get("operation", "").strip() == "block",
    "is part of a group of lines, which is not taken": lambda item: (
        item.get("itemType", "").strip() == "composite" or bool(item.get("parentLineNumber"))
    ),
    "is a blanket line, which asks for no delivery": lambda item: item.find("BlanketItemDetail") is not None,
    "is to come on several days, which is not taken: send a line for each": lambda item: len(_scheduled_on(item)) > 1,
}
_MAX_REFERENCES: Final = 100
_HEADER: Final = "OrderRequest/OrderRequestHeader"


@dataclass(frozen=True, slots=True)
class Sender:
    """What the envelope and the partner's profile say about a document."""

    partner: str
    payload_id: str
    parties: Mapping[tuple[str, str], str]
    test: bool = False
    shortage: ShortagePolicy | None = None


def read_order(body: etree._Element, sender: Sender, reading: Reading) -> PurchaseOrder | Notice | None:
    """Return the order, or the request to cancel one; None: there is none, and the findings say why."""
    header = body.find("OrderRequestHeader")
    if header is None:
        reading.reject("missing", "The order has no OrderRequestHeader", "OrderRequest")
        return None
    order_no = " ".join(header.get("orderID", "").split())
    if not order_no:
        reading.reject("missing", "The order has no orderID", f"{_HEADER}/@orderID")
    purpose = _PURPOSES.get(header.get("type", "").strip())
    if purpose is None:
        text = f"Orders of type {header.get('type', '')[:40]!r} are not known"
        reading.reject("unsupported", text, f"{_HEADER}/@type")
        return None
    fields = _heading(header, sender, reading) | {"order_no": order_no, "purpose": purpose}
    if purpose is Purpose.CANCEL:
        return _cancellation(fields, reading)
    _warn_of_parts(header, sender, reading)
    order_type = header.get("orderType", "").strip()
    if order_type not in _ORDER_TYPES:
        reading.reject("unsupported", f"Orders of orderType {order_type[:40]!r} are not taken", f"{_HEADER}/@orderType")
    items = [item for item in body.iterfind("ItemOut") if item.get("operation", "").strip() != "delete"]
    if purpose is Purpose.REPLACE and not items and body.find("ItemOut") is not None:
        return _cancellation(fields | {"purpose": Purpose.CANCEL}, reading)
    return _order(items, fields | {"parties": tuple(_parties(header, items, sender, reading))}, reading)


def _order(items: list[etree._Element], fields: dict[str, Any], reading: Reading) -> PurchaseOrder | None:
    lines = [line for number, item in enumerate(items, start=1) if (line := _line(item, number, reading))]
    if not items:
        reading.reject("missing", "The order has no lines", "OrderRequest/ItemOut")
    _check_numbers(lines, reading)
    if not reading.goes_on():
        return None
    try:
        return PurchaseOrder(lines=tuple(lines), **fields)
    except ValidationError as error:
        _tell(error, reading)
    return None


def _line(item: etree._Element, number: int, reading: Reading) -> OrderLine | None:
    """Return the line; what asks for something else than a delivery of an item is refused."""
    other = next((text for text, is_so in _OTHERS.items() if is_so(item)), None)
    if other is None:
        return read_line(item, number, reading)
    reading.reject("unsupported", f"Line {number} {other}", f"ItemOut[{number}]")
    return None


def _warn_of_parts(header: etree._Element, sender: Sender, reading: Reading) -> None:
    """Tell of a buyer that wants all at once, where the partner's profile lets a part go: the profile decides."""
    if _says_yes(header, "shipComplete") and sender.shortage not in {None, ShortagePolicy.REJECT_ORDER}:
        text = f"The buyer wants all of it shipped at once; with shortage: {sender.shortage} it may come in part"
        reading.warn("ship_complete", text, f"{_HEADER}/@shipComplete")


def _says_yes(element: etree._Element, name: str) -> bool:
    """Tell whether an attribute says anything but no: the DTD knows only `yes`, and what is meant by others is that."""
    return element.get(name, "").strip().lower() not in {"", "no", "false", "0"}


def _scheduled_on(item: etree._Element) -> set[date | None]:
    """Return the days on which parts of a line are wanted; None is one of them where it cannot be read."""
    return {to_day(part.get("requestedDeliveryDate", "")) for part in item.iterfind("ScheduleLine")}


def _check_numbers(lines: list[OrderLine], reading: Reading) -> None:
    for number, times in Counter(line.line_no for line in lines).most_common(1):
        if times > 1:
            reading.reject("repeated_line", f"Line number {number[:40]} occurs {times} times", "OrderRequest/ItemOut")


def _heading(header: etree._Element, sender: Sender, reading: Reading) -> dict[str, Any]:
    money = header.find("Total/Money")
    reading.currency = (money.get("currency", "").strip().upper() or None) if money is not None else None
    period = header.find("DeliveryPeriod/Period")
    version = header.get("orderVersion", "").strip()
    return {
        "partner": sender.partner,
        "channel": Channel.PUNCHOUT,
        "channel_refs": _channel_refs(header, sender),
        "test": sender.test,
        "ordered_on": _day(header, "orderDate", reading),
        "requested_on": _day(header, "requestedDeliveryDate", reading),
        "not_before": _day(period, "startDate", reading),
        "not_after": _day(period, "endDate", reading),
        "currency": reading.currency,
        "references": _references(header, version),
        "note": note_of(header),
    }


def _channel_refs(header: etree._Element, sender: Sender) -> dict[str, str]:
    """Return what our documents about this order must name."""
    refs = {"payload_id": sender.payload_id, "order_date": header.get("orderDate", "").strip()}
    previous = header.find("DocumentReference")
    if previous is not None:
        refs["previous_payload_id"] = previous.get("payloadID", "").strip()
    return {name: text for name, text in refs.items() if text}


def _day(element: etree._Element | None, name: str, reading: Reading) -> date | None:
    text = element.get(name, "").strip() if element is not None else ""
    day = to_day(text) if text else None
    if text and day is None:
        reading.warn("date", f"{name}: {text[:40]!r} is no date", f"{_HEADER}/@{name}")
    return day


def _parties(header: etree._Element, items: list[etree._Element], sender: Sender, reading: Reading) -> Iterator[Party]:
    place = read_place(header, items, sender.parties, reading)
    if place is not None:
        yield place
    address = header.find("BillTo/Address")
    if address is not None:
        yield to_party(PartyRole.INVOICEE, address, sender.parties)


def _references(header: etree._Element, version: str) -> dict[str, str]:
    """Return other numbers by kind: the heading's own, then IdReferences and Extrinsics under their names."""
    found = {kind: header.get(name, "").strip() for name, kind in _REFERENCES.items()}
    if header.get("type", "").strip() in {"update", "delete"}:
        found["order_change"] = version
    for each in header.iterfind("IdReference"):
        found.setdefault(each.get("domain", "").strip(), each.get("identifier", "").strip())
    for each in header.iterfind("Extrinsic"):
        found.setdefault(each.get("name", "").strip(), text_of(each))
    return {kind: number for kind, number in list(found.items())[:_MAX_REFERENCES] if kind and number}


def _cancellation(fields: dict[str, Any], reading: Reading) -> Notice | None:
    """Return the request to cancel all of it; what its lines say is no matter."""
    if not reading.goes_on():
        return None
    try:
        body = OrderChange(
            order_no=fields["order_no"],
            change_no=fields["references"].get("order_change"),
            partner=fields["partner"],
            channel=Channel.PUNCHOUT,
            channel_refs=fields["channel_refs"],
            purpose=Purpose.CANCEL,
            test=fields["test"],
            requested_at=fields["ordered_on"],
            note=fields["note"],
        )
    except ValidationError as error:
        _tell(error, reading)
        return None
    return Notice(EventType.ORDER_CANCEL_REQUESTED, body, body.order_no, body.order_no)


def _tell(error: ValidationError, reading: Reading) -> None:
    for problem in error.errors(include_input=False, include_url=False):
        place = ".".join(str(part) for part in problem["loc"])
        reading.reject("invalid", f"{place}: {problem['msg']}", _HEADER)
