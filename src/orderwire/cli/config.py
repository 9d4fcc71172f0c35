"""`orderwire config`: whether the files can be used, before a process is asked to."""

from typing import Annotated

import typer

from orderwire.cli.context import ConfigDir, need_folder, read_settings
from orderwire.cli.output import Json, emit
from orderwire.cli.reload import needs_restart
from orderwire.config.alerts import read_plan
from orderwire.config.partners import Partners
from orderwire.errors import ConfigurationError

app = typer.Typer(no_args_is_help=True)


@app.command()
def check(
    config: ConfigDir = None,
    *,
    restart: Annotated[bool, typer.Option("--restart", help="List the settings that need a restart instead.")] = False,
    as_json: Json = False,
) -> None:
    """Look at settings, alerts and partners, with every problem. Ends 1 when something is wrong."""
    if restart:
        emit([{"setting": name} for name in needs_restart()], ("setting",), as_json=as_json)
        return
    found = []
    try:
        settings = read_settings(config)
    except ConfigurationError as error:
        emit([{"file": "orderwire.yaml", "problem": error.message}], ("file", "problem"), as_json=as_json)
        raise typer.Exit(1) from None
    need_folder(settings)
    try:
        read_plan(settings.config_dir / "alerts.yaml")
    except ConfigurationError as error:
        found.append({"file": "alerts.yaml", "problem": error.message})
    found += [{"file": "partners", "problem": problem} for problem in Partners(settings.config_dir).problems()]
    emit(found, ("file", "problem"), as_json=as_json, empty="All files can be used.")
    if found:
        raise typer.Exit(1)
