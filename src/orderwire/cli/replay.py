"""`orderwire replay`: runs of replays: freeze a list, try it dry, send it at a pace, watch it, cancel it."""

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from orderwire.cli.context import ConfigDir, services_of, who
from orderwire.cli.output import Json, emit, emit_json, err, out
from orderwire.errors import ConfigurationError
from orderwire.pipeline.replay_runs import DEFAULT_RATE, Pace
from orderwire.ports.overview import ParkedFilter
from orderwire.ports.replay import ItemState, Run, RunState

if TYPE_CHECKING:
    from orderwire.bootstrap.services import Services

app = typer.Typer(no_args_is_help=True)
#: Names that a filter knows.
FILTERS = ("group_id", "code", "partner", "order_no", "flow")
_ENDS = frozenset({RunState.CANCELLED, RunState.STOPPED, RunState.DONE, RunState.TRIED})
_POLL_SECONDS = 0.3
#: Parameters of `start` that a run is frozen with.
_FROZEN = ("filter_", "reason", "rate", "ramp", "stop_on")

RunId = Annotated[str, typer.Argument(help="A run's id, as `replay status` prints it.")]
Watch = Annotated[bool, typer.Option("--watch", help="Show the progress until the run ends.")]


@app.command()
def start(
    ctx: typer.Context,
    filter_: Annotated[
        list[str] | None, typer.Option("--filter", help=f"NAME=VALUE, repeatable; names: {', '.join(FILTERS)}.")
    ] = None,
    resume: Annotated[str | None, typer.Option(help="Go on with a run that was cancelled or stopped.")] = None,
    reason: Annotated[str, typer.Option(help="It stands in the audit.")] = "replayed from the command line",
    rate: Annotated[float, typer.Option(help="Messages a second, at most.")] = DEFAULT_RATE,
    ramp: Annotated[str, typer.Option(help="Sizes of the steps; the last goes on.")] = "1,5,20,100",
    stop_on: Annotated[int, typer.Option(help="So many failures in a step stop the run; 0: none does.")] = 1,
    config: ConfigDir = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would become of each message.")] = False,
    watch: Watch = False,
    as_json: Json = False,
) -> None:
    """Freeze a list of parked messages and send it through again; a running worker does it. Ends 1 when some fail."""
    if resume is not None:
        _only_resumed(ctx)
    pace = Pace(rate, _ramp(ramp), stop_on)
    with services_of(config) as services:
        if resume is None:
            run_id = services.runs.freeze(_filter(filter_ or []), pace, who=who(), why=reason).id
        else:
            run_id = resume
        if dry_run:
            services.runs.try_out(run_id, who=who())
        else:
            services.runs.start(run_id, who=who())
        _report(services, run_id, watch=watch or dry_run, as_json=as_json)


@app.command()
def status(
    run_id: Annotated[str | None, typer.Argument(help="A run's id; none: the latest runs.")] = None,
    config: ConfigDir = None,
    *,
    watch: Watch = False,
    as_json: Json = False,
) -> None:
    """Show a run, or the latest ones. Ends 1 when messages of the run failed again or were skipped."""
    with services_of(config) as services:
        if run_id is not None:
            _report(services, run_id, watch=watch, as_json=as_json)
            return
        with services.store.read() as tx:
            rows = [{**_row(run), **_counts(tx.runs.counts(run.id))} for run in tx.runs.all()]
    emit(
        rows,
        ("id", "who", "why", "state", "total", "succeeded", "failed", "waiting"),
        as_json=as_json,
        empty="No runs.",
    )


@app.command()
def cancel(run_id: RunId, config: ConfigDir = None) -> None:
    """Send no more; what was not sent stays parked, and `replay start --resume` goes on."""
    with services_of(config) as services:
        services.runs.cancel(run_id, who=who())
    out.print("Cancelled.")


def _report(services: "Services", run_id: str, *, watch: bool, as_json: bool) -> None:
    run = _watched(services, run_id) if watch else _run(services, run_id)
    with services.store.read() as tx:
        counts, trials = _counts(tx.runs.counts(run.id)), dict(tx.runs.trials(run.id))
        last = tx.runs.items(run.id, limit=10_000) if as_json else ()
    row = {**_row(run), **counts, "trials": trials}
    if as_json:
        emit_json({**row, "items": [asdict(item) for item in last]})
    else:
        emit([{"field": name, "value": value} for name, value in row.items()], ("field", "value"), as_json=False)
    if counts["failed"] or counts["skipped"] or trials.get("fails"):
        raise typer.Exit(1)


def _watched(services: "Services", run_id: str) -> Run:
    """Show a progress bar until the run stands still."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        run = _run(services, run_id)
        task = progress.add_task(run.state.value, total=run.total)
        while run.state not in _ENDS:
            progress.update(task, description=run.state.value, completed=_done(services, run))
            time.sleep(_POLL_SECONDS)
            run = _run(services, run_id)
    return run


def _done(services: "Services", run: Run) -> int:
    with services.store.read() as tx:
        if run.state is RunState.TRYING:
            return sum(tx.runs.trials(run.id).values())
        counts = tx.runs.counts(run.id)
    return sum(counts.get(state, 0) for state in (ItemState.SUCCEEDED, ItemState.FAILED, ItemState.SKIPPED))


def _run(services: "Services", run_id: str) -> Run:
    with services.store.read() as tx:
        run = tx.runs.get(run_id)
    if run is None:
        raise ConfigurationError("no run of that id", run_id=run_id)
    return run


def _row(run: Run) -> dict[str, Any]:
    names = ("id", "who", "why", "state", "total", "rate", "ramp", "stop_on", "created_at", "finished_at", "note")
    return {name: getattr(run, name) for name in names}


def _counts(counts: Any) -> dict[str, int]:
    return {state.value: counts.get(state, 0) for state in ItemState}


def _only_resumed(ctx: typer.Context) -> None:
    """Refuse to go on with a run by another list, pace or reason than it was frozen with."""
    sources = {name: ctx.get_parameter_source(name) for name in _FROZEN}
    given = [name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"]
    if named := [f"--{name.strip('_').replace('_', '-')}" for name in given]:
        raise ConfigurationError(f"a run goes on as it was frozen: leave out {', '.join(named)}, or freeze another one")


def _filter(given: list[str]) -> ParkedFilter:
    wanted: dict[str, Any] = {}
    for one in given:
        name, _, value = one.partition("=")
        if name not in FILTERS or not value:
            raise ConfigurationError(f"a filter is NAME=VALUE, with one of {', '.join(FILTERS)}", found=one)
        wanted[name] = value
    if not wanted:
        raise ConfigurationError("name a filter: a whole parking lot is not replayed by mistake")
    return ParkedFilter(**wanted)


def _ramp(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(size) for size in text.split(","))
    except ValueError:
        raise ConfigurationError("the ramp is step sizes: 1,5,20,100", found=text) from None
