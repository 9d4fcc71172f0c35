"""Structure of an ORDERS message."""

import pytest

from ediwire import BUYER, HEADING, LINE, codes, decode_one, interchange, message, order
from orderwire.ports.intake import Severity


def test_bgm_is_needed_and_dtm_and_uns_are_wanted() -> None:
    """Without BGM there is no order; without DTM or UNS there is a warning."""
    without_bgm = decode_one(interchange(message(HEADING[1], BUYER, *LINE, "UNS+S")))
    assert codes(without_bgm.findings, Severity.REJECT) == ["missing_segment"]
    without_others = decode_one(interchange(message(HEADING[0], BUYER, *LINE)))
    assert codes(without_others.findings, Severity.WARN) == ["missing_segment", "missing_segment"]
    assert without_others.order is not None


@pytest.mark.parametrize("segment", ["QTY+21:1", "PIA+5+X:SA", "PRI+AAA:1"])
def test_segments_of_a_line_need_a_line(segment: str) -> None:
    """What only a LIN group holds must not come before the first LIN."""
    decoded = decode_one(interchange(message(*HEADING, segment, *LINE, "UNS+S")))
    assert codes(decoded.findings) == ["segment_out_of_place"]
    assert decoded.findings[0].segment_no == 5


def test_a_schedule_in_the_heading_may_hold_quantities() -> None:
    """QTY after SCC in the heading is where the directory has it."""
    decoded = decode_one(interchange(message(*HEADING, "SCC+1", "QTY+21:5", *LINE, "UNS+S")))
    assert not decoded.findings


@pytest.mark.parametrize(
    ("cnt", "expected"),
    [
        ("CNT+2:1", []),
        ("CNT+2:001", []),
        ("CNT+2:2", ["line_count"]),
        ("CNT+2:one", ["value_type", "line_count"]),
        ("CNT+1:10", []),
        ("CNT+1:11", ["quantity_total"]),
    ],
)
def test_control_totals_are_checked(cnt: str, expected: list[str]) -> None:
    """A wrong number of lines rejects; a sum of quantities is reckoned in many ways and only warns."""
    decoded = decode_one(interchange(message(*HEADING, *LINE, "UNS+S", cnt)))
    assert codes(decoded.findings) == expected
    assert decoded.accepted is ("line_count" not in expected)


def test_control_characters_reject() -> None:
    """A NUL in a number is no data, and no database takes it."""
    decoded = decode_one(interchange(order(heading=("BGM+220+PO\x001", *HEADING[1:]))))
    assert codes(decoded.findings) == ["invalid_character"]
