"""`orderwire messages`: find documents in the journal, and see one with its raw bytes."""

from pathlib import Path
from typing import Annotated

import typer

from orderwire.cli.context import ConfigDir, services_of, who
from orderwire.cli.output import Json, emit, emit_json, out, say
from orderwire.errors import OrderwireError
from orderwire.mapping.masking import masked
from orderwire.pipeline.retention import LegalHolds
from orderwire.ports.journal import DocumentQuery, DocumentState

app = typer.Typer(no_args_is_help=True)
Reason = Annotated[str, typer.Option(help="It stands in the audit.")]


@app.command("list")
def list_(
    state: Annotated[DocumentState | None, typer.Option()] = None,
    partner: Annotated[str | None, typer.Option(help="Partner key.")] = None,
    order_no: Annotated[str | None, typer.Option(help="The buyer's order number.")] = None,
    erp_no: Annotated[str | None, typer.Option(help="NAV's order number.")] = None,
    reference: Annotated[str | None, typer.Option(help="Interchange reference or Idempotency-Key.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10000)] = 50,
    config: ConfigDir = None,
    *,
    as_json: Json = False,
) -> None:
    """List documents, in and out, the newest first."""
    query = DocumentQuery(
        state=state, partner=partner, order_no=order_no, erp_no=erp_no, control_ref=reference, limit=limit
    )
    with services_of(config) as services, services.store.begin() as tx:
        rows = [document._asdict() for document in tx.journal.find(query)]
    columns = ("id", "direction", "kind", "partner", "order_no", "state", "code", "reason", "received_at")
    emit(rows, columns, as_json=as_json, empty="No messages.")


@app.command()
def show(
    document_id: Annotated[str, typer.Argument(help="Journal id, as `messages list` prints it.")],
    config: ConfigDir = None,
    *,
    as_json: Json = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="Write the raw bytes to standard output, and nothing else.")
    ] = False,
) -> None:
    """Show one document: where it stands and why, what happened to it, and its bytes; secrets only with --raw."""
    with services_of(config) as services, services.store.begin() as tx:
        document = tx.journal.get(document_id)
        if document is None:
            raise OrderwireError("no such document", document_id=document_id)
        content = tx.archive.get(document.sha256) if document.sha256 else b""
        steps = tx.journal.steps_of([document.id])
    if raw:
        typer.get_binary_stream("stdout").write(content)
        return
    text = masked(content).decode("utf-8", "replace")
    story = [{"at": step.at, "step": step.name, "detail": step.detail} for step in steps]
    if as_json:
        emit_json({**document._asdict(), "story": story, "content": text})
        return
    emit(
        [{"field": name, "value": value} for name, value in document._asdict().items()],
        ("field", "value"),
        as_json=False,
    )
    out.print()
    emit(story, ("at", "step", "detail"), as_json=False)
    out.print()
    say(text)


@app.command()
def hold(
    document_id: Annotated[str, typer.Argument(help="Any document of the conversation.")],
    why: Reason,
    config: ConfigDir = None,
) -> None:
    """Keep a document and all that belongs to it, whatever its age: a legal hold."""
    _held(document_id, why, config, keep=True)


@app.command()
def unhold(
    document_id: Annotated[str, typer.Argument(help="Any document of the conversation.")],
    why: Reason,
    config: ConfigDir = None,
) -> None:
    """End a legal hold: age decides again."""
    _held(document_id, why, config, keep=False)


def _held(document_id: str, why: str, config: Path | None, *, keep: bool) -> None:
    with services_of(config) as services:
        with services.store.begin() as tx:
            document = tx.journal.get(document_id)
        if document is None:
            raise OrderwireError("no such document", document_id=document_id)
        holds = LegalHolds(services.store, services.clock)
        act = holds.hold if keep else holds.unhold
        if not act(document.correlation_id, who=who(), why=why):
            raise OrderwireError("it is held already" if keep else "it is not held", document_id=document_id)
    out.print("Held." if keep else "No longer held.")
