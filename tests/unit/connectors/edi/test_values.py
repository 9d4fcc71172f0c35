"""Decimals and dates."""

from datetime import date
from decimal import Decimal

import pytest

from orderwire.connectors.edi.values import decimal, period, plain
from orderwire.errors import MappingError


@pytest.mark.parametrize(
    ("text", "value"), [("10", "10"), ("1.50", "1.5"), ("1,5", "1.5"), ("-3", "-3"), (".5", "0.5"), ("7,", "7")]
)
def test_decimal_takes_point_and_comma(text: str, value: str) -> None:
    """Both decimal marks are read, whatever UNA says."""
    assert decimal(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "x", "1.234,5", "1 000", "3-", "+3", "1e5", "NaN", "٣", "-", ".", "9" * 40])
def test_decimal_refuses_what_is_no_number(text: str) -> None:
    """Separators of thousands, exponents and other scripts are no EDIFACT numbers."""
    with pytest.raises(MappingError):
        decimal(text)


@pytest.mark.parametrize(("value", "text"), [("10.00", "10"), ("1E+2", "100"), ("0.10", "0.1"), ("0", "0")])
def test_plain_writes_no_exponent_and_no_needless_zeros(value: str, text: str) -> None:
    """A number is written as people write it."""
    assert plain(Decimal(value)) == text


@pytest.mark.parametrize(
    ("text", "qualifier", "first", "last"),
    [
        ("20260302", "102", date(2026, 3, 2), date(2026, 3, 2)),
        ("260302", "101", date(2026, 3, 2), date(2026, 3, 2)),
        ("990302", "101", date(1999, 3, 2), date(1999, 3, 2)),
        ("202603021159", "203", date(2026, 3, 2), date(2026, 3, 2)),
        ("20260302115959", "204", date(2026, 3, 2), date(2026, 3, 2)),
        ("20260302-20260306", "718", date(2026, 3, 2), date(2026, 3, 6)),
        ("2026030220260306", "718", date(2026, 3, 2), date(2026, 3, 6)),
        ("202610", "616", date(2026, 3, 2), date(2026, 3, 8)),
        ("20260302", "", date(2026, 3, 2), date(2026, 3, 2)),
        ("020326", "2", date(2026, 3, 2), date(2026, 3, 2)),
        ("030226", "3", date(2026, 3, 2), date(2026, 3, 2)),
        ("260302115959", "202", date(2026, 3, 2), date(2026, 3, 2)),
        ("202603022359+0100", "205", date(2026, 3, 2), date(2026, 3, 2)),
        ("2603022359CET", "301", date(2026, 3, 2), date(2026, 3, 2)),
        ("260302235959CET", "302", date(2026, 3, 2), date(2026, 3, 2)),
        ("202603022359CET", "303", date(2026, 3, 2), date(2026, 3, 2)),
        ("202603022359", "303", date(2026, 3, 2), date(2026, 3, 2)),
        ("20260302235959UTC", "304", date(2026, 3, 2), date(2026, 3, 2)),
        ("20260302235959-01", "304", date(2026, 3, 2), date(2026, 3, 2)),
        ("2602", "609", date(2026, 2, 1), date(2026, 2, 28)),
        ("202612", "610", date(2026, 12, 1), date(2026, 12, 31)),
        ("2610", "615", date(2026, 3, 2), date(2026, 3, 8)),
        ("202602-202603", "710", date(2026, 2, 1), date(2026, 3, 31)),
        ("2026030220260306", "711", date(2026, 3, 2), date(2026, 3, 6)),
        ("2603020800-2603061200", "713", date(2026, 3, 2), date(2026, 3, 6)),
        ("2610-2611", "715", date(2026, 3, 2), date(2026, 3, 15)),
        ("202610202611", "716", date(2026, 3, 2), date(2026, 3, 15)),
        ("260302260306", "717", date(2026, 3, 2), date(2026, 3, 6)),
    ],
)
def test_period_reads_the_formats_in_use(text: str, qualifier: str, first: date, last: date) -> None:
    """Days, times, weeks and ranges all are a first and a last day."""
    assert period(text, qualifier) == (first, last)


@pytest.mark.parametrize(
    ("text", "qualifier"),
    [
        ("20260231", "102"),
        ("2026030", "102"),
        ("202603021", "102"),
        ("today", "102"),
        ("20260302", "999"),
        ("20260306-20260302", "718"),
        ("202612-202611", "710"),
        ("260306260302", "717"),
        ("202603022359C E", "303"),
        ("20260302CET", "303"),
        ("202613", "610"),
        ("2026", ""),
        ("202654", "616"),
        ("٢٠٢٦٠٣٠٢", "102"),
        ("-20260302", "102"),
    ],
)
def test_period_refuses_what_is_no_date(text: str, qualifier: str) -> None:
    """A day that does not exist, a wrong length and an unknown format are errors with the value in their facts."""
    with pytest.raises(MappingError) as caught:
        period(text, qualifier)
    assert caught.value.facts["value"]
