"""Filters, batches, pages and values."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from navwire import NAV, ScriptedLanes, rows
from orderwire.connectors.nav import reads
from orderwire.connectors.nav.wants import Page
from orderwire.errors import UnavailableError


@pytest.mark.parametrize(
    ("value", "filter_text"),
    [
        ("1001", "1001"),
        ("", "''"),
        ("A*B", "'A*B'"),
        ("1..9", "'1..9'"),
        ("O'Neil", "'O''Neil'"),
        ("a|b&c", "'a|b&c'"),
        ("<>=(@?)", "'<>=(@?)'"),
        ('5"', "'5\"'"),
        ("two words", "'two words'"),
    ],
)
def test_quoted_takes_the_meaning_from_special_characters(value: str, filter_text: str) -> None:
    """A value is never an expression."""
    assert reads.quoted(value) == filter_text


def _values_of(criteria: str) -> list[str]:
    """Read a filter of ours as NAV does: alternatives, quoted or not."""
    values: list[str] = []
    current, in_quotes, position = "", False, 0
    while position < len(criteria):
        char = criteria[position]
        if char == "'":
            if in_quotes and criteria[position + 1 : position + 2] == "'":
                current, position = current + "'", position + 1
            else:
                in_quotes = not in_quotes
        elif char == "|" and not in_quotes:
            values, current = [*values, current], ""
        else:
            current += char
        position += 1
    return [*values, current]


@given(st.lists(st.text("AB1'|*. ", min_size=1, max_size=8), max_size=30), st.integers(1, 60))
def test_batches_ask_for_everything_once(values: list[str], max_chars: int) -> None:
    """Together the filters name each value exactly once; only a single value may be longer than the limit."""
    batches = list(reads.batches(values, max_chars))
    asked = [value for batch in batches for value in _values_of(batch)]
    assert asked == list(dict.fromkeys(values))
    assert all(len(batch) <= max_chars or len(_values_of(batch)) == 1 for batch in batches)


def test_a_hundred_items_are_one_question() -> None:
    """The default limit holds a usual order in one call."""
    assert len(list(reads.batches([f"IT{number:05}" for number in range(100)], NAV.max_filter_chars))) == 1


def test_code_is_as_nav_keeps_it() -> None:
    """Upper case and trimmed, and never longer than before."""
    assert reads.code(" tb-drill ") == "TB-DRILL"
    assert reads.code("größe") == "GRÖßE"


def test_askable_leaves_out_what_nav_cannot_hold() -> None:
    """Empty, too long and unsayable values are unknown without asking."""
    assert reads.askable(["a1", "", " ", "x" * 21, "a\x00b"]) == {"a1": "A1"}


def test_rows_follow_pages_until_nothing_more_comes() -> None:
    """The last row's key leads to the next page."""
    nav = NAV.model_copy(update={"page_rows": 2})
    lanes = ScriptedLanes().reply(
        "Item.ReadMultiple",
        rows("Item", {"Key": "k1", "No": "1"}, {"Key": "k2", "No": "2"}),
        rows("Item", {"Key": "k3", "No": "3"}),
        rows("Item"),
    )
    found = reads.rows(lanes.page(Page.ITEM, nav), {"No": "1|2|3"}, nav)
    assert [row["No"] for row in found] == ["1", "2", "3"]
    asked = lanes.bodies("ReadMultiple")
    assert [("bookmarkKey>k2<" in body, "bookmarkKey>k3<" in body) for body in asked] == [
        (False, False),
        (True, False),
        (False, True),
    ]
    assert all(":setSize>2<" in body for body in asked)


@pytest.mark.parametrize("row", [{"No": "1"}, {"No": "1", "Key": ""}])
def test_rows_do_not_go_in_circles(row: dict[str, str]) -> None:
    """A page whose end cannot be told is no answer."""
    nav = NAV.model_copy(update={"page_rows": 1})
    lanes = ScriptedLanes().reply("Item.ReadMultiple", rows("Item", row), rows("Item", row))
    with pytest.raises(UnavailableError, match="lead on"):
        reads.rows(lanes.page(Page.ITEM, nav), {"No": "1"}, nav)


def test_rows_stop_at_a_repeated_page() -> None:
    """A server that ignores the bookmark is not asked for ever."""
    nav = NAV.model_copy(update={"page_rows": 1})
    lanes = ScriptedLanes().reply("Item.ReadMultiple", *[rows("Item", {"Key": "k", "No": "1"})] * 2)
    with pytest.raises(UnavailableError):
        reads.rows(lanes.page(Page.ITEM, nav), {"No": "1"}, nav)


@pytest.mark.parametrize(
    ("text", "value"), [("1.50", "1.50"), ("-0.00001", "-0.00001"), (" 7 ", "7"), ("", "0"), (".5", "0.5"), ("3.", "3")]
)
def test_decimal_of_reads_xsd_decimals(text: str, value: str) -> None:
    """Digits stay as they are; no float comes between."""
    assert reads.decimal_of({"Inventory": text}, "Inventory") == Decimal(value)


def test_decimal_of_an_absent_field_is_zero() -> None:
    """NAV leaves out what is zero; that the field exists at all the contract has shown."""
    assert reads.decimal_of({}, "Inventory") == 0


@pytest.mark.parametrize("text", ["NaN", "INF", "1e9", "1,5", "0x1", "--1", "9" * 19, "1.2.3", "x", "+"])
def test_decimal_of_refuses_everything_else(text: str) -> None:
    """What is no number is no answer."""
    with pytest.raises(UnavailableError):
        reads.decimal_of({"Inventory": text}, "Inventory")


def test_other_values() -> None:
    """Booleans, options and whole numbers have one reading each."""
    row = {"Blocked": "true", "Open": "0", "Type": "_blank_", "Line_No": "10000", "Bad": "maybe"}
    assert reads.boolean_of(row, "Blocked")
    assert not reads.boolean_of(row, "Open")
    assert not reads.boolean_of(row, "Absent")
    assert reads.option_of(row, "Type") == ""
    assert reads.integer_of(row, "Line_No") == 10000
    for read in (reads.boolean_of, reads.integer_of):
        with pytest.raises(UnavailableError):
            read(row, "Bad")


@pytest.mark.parametrize("blank", ["", "\n    "])
def test_plain_takes_a_records_own_fields(blank: str) -> None:
    """Elements with elements of their own are no fields, however they are indented, nor are those of other names."""
    record = etree.fromstring(
        f'<i:Item xmlns:i="urn:i" xmlns:o="urn:o">{blank}<i:No> 1 </i:No>{blank}<i:Empty/>{blank}<o:Other>x</o:Other>'
        f"<None>y</None><i:Lines>{blank}<i:Line><i:No>2</i:No></i:Line>{blank}</i:Lines>{blank}</i:Item>"
    )
    assert reads.plain(record) == {"No": " 1 ", "Empty": ""}


def test_tags_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer of ever new tags takes no memory."""
    monkeypatch.setattr(reads, "_MOST_TAGS", 10)
    monkeypatch.setattr(reads, "_MOST_RECORDS", 5)
    for number in range(100):
        for record in ("always", f"r{number}"):
            found = reads.plain(etree.fromstring(f"<{record}><tag{number}>v</tag{number}></{record}>"))
            assert found == {f"tag{number}": "v"}
    assert len(reads._RECORDS) <= 5
    assert max(map(len, reads._RECORDS.values())) <= 10
