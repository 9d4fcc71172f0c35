"""RECADV, INVRPT and SLSRPT."""

from datetime import date
from decimal import Decimal

import pytest

from ediwire import BUYER, OURS, SENDER, decode_one, interchange, message
from orderwire.canonical.envelope import EventType
from orderwire.canonical.inventory import FigureKind, InventoryReport
from orderwire.canonical.receipt import Receipt
from orderwire.ports.intake import DecodedMessage

NUMBERS = ("BGM+35+R-1+9", "DTM+137:20260302:102", BUYER)


def decoded(kind: str, *segments: str) -> DecodedMessage:
    made = decode_one(interchange(message(*segments, kind=f"{kind}:UN")))
    assert made.accepted, made.findings
    return made


def report(kind: str, *segments: str) -> InventoryReport:
    made = decoded(kind, *segments)
    assert made.notice is not None, made.error
    assert made.notice.type is EventType.INVENTORY_REPORTED
    assert isinstance(made.notice.body, InventoryReport)
    return made.notice.body


def receipt(*segments: str, kind: str = "RECADV:D:96A") -> Receipt:
    made = decoded(kind, *segments)
    assert made.notice is not None, made.error
    assert isinstance(made.notice.body, Receipt)
    return made.notice.body


@pytest.mark.parametrize("version", ["D:96A", "D:01B"])
def test_invrpt_tells_figures_by_item_and_place(version: str) -> None:
    """D.96A has QTY before INV, D.01B after it: the figures are the same."""
    inventory = ["INV++1"] if version == "D:01B" else []
    made = report(
        f"INVRPT:{version}",
        *NUMBERS,
        "LIN+1++4099999001019:EN",
        "PIA+1+TB-DRILL:IN",
        *inventory,
        "QTY+145:120:PCE",
        f"LOC+14+{SENDER}",
        *inventory,
        "QTY+83:-4:PCE",
        *inventory,
        "QTY+124:1",
    )
    [line] = made.lines
    assert [each.value for each in line.item_ids] == ["4099999001019", "TB-DRILL"]
    assert [(each.kind, each.quantity, each.location) for each in line.figures] == [
        (FigureKind.ACTUAL, Decimal(120), SENDER),
        (FigureKind.BACKORDERED, Decimal(-4), None),
        (FigureKind.OTHER, Decimal(1), None),
    ]


def test_slsrpt_tells_what_was_sold_where() -> None:
    """The place stands before its items; the period is in the heading."""
    made = report(
        "SLSRPT:D:96A",
        "BGM+73E+R-2+9",
        "DTM+137:20260302:102",
        "DTM+90:20260201:102",
        "DTM+91:20260228:102",
        BUYER,
        f"NAD+SU+{OURS}::9",
        f"LOC+162+{SENDER}",
        "LIN+1++4099999001019:EN",
        "QTY+153:5:PCE",
        "LOC+162+4099998000044",
        "LIN+2++4099999001019:EN",
        "QTY+153:7:PCE",
    )
    assert (made.from_on, made.to_on) == (date(2026, 2, 1), date(2026, 2, 28))
    assert [(line.figures[0].kind, line.figures[0].quantity, line.figures[0].location) for line in made.lines] == [
        (FigureKind.SOLD, Decimal(5), SENDER),
        (FigureKind.SOLD, Decimal(7), "4099998000044"),
    ]


def test_recadv_tells_what_was_taken_in() -> None:
    """Received, accepted and rejected, with the reason; the order's line and the delivery it is about."""
    made = receipt(
        "BGM+632+WE-1+9",
        "DTM+137:20260302:102",
        "DTM+50:20260301:102",
        "RFF+ON:PO-1",
        "RFF+AAK:102045",
        BUYER,
        "CPS+1",
        "LIN+1++4099999001019:EN",
        "QTY+12:10:PCE",
        "QTY+48:9:PCE",
        "QTY+194:8:PCE",
        "QTY+195:1:PCE",
        "QVR+-1:12+BK",
        "RFF+ON:PO-1:00010",
    )
    assert (made.order_no, made.shipment_no, made.received_on) == ("PO-1", "102045", date(2026, 3, 1))
    [line] = made.lines
    figures = [line.despatched, line.received, line.accepted, line.rejected]
    assert figures == [Decimal(10), Decimal(9), Decimal(8), Decimal(1)]
    assert (line.discrepancy, line.order_line_no, line.unit) == ("BK", "00010", "PCE")


def test_what_was_kept_and_what_was_not_is_what_arrived() -> None:
    """Buyers that tell only one of the two have told the other."""
    made = receipt(
        "BGM+632+WE-1+9", "DTM+137:20260302:102", BUYER, "CPS+1", "LIN+1++4099999001019:EN", "QTY+194:8", "QTY+195:1"
    )
    assert made.lines[0].received == Decimal(9)


@pytest.mark.parametrize(
    ("kind", "segments", "why"),
    [
        ("INVRPT:D:96A", (*NUMBERS, "LIN+1", "QTY+145:1"), "names no item"),
        ("INVRPT:D:96A", NUMBERS, "the report has no figures"),
        ("RECADV:D:96A", NUMBERS, "the receipt has no lines"),
        ("INVRPT:D:96A", (*NUMBERS, "LIN+1++4099999001019:EN", "QTY+145:x"), "not a number"),
        ("RECADV:D:96A", (*NUMBERS, "CPS+1", "LIN+1++4099999001019:EN"), "no received quantity"),
        ("RECADV:D:96A", (*NUMBERS, "CPS+1", "LIN+1", "QTY+48:1"), "names no item"),
    ],
)
def test_what_makes_no_sense_is_told(kind: str, segments: tuple[str, ...], why: str) -> None:
    """The error says what, and names the segment."""
    made = decode_one(interchange(message(*segments, kind=f"{kind}:UN")))
    assert made.notice is None
    if made.accepted:
        assert made.error is not None
        assert why in made.error.message
        assert made.error.facts["segment"]
