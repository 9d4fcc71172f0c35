"""Names of settings in the environment."""

from pathlib import Path

from pydantic import BaseModel

from orderwire.config.variables import problems_of, settings_of, with_files


class Inner(BaseModel):
    url: str = ""
    url_file: str = ""


class Outer(BaseModel):
    name: str = ""
    inner: Inner = Inner()


SETTINGS = list(settings_of(Outer))


def test_settings_are_listed_with_their_path_and_variable() -> None:
    """A section's settings come in the section's place."""
    assert [(setting.name, setting.variable) for setting in SETTINGS] == [
        ("name", "ORDERWIRE_NAME"),
        ("inner.url", "ORDERWIRE_INNER__URL"),
        ("inner.url_file", "ORDERWIRE_INNER__URL_FILE"),
    ]


def test_a_file_stands_for_its_text(tmp_path: Path) -> None:
    """Only known settings can be named by file, and others' variables stay as they are."""
    (tmp_path / "name").write_text("acme\r\n", encoding="utf-8")

    given = {"orderwire_name_file": str(tmp_path / "name"), "orderwire_inner__url_file": "kept", "path": "kept"}

    assert with_files(given, SETTINGS) == {
        "orderwire_name": "acme",
        "orderwire_inner__url_file": "kept",
        "path": "kept",
    }


def test_problems_name_the_variable_and_never_its_value(tmp_path: Path) -> None:
    """Misspelt names, unreadable files and a setting given twice; other programs' variables are not ours to judge."""
    (tmp_path / "latin").write_bytes(b"\xe9")
    given = {
        "PATH": "x",
        "ORDERWIRE_INER__URL": "x",
        "ORDERWIRE_NAME": "x",
        "orderwire_name_file": str(tmp_path / "latin"),
    }

    assert problems_of(given, SETTINGS) == [
        "ORDERWIRE_INER__URL: there is no such setting",
        "ORDERWIRE_NAME_FILE: ORDERWIRE_NAME is given as well",
    ]
    del given["ORDERWIRE_NAME"]
    assert problems_of(given, SETTINGS)[1:] == ["ORDERWIRE_NAME_FILE: the file cannot be read"]
