"""`orderwire send`: put a file in as if it had come from a partner."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderwire.cli.context import ConfigDir, services_of
from orderwire.cli.output import Json, emit, out
from orderwire.connectors.channels.names import channel_of
from orderwire.ports.intake import DecodeHint
from orderwire.ports.journal import Document, DocumentQuery, DocumentState

if TYPE_CHECKING:
    from orderwire.bootstrap.services import Services

#: States in which a document waits for work; every other one is an end or a person's.
UNDER_WAY = frozenset({DocumentState.RECEIVED, DocumentState.WAITING, DocumentState.RETRYING})


def send(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)],
    partner: Annotated[str | None, typer.Option(help="Partner key; none: the file says it.")] = None,
    config: ConfigDir = None,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the outcome of every order in it.")] = False,
    timeout_seconds: Annotated[float, typer.Option(min=0)] = 60.0,
    as_json: Json = False,
) -> None:
    """Take files in; a running `up` or `work` does the rest. Ends 1 when --wait sees something parked or undone."""
    with services_of(config) as services:
        ids = []
        for file in files:
            hint = DecodeHint(partner=partner, name=file.name)
            ids.append(services.receiver(file.read_bytes(), channel_of(file.name), hint))
        if not wait:
            rows = [{"document_id": one, "file": str(file)} for one, file in zip(ids, files, strict=True)]
            emit(rows, ("document_id", "file"), as_json=as_json)
            return
        rows = [_row(document) for one in ids for document in settled(services, one, timeout_seconds)]
    if not as_json and not rows:
        out.print("Nothing became of it in time.")
    emit(rows, ("kind", "partner", "order_no", "state", "erp_no", "name", "reason"), as_json=as_json)
    if not rows or any(row["state"] in {*UNDER_WAY, DocumentState.PARKED} for row in rows):
        raise typer.Exit(1)


def settled(services: "Services", document_id: str, timeout_seconds: float) -> list[Document]:
    """Return everything that came of a document, once nothing of it is under way any more, or after the time-out."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        with services.store.begin() as tx:
            family = tx.journal.find(DocumentQuery(correlation_id=document_id, limit=10000))
        if family and not any(document.state in UNDER_WAY for document in family):
            return family
        if time.monotonic() > deadline:
            return family
        time.sleep(0.1)


def _row(document: Document) -> dict[str, Any]:
    names = ("id", "direction", "kind", "partner", "order_no", "state", "erp_no", "name", "code", "reason")
    return {name: getattr(document, name) for name in names}
