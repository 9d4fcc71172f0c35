"""`orderwire nav`: does this NAV offer what Orderwire needs?"""

from pathlib import Path
from typing import Annotated

import typer

from orderwire.cli.context import ConfigDir, read_settings
from orderwire.cli.output import Json, emit

app = typer.Typer(no_args_is_help=True)


@app.callback()
def nav() -> None:
    """Dynamics NAV."""


@app.command()
def check(
    wsdl: Annotated[
        list[Path] | None, typer.Option(help="Read these files instead of asking NAV.", exists=True)
    ] = None,
    config: ConfigDir = None,
    *,
    as_json: Json = False,
) -> None:
    """Report which fields and operations are there, missing or of another type.

    Ends 1 when something that is needed is missing.
    """
    from orderwire.connectors.nav import connector

    rows = connector.check(read_settings(config), tuple(wsdl or ()))
    emit(rows, ("service", "field_or_operation", "wanted_for", "found", "problem"), as_json=as_json)
    if any(row["problem"] and not row["problem"].endswith("(optional)") for row in rows):
        raise typer.Exit(1)


@app.command()
def accept_stock(config: ConfigDir = None) -> None:
    """Believe NAV for an hour although nearly all stock is gone: for when that is so (code `implausible_stock`).

    Holds for the processes of this machine. Orders that wait go on with their next retry; parked ones are replayed.
    """
    from orderwire.connectors.nav import connector

    connector.accept_stock(read_settings(config))
    typer.echo("for an hour every stock figure is believed")
