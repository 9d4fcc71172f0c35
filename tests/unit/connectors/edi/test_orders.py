"""ORDERS to the purchase order."""

from datetime import date
from decimal import Decimal

import pytest

from ediwire import BUYER, HEADING, LINE, UNB, decode_one, interchange, message, order
from orderwire.canonical.order import ItemScheme, OrderLine, PurchaseOrder, Purpose
from orderwire.canonical.party import PartyRole
from orderwire.errors import MappingError

LIN = "LIN+1++4099999001019:EN"


def mapped(*heading: str, lines: tuple[str, ...] = LINE) -> PurchaseOrder:
    decoded = decode_one(interchange(message(*heading, *lines, "UNS+S")))
    assert decoded.error is None, decoded.error
    assert decoded.order is not None, decoded.findings
    return decoded.order


def line(*segments: str) -> OrderLine:
    return mapped(*HEADING, lines=segments).lines[0]


def refused(*segments: str) -> MappingError:
    decoded = decode_one(interchange(message(*segments, "UNS+S")))
    assert decoded.accepted, decoded.findings
    assert decoded.order is None
    assert isinstance(decoded.error, MappingError)
    return decoded.error


@pytest.mark.parametrize("bgm", ["BGM+220+PO-1+9", "BGM+220::9+PO-1:1:2+9", "BGM+220+PO-1"])
def test_bgm_has_the_number_in_either_directory(bgm: str) -> None:
    """The order number is 1004 of D.96A and the first component of C106 in D.01B."""
    assert mapped(bgm, *HEADING[1:]).order_no == "PO-1"


@pytest.mark.parametrize(
    ("bgm", "purpose", "test"),
    [
        ("BGM+220+1", Purpose.ORIGINAL, False),
        ("BGM+226+1+9", Purpose.ORIGINAL, False),
        ("BGM+220+1+7", Purpose.ORIGINAL, False),
        ("BGM+220+1+1", Purpose.CANCEL, False),
        ("BGM+220+1+4", Purpose.CHANGE, False),
        ("BGM+230+1", Purpose.CHANGE, False),
        ("BGM+220+1+5", Purpose.REPLACE, False),
        ("BGM+220+1+53", Purpose.ORIGINAL, True),
    ],
)
def test_function_says_what_is_wanted(bgm: str, purpose: Purpose, *, test: bool) -> None:
    """BGM 1225 makes an original, a change, a replacement, a cancellation or a test."""
    made = mapped(bgm, *HEADING[1:])
    assert (made.purpose, made.test) == (purpose, test)


def test_test_indicator_travels_with_the_order() -> None:
    """UNB 0035 marks every order of the interchange as a test."""
    decoded = decode_one(interchange(order(), unb=f"{UNB}++++++1"))
    assert decoded.order is not None
    assert decoded.order.test


def test_heading_dates_and_their_formats() -> None:
    """137, 2, 63 and 64 are read in each one's format; other dates are left alone."""
    made = mapped(
        HEADING[0],
        "DTM+137:202603021130:203",
        "DTM+2:260309:101",
        "DTM+63:20260313:102",
        "DTM+64:20260306:102",
        "DTM+10:whenever:999",
        BUYER,
    )
    assert made.ordered_on == date(2026, 3, 2)
    assert (made.requested_on, made.not_before, made.not_after) == (
        date(2026, 3, 9),
        date(2026, 3, 6),
        date(2026, 3, 13),
    )


def test_a_range_of_requested_days_bounds_the_delivery() -> None:
    """DTM 2 in format 718 asks for the first day and bounds with both."""
    made = mapped(*HEADING[:2], "DTM+2:20260309-20260313:718", BUYER)
    assert (made.requested_on, made.not_before, made.not_after) == (
        date(2026, 3, 9),
        date(2026, 3, 9),
        date(2026, 3, 13),
    )


def test_a_references_date_is_not_the_orders() -> None:
    """DTM after RFF belongs to the reference."""
    made = mapped(*HEADING[:2], "RFF+CT:C-1", "DTM+2:20200101:102", BUYER)
    assert made.requested_on is None
    assert made.references == {"contract": "C-1"}


def test_parties_with_their_numbers_names_and_contacts() -> None:
    """NAD gives role, number by agency, name, address; its group gives VAT number and contact."""
    made = mapped(
        *HEADING[:2],
        f"{BUYER}++Baumarkt:Süd+Weg 1:Haus B+München+BY+80331+DE",
        "RFF+VA:DE1",
        "CTA+OC+:Anna",
        "COM+?+49 89:TE",
        "COM+a@b.example:EM",
        "NAD+DP+77::92+Rampe 4:Hof",
        "NAD+UC+123456789::16",
        "NAD+FW+X::28",
    )
    buyer, delivery, consignee, forwarder = made.parties
    assert (buyer.id_of("gln"), buyer.id_of("vat"), buyer.name) == ("4099998000020", "DE1", "Baumarkt Süd")
    assert (buyer.street, buyer.city, buyer.postal_code, buyer.country) == (
        ("Weg 1", "Haus B"),
        "München",
        "80331",
        "DE",
    )
    assert (buyer.contact, buyer.phone, buyer.email) == ("Anna", "+49 89", "a@b.example")
    assert (delivery.role, delivery.id_of("buyer"), delivery.name) == (PartyRole.DELIVERY, "77", "Rampe 4 Hof")
    assert consignee.id_of("duns") == "123456789"
    assert (forwarder.role, forwarder.id_of("28")) == (PartyRole.OTHER, "X")


@pytest.mark.parametrize(("number", "scheme"), [("4099998000020", "gln"), ("4099998000021", "other"), ("77", "other")])
def test_a_party_number_without_agency_is_a_gln_if_it_looks_like_one(number: str, scheme: str) -> None:
    """Thirteen digits with a right check digit are a GLN."""
    assert mapped(*HEADING[:2], f"NAD+BY+{number}").parties[0].ids[0].scheme == scheme


@pytest.mark.parametrize("cux", ["CUX+2:EUR:9", "CUX+2:EUR", "CUX+3:USD:4+2:EUR:9"])
def test_currency_is_the_orders(cux: str) -> None:
    """The order currency goes before any other."""
    assert mapped(*HEADING, cux).currency == "EUR"


def test_free_text_becomes_the_note() -> None:
    """Texts are joined, coded ones without text are left out."""
    made = mapped(*HEADING[:2], "FTX+AAI+++one:two", "FTX+ZZZ+1+001::91", "FTX+DEL+++three", BUYER)
    assert made.note == "one two\nthree"


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        (("LIN+1++4099999001019:EN",), [(ItemScheme.GTIN, "4099999001019")]),
        (("LIN+1++4099999001019:SRV",), [(ItemScheme.GTIN, "4099999001019")]),
        (("LIN+1++4099999001019",), [(ItemScheme.GTIN, "4099999001019")]),
        (("LIN+1++1001:SA",), [(ItemScheme.SUPPLIER, "1001")]),
        (("LIN+1", "PIA+5+TB-1:IN"), [(ItemScheme.BUYER, "TB-1")]),
        (("LIN+1++:EN", "PIA+5+TB-1:BP::92"), [(ItemScheme.BUYER, "TB-1")]),
        (
            ("LIN+1++4099999001019:EN", "PIA+1+X:IN+Y:MF", "PIA+5+1001:SA", "PIA+3+1002:SA"),
            [
                (ItemScheme.GTIN, "4099999001019"),
                (ItemScheme.SUPPLIER, "1001"),
                (ItemScheme.BUYER, "X"),
                (ItemScheme.MANUFACTURER, "Y"),
            ],
        ),
        (("LIN+1++X:ZZZ",), [(ItemScheme.OTHER, "X")]),
    ],
)
def test_item_numbers_in_order_of_preference(segments: tuple[str, ...], expected: list[tuple[ItemScheme, str]]) -> None:
    """LIN goes first, then PIA 5, then PIA 1; substitutes are not the item."""
    made = line(*segments, "QTY+21:1")
    assert [(each.scheme, each.value) for each in made.item_ids] == expected


def test_line_number_is_the_buyers_own() -> None:
    """1082 is echoed as it stands; a line without one has its position."""
    assert line("LIN+00010++X:SA", "QTY+21:1").line_no == "00010"
    assert line("LIN+++X:SA", "QTY+21:1").line_no == "1"


@pytest.mark.parametrize(
    ("qty", "quantity", "unit"),
    [("QTY+21:10:PCE", "10", "PCE"), ("QTY+21:2,5", "2.5", None), ("QTY+1:7:EA", "7", "EA")],
)
def test_quantity_and_unit(qty: str, quantity: str, unit: str | None) -> None:
    """The ordered quantity is read with either decimal mark, its unit if there is one."""
    made = line(LIN, "QTY+59:12", qty, "QTY+192:1")
    assert (made.quantity, made.unit) == (Decimal(quantity), unit)


def test_quantity_of_a_schedule_or_a_place_is_not_the_lines() -> None:
    """QTY 21 under SCC or LOC splits what the line orders."""
    made = line(LIN, "QTY+21:48", "LOC+7+4099998000136::9", "QTY+21:24", "SCC+1", "QTY+21:24")
    assert made.quantity == Decimal(48)
    assert made.location == "4099998000136"


def test_price_amount_and_the_rest_of_a_line() -> None:
    """PRI AAA with its basis, MOA 203, DTM 2, IMD, FTX and NAD are read."""
    made = line(
        LIN,
        f"IMD+F++:::{'x' * 35}:yz",
        "IMD+C++TU::9",
        "QTY+21:1",
        "DTM+2:20260320:102",
        "MOA+203:125,00",
        "FTX+LIN+++care",
        "PRI+AAB:99",
        "PRI+AAA:12.50:::100:PCE",
        "NAD+ST+4099998000136::9",
    )
    assert made.description == f"{'x' * 35}yz"
    assert (made.net_price, made.price_basis, made.price_unit) == (Decimal("12.5"), Decimal(100), "PCE")
    assert (made.line_amount, made.requested_on, made.note, made.location) == (
        Decimal(125),
        date(2026, 3, 20),
        "care",
        "4099998000136",
    )


@pytest.mark.parametrize(
    ("segments", "segment"),
    [
        ((*HEADING[:2], *LINE), "NAD"),
        (HEADING, "LIN"),
        (("BGM+220", *HEADING[1:], *LINE), "BGM"),
        ((f"BGM+220+{'9' * 80}", *HEADING[1:], *LINE), "BGM"),
        (("BGM+221+1", *HEADING[1:], *LINE), "BGM"),
        (("BGM+220+1+42", *HEADING[1:], *LINE), "BGM"),
        ((HEADING[0], "DTM+137:20260231:102", BUYER, *LINE), "DTM"),
        ((*HEADING, "CUX+2:Euro", *LINE), "CUX"),
        ((*HEADING, LIN), "QTY"),
        ((*HEADING, LIN, "QTY+59:1"), "QTY"),
        ((*HEADING, LIN, "QTY+21:0"), "QTY"),
        ((*HEADING, LIN, "QTY+21:-1"), "QTY"),
        ((*HEADING, LIN, "QTY+21:1", "QTY+21:2"), "QTY"),
        ((*HEADING, LIN, "QTY+21:" + "9" * 20), "QTY"),
        ((*HEADING, "LIN+1", "QTY+21:1"), "LIN"),
        ((*HEADING, "LIN+1+2+X:SA", "QTY+21:1"), "LIN"),
        ((*HEADING, *LINE, *LINE), "LIN"),
    ],
)
def test_what_cannot_be_ordered_is_an_error_that_names_the_segment(segments: tuple[str, ...], segment: str) -> None:
    """No buyer, no line, no item, no quantity, a bad date: no order, and a reason that a person can act on."""
    assert refused(*segments).facts["segment"] == segment


def test_an_error_says_where() -> None:
    """The facts hold position, offset and line, out of the sentence."""
    error = refused(*HEADING, LIN, "QTY+21:0")
    assert error.message == "the ordered quantity is not greater than zero"
    assert error.facts["line_no"] == "1"
    assert error.facts["segment_no"] == 6
    assert error.facts["offset"] == interchange(message(*HEADING, LIN, "QTY+21:0", "UNS+S")).index(b"QTY")
