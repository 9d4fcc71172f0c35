"""Now: what waits, what runs, what stands still, and how the last hours went."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from orderwire.pipeline.alert_words import entry_of
from orderwire.pipeline.heartbeat import BEAT_SECONDS
from orderwire.ports.access import Principal
from orderwire.ports.alerts import Alert
from orderwire.ports.journal import DocumentState
from orderwire.ports.ledger import LedgerQuery, LedgerState
from orderwire.ports.overview import PIECE_SECONDS, Beat
from orderwire.web.console import charts
from orderwire.web.console.figures import Course, Standing, Traffic, flows_of, partners_of
from orderwire.web.console.guard import Looks
from orderwire.web.console.page import HOME, ConsoleRoute, page
from orderwire.web.context import Context, Shared

router = APIRouter(prefix=HOME, route_class=ConsoleRoute)

#: What the charts show.
HOURS: Final = 3
#: Silent for so long, a worker is taken for dead.
_SILENT: Final = timedelta(seconds=3 * BEAT_SECONDS)
_MAX_ROWS: Final = 15
#: Documents on the ladder that are looked at to tell how many each flow has.
_MAX_RETRYING: Final = 100


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
        pieces, alerts = tx.workers.flows(min(midnight, since)), tx.alerts.all()
        late = tx.overview.late(scope)
        first_late = tx.ledger.find(LedgerQuery(states=(LedgerState.LATE,), partners=scope, limit=_MAX_ROWS))
    alive = [worker for worker in workers if now - worker.seen_at < _SILENT]
    by_state: Counter[DocumentState] = Counter()
    for one in under_way:
        by_state[one.state] += one.count
    today = Counter({state: sum(one.count for one in ended if one.state is state) for state in DocumentState})
    tiles = {
        "under_way": by_state[DocumentState.RECEIVED] + by_state[DocumentState.WAITING],
        "retrying": by_state[DocumentState.RETRYING],
        "held": by_state[DocumentState.HELD],
        "parked": sum(one.count for one in parked),
        "late": sum(late.values()),
        "done": today[DocumentState.DONE],
        "rejected": today[DocumentState.REJECTED],
        "alive": len(alive),
    }
    parked_by_flow: Counter[str] = Counter()
    for entry in parked:
        parked_by_flow[entry.flow] += entry.count
    return {
        "tiles": tiles,
        "broker": broker["trouble"],
        "alerts": _alerts(context, [one for one in alerts if one.partner is None or who.sees(one.partner)]),
        "flows": flows_of(
            context.services.topology, Standing(broker["depths"], parked_by_flow, alive, retrying, pieces), since, now
        ),
        "partners": partners_of(
            Traffic(under_way, ended, parked, beats, late), since, now
        ),
        "capped": len(retrying) == _MAX_RETRYING,
        "retrying": [
            {"id": one.document.id, "kind": one.document.kind, "partner": one.document.partner, "flow": one.flow,
             "order_no": one.document.order_no, "attempts": one.document.attempts, "next_at": one.next_at,
             "reason": one.document.reason}
            for one in retrying[:_MAX_ROWS]
        ],
        "workers": [
            {"id": worker.id, "host": worker.host, "pid": worker.pid, "started": worker.started_at,
             "seen": worker.seen_at, "alive": worker in alive, "version": worker.version}
            for worker in workers
        ],
        "late": [
            {"partner": entry.partner, "side": entry.side.value, "kind": entry.kind, "ref": entry.ref,
             "due": entry.due_at, "document_id": entry.document_id}
            for entry in first_late
        ],
        "pulse": _pulse(beats, since, now),
        "moment": now,
    }  # fmt: skip


def _alerts(context: Context, alerts: Sequence[Alert]) -> list[dict[str, Any]]:
    """Return what people were told is wrong."""
    plan = context.services.alert_file.plan() if alerts else None
    rows = []
    for alert in alerts[:_MAX_ROWS]:
        entry = entry_of(alert, "raised", plan) if plan else {}
        group, names = alert.facts.get("group"), ("cause", "severity", "summary", "action")
        link = f"{HOME}/failures/{group}" if group else f"{HOME}/partners/{alert.partner}" if alert.partner else None
        rows.append({**{name: entry.get(name, "") for name in names}, "since": alert.since, "link": link})
    return rows


def _pulse(beats: Sequence[Beat], since: datetime, now: datetime) -> dict[str, Any]:
    course = Course.of_beats(beats, since, now)
    total, mean = course.total, course.mean
    return {
        "total": total, "peak": int(max(course.counts, default=0)), "mean": mean, "worst": course.worst,
        "throughput": charts.bars(course.counts, f"Ended in {HOURS} hours, by five minutes: {total}"),
        "critical": charts.line(
            course.means, f"Mean seconds from taken in to ended, by five minutes; all: {mean or 0:.1f}"
        ),
        "hours": HOURS,
    }  # fmt: skip
