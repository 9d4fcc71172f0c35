"""Values of fields: from a request's text and back."""

from datetime import date
from decimal import Decimal

import pytest

from orderwire.simulators.nav.faults import NavFault
from orderwire.simulators.nav.values import Field, Kind, Option, Value, to_text

BLOCKED = Option("Blocked", ("_blank_", "Ship"))


def parse(kind: Kind, text: str) -> Value:
    return Field("F", "f", kind, 5, BLOCKED if kind == "option" else None).parse(text)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("code", " ab ", "AB"),
        ("text", " ab ", " ab "),
        ("decimal", "1.50", Decimal("1.5")),
        ("decimal", "-.5", Decimal("-0.5")),
        ("decimal", "0.000005", Decimal(0)),
        ("decimal", "", Decimal(0)),
        ("boolean", "true", True),
        ("boolean", "1", True),
        ("boolean", "false", False),
        ("boolean", "", False),
        ("int", "-7", -7),
        ("int", "", 0),
        ("date", "2026-03-02", date(2026, 3, 2)),
        ("date", "2026-03-02T00:00:00Z", date(2026, 3, 2)),
        ("date", "0001-01-01", None),
        ("date", "", None),
        ("option", "Ship", "Ship"),
        ("option", "", "_blank_"),
    ],
)
def test_text_becomes_a_value(kind: Kind, text: str, value: Value) -> None:
    """Codes are trimmed and upper-cased, empty is blank, a blank date is year 1."""
    assert parse(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [("code", "abcdef"), ("text", "abcdef"), ("decimal", "1,5"), ("decimal", "1" * 12), ("boolean", "yes"),
     ("int", "1.0"), ("int", "2147483648"), ("date", "02.03.2026"), ("option", "ship")],
)  # fmt: skip
def test_text_that_does_not_fit_is_a_fault(kind: Kind, text: str) -> None:
    """What is too long or not of the type is refused."""
    with pytest.raises(NavFault):
        parse(kind, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), ("a", "a"), (True, "true"), (7, "7"), (date(2026, 3, 2), "2026-03-02"), (Decimal(10), "10"),
     (Decimal("1E+3"), "1000"), (Decimal("1.50000"), "1.5"), (Decimal("0.00000"), "0"), (Decimal("-0.10"), "-0.1")],
)  # fmt: skip
def test_a_value_becomes_plain_text(value: Value, text: str) -> None:
    """Decimals have neither exponents nor trailing zeros, blanks are empty."""
    assert to_text(value) == text
