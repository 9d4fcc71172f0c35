"""`orderwire edi`: what would be made of an EDIFACT file."""

from pathlib import Path
from typing import Annotated, Any

import typer

from orderwire.cli.context import ConfigDir, read_settings
from orderwire.cli.output import Json, emit, emit_json, say
from orderwire.config.partners import Partners
from orderwire.connectors.edi.check import check_content

app = typer.Typer(no_args_is_help=True)


@app.callback()
def edi() -> None:
    """EDIFACT files."""


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)],
    config: ConfigDir = None,
    *,
    as_json: Json = False,
) -> None:
    """Show what would be made of any file, without side effects. Ends 1 when something would be refused."""
    partners = Partners(read_settings(config).config_dir)
    results = [check_content(file.read_bytes(), str(file), partners) for file in files]
    if as_json:
        emit_json(results)
    else:
        for result in results:
            _show(result)
    if any(finding["severity"] == "reject" for result in results for finding in _findings(result)):
        raise typer.Exit(1)


def _findings(result: dict[str, Any]) -> list[dict[str, Any]]:
    found = list(result["findings"])
    for interchange in result["interchanges"]:
        found += interchange["findings"]
        for message in interchange["messages"]:
            found += message["findings"]
    return found


def _show(result: dict[str, Any]) -> None:
    say(result["file"], "bold")
    for interchange in result["interchanges"]:
        head = (interchange[name] for name in ("sender", "recipient", "control_ref", "syntax", "charset"))
        say("  interchange " + " ".join(str(part) for part in head))
        for message in interchange["messages"]:
            verdict = "accepted" if message["accepted"] else "refused"
            say(f"    {message['type']} {message['version']} {message['ref']}: {verdict}")
    found = _findings(result)
    emit(found, ("severity", "code", "segment_no", "offset", "text"), as_json=False, empty="  no findings")
