"""Queues and audit: what the broker holds, and who did what."""

from typing import Final

from fastapi import APIRouter, Request, Response

from orderwire.errors import OrderwireError
from orderwire.web.console.guard import Looks
from orderwire.web.console.page import HOME, ConsoleRoute, page
from orderwire.web.context import Shared
from orderwire.web.problems import Problem

router = APIRouter(prefix=HOME, route_class=ConsoleRoute)

_ROWS: Final = 100


@router.get("/queues")
async def show_queues(request: Request, context: Shared, _who: Looks) -> Response:
    """Show the topology's health, and what waits where."""
    trouble = await context.probes.broker.trouble()
    problems: list[str] = []
    if trouble is None:
        try:
            problems = await context.lookup.run(context.services.transport.check)
        except OrderwireError as error:
            trouble = error.code
    topology = context.services.topology
    uses = {topology.work_queue(flow.name): ", ".join(kind.value for kind in flow.types) for flow in topology.flows}
    uses |= {topology.dead: "what died in a work queue", topology.unrouted: "events that no queue wants"}
    rows = [
        {"queue": depth.queue, "ready": depth.ready, "unacked": depth.unacked, "use": uses.get(depth.queue, "retry")}
        for depth in context.probes.depths
    ]
    return page(request, "queues.html", rows=rows, problems=problems, trouble=trouble)


@router.get("/audit")
def show_audit(request: Request, context: Shared, who: Looks) -> Response:
    """Show who did what, when and why; with `verify`, whether anything was changed afterwards."""
    if not who.everywhere:
        raise Problem(403, "forbidden", "the audit is of all partners, and you see some of them")
    query = request.query_params
    asked = {name: query.get(name, "").strip()[:200] for name in ("who", "subject")}
    before = query.get("before", "")
    with context.services.store.read() as tx:
        rows = tx.audit.find(
            who=asked["who"] or None,
            subject=asked["subject"] or None,
            before=int(before) if before.isdecimal() and len(before) < 18 else None,
            limit=_ROWS + 1,
        )
        verified = (tx.audit.verify() or 0) if query.get("verify") else None
    shown = rows[:_ROWS]
    more = shown[-1].seq if len(rows) > _ROWS else None
    return page(request, "audit.html", rows=shown, asked=asked, more=more, verified=verified)
