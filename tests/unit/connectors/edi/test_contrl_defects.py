"""What ISO 9735 wants reported of each defect: level, error code (0085), service segment or position.

The subject is one ORDERS of eight segments: UNH, BGM, DTM, NAD, LIN, QTY, UNS, UNT. In UCD the segment tag is
position 1, so that its first element is 2; components count from 1.
"""

from datetime import UTC, datetime
from typing import Final

import pytest

from ediwire import BUYER, HEADING, LINE, OURS, SENDER, UNB, decode, interchange, message, order, profile
from orderwire.config.profile import PartnerProfile

NOW: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
BGM, DTM, _ = HEADING
LIN, QTY = LINE
#: An agreement under which nothing is overlooked.
STRICT: Final = profile(
    severities=dict.fromkeys(
        (
            "check_digit",
            "group_repeats",
            "missing_segment",
            "quantity_total",
            "repeated_reference",
            "segment_order",
            "segment_repeats",
            "too_many_elements",
            "unknown_code",
            "value_too_long",
        ),
        "reject",
    )
)
UNG: Final = "UNG+ORDERS+A+B+260302:0915+G1+UN+D:96A"


def told(content: bytes, partner: PartnerProfile = STRICT) -> list[str]:
    """The CONTRL's segments between UNH and UNT, without what they copy."""
    (only,) = decode(content, partner)
    assert only.acknowledge is not None
    segments = only.acknowledge(1, NOW).content.decode().removeprefix("UNA:+.? '").split("'")[2:-3]
    copied = (
        f"+R1+{SENDER}:14+{OURS}:14",
        "+M1+ORDERS:D:96A:UN:EAN008",
        "+G1+A+B",
    )
    for each in copied:
        segments = [segment.replace(each, "") for segment in segments]
    return segments


def with_line(*segments: str) -> bytes:
    return interchange(order(*segments))


def with_heading(*segments: str) -> bytes:
    return interchange(order(heading=segments))


@pytest.mark.parametrize(
    ("defect", "content", "uci"),
    [
        ("UNZ counts one message too many", interchange(order(), unz="UNZ+2+R1"), "UCI+4+29+UNZ+2"),
        ("UNZ counts none", interchange(order(), unz="UNZ++R1"), "UCI+4+29+UNZ+2"),
        ("UNZ names another interchange", interchange(order(), unz="UNZ+1+R2"), "UCI+4+28+UNZ+3"),
        ("UNZ is missing", interchange(order())[: -len("UNZ+1+R1'")], "UCI+4+13+UNZ"),
        ("the interchange holds nothing", interchange(), "UCI+4+32+UNZ"),
        ("a segment stands outside any message", interchange(order(), ["FTX+AAI"], unz="UNZ+1+R1"), "UCI+4+33"),
        (
            "a UNT without UNH",
            interchange(order(), ["UNT+1+M2"], unz="UNZ+1+R1"),
            "UCI+4+33+UNT",
        ),
        (
            "groups and messages stand side by side",
            interchange(order(), [UNG, *order(), "UNE+1+G1"], unz="UNZ+1+R1"),
            "UCI+4+30+UNG",
        ),
        ("the syntax version is none", interchange(order(), unb=UNB.replace("UNOC:3", "UNOC:9")), "UCI+4+2+UNB+2:2"),
        ("the date is missing", interchange(order(), unb=UNB.replace("260302:0915", "")), "UCI+4+13+UNB+5"),
        (
            "the character set is one that is not supported",
            interchange(order(f"{LIN}", QTY, "FTX+AAI+++\x1b$B"), unb=UNB.replace("UNOC", "UNOX")),
            "UCI+4+2+UNB+2:1",
        ),
        (
            "the same in syntax version 4, which has a code for it",
            interchange(order(f"{LIN}", QTY, "FTX+AAI+++\x1b$B"), unb=UNB.replace("UNOC:3", "UNOX:4")),
            "UCI+4+46+UNB+2:1",
        ),
    ],
)
def test_defects_of_the_interchange(defect: str, content: bytes, uci: str) -> None:
    """An interchange at fault is rejected whole: UCI 4, and nothing below it."""
    assert told(content) == [uci], defect


def test_an_interchange_for_another_recipient() -> None:
    """UCI copies the recipient that is not us, with 7 at S003."""
    (only,) = told(interchange(order(), unb=UNB.replace(OURS, "4099998000051")))
    assert only.endswith("+4099998000051:14+4+7+UNB+4")


@pytest.mark.parametrize(
    ("defect", "group", "ucf"),
    [
        ("UNE counts one message too many", [UNG, *order(), "UNE+2+G1"], ["UCF+4+29+UNE+2"]),
        ("UNE names another group", [UNG, *order(), "UNE+1+G2"], ["UCF+4+28+UNE+3"]),
        ("UNE is missing", [UNG, *order()], ["UCF+4+13+UNE"]),
        (
            "a message of another type",
            [UNG.replace("ORDERS", "INVOIC"), *order(), "UNE+1+G1"],
            ["UCF+7", "UCM+4+31+UNH+3:1"],
        ),
        ("a message at fault", [UNG, *order()[:-1], "UNT+7+M1", "UNE+1+G1"], ["UCF+7", "UCM+4+29+UNT+2"]),
    ],
)
def test_defects_of_a_group(defect: str, group: list[str], ucf: list[str]) -> None:
    """A group at fault is rejected at UCF, and the interchange acknowledged; UCM stands below its group."""
    assert told(interchange(group, unz="UNZ+1+R1")) == ["UCI+7", *ucf], defect


@pytest.mark.parametrize(
    ("defect", "content", "ucm"),
    [
        ("UNT counts one segment too many", interchange([*order()[:-1], "UNT+9+M1"]), "UCM+4+29+UNT+2"),
        ("UNT names another message", interchange([*order()[:-1], "UNT+8+M2"]), "UCM+4+28+UNT+3"),
        ("UNT is missing", interchange(order()[:-1]), "UCM+4+13+UNT"),
    ],
)
def test_defects_of_a_message(defect: str, content: bytes, ucm: str) -> None:
    """A message whose service segments are at fault is rejected at UCM, and the interchange acknowledged."""
    assert told(content) == ["UCI+7", ucm], defect


def test_a_reference_that_occurs_twice() -> None:
    """The second message of a reference is rejected with 26 at UNH 0062."""
    assert told(interchange(order(), order())) == ["UCI+7", "UCM+4+26+UNH+2"]


@pytest.mark.parametrize(
    ("defect", "content", "ucs"),
    [
        ("BGM is missing: told at the last good segment", interchange(message(DTM, BUYER, *LINE, "UNS+S")), "UCS+1+13"),
        ("DTM is missing", interchange(message(BGM, BUYER, *LINE, "UNS+S")), "UCS+2+13"),
        ("UNS is missing", interchange(message(*HEADING, *LINE)), "UCS+6+13"),
        ("a segment that ORDERS does not have", with_line(*LINE, "CPS+1"), "UCS+7+15"),
        ("a price before the first line", with_heading(*HEADING, "PRI+AAA:1"), "UCS+5+15"),
        ("an item number before the first line", with_heading(*HEADING, "PIA+1+1:SA"), "UCS+5+15"),
        ("a quantity before the first line", with_heading(*HEADING, "QTY+21:1"), "UCS+5+15"),
        ("a quantity after the price", with_line(LIN, "PRI+AAA:1", QTY), "UCS+7+15"),
        ("a tag of lower-case letters", with_line(*LINE, "ftx+AAI"), "UCS+7+12"),
        ("PAI twice", with_heading(BGM, DTM, "PAI+::42", "PAI+::42", BUYER), "UCS+5+35"),
        ("eleven references", with_heading(BGM, DTM, *["RFF+CT:1"] * 11, BUYER), "UCS+14+36"),
    ],
)
def test_defects_of_a_segment(defect: str, content: bytes, ucs: str) -> None:
    """A segment missing, misplaced or repeated is told at UCS, by its position in the message."""
    assert told(content) == ["UCI+7", "UCM+4", ucs], defect


@pytest.mark.parametrize(
    ("defect", "content", "segment_no", "ucd"),
    [
        ("NAD without party qualifier", with_heading(BGM, DTM, "NAD++1::92"), 4, "UCD+13+2"),
        ("PIA without item number", with_line(LIN, "PIA+5", QTY), 6, "UCD+13+3"),
        ("QTY without qualifier", with_line(LIN, "QTY+:1"), 6, "UCD+13+2:1"),
        ("QTY without quantity", with_line(LIN, "QTY+21"), 6, "UCD+13+2:2"),
        ("DTM without qualifier", with_heading(BGM, "DTM+:20260302:102", BUYER), 3, "UCD+13+2:1"),
        ("COM without qualifier", with_heading(*HEADING, "CTA+PD", "COM+1"), 6, "UCD+13+2:2"),
        ("letters in a quantity", with_line(LIN, "QTY+21:ten"), 6, "UCD+37+2:2"),
        ("letters in a line number", with_line("LIN+A++4099999001019:EN", QTY), 5, "UCD+37+2"),
        ("letters in a price", with_line(*LINE, "PRI+AAA:free"), 7, "UCD+37+2:2"),
        ("no digit before the decimal mark", with_line(LIN, "QTY+21:.5"), 6, "UCD+38+2:2"),
        ("two decimal marks", with_line(LIN, "QTY+21:1.000.5"), 6, "UCD+19+2:2"),
        ("a separator of thousands", with_line(LIN, "QTY+21:1.000,5"), 6, "UCD+19+2:2"),
        ("a sign in the middle", with_line(LIN, "QTY+21:1-5"), 6, "UCD+19+2:2"),
        ("an order number too long", with_heading(f"BGM+220+{'9' * 36}+9", DTM, BUYER), 2, "UCD+39+3"),
        ("a line number too long", with_line("LIN+1234567++4099999001019:EN", QTY), 5, "UCD+39+2"),
        ("a quantity too long", with_line(LIN, f"QTY+21:{'1' * 16}"), 6, "UCD+39+2:2"),
        ("a name too long", with_heading(BGM, DTM, f"{BUYER}++{'x' * 36}"), 4, "UCD+39+5:1"),
        ("too many elements", with_heading(f"{BGM}+AB+X", DTM, BUYER), 2, "UCD+16+6"),
        ("too many components", with_line(LIN, "QTY+21:10:PCE:X"), 6, "UCD+16+2:4"),
        ("components in a simple element", with_heading("BGM+220+PO-1:2+9", DTM, BUYER), 2, "UCD+16+3:2"),
        ("no such document", with_heading("BGM+999+1+9", DTM, BUYER), 2, "UCD+12+2:1"),
        ("no such function", with_heading("BGM+220+1+99", DTM, BUYER), 2, "UCD+12+4"),
        ("no such date", with_heading(*HEADING[:2], "DTM+999:20260302:102", BUYER), 4, "UCD+12+2:1"),
        ("no such date format", with_heading(BGM, DTM, "DTM+171:1:999", BUYER), 4, "UCD+12+2:3"),
        ("no such party", with_heading(*HEADING, "NAD+ZZ9+1::92"), 5, "UCD+12+2"),
        ("no such quantity", with_line(*LINE, "QTY+999:1"), 7, "UCD+12+2:1"),
        ("no such price", with_line(*LINE, "PRI+ZZZ:1"), 7, "UCD+12+2:1"),
        ("no such item number type", with_line("LIN+1++1:ZZ9", QTY), 5, "UCD+12+4:2"),
        ("a GTIN whose check digit is wrong", with_line("LIN+1++4099999001018:EN", QTY), 5, "UCD+12+4:1"),
        ("a GTIN one digit short", with_line("LIN+1++409999900101:EN", QTY), 5, "UCD+12+4:1"),
        ("a GLN whose check digit is wrong", with_heading(BGM, DTM, "NAD+BY+4099998000021::9"), 4, "UCD+12+3:1"),
        ("a control character", with_heading("BGM+220+P\x01O+9", DTM, BUYER), 2, "UCD+21+3"),
        ("CNT counts a line too many", interchange(message(*HEADING, *LINE, "UNS+S", "CNT+2:2")), 8, "UCD+12+2:2"),
        ("CNT adds up wrongly", interchange(message(*HEADING, *LINE, "UNS+S", "CNT+1:9")), 8, "UCD+12+2:2"),
    ],
)
def test_defects_of_an_element(defect: str, content: bytes, segment_no: int, ucd: str) -> None:
    """A value at fault is told at UCD, below the UCS of its segment."""
    assert told(content) == ["UCI+7", "UCM+4", f"UCS+{segment_no}", ucd], defect


def test_every_defect_of_a_message_is_told_at_once() -> None:
    """UCS and UCD repeat, in the order of the segments; one error in each."""
    content = interchange(
        message("BGM+220+1+99", DTM, BUYER, "PRI+AAA:1", "LIN+A++4099999001018:EN", QTY, "UNS+S"), order(ref="M2")
    )
    assert told(content) == ["UCI+7", "UCM+4", "UCS+2", "UCD+12+4", "UCS+5+15", "UCS+6", "UCD+37+2", "UCD+12+4:1"]


def test_all_or_nothing_rejects_the_interchange() -> None:
    """Where it was agreed, one rejected message turns the others away as well."""
    content = interchange(order(), [*order(ref="M2")[:-1], "UNT+9+M2"])
    (only,) = decode(content, profile(all_or_nothing=True))
    assert not only.accepted
    assert told(content, profile(all_or_nothing=True)) == ["UCI+4+18"]


def test_severities_are_the_partners() -> None:
    """A finding that is ignored is not there; one that warns lets the message through."""
    content = with_line("LIN+1++4099999001018:EN", QTY)
    for severity, findings, accepted in (("reject", 1, False), ("warn", 1, True), ("ignore", 0, True)):
        (only,) = decode(content, profile(severities={"check_digit": severity}))
        assert (len(only.messages[0].findings), only.messages[0].accepted) == (findings, accepted)
