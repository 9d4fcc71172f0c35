"""The JSON of changes and cancellations, and the canonical change it makes."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orderwire.canonical.change import LineAction, OrderChange
from orderwire.canonical.envelope import EventType
from orderwire.canonical.order import Channel, ItemScheme, Purpose
from orderwire.config.partners import Partners
from orderwire.connectors.api.connector import ApiDecoder
from orderwire.ports.intake import DecodedMessage, DecodeHint

CHANGE: dict[str, Any] = {
    "action": "change", "order_no": "A-1", "change_no": "C-1", "requested_on": "2026-03-09",
    "lines": [
        {"line_no": "1", "quantity": "2.5"},
        {"line_no": "2", "action": "deleted"},
        {"line_no": "9", "action": "added", "item_no": "1001", "gtin": "4099999001019", "quantity": 3, "unit": "PCE"},
    ],
}  # fmt: skip
CANCEL = {"action": "cancel", "order_no": "A-1", "change_no": "C-2"}


def decoded(document: Any) -> DecodedMessage:
    [interchange] = (
        ApiDecoder()
        .decode(json.dumps(document).encode(), DecodeHint(partner="acme"), Partners(Path("nowhere")))
        .interchanges
    )
    [message] = interchange.messages
    return message


def test_a_change_says_what_is_to_be_otherwise() -> None:
    """What is not said stays open; lines are changed unless they say otherwise."""
    message = decoded(CHANGE)

    assert (message.kind, message.ref, message.order, message.findings) == ("change", "A-1", None, ())
    assert message.notice is not None
    assert message.notice.type is EventType.ORDER_CHANGE_REQUESTED
    change = message.notice.body
    assert isinstance(change, OrderChange)
    assert (change.order_no, change.change_no, change.partner, change.channel) == ("A-1", "C-1", "acme", Channel.API)
    first, second, third = change.lines
    assert (first.action, first.quantity, first.unit) == (LineAction.CHANGED, Decimal("2.5"), None)
    assert (second.action, second.quantity) == (LineAction.DELETED, None)
    assert [item.scheme for item in third.item_ids] == [ItemScheme.SUPPLIER, ItemScheme.GTIN]


def test_a_cancellation_is_of_the_whole_order() -> None:
    """It has no lines, and asks for what an EDI cancellation asks for."""
    notice = decoded(CANCEL).notice
    assert notice is not None
    assert notice.type is EventType.ORDER_CANCEL_REQUESTED
    assert isinstance(notice.body, OrderChange)
    assert (notice.body.purpose, notice.body.lines) == (Purpose.CANCEL, ())


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"action": "forget"}, "action"),
        ({"change_no": None}, "change_no"),
        ({"change_no": ""}, "change_no"),
        ({"order_no": "\x07"}, "order_no"),
        ({"surprise": 1}, "surprise"),
        ({"lines": [], "requested_on": None}, "changes nothing"),
        ({"action": "cancel"}, "nothing else"),
        ({"lines": [{"line_no": "9", "action": "added", "quantity": 1}]}, "names its item"),
        ({"lines": [{"line_no": "9", "action": "added", "item_no": "1"}]}, "names its item"),
        ({"lines": [{"line_no": "1", "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{"line_no": "1", "quantity": True}]}, "lines.0.quantity"),
        ({"lines": [{"quantity": 1}]}, "lines.0.line_no"),
    ],
)
def test_what_makes_no_sense_is_named(wrong: dict[str, Any], path: str) -> None:
    """Every wrong request is refused with the place of what is wrong, and asks for nothing."""
    message = decoded(CHANGE | wrong)
    assert not message.accepted
    assert message.notice is None
    assert any(path in finding.text for finding in message.findings)
