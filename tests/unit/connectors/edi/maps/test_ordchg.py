"""ORDCHG."""

from datetime import date
from decimal import Decimal

import pytest

from ediwire import BUYER, decode_one, interchange, message
from orderwire.canonical.change import LineAction, OrderChange
from orderwire.canonical.envelope import EventType
from orderwire.canonical.order import Purpose
from orderwire.ports.intake import DecodedMessage, Notice

HEADING = ("BGM+230+CH-1+4", "DTM+137:20260302:102", "RFF+ON:PO-1", BUYER)
LINE = ("LIN+10+3+4099999001019:EN", "QTY+21:7:PCE", "DTM+2:20260310:102")


def decoded(*segments: str, version: str = "D:96A") -> DecodedMessage:
    made = decode_one(interchange(message(*segments, "UNS+S", kind=f"ORDCHG:{version}:UN:EAN008")))
    assert made.accepted
    return made


def change(*segments: str, version: str = "D:96A") -> OrderChange:
    made = decoded(*segments, version=version)
    assert isinstance(made.notice, Notice), made.error
    assert isinstance(made.notice.body, OrderChange)
    assert made.notice.order_no == made.notice.body.order_no
    return made.notice.body


@pytest.mark.parametrize("version", ["D:96A", "D:01B"])
def test_lines_are_changed_added_and_deleted(version: str) -> None:
    """1229 says what becomes of a line; what is not said stays as it was."""
    made = change(
        *HEADING, *LINE, "LIN+20+2", "LIN+30+1+4099999001026:EN", "QTY+21:12:PCE", "PRI+AAA:14.5", version=version
    )

    assert (made.order_no, made.change_no, made.purpose) == ("PO-1", "CH-1", Purpose.CHANGE)
    assert made.requested_at == date(2026, 3, 2)
    first, second, third = made.lines
    assert (first.line_no, first.action, first.quantity, first.unit) == ("10", LineAction.CHANGED, Decimal(7), "PCE")
    assert first.requested_on == date(2026, 3, 10)
    assert (second.line_no, second.action, second.quantity, second.item_ids) == ("20", LineAction.DELETED, None, ())
    assert (third.action, third.net_price) == (LineAction.ADDED, Decimal("14.5"))


def test_a_line_is_named_by_its_number_in_the_order() -> None:
    """RFF ON with a line goes before the number in LIN."""
    assert change(*HEADING, *LINE, "RFF+ON:PO-1:00040").lines[0].line_no == "00040"
    assert change(*HEADING, *LINE, "RFF+LI:5").lines[0].line_no == "5"


def test_a_quantity_of_nothing_deletes_the_line() -> None:
    """Some buyers say it so."""
    assert change(*HEADING, "LIN+10+3", "QTY+21:0").lines[0].action is LineAction.DELETED


def test_a_cancellation_is_of_the_whole_order() -> None:
    """1225 1; lines that come with it say nothing more, and it is an event of its own."""
    made = decoded("BGM+230+CH-2+1", *HEADING[1:], *LINE)
    assert made.notice is not None
    assert made.notice.type is EventType.ORDER_CANCEL_REQUESTED
    assert isinstance(made.notice.body, OrderChange)
    assert (made.notice.body.purpose, made.notice.body.lines) == (Purpose.CANCEL, ())


def test_dates_alone_are_a_change() -> None:
    """A new delivery date for the whole order needs no line."""
    made = change(HEADING[0], "DTM+137:20260302:102", "DTM+2:20260401:102", *HEADING[2:])
    assert (made.requested_on, made.lines) == (date(2026, 4, 1), ())


def test_without_a_reference_the_number_is_the_orders() -> None:
    """Buyers that give the order's own number again mean that order."""
    made = change("BGM+220+PO-9+5", HEADING[1], BUYER, *LINE)
    assert (made.order_no, made.change_no, made.purpose) == ("PO-9", None, Purpose.REPLACE)


@pytest.mark.parametrize(
    ("segments", "why", "segment"),
    [
        (("BGM+230+CH-1+9", *HEADING[1:], *LINE), "the message function is not supported", "BGM"),
        ((*HEADING, "LIN+10+1", "QTY+21:7"), "names its item", "LIN"),
        ((*HEADING, "LIN+10+3+X:SA+1:1", "QTY+21:7"), "part of another line", "LIN"),
        ((*HEADING, "LIN+10+17", "QTY+21:7"), "the action is not supported", "LIN"),
        ((*HEADING, "LIN+10+3", "QTY+21:-1"), "not greater than zero", "QTY"),
        (HEADING, "changes nothing", "BGM"),
        (("BGM+230++4", HEADING[1], BUYER, *LINE), "names no order", "RFF"),
    ],
)
def test_what_cannot_be_done_is_told_with_its_place(segments: tuple[str, ...], why: str, segment: str) -> None:
    """A request that asks for nothing that can be done has an error, not a notice."""
    made = decoded(*segments)
    assert made.notice is None
    assert made.error is not None
    assert why in made.error.message
    assert made.error.facts["segment"] == segment


def again(*segments: str) -> DecodedMessage:
    """Decode an ORDERS."""
    made = decode_one(interchange(message(*segments, "UNS+S")))
    assert made.accepted, made.findings
    assert made.order is None
    return made


def asked(*segments: str) -> OrderChange:
    made = again(*segments)
    assert made.notice is not None, made.error
    assert isinstance(made.notice.body, OrderChange)
    return made.notice.body


@pytest.mark.parametrize(
    ("bgm", "purpose"),
    [
        ("BGM+220+PO-1+4", Purpose.CHANGE),
        ("BGM+220+PO-1+5", Purpose.REPLACE),
        ("BGM+230+PO-1", Purpose.CHANGE),
        ("BGM+220+PO-1+1", Purpose.CANCEL),
    ],
)
def test_an_order_that_comes_again_may_change_the_first(bgm: str, purpose: Purpose) -> None:
    """An ORDERS with 1225 of 1, 4 or 5 is read as a change is: lines are added, changed and deleted."""
    lines = ("LIN+1+2", "LIN+2+1+4099999001026:EN", "QTY+21:5", "LIN+3+3+X:SA", "QTY+21:2", "LIN+4++X:SA", "QTY+21:0")
    made = asked(bgm, HEADING[1], BUYER, *lines)
    assert (made.order_no, made.change_no, made.purpose) == ("PO-1", None, purpose)
    expected = [LineAction.DELETED, LineAction.ADDED, LineAction.CHANGED, LineAction.DELETED]
    assert [line.action for line in made.lines] == ([] if purpose is Purpose.CANCEL else expected)


def test_a_request_sent_as_orders_names_its_order() -> None:
    """BGM 230 has a number of its own; RFF ON is the order, and its line the line."""
    made = asked("BGM+230+CH1+4", *HEADING[1:], *LINE, "RFF+ON:PO-1:00040")
    assert (made.order_no, made.change_no, made.lines[0].line_no) == ("PO-1", "CH1", "00040")


def test_an_order_that_comes_again_goes_by_its_own_numbers() -> None:
    """References of an order are about something else; RFF PP is the number of the change."""
    made = asked("BGM+220+PO-1+4", HEADING[1], "RFF+ON:OTHER", "RFF+PP:CH7", BUYER, *LINE, "RFF+LI:123/45")
    assert (made.order_no, made.change_no, made.lines[0].line_no) == ("PO-1", "CH7", "10")


@pytest.mark.parametrize("lines", [(), ("LIN+1", "QTY+21:0"), ("LIN+1++X:SA+1:1", "QTY+21:-1", "DTM+2:whenever:999")])
@pytest.mark.parametrize("kind", ["ORDERS", "ORDCHG"])
def test_a_cancellation_needs_no_lines(kind: str, lines: tuple[str, ...]) -> None:
    """LIN is conditional, and what the lines of a cancellation say is no matter."""
    segments = ("BGM+220+PO-1+1", HEADING[1], BUYER, *lines, "UNS+S")
    made = decode_one(interchange(message(*segments, kind=f"{kind}:D:96A:UN:EAN008")))
    assert made.notice is not None, made.error
    assert (made.notice.type, made.notice.order_no) == (EventType.ORDER_CANCEL_REQUESTED, "PO-1")


@pytest.mark.parametrize(
    ("segments", "why"),
    [
        (("BGM+230+CH1+9", *HEADING[1:], *LINE), "function is not supported"),
        (("BGM+221+PO-1+4", HEADING[1], BUYER, *LINE), "no order"),
        (("BGM+220+PO-1+4", HEADING[1], BUYER), "changes nothing"),
        (("BGM+220+PO-1+5", HEADING[1], BUYER), "has lines"),
        (("BGM+220+PO-1+4", HEADING[1], BUYER, "LIN+1+7+X:SA"), "action is not supported"),
    ],
)
def test_an_order_that_comes_again_for_nothing_is_told(segments: tuple[str, ...], why: str) -> None:
    """What asks for nothing that can be done has an error."""
    error = again(*segments).error
    assert error is not None
    assert why in error.message
