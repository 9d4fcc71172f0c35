"""`orderwire ledger`: acknowledgements owed and awaited."""

from dataclasses import asdict
from typing import Annotated

import typer

from orderwire.cli.context import ConfigDir, services_of
from orderwire.cli.output import Json, emit
from orderwire.ports.ledger import LedgerQuery, LedgerSide, LedgerState

app = typer.Typer(no_args_is_help=True)


@app.callback()
def ledger() -> None:
    """Keep `list` a command of its own."""


@app.command("list")
def list_(
    partner: Annotated[str | None, typer.Option(help="Partner key.")] = None,
    side: Annotated[LedgerSide | None, typer.Option(help="owed: by us; awaited: from the partner.")] = None,
    kind: Annotated[str | None, typer.Option(help="CONTRL, ORDRSP, ConfirmationRequest or MDN.")] = None,
    reference: Annotated[str | None, typer.Option(help="Interchange reference, order number or Message-ID.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10000)] = 50,
    config: ConfigDir = None,
    *,
    late: Annotated[bool, typer.Option("--late", help="Only what is late and has not come.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Also what has come.")] = False,
    as_json: Json = False,
) -> None:
    """List what is open and what is late, by due time."""
    states = (LedgerState.LATE,) if late else () if every else (LedgerState.OPEN, LedgerState.LATE)
    query = LedgerQuery(states=states, partner=partner, side=side, kind=kind, ref=reference, limit=limit)
    with services_of(config) as services, services.store.begin() as tx:
        rows = [asdict(entry) for entry in tx.ledger.find(query)]
    columns = ("partner", "side", "kind", "ref", "order_no", "state", "opened_at", "due_at", "met_at", "outcome")
    emit(rows, columns, as_json=as_json, empty="Nothing is owed, and nothing awaited.")
