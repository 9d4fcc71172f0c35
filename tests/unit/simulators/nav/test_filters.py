"""Filter criteria as NAV's users type them."""

from datetime import date
from decimal import Decimal

import pytest

from orderwire.simulators.nav.faults import NavFault
from orderwire.simulators.nav.filters import compile_filter
from orderwire.simulators.nav.pages import CUSTOMER, ITEM, SALES_ORDER
from orderwire.simulators.nav.values import Field, Value

NO = ITEM.fields[0]
DESCRIPTION = ITEM.fields[1]
BLOCKED = ITEM.fields[3]
INVENTORY = ITEM.fields[5]
ORDER_DATE = SALES_ORDER.fields[4]
CUSTOMER_BLOCKED = CUSTOMER.fields[3]
NUMBERS = ["", "1001", "1002", "1003", "10.5", "A|B", "O'BRIEN", "PAINT"]


def passing(field: Field, criteria: str, values: list[Value]) -> list[Value]:
    return [value for value in values if compile_filter(field, criteria).matches(value)]


@pytest.mark.parametrize(
    ("criteria", "wanted"),
    [
        ("", NUMBERS),
        ("1001", ["1001"]),
        ("1001|1003", ["1001", "1003"]),
        (" 1001 | 1003 ", ["1001", "1003"]),
        ("1001..1002", ["1001", "1002"]),
        ("..1001", ["", "1001", "10.5"]),
        ("1003..", ["1003", "A|B", "O'BRIEN", "PAINT"]),
        (">1002&<1004", ["1003"]),
        (">=1002&<=1003", ["1002", "1003"]),
        ("<>1001&<>1002&<>''", ["1003", "10.5", "A|B", "O'BRIEN", "PAINT"]),
        ("100?", ["1001", "1002", "1003"]),
        ("*0*", ["1001", "1002", "1003", "10.5"]),
        ("<>*0*", ["", "A|B", "O'BRIEN", "PAINT"]),
        ("paint", ["PAINT"]),
        ("@p*t", ["PAINT"]),
        ("''", [""]),
        ("'A|B'", ["A|B"]),
        ("'o''brien'", ["O'BRIEN"]),
        ("'100?'", []),
        ("=1001", ["1001"]),
        ("(1001|1002)&<>1001", ["1002"]),
        ("1001|100?&>1002", ["1001", "1003"]),
    ],
)
def test_criteria_on_a_code_field(criteria: str, wanted: list[str]) -> None:
    """Alternatives, ranges, comparisons, wildcards, quoting; codes know no lower case."""
    assert passing(NO, criteria, list(NUMBERS)) == wanted


@pytest.mark.parametrize(
    ("criteria", "wanted"),
    [("lyon", []), ("Lyon*", ["Lyon SA"]), ("@lyon*", ["Lyon SA"]), ("@LYON SA", ["Lyon SA"]), ("*a*", [])],
)
def test_text_tells_upper_from_lower_case_unless_told_not_to(criteria: str, wanted: list[str]) -> None:
    """`@` makes a text filter blind to case."""
    assert passing(DESCRIPTION, criteria, ["Lyon SA"]) == wanted


def test_decimals_compare_as_numbers() -> None:
    """A decimal filter compares values, in en-US notation."""
    values: list[Value] = [Decimal(-2), Decimal(9), Decimal(10), Decimal("1234.5")]
    assert passing(INVENTORY, ">9", values) == [Decimal(10), Decimal("1234.5")]
    assert passing(INVENTORY, "1,234.50", values) == [Decimal("1234.5")]
    assert passing(INVENTORY, "-5..9", values) == [Decimal(-2), Decimal(9)]


def test_dates_are_read_as_en_us() -> None:
    """Criteria are read in the services' language: month first."""
    values: list[Value] = [None, date(2026, 2, 3), date(2026, 3, 2)]
    assert passing(ORDER_DATE, "02/03/26", values) == [date(2026, 2, 3)]
    assert passing(ORDER_DATE, "2/10/2026..", values) == [date(2026, 3, 2)]
    assert passing(ORDER_DATE, "2026-03-02", values) == [date(2026, 3, 2)]
    assert passing(ORDER_DATE, "''", values) == [None]


def test_booleans_and_options_go_by_name_or_number() -> None:
    """Yes, true and 1 are one; an option is named by caption or number, its blank member by ''."""
    assert passing(BLOCKED, "Yes", [True, False]) == [True]
    assert passing(BLOCKED, "0", [True, False]) == [False]
    members: list[Value] = ["_blank_", "Ship", "All"]
    assert passing(CUSTOMER_BLOCKED, "ship|3", members) == ["Ship", "All"]
    assert passing(CUSTOMER_BLOCKED, "''", members) == ["_blank_"]


def test_literals_are_known_when_only_they_can_pass() -> None:
    """A list of plain values says so, which spares a scan; anything else does not."""
    assert compile_filter(NO, "1001|a").literals == frozenset[Value]({"1001", "A"})
    assert compile_filter(NO, "1001|100?").literals is None
    assert compile_filter(NO, "<>1001").literals is None


@pytest.mark.parametrize(
    ("field", "criteria"),
    [(NO, "("), (NO, "a|"), (NO, "|"), (NO, "(a"), (NO, "a)"), (NO, "'a"), (NO, "a 'b'"), (NO, "(" * 5000),
     (INVENTORY, "abc"), (INVENTORY, "NaN"), (INVENTORY, ">Infinity"), (BLOCKED, "perhaps"), (ORDER_DATE, "13/13/26"),
     (ORDER_DATE, f"1/1/{'9' * 30}"), (CUSTOMER_BLOCKED, "Never"), (CUSTOMER_BLOCKED, "77"), (NO, "..")],
)  # fmt: skip
def test_criteria_that_are_none_are_a_filter_fault(field: Field, criteria: str) -> None:
    """Bad criteria are NavFilterException, however bad."""
    with pytest.raises(NavFault, match="is not valid for") as caught:
        compile_filter(field, criteria)
    assert caught.value.exception == "NavFilterException"


def test_many_stars_do_not_explode() -> None:
    """A pattern made to hang a backtracking matcher takes no time."""
    assert not compile_filter(DESCRIPTION, "*a" * 200 + "b").matches("a" * 5000)
