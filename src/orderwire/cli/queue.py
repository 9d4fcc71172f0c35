"""`orderwire queue`: declare and verify the topology."""

from dataclasses import asdict

import typer

from orderwire.cli.context import ConfigDir, services_of
from orderwire.cli.output import Json, emit, emit_json, out

app = typer.Typer(no_args_is_help=True)


@app.command()
def declare(config: ConfigDir = None) -> None:
    """Create exchanges, queues and bindings. Safe to repeat."""
    with services_of(config) as services:
        services.transport.declare()
        problems = services.transport.check()
    out.print("\n".join(problems) or "The topology stands.", markup=False)
    if problems:
        raise typer.Exit(1)


@app.command()
def check(config: ConfigDir = None, *, as_json: Json = False) -> None:
    """Compare the broker with the topology, and show what waits where. Ends 1 when something differs."""
    with services_of(config) as services:
        problems = services.transport.check()
        depths = [] if problems else [asdict(depth) for depth in services.transport.depths()]
    if as_json:
        emit_json({"problems": problems, "queues": depths})
    else:
        emit(depths, ("queue", "ready", "unacked"), as_json=False)
        out.print("\n".join(problems) or "The topology stands.", markup=False)
    if problems:
        raise typer.Exit(1)
