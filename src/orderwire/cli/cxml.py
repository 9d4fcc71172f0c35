"""`orderwire cxml`: what would be made of a cXML document."""

from pathlib import Path
from typing import Annotated, Any

import typer

from orderwire.cli.context import ConfigDir, read_settings
from orderwire.cli.output import Json, emit, emit_json, say
from orderwire.config.partners import Partners
from orderwire.config.secrets import Secrets
from orderwire.connectors.punchout.check import Checker
from orderwire.connectors.punchout.dtd import Dtds
from orderwire.ports.clock import system_clock

app = typer.Typer(no_args_is_help=True)


@app.callback()
def cxml() -> None:
    """Documents in cXML."""


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)],
    config: ConfigDir = None,
    *,
    as_json: Json = False,
) -> None:
    """Show what would be made of any document, without side effects. Ends 1 when something would be refused."""
    settings = read_settings(config)
    checker = Checker(Partners(settings.config_dir), Secrets(), Dtds(settings.cxml.dtd_dir))
    now = system_clock()
    results = [checker.check(file.read_bytes(), str(file), now) for file in files]
    if as_json:
        emit_json(results)
    else:
        for result in results:
            _show(result)
    if not all(result["accepted"] for result in results):
        raise typer.Exit(1)


def _show(result: dict[str, Any]) -> None:
    say(result["file"], "bold")
    if result["type"] is not None:
        verdict = "accepted" if result["accepted"] else "refused"
        test = ", a test" if result["test"] else ""
        say(f"  {result['type']} {result['payload_id']}: {verdict}{test}")
        for role in ("from", "to", "sender"):
            say(f"    {role} {', '.join(result[role])}")
        if result["authenticated"] is not None:
            said = f"let in as {result['partner']}" if result["authenticated"] else f"not let in: {result['why_not']}"
            say(f"    {said}")
        for what in ("order", "cart"):
            if result[what] is not None:
                say(f"    {what} of {len(result[what]['lines'])} lines")
    emit(result["findings"], ("severity", "code", "path", "text"), as_json=False, empty="  no findings")
