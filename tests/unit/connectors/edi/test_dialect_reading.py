"""What a profile makes of an order: codes that the partner uses in its own way, and parties by our numbers."""

from datetime import date
from decimal import Decimal

import pytest

from ediwire import SENDER, decode_one, interchange, message, order, profile
from orderwire.canonical.order import ItemScheme, PurchaseOrder
from orderwire.canonical.party import PartyRole
from orderwire.config.profile import PartnerProfile

READING = {
    "item_codes": {"ZZZ": "buyer"},
    "ordered_quantities": ["59", "21"],
    "requested_dates": ["76", "2"],
}
HEADING = (
    "BGM+220+PO-1+9",
    "DTM+137:20260302:102",
    "DTM+76:20260310:102",
    "DTM+2:20260320:102",
    f"NAD+BY+{SENDER}::9",
    "NAD+DP+STORE-7::92",
)
LINE = ("LIN+1", "PIA+5+X1:ZZZ", "QTY+21:1:CT", "QTY+59:12:PCE", "DTM+2:20260401:102", "DTM+76:20260402:102")


def read(partner: PartnerProfile) -> PurchaseOrder:
    told = decode_one(interchange(order(*LINE, heading=HEADING)), partner)
    assert told.order is not None, told.error
    return told.order


def test_a_profile_changes_what_codes_mean() -> None:
    """Item codes, the quantity and the dates that count are the partner's, by its profile alone."""
    made = read(profile(reading=READING))
    [line] = made.lines
    assert line.item_id(ItemScheme.BUYER) == "X1"
    assert (line.quantity, line.unit) == (Decimal(12), "PCE")
    assert (made.requested_on, line.requested_on) == (date(2026, 3, 10), date(2026, 4, 2))


def test_without_a_profile_codes_mean_what_they_mean_to_most() -> None:
    """21 is ordered, 2 is requested, ZZZ is nobody's number."""
    made = read(profile())
    [line] = made.lines
    assert line.item_id(ItemScheme.OTHER) == "X1"
    assert (line.quantity, line.unit) == (Decimal(1), "CT")
    assert (made.requested_on, line.requested_on) == (date(2026, 3, 20), date(2026, 4, 1))


def test_a_party_gets_our_number() -> None:
    """codes/parties.csv: the partner's number of a store leads to ours, which goes with the order."""
    partner = profile().model_copy(update={"parties": {("buyer", "STORE-7"): "S-0007"}})
    delivery = read(partner).party(PartyRole.DELIVERY)
    assert delivery is not None
    assert (delivery.id_of("buyer"), delivery.id_of("supplier")) == ("STORE-7", "S-0007")


LONG = "x" * 36


def verdict(*segments: str, order_no: str = "PO-1", partner: PartnerProfile | None = None) -> str | None:
    """Return why an order is refused, with the segment."""
    heading = (f"BGM+220+{order_no}+9", *HEADING[1:])
    told = decode_one(interchange(order(*(segments or LINE), heading=heading)), partner or profile())
    return f"{told.error.facts['segment']}: {told.error.message}" if told.error else None


@pytest.mark.parametrize(
    ("segments", "segment"),
    [
        (("LIN+0000010010++1:SA", "QTY+21:1"), "LIN: the line's number"),
        ((f"LIN+1++{LONG}:SA", "QTY+21:1"), "LIN: the item's number"),
        (("LIN+1", "PIA+5+\xa4:SA", "QTY+21:1"), "LIN: the item's number"),
        (("LIN+1++1:SA", "QTY+21:1234567890123456"), "QTY: the quantity"),
        (("LIN+1++1:SA", "QTY+21:1:ST\xdcCK"), "QTY: the unit"),
    ],
)
def test_what_our_answer_cannot_say_again_is_refused(segments: tuple[str, ...], segment: str) -> None:
    """An order that is taken must be answered, with the buyer's own numbers: those that do not fit are told at once."""
    assert (verdict(*segments, partner=profile(charset="ascii")) or "").startswith(f"{segment} cannot be repeated")
    silent = profile(charset="ascii", messages={"ORDRSP": {"send": False}})
    assert verdict(*segments, partner=silent) is None


def test_an_order_number_must_fit_into_our_answer() -> None:
    """RFF has 35 characters in D.96A and 70 in D.01B."""
    assert (verdict(order_no="9" * 36) or "").startswith("BGM: the order's number cannot be repeated")
    assert verdict(order_no="9" * 36, partner=profile(response_version="D.01B")) is None
    assert (verdict(order_no="\u0141-1".encode().decode("latin-1")) or "").startswith("BGM: the order's number")


def test_one_item_number_that_can_be_said_again_is_enough() -> None:
    """The others are left out of the answer."""
    assert verdict("LIN+1++4099999001019:EN", f"PIA+1+{LONG}:MF", "QTY+21:1") is None


def test_a_change_must_fit_into_our_answer() -> None:
    """The numbers of order, request and line go back with the answer."""
    for bgm, rff, lin, why in (
        (f"BGM+230+{LONG}+4", "RFF+ON:PO-1", "LIN+1+2", "the request's number"),
        ("BGM+230+1+4", f"RFF+ON:{LONG}", "LIN+1+2", "the order's number"),
        ("BGM+230+1+4", "RFF+ON:PO-1", "LIN+1234567+2", "the line's number"),
    ):
        segments = (bgm, "DTM+137:20260302:102", rff, f"NAD+BY+{SENDER}::9", lin, "UNS+S")
        told = decode_one(interchange(message(*segments, kind="ORDCHG:D:96A:UN")), profile())
        assert told.error is not None
        assert told.error.message.startswith(why)
