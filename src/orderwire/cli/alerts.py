"""`orderwire alerts`: what is wrong now, who was told, and whether they can be told."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from orderwire.cli.context import ConfigDir, services_of, who
from orderwire.cli.output import Json, emit
from orderwire.config.alerts import read_plan
from orderwire.errors import ConfigurationError
from orderwire.pipeline.alert_words import entry_of

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_(
    config: ConfigDir = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Also what is over.")] = False,
    as_json: Json = False,
) -> None:
    """List what people were told is wrong."""
    with services_of(config) as services:
        plan = services.alert_file.plan()
        with services.store.read() as tx:
            alerts = tx.alerts.all(ended=every)
    rows = [{**asdict(alert), "summary": entry_of(alert, "raised", plan)["summary"]} for alert in alerts]
    columns = ("cause", "severity", "summary", "since", "told_at", "ended_at", "quiet_by")
    emit(rows, columns, as_json=as_json, empty="Nothing is wrong, as far as anybody was to be told.")


@app.command()
def notices(
    limit: Annotated[int, typer.Option(min=1, max=10000)] = 50,
    config: ConfigDir = None,
    *,
    as_json: Json = False,
) -> None:
    """List who was told what, the newest first, with what was in the way."""
    with services_of(config) as services, services.store.read() as tx:
        found = [asdict(notice) for notice in tx.alerts.notices(limit)]
    rows = [
        {**row, "told": "; ".join(f"{one['what']} {one['cause']}" for one in row["body"]["alerts"])} for row in found
    ]
    columns = ("created_at", "receiver", "state", "attempts", "told", "sent_at", "problem")
    emit(rows, columns, as_json=as_json, empty="Nobody was told anything.")


@app.command()
def quiet(
    cause: Annotated[str, typer.Argument(help="As `alerts list` prints it.")],
    reason: Annotated[str, typer.Option(help="It stands in the audit.")],
    config: ConfigDir = None,
) -> None:
    """Stop the reminders of an alert. That it is over is told all the same."""
    with services_of(config) as services, services.store.begin() as tx:
        if not tx.alerts.quiet(cause, who()):
            raise ConfigurationError("there is no such alert now", cause=cause)
        tx.audit.add(services.clock(), who(), "quiet", cause, reason)
    typer.echo("No more reminders.")


@app.command("test")
def trial(
    receiver: Annotated[str | None, typer.Argument(help="A receiver of alerts.yaml; none: all.")] = None,
    config: ConfigDir = None,
    *,
    as_json: Json = False,
) -> None:
    """Send a trial to receivers, and say whether they took it. Ends 1 when one did not."""
    with services_of(config) as services:
        plan = read_plan(services.settings.config_dir / "alerts.yaml")
        names = sorted(plan.receivers) if receiver is None else [receiver]
        if not names or set(names) - plan.receivers.keys():
            raise ConfigurationError("alerts.yaml has no such receiver", receiver=receiver)
        rows: list[dict[str, Any]] = []
        for name in names:
            problem = services.notices.trial(name)
            state = "taken" if problem is None else "failed"
            rows.append({"receiver": name, "way": plan.receivers[name].way, "state": state, "problem": problem})
    emit(rows, ("receiver", "way", "state", "problem"), as_json=as_json)
    if any(row["problem"] for row in rows):
        raise typer.Exit(1)
