"""Lines added to code lists: the file is whole before and after, whatever is asked."""

from pathlib import Path

import pytest

from orderwire.config.code_lists import add_code
from orderwire.config.partners import Partners
from orderwire.errors import ConfigurationError


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "partners" / "acme"
    folder.mkdir(parents=True)
    (folder / "partner.yaml").write_text("name: acme\ncustomer_no: C1\n", encoding="utf-8")
    return tmp_path


def units(config: Path) -> Path:
    return config / "partners" / "acme" / "codes" / "units.csv"


def test_the_first_line_makes_the_list(config: Path) -> None:
    """With its columns' names, and it is read at once."""
    add_code(config, "acme", "units", [" DZN ", "PCS"])

    assert units(config).read_text("utf-8") == "code,erp_unit\nDZN,PCS\n"
    assert Partners(config).get("acme").units == {"DZN": "PCS"}


def test_columns_stand_where_the_file_has_them(config: Path) -> None:
    """Also without a line break at the end; every line that was there stays."""
    units(config).parent.mkdir()
    units(config).write_text("erp_unit,code\nPCS,PCE", encoding="utf-8")

    add_code(config, "acme", "units", ["DZN", "PCS"])

    assert units(config).read_text("utf-8") == "erp_unit,code\nPCS,PCE\nPCS,DZN\n"


@pytest.mark.parametrize(
    ("partner", "name", "values"),
    [
        ("acme", "units", ["DZN", "BOX"]),
        ("acme", "units", ["DZN"]),
        ("acme", "units", ["DZN", ""]),
        ("acme", "units", ["D\nN", "PCS"]),
        ("acme", "units", ["x" * 101, "PCS"]),
        ("acme", "../units", ["DZN", "PCS"]),
        ("../acme", "units", ["DZN", "PCS"]),
        ("nobody", "units", ["DZN", "PCS"]),
    ],
)
def test_what_is_refused_changes_nothing(config: Path, partner: str, name: str, values: list[str]) -> None:
    """A second meaning, a value too few, a line break, a path."""
    add_code(config, "acme", "units", ["DZN", "PCS"])
    before = {file: file.read_bytes() for file in config.rglob("*") if file.is_file()}

    with pytest.raises(ConfigurationError):
        add_code(config, partner, name, values)

    assert {file: file.read_bytes() for file in config.rglob("*") if file.is_file()} == before


def test_separators_are_quoted(config: Path) -> None:
    """A comma in a code does not make a third column."""
    add_code(config, "acme", "units", ["A,B", 'P"CS'])

    assert Partners(config).get("acme").units == {"A,B": 'P"CS'}


@pytest.mark.parametrize(
    "content", ["code,erp_unit\nST\xdcCK,PCS\n".encode("cp1252"), b"code," + b"x" * 200_000 + b"\n"]
)
def test_a_file_that_cannot_be_read_is_named(config: Path, content: bytes) -> None:
    """A spreadsheet saved it in another character set: whoever adds to it, or reads it, is told which file it is."""
    units(config).parent.mkdir()
    units(config).write_bytes(content)

    for act in (lambda: add_code(config, "acme", "units", ["DZN", "PCS"]), lambda: Partners(config).get("acme")):
        with pytest.raises(ConfigurationError, match=r"units\.csv: .*(saved as UTF-8|larger than)"):
            act()

    assert units(config).read_bytes() == content
    assert [file.name for file in units(config).parent.iterdir()] == ["units.csv"]
