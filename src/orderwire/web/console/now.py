"""Now: what waits, what runs, what stands still, and how the last hours went."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from orderwire.pipeline.heartbeat import BEAT_SECONDS
from orderwire.ports.access import Principal
from orderwire.ports.ledger import LedgerQuery, LedgerState
from orderwire.ports.overview import Beat, WorkerRecord
from orderwire.ports.store import DocumentState
from orderwire.web.console import charts
from orderwire.web.console.guard import Looks
from orderwire.web.console.page import HOME, ConsoleRoute, page
from orderwire.web.context import Context, Shared

router = APIRouter(prefix=HOME, route_class=ConsoleRoute)

#: What the charts show, in pieces of five minutes.
HOURS: Final = 3
PIECE_SECONDS: Final = 300
#: Silent for so long, a worker is taken for dead.
_SILENT: Final = timedelta(seconds=3 * BEAT_SECONDS)
_MAX_LATE: Final = 500
_MAX_RETRYING: Final = 15


@router.get("")
async def show_now(request: Request, context: Shared, who: Looks) -> Response:
    """Show how things stand."""
    return page(request, "now.html", **await _now(context, who))


@router.get("/now")
async def show_fragment(request: Request, context: Shared, who: Looks) -> Response:
    """Return the part of the page that renews itself."""
    return page(request, "now_part.html", **await _now(context, who))


async def _now(context: Context, who: Principal) -> dict[str, Any]:
    trouble = await context.probes.broker.trouble()
    depths = {depth.queue: depth for depth in context.probes.depths}
    return await context.lookup.run(lambda: _stand(context, who, {"trouble": trouble, "depths": depths}))


def _stand(context: Context, who: Principal, broker: Mapping[str, Any]) -> dict[str, Any]:
    services, now, scope = context.services, context.services.clock(), who.partners
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    since = datetime.fromtimestamp(now.timestamp() // PIECE_SECONDS * PIECE_SECONDS, now.tzinfo)
    since -= timedelta(seconds=HOURS * 3600 - PIECE_SECONDS)
    with services.store.read() as tx:
        under_way, ended = tx.overview.under_way(scope), tx.overview.ended(midnight, scope)
        parked, retrying = tx.overview.parked(scope), tx.overview.retrying(scope, _MAX_RETRYING)
        beats, workers = tx.overview.pulse(since, PIECE_SECONDS, scope), tx.workers.all()
        late = tx.ledger.find(LedgerQuery(states=(LedgerState.LATE,), limit=_MAX_LATE))
    late = [entry for entry in late if who.sees(entry.partner)]
    by_state: Counter[DocumentState] = Counter()
    for one in under_way:
        by_state[one.state] += one.count
    today = Counter({state: sum(one.count for one in ended if one.state is state) for state in DocumentState})
    tiles = {
        "under_way": by_state[DocumentState.RECEIVED] + by_state[DocumentState.WAITING],
        "retrying": by_state[DocumentState.RETRYING],
        "held": by_state[DocumentState.HELD],
        "parked": sum(one.count for one in parked),
        "late": len(late),
        "done": today[DocumentState.DONE],
        "rejected": today[DocumentState.REJECTED],
        "alive": sum(now - worker.seen_at < _SILENT for worker in workers),
    }
    parked_by_flow: Counter[str] = Counter()
    for entry in parked:
        parked_by_flow[entry.flow] += entry.count
    return {
        "tiles": tiles,
        "broker": broker["trouble"],
        "flows": _flows(context, broker["depths"], parked_by_flow, workers),
        "partners": _partners(under_way, ended, parked, Counter(entry.partner for entry in late)),
        "retrying": [
            {"id": one.document.id, "kind": one.document.kind, "partner": one.document.partner, "flow": one.flow,
             "order_no": one.document.order_no, "attempts": one.document.attempts, "next_at": one.next_at,
             "reason": one.document.reason}
            for one in retrying
        ],
        "workers": [
            {"id": worker.id, "host": worker.host, "pid": worker.pid, "started": worker.started_at,
             "seen": worker.seen_at, "alive": now - worker.seen_at < _SILENT, "version": worker.version}
            for worker in workers
        ],
        "late": [
            {"partner": entry.partner, "side": entry.side.value, "kind": entry.kind, "ref": entry.ref,
             "due": entry.due_at, "document_id": entry.document_id}
            for entry in late[:_MAX_RETRYING]
        ],
        "pulse": _pulse(beats, since, now),
        "moment": now,
    }  # fmt: skip


def _flows(
    context: Context, depths: Mapping[str, Any], parked: Mapping[str, int], workers: Sequence[WorkerRecord]
) -> list[dict[str, Any]]:
    topology = context.services.topology
    rows = []
    for flow in topology.flows:
        depth = depths.get(topology.work_queue(flow.name))
        pauses = [worker.paused[flow.name] for worker in workers if flow.name in worker.paused]
        first = min(pauses, key=lambda pause: str(pause["since"]), default=None)
        rows.append(
            {
                "flow": flow.name,
                "waiting": depth.ready if depth else None,
                "in_flight": depth.unacked if depth else None,
                "parked": parked.get(flow.name, 0),
                "paused_since": datetime.fromisoformat(first["since"]) if first else None,
                "paused_because": first["reason"] if first else None,
            }
        )
    return rows


def _partners(under_way: Any, ended: Any, parked: Any, late: Mapping[str, int]) -> list[dict[str, Any]]:
    rows: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in under_way:
        column = one.state.value if one.state in {DocumentState.RETRYING, DocumentState.HELD} else "waiting"
        rows[one.partner or ""][column] += one.count
    for one in ended:
        rows[one.partner or ""][one.state.value] += one.count
    for one in parked:
        rows[one.partner or ""]["parked_now"] += one.count
    columns = ("waiting", "retrying", "held", "parked_now", "done", "rejected")
    return [
        {"partner": partner or None, "late": late.get(partner, 0), **{column: counts[column] for column in columns}}
        for partner, counts in sorted(rows.items(), key=lambda row: (-row[1]["parked_now"], row[0]))
    ]


def _pulse(beats: Sequence[Beat], since: datetime, now: datetime) -> dict[str, Any]:
    pieces = int((now - since).total_seconds() // PIECE_SECONDS) + 1
    counts, means, worst = [0.0] * pieces, [None] * pieces, 0.0
    found: list[float | None] = list(means)
    for beat in beats:
        number = int((beat.start - since).total_seconds() // PIECE_SECONDS)
        if 0 <= number < pieces:
            counts[number], found[number] = beat.count, beat.mean_seconds
            worst = max(worst, beat.worst_seconds)
    total = sum(counts)
    mean = sum(beat.count * beat.mean_seconds for beat in beats) / total if total else None
    return {
        "total": int(total), "peak": int(max(counts, default=0)), "mean": mean, "worst": worst if total else None,
        "throughput": charts.bars(counts, f"Ended in {HOURS} hours, by five minutes: {total:.0f}"),
        "critical": charts.line(found, f"Mean seconds from taken in to ended, by five minutes; all: {mean or 0:.1f}"),
        "hours": HOURS,
    }  # fmt: skip
