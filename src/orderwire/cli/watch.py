"""`orderwire tail` and `orderwire top`: what happens, and how things stand, until interrupted."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.live import Live
from rich.table import Table
from rich.text import Text

from orderwire.cli.context import ConfigDir, services_of
from orderwire.cli.output import Json, emit_json, emit_line, err, out, shown
from orderwire.errors import OrderwireError
from orderwire.pipeline.heartbeat import BEAT_SECONDS
from orderwire.ports.journal import Document
from orderwire.ports.search import Place, Wanted

if TYPE_CHECKING:
    from orderwire.bootstrap.services import Services
    from orderwire.ports.store import Transaction

_TAIL_COLUMNS: Final = ("received_at", "direction", "kind", "partner", "order_no", "state", "code", "reason")
_PAGE: Final = 200
#: Of one look, the newest.
MOST: Final = 10_000
_HOUR: Final = timedelta(hours=1)
#: What was received before a look may be committed so much after it.
_OVERLAP: Final = timedelta(seconds=10)


class Watch:
    """What was seen of the documents of the last hour."""

    def __init__(self, partner: str | None) -> None:
        self._partner = partner
        self._known: dict[str, Document] = {}
        self._looked: datetime | None = None

    def look(self, tx: "Transaction", now: datetime) -> list[Document]:
        """Return what came or changed since the last look, the oldest first."""
        since = now - _HOUR
        rows = {row.id: row for row in self._newest(tx, since)}
        moving = [one.id for one in self._known.values() if not one.state.is_end and one.id not in rows]
        rows |= {row.id: row for row in tx.journal.these(moving)}
        told = [row for row in rows.values() if row.id not in self._known or self._known[row.id].state != row.state]
        self._known = {key: row for key, row in (self._known | rows).items() if row.received_at >= since}
        self._looked = now
        return sorted(told, key=lambda row: (row.received_at, row.message_no or 0, row.id))

    def _newest(self, tx: "Transaction", since: datetime) -> list[Document]:
        """Page back to what was known before the last look began."""
        wanted, found = Wanted(partner=self._partner, since=since, limit=_PAGE), list[Document]()
        while len(found) < MOST:
            page = tx.search.documents(wanted).documents
            found += page
            if len(page) < _PAGE or self._all_known(page):
                break
            wanted = replace(wanted, after=Place(page[-1].received_at, page[-1].id))
        return found

    def _all_known(self, page: Sequence[Document]) -> bool:
        before = self._looked is not None and page[-1].received_at < self._looked - _OVERLAP
        return before and all(row.id in self._known for row in page)


def tail(
    partner: Annotated[str | None, typer.Option(help="Partner key.")] = None,
    every_seconds: Annotated[float, typer.Option(min=0.1)] = 1.0,
    config: ConfigDir = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print the latest and end.")] = False,
    as_json: Json = False,
) -> None:
    """Print documents as they come and as they change, one a line, until interrupted."""
    watch = Watch(partner)
    with services_of(config) as services:
        while True:
            with services.store.read() as tx:
                rows = watch.look(tx, services.clock())
            if len(rows) >= MOST:
                err.print(f"There are more: these are the newest {len(rows)}.")
            for row in rows:
                _print(row, as_json=as_json)
            if once:
                return
            time.sleep(every_seconds)


def top(
    every_seconds: Annotated[float, typer.Option(min=0.2)] = 2.0,
    config: ConfigDir = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print it once and end.")] = False,
    as_json: Json = False,
) -> None:
    """Show per flow what waits, runs, is parked and stands still, renewed until interrupted."""
    with services_of(config) as services:
        if as_json or once:
            stand = _stand(services)
            emit_json(stand) if as_json else out.print(_table(stand))
            return
        with Live(_table(_stand(services)), console=out, auto_refresh=False) as live:
            while True:
                time.sleep(every_seconds)
                live.update(_table(_stand(services)), refresh=True)


def _print(row: Document, *, as_json: bool) -> None:
    if as_json:
        emit_line({name: getattr(row, name) for name in ("id", *_TAIL_COLUMNS)})
    else:
        out.print(Text("  ".join(shown(getattr(row, name)) or "-" for name in _TAIL_COLUMNS)), soft_wrap=True)


def _stand(services: "Services") -> dict[str, Any]:
    now = services.clock()
    try:
        depths = {depth.queue: depth for depth in services.transport.depths()}
        trouble = None
    except OrderwireError as error:
        depths, trouble = {}, error.code
    with services.store.read() as tx:
        parked, workers = tx.overview.parked(()), tx.workers.all()
    alive = [worker for worker in workers if now - worker.seen_at < timedelta(seconds=3 * BEAT_SECONDS)]
    flows = []
    for flow in services.topology.flows:
        depth = depths.get(services.topology.work_queue(flow.name))
        pauses = [worker.paused[flow.name] for worker in alive if flow.name in worker.paused]
        flows.append(
            {
                "flow": flow.name,
                "waiting": depth.ready if depth else None,
                "in_flight": depth.unacked if depth else None,
                "parked": sum(one.count for one in parked if one.flow == flow.name),
                "paused": f"since {pauses[0]['since']}: {pauses[0]['reason']}" if pauses else None,
            }
        )
    return {"at": now, "workers_alive": len(alive), "broker": trouble or "ok", "flows": flows}


def _table(stand: dict[str, Any]) -> Table:
    title = f"{shown(stand['at'])}   workers alive: {stand['workers_alive']}   broker: {stand['broker']}"
    table = Table(title=title, title_justify="left", box=None, header_style="bold")
    for name in stand["flows"][0]:
        table.add_column(name.replace("_", " "), justify="left" if name in {"flow", "paused"} else "right")
    for flow in stand["flows"]:
        table.add_row(
            *(
                Text("?" if value is None and name in {"waiting", "in_flight"} else shown(value))
                for name, value in flow.items()
            )
        )
    return table
