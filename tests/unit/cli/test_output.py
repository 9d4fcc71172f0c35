"""What commands print is text: no document, name or error makes a terminal do anything."""

import json
import unicodedata
from collections.abc import Callable
from typing import Final

import pytest

from orderwire.cli.output import complain, emit, emit_json, say
from orderwire.errors import MappingError

#: A new title, a cleared screen in both ways of writing it, a bell, a line written over, markup, and turned writing.
HOSTILE: Final = (
    "\x1b]0;owned\x07\x1b[2J\x9b2J\rfine [red]x[/red] [link=http://evil]y[/link] \u202egpj.exe\u2066 \x00end"
)


@pytest.mark.parametrize(
    "printing",
    [
        lambda: emit([{"a": HOSTILE}], ("a",), as_json=False),
        lambda: emit([{"a": HOSTILE}], ("a",), as_json=True),
        lambda: emit_json({HOSTILE: [HOSTILE]}),
        lambda: say(HOSTILE),
        lambda: complain(MappingError(HOSTILE, unit=HOSTILE)),
    ],
    ids=["table", "rows", "json", "lines", "error"],
)
def test_a_terminal_is_told_nothing(printing: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> None:
    """Controls and marks of direction are left out or written as numbers; markup stands as it is."""
    printing()

    printed = "".join(capsys.readouterr())
    assert "[red]x[/red]" in printed
    assert not [sign for sign in printed if sign != "\n" and unicodedata.category(sign) in {"Cc", "Cf"}]


def test_json_says_what_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is lost by the escapes, whatever plane a character is of."""
    emit_json({"a": f"{HOSTILE}\U000e0041é"})

    assert json.loads(capsys.readouterr().out) == {"a": f"{HOSTILE}\U000e0041é"}
