"""`orderwire doctor`: what a deployment needs, and what is wrong with it."""

from dataclasses import asdict

import typer

from orderwire.cli.context import ConfigDir, read_settings
from orderwire.cli.loading import loading
from orderwire.cli.output import Json, emit


def doctor(config: ConfigDir = None, *, as_json: Json = False) -> None:
    """Look at configuration, disk, database, broker, NAV, workers and backlog. Ends 1 when something fails."""
    with loading():
        from orderwire.cli.examination import State, examined

    found = examined(read_settings(config))
    emit([asdict(each) for each in found], ("what", "state", "text", "do"), as_json=as_json)
    if any(each.state is State.FAIL for each in found):
        raise typer.Exit(1)
