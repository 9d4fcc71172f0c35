"""`orderwire parked`: look at what failed, replay it from its raw bytes, try that dry, or discard it."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import typer

from orderwire.cli.context import ConfigDir, services_of, who
from orderwire.cli.output import Json, emit, emit_json, out
from orderwire.errors import OrderwireError
from orderwire.pipeline.trial import PASSES
from orderwire.ports.parking import Parked

app = typer.Typer(no_args_is_help=True)
Code = Annotated[str | None, typer.Option(help="Error code.")]
PartnerKey = Annotated[str | None, typer.Option(help="Partner key.")]
OrderNo = Annotated[str | None, typer.Option(help="The buyer's order number.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids, as `parked list` prints them.")]
Reason = Annotated[str, typer.Option(help="It stands in the audit.")]


@app.command("list")
def list_(
    code: Code = None,
    partner: PartnerKey = None,
    order_no: OrderNo = None,
    limit: Annotated[int, typer.Option(min=1, max=10000)] = 50,
    config: ConfigDir = None,
    *,
    as_json: Json = False,
) -> None:
    """List parked messages, the newest first."""
    with services_of(config) as services, services.store.begin() as tx:
        rows = [_row(entry) for entry in tx.parked.find(code=code, partner=partner, order_no=order_no, limit=limit)]
    emit(
        rows,
        ("id", "flow", "code", "reason", "facts", "partner", "order_no", "last_at"),
        as_json=as_json,
        empty="Nothing is parked.",
    )


@app.command()
def show(parked_id: str, config: ConfigDir = None, *, as_json: Json = False) -> None:
    """Show one parked message with its event as it was on the wire."""
    with services_of(config) as services, services.store.begin() as tx:
        entry = tx.parked.get(parked_id)
    if entry is None:
        raise OrderwireError("no parked message of that id", parked_id=parked_id)
    row = {**_row(entry), "body": entry.body.decode("utf-8", "replace")}
    if as_json:
        emit_json(row)
    else:
        emit([{"field": name, "value": value} for name, value in row.items()], ("field", "value"), as_json=False)


@app.command()
def replay(
    ids: Ids = None,
    reason: Reason = "replayed from the command line",
    code: Code = None,
    partner: PartnerKey = None,
    order_no: OrderNo = None,
    config: ConfigDir = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that match the filters.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would become of them.")] = False,
    as_json: Json = False,
) -> None:
    """Send parked messages through again, from their raw bytes and with today's maps."""
    with services_of(config) as services:
        chosen = _chosen(services.store, ids, code, partner, order_no, everything=everything)
        results = [
            _try(one, services.trials.of_parked)
            if dry_run
            else _try(one, lambda one: _done(one, services.replays.replay(one, who=who(), why=reason)))
            for one in chosen
        ]
    if as_json or dry_run:
        emit_json(results)
    else:
        emit(results, ("parked_id", "result", "event_id"), as_json=False, empty="Nothing is parked.")
    if any(result.get("result") not in {"ok", PASSES} for result in results):
        raise typer.Exit(1)


@app.command()
def discard(
    ids: Annotated[list[str], typer.Argument(help="Ids, as `parked list` prints them.")],
    reason: Reason,
    config: ConfigDir = None,
    *,
    as_json: Json = False,
) -> None:
    """End parked messages without doing them."""
    with services_of(config) as services:
        discard = services.replays.discard
        results = [_try(one, lambda one: _done(one, discard(one, who=who(), why=reason))) for one in ids]
    emit(results, ("parked_id", "result"), as_json=as_json)
    if any(result["result"] != "ok" for result in results):
        raise typer.Exit(1)


def _chosen(store: Any, ids: list[str] | None, *filters: str | None, everything: bool) -> list[str]:
    if ids:
        return ids
    if not everything and not any(filters):
        out.print("Name ids, a filter, or --all.")
        raise typer.Exit(2)
    code, partner, order_no = filters
    with store.begin() as tx:
        found = tx.parked.find(code=code, partner=partner, order_no=order_no, limit=10000)
    return [entry.id for entry in reversed(found)]


def _try(parked_id: str, act: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Do something with a parked message; what cannot be done with it says so, and the next one is taken."""
    try:
        return act(parked_id)
    except OrderwireError as error:
        return {"parked_id": parked_id, "result": str(error), "code": error.code}


def _done(parked_id: str, event_id: str | None) -> dict[str, Any]:
    return {"parked_id": parked_id, "result": "ok", "event_id": event_id}


def _row(entry: Parked) -> dict[str, Any]:
    row = asdict(entry)
    del row["body"]
    return {**row, "facts": json.dumps(dict(entry.facts), ensure_ascii=False)}
