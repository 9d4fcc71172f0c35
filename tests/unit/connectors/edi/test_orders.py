"""ORDERS to the purchase order."""

from datetime import date
from decimal import Decimal

import pytest

from ediwire import BUYER, HEADING, LINE, UNB, decode_one, interchange, message, order, profile
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
    ("bgm", "test"),
    [("BGM+220+1", False), ("BGM+226+1+9", False), ("BGM+220+1+7", False), ("BGM+220+1+53", True)],
)
def test_function_says_what_is_wanted(bgm: str, *, test: bool) -> None:
    """BGM 1225 makes an original or a test; for what changes an order see `test_ordchg`."""
    made = mapped(bgm, *HEADING[1:])
    assert (made.purpose, made.test) == (Purpose.ORIGINAL, test)


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


@pytest.mark.parametrize(
    "names", ["Huber GmbH+", "+Huber GmbH", "Huber:GmbH+ ", "+Huber::GmbH", "Meier+Huber GmbH", "Huber GmbH+:"]
)
def test_a_partys_name_stands_in_either_place(names: str) -> None:
    """C080 is the name; where all of it is blank, C058 is."""
    made = mapped(*HEADING, f"NAD+DP++{names}+Obstgasse 2+Muenchen++81549+DE")
    assert (made.parties[1].name, made.parties[1].street) == ("Huber GmbH", ("Obstgasse 2",))


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


A, B = "LOC+7+4099998000136::9", "LOC+7+4099998000143::9"
APRIL, MAY = "DTM+2:20260401:102", "DTM+2:20260501:102"


@pytest.mark.parametrize(
    "parts",
    [
        (A, "QTY+11:20", APRIL, A, "QTY+11:28", APRIL),
        (A, APRIL, "NAD+DP+4099998000136::9++Markt 3+Weg 1+Ulm"),
        (A, "QTY+11:48", "SCC+1", "QTY+21:20", APRIL, "SCC+1", "QTY+21:28", "DTM+2:202604010800:203"),
        (APRIL, A, "LOC+27+DE", MAY, "SCC+1", "QTY+21:48", APRIL),
        (A, "SCC+1", "QTY+21:48", APRIL, "DTM+64:20260401:102", "DTM+63:20260402:102"),
    ],
)
def test_parts_for_one_place_and_one_day_are_the_lines(parts: tuple[str, ...]) -> None:
    """What a schedule says of every part, it says of the line; what is no place of delivery does not matter."""
    made = line(LIN, "QTY+21:48", *parts)
    assert (made.quantity, made.location, made.requested_on) == (Decimal(48), "4099998000136", date(2026, 4, 1))


@pytest.mark.parametrize(
    ("parts", "why", "tag"),
    [
        ((A, "QTY+11:24", APRIL, B, "QTY+11:24", MAY), "more than one place", "LOC"),
        ((A, "QTY+11:24", B, "QTY+11:24"), "more than one place", "LOC"),
        ((A, "NAD+ST+4099998000143::9"), "more than one place", "NAD"),
        (("NAD+DP+++A+Weg 1+Ulm", "NAD+DP+++A+Weg 2+Ulm"), "more than one place", "NAD"),
        ((A, "QTY+11:24", APRIL, A, "QTY+11:24", MAY), "more than one day", "DTM"),
        (("SCC+1", "QTY+21:24", APRIL, "SCC+1", "QTY+21:24", MAY), "more than one day", "DTM"),
        ((APRIL, "SCC+1", "QTY+21:48", MAY), "more than one day", "DTM"),
        ((APRIL, MAY), "more than one day", "DTM"),
        (
            ("SCC+1", "QTY+21:24", "DTM+10:20260401:102", "SCC+1", "QTY+21:24", "DTM+10:20260501:102"),
            "more than one day",
            "DTM",
        ),
    ],
)
def test_a_line_whose_deliveries_are_split_is_refused(parts: tuple[str, ...], why: str, tag: str) -> None:
    """A sales line goes to one place on one day: what is split would be delivered wrong, and nobody told."""
    error = refused(*HEADING, LIN, "QTY+21:48", *parts)
    assert why in error.message
    assert (error.facts["segment"], error.facts["line_no"]) == (tag, "1")


DP = "NAD+DP+4099998000136::9"
ELSEWHERE = "NAD+DP+4099998000143::9"


@pytest.mark.parametrize(
    ("heading", "first", "second"),
    [
        ((), A, A),
        ((), A, DP),
        ((), A, f"{DP}++Markt 3+Weg 1+Ulm++89073+DE"),
        (("NAD+DP",), DP, "NAD+ST+4099998000136::9"),
        ((DP,), A, "QTY+59:1"),
        ((DP,), "LOC+7+4099998000136", A),
        ((f"{DP}++Markt 3+Weg  1+ULM",), "NAD+DP+4099998000136::9+++weg 1+Ulm++89073+DE", A),
    ],
)
def test_a_place_that_every_line_names_is_the_orders(heading: tuple[str, ...], first: str, second: str) -> None:
    """The place of delivery of all lines is that of the order, with the address where one of them has it."""
    made = mapped(*HEADING, *heading, lines=(LIN, "QTY+21:1", first, "LIN+2++X:SA", "QTY+21:1", second))
    (place,) = (party for party in made.parties if party.role is PartyRole.DELIVERY)
    assert place.id_of("gln") == "4099998000136"
    if "Weg" in f"{heading}{first}{second}":
        assert (place.name, place.city) in {("Markt 3", "Ulm"), ("Markt 3", "ULM")}


def test_an_address_that_every_line_names_is_the_orders() -> None:
    """Without a number it is the address that tells the place, in whatever case it is written."""
    lines = (LIN, "QTY+21:1", "NAD+DP+++Markt+Weg 1+Ulm", "LIN+2++X:SA", "QTY+21:1", "NAD+ST+++MARKT+WEG 1+ULM")
    made = mapped(*HEADING, lines=lines)
    assert made.parties[-1].street == ("Weg 1",)
    assert [each.location for each in made.lines] == [None, None]


def test_a_lines_place_has_our_number_of_it() -> None:
    """The partner's table of parties holds for places that lines name as well."""
    content = interchange(order(LIN, "QTY+21:1", A))
    known = profile().model_copy(update={"parties": {("gln", "4099998000136"): "ULM"}})
    made = decode_one(content, known).order
    assert made is not None
    assert made.parties[-1].id_of("supplier") == "ULM"


@pytest.mark.parametrize(
    ("heading", "places", "segment", "line_no"),
    [
        ((), (A, B), "LOC", "2"),
        ((), (DP, ELSEWHERE), "NAD", "2"),
        ((), ("NAD+DP+++A+Weg 1+Ulm", "NAD+DP+++A+Weg 2+Ulm"), "NAD", "2"),
        ((), (A, "QTY+59:1"), "LIN", "2"),
        ((), ("PRI+AAA:1", A), "LOC", "2"),
        ((DP,), (B, B), "LOC", "1"),
        ((DP,), ("PRI+AAA:1", B), "LOC", "2"),
        ((f"{DP}++A+Weg 1+Ulm",), (f"{DP}++A+Weg 2+Ulm", A), "NAD", "1"),
    ],
)
def test_lines_for_different_places_are_refused(
    heading: tuple[str, ...], places: tuple[str, str], segment: str, line_no: str
) -> None:
    """NAV's order goes to one place: lines that want another one would be delivered wrong, and nobody told."""
    error = refused(*HEADING, *heading, LIN, "QTY+21:1", places[0], "LIN+2++X:SA", "QTY+21:1", places[1])
    assert "another place than the rest" in error.message
    assert (error.facts["segment"], error.facts["line_no"]) == (segment, line_no)
    if segment != "LIN":
        assert error.facts["segment_no"] == 4 + len(heading) + (3 if line_no == "1" else 6)


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
        ((*HEADING[:2], "DTM+2:20260231:102", BUYER, *LINE), "DTM"),
        ((*HEADING, "CUX+2:Euro", *LINE), "CUX"),
        ((*HEADING, LIN), "QTY"),
        ((*HEADING, LIN, "QTY+59:1"), "QTY"),
        ((*HEADING, LIN, "QTY+21:0"), "QTY"),
        ((*HEADING, LIN, "QTY+21:-1"), "QTY"),
        ((*HEADING, LIN, "QTY+21:1", "QTY+21:2"), "QTY"),
        ((*HEADING, LIN, "QTY+21:" + "9" * 20), "QTY"),
        ((*HEADING, "LIN+1", "QTY+21:1"), "LIN"),
        ((*HEADING, "LIN+1+2+X:SA", "QTY+21:1"), "LIN"),
        ((*HEADING, *LINE, "LIN+2++X:SA+1:1", "QTY+21:50"), "LIN"),
        ((*HEADING, *LINE, "LIN+2++X:SA+1", "QTY+21:50"), "LIN"),
        ((*HEADING, *LINE, "LIN+2++X:SA+:1", "QTY+21:50"), "LIN"),
        ((*HEADING, *LINE, *LINE), "LIN"),
    ],
)
def test_what_cannot_be_ordered_is_an_error_that_names_the_segment(segments: tuple[str, ...], segment: str) -> None:
    """No buyer, line, item or quantity, part of a line, a bad date: no order, and a reason that a person can act on."""
    assert refused(*segments).facts["segment"] == segment


def test_an_error_says_where() -> None:
    """The facts hold position, offset and line, out of the sentence."""
    error = refused(*HEADING, LIN, "QTY+21:0")
    assert error.message == "the ordered quantity is not greater than zero"
    assert error.facts["line_no"] == "1"
    assert error.facts["segment_no"] == 6
    assert error.facts["offset"] == interchange(message(*HEADING, LIN, "QTY+21:0", "UNS+S")).index(b"QTY")


@pytest.mark.parametrize(
    ("segment", "field"),
    [
        (f"QTY+21:{'9' * 20}", "quantity"),
        ("PRI+AAA:1:::0", "price_basis"),
        (f"PRI+AAA:1:::{'9' * 20}", "price_basis"),
    ],
)
def test_a_number_out_of_bounds_is_told_with_its_own_segment(segment: str, field: str) -> None:
    """The segment's name and its number are of the same one, not of the LIN before it."""
    error = refused(*HEADING, LIN, "QTY+59:1", *(() if segment.startswith("QTY") else ("QTY+21:1",)), segment)
    assert error.message.startswith(field)
    assert error.facts["segment"] == segment[:3]
    assert error.facts["segment_no"] == (7 if segment.startswith("QTY") else 8)
