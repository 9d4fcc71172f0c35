"""`orderwire nav`: does this NAV offer what Orderwire needs?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from orderwire.cli.context import ConfigDir, read_settings, services_of
from orderwire.cli.output import Json, emit, emit_json, out
from orderwire.errors import OrderwireError

if TYPE_CHECKING:
    from orderwire.connectors.nav.report import Report

app = typer.Typer(no_args_is_help=True)

_AWAY: Final = 3


@app.callback()
def nav() -> None:
    """Dynamics NAV."""


@app.command()
def follow(config: ConfigDir = None, *, as_json: Json = False) -> None:
    """Look at NAV once for shipments, invoices, changed orders and stock, and tell of them, as a worker does.

    Does nothing while a worker follows. Ends 3 when NAV did not answer.
    """
    with services_of(config) as services:
        services.transport.declare()
        polled = services.follow.poll() if services.follow else None
    if polled is None:
        raise OrderwireError("another process follows NAV")
    problems = {name: str(error) for name, error in polled.problems.items()}
    told = polled.told | {name: 0 for name in problems if name not in polled.told}
    rows = [{"list": name, "told": count, "problem": problems.get(name, "")} for name, count in told.items()]
    emit(rows, ("list", "told", "problem"), as_json=as_json)
    for error in polled.problems.values():
        raise error


@app.command()
def check(
    wsdl: Annotated[
        list[Path] | None, typer.Option(help="Read these files instead of asking NAV.", exists=True, dir_okay=False)
    ] = None,
    config: ConfigDir = None,
    *,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Print only the settings that would help, as YAML for orderwire.yaml.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Report what NAV's web services offer of what Orderwire needs, what follows, and what to publish.

    Ends 1 when something that is needed is missing, has another name, or cannot be read, 3 when NAV does not answer.
    """
    from orderwire.connectors.nav import connector

    report = connector.check(read_settings(config), tuple(wsdl or ()))
    if suggest:
        _suggest(report)
    elif as_json:
        emit_json(_told(report))
    else:
        _show(report)
    if report.away:
        raise typer.Exit(_AWAY)
    if not report.complete:
        raise typer.Exit(1)


@app.command()
def accept(config: ConfigDir = None) -> None:
    """Take NAV's pages as they are now: for when a page was changed on purpose (code `erp_contract_broken`).

    Holds for the processes of this machine; paused flows go on by themselves.
    """
    from orderwire.connectors.nav import connector

    connector.accept(read_settings(config))
    typer.echo("what NAV's pages show now is taken for what they are to show")


@app.command()
def accept_stock(config: ConfigDir = None) -> None:
    """Believe NAV for an hour although nearly all stock is gone: for when that is so (code `implausible_stock`).

    Holds for the processes of this machine. Orders that wait go on with their next retry; parked ones are replayed.
    """
    from orderwire.connectors.nav import connector

    connector.accept_stock(read_settings(config))
    typer.echo("for an hour every stock figure is believed")


def _told(report: "Report") -> dict[str, object]:
    return {
        "services": list(report.rows()),
        "follows": list(report.follows()),
        "advice": list(report.advice()),
        "suggestion": report.suggestion,
        "stock": report.stock,
        "orders": report.orders,
    }


def _show(report: "Report") -> None:
    emit(list(report.rows()), ("service", "field_or_operation", "wanted_for", "found", "problem"), as_json=False)
    out.print()
    emit(list(report.follows()), ("what", "offered", "otherwise"), as_json=False)
    for sentence in report.advice():
        out.print(f"\nTo do: {sentence}", markup=False)


def _suggest(report: "Report") -> None:
    import yaml

    told = report.suggestion
    text = yaml.safe_dump({"nav": told}, allow_unicode=True, sort_keys=False) if told else "# nothing to add\n"
    typer.echo(text, nl=False)
