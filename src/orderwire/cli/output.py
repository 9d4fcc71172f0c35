"""What the commands print: a table for people, JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orderwire.errors import OrderwireError

#: The option that every command with a table has.
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def emit_json(value: object) -> None:
    """Print a value as JSON, on standard output; what a terminal would obey is escaped."""
    _echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def emit_line(value: object) -> None:
    """Print a value as JSON in one line, where one follows the other."""
    _echo(json.dumps(value, ensure_ascii=False, default=str))


def _echo(text: str) -> None:
    typer.echo("".join(sign if sign.isprintable() or sign == "\n" else json.dumps(sign)[1:-1] for sign in text))


def say(text: str, style: str = "") -> None:
    """Print lines that may hold what came from outside."""
    out.print(Text(plain(text), style=style))


def emit(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str = "Nothing.") -> None:
    """Print rows: all their fields as JSON, or the named columns as a table."""
    if as_json:
        emit_json(list(rows))
        return
    if not rows:
        out.print(empty)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(row.get(column))) for column in columns))
    out.print(table)


def shown(value: object) -> str:
    """Return a cell's text: times to the second, nothing for None, no control characters."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return plain(str(value)).replace("\n", " ")


def plain(text: str) -> str:
    """Return text in lines, with nothing in it that a terminal would obey."""
    return "".join(character if character.isprintable() or character == "\n" else " " for character in text)


def complain(error: OrderwireError) -> None:
    """Say on standard error what went wrong, with its stable code."""
    err.print(Text(plain(f"{error} [{error.code}]"), style="red"))
