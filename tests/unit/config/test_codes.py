"""Code tables."""

from pathlib import Path

import pytest

from orderwire.config.codes import CodeTables

COLUMNS = ("scheme", "value", "item_no")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "codes").mkdir()
    return tmp_path / "codes/items.csv"


def test_a_missing_table_is_empty(file: Path) -> None:
    """A partner needs no code tables."""
    tables = CodeTables()

    assert tables.read(file, COLUMNS) == {}
    assert tables.problems == []


def test_columns_are_found_by_name(file: Path) -> None:
    """Their order is the spreadsheet's; a byte order mark, blank lines and spaces around values do not matter."""
    file.write_bytes("\ufeffitem_no, scheme,value\r\n1001,buyer, TB-1\r\n\r\n".encode())
    tables = CodeTables()

    assert tables.read(file, COLUMNS) == {("buyer", "TB-1"): "1001"}
    assert tables.problems == []


def test_every_problem_is_named_by_its_line(file: Path) -> None:
    """Too few, too many and empty values, and two meanings of one code."""
    file.write_text("scheme,value,item_no\nbuyer,A\nbuyer,B,1,2\nbuyer,,1\nbuyer,C,1\nbuyer,C,1\nbuyer,C,2\n", "utf-8")
    tables = CodeTables()

    tables.read(file, COLUMNS)

    assert tables.problems == [
        "codes/items.csv line 2: 3 values are wanted, none of them empty",
        "codes/items.csv line 3: 3 values are wanted, none of them empty",
        "codes/items.csv line 4: 3 values are wanted, none of them empty",
        "codes/items.csv line 7: buyer C has another meaning further up",
    ]


@pytest.mark.parametrize(
    "content",
    [b"", b"scheme;value;item_no\nbuyer;A;1\n", b"scheme,value\n", b"scheme,value,item_no,more\n", b"\xff\xfe\x00"],
)
def test_another_shape_is_a_problem_and_not_a_crash(file: Path, content: bytes) -> None:
    """A semicolon file, a missing or unknown column, bytes that are no text."""
    file.write_bytes(content)
    tables = CodeTables()

    assert tables.read(file, COLUMNS) == {}
    assert len(tables.problems) == 1
    assert tables.problems[0].startswith("codes/items.csv: ")


def test_a_value_larger_than_csv_allows_is_a_problem(file: Path) -> None:
    """A stray quote that swallows a large file ends in a sentence."""
    file.write_text('scheme,value,item_no\nbuyer,"' + "x" * 200_000, "utf-8")
    tables = CodeTables()

    assert tables.read(file, COLUMNS) == {}
    assert "field larger" in tables.problems[0]
