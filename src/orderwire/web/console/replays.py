"""Runs of replays: freeze, try dry, start, watch, cancel, go on."""

import re
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from orderwire.pipeline.replay_runs import Pace
from orderwire.ports.access import Principal
from orderwire.ports.overview import ParkedFilter
from orderwire.ports.replay import ItemState, Run, RunState
from orderwire.ports.store import Transaction
from orderwire.web.console.guard import Form, Looks, OperatorAct
from orderwire.web.console.page import HOME, ConsoleRoute, page, to
from orderwire.web.context import Context, Shared
from orderwire.web.problems import Problem

router = APIRouter(prefix=f"{HOME}/replays", route_class=ConsoleRoute)

_ROWS: Final = 50
#: As a page gives it; it becomes an address.
_RUN_ID: Final = re.compile(r"[\w-]{1,36}", re.ASCII)
_MOVING: Final = frozenset({RunState.TRYING, RunState.RUNNING})


@router.get("")
def list_runs(request: Request, context: Shared, who: Looks) -> Response:
    """List the runs, the newest first."""
    with context.services.store.read() as tx:
        runs = [_row(tx, run) for run in tx.runs.all() if _seen(who, run)]
    return page(request, "replays.html", runs=runs)


@router.post("")
def freeze_run(context: Shared, act: OperatorAct) -> Response:
    """Freeze the list of a cause's messages, or of those that were chosen. The same form twice is one run."""
    form, who = act.form, act.who
    why = form.need("reason", "a reason")[:500]
    ids = form.all("id")
    wanted: Any = [parked_id for parked_id in ids if _mine(context, who, parked_id)] if ids else _filter(form, who)
    run_id = form.get("run_id") or None
    if run_id is not None and not _RUN_ID.fullmatch(run_id):
        raise Problem(422, "invalid", "no run has such an id: open the page again")
    run = context.services.runs.freeze(wanted, _pace(form), who=who.name, why=why, run_id=run_id)
    return to(f"{HOME}/replays/{run.id}")


@router.get("/{run_id}")
def show_run(request: Request, context: Shared, who: Looks, run_id: str) -> Response:
    """Show a run: what it would do, what it does, and what became of each message."""
    return page(request, "replay.html", **_shown(request, context, who, run_id))


@router.get("/{run_id}/part")
def show_run_part(request: Request, context: Shared, who: Looks, run_id: str) -> Response:
    """Return the part of the page that renews itself."""
    return page(request, "replay_part.html", **_shown(request, context, who, run_id))


@router.post("/{run_id}/try")
def try_run(context: Shared, act: OperatorAct, run_id: str) -> Response:
    """Try every message dry."""
    _check(context, act.who, run_id)
    context.services.runs.try_out(run_id, who=act.who.name)
    return to(f"{HOME}/replays/{run_id}", "trying")


@router.post("/{run_id}/start")
def start_run(context: Shared, act: OperatorAct, run_id: str) -> Response:
    """Send what waits."""
    run = _check(context, act.who, run_id)
    context.services.runs.start(run_id, who=act.who.name)
    return to(f"{HOME}/replays/{run_id}", "started" if run.started_at is None else "resumed")


@router.post("/{run_id}/cancel")
def cancel_run(context: Shared, act: OperatorAct, run_id: str) -> Response:
    """Send no more."""
    _check(context, act.who, run_id)
    context.services.runs.cancel(run_id, who=act.who.name)
    return to(f"{HOME}/replays/{run_id}", "cancelled")


def _shown(request: Request, context: Context, who: Principal, run_id: str) -> dict[str, Any]:
    run, after = _check(context, who, run_id), request.query_params.get("after", "0")
    wanted = request.query_params.get("state", "")
    state = ItemState(wanted) if wanted in set(ItemState) else None
    with context.services.store.read() as tx:
        first = int(after) if after.isdecimal() and len(after) < 9 else 0
        items = tx.runs.items(run_id, state=state, after=first, limit=_ROWS + 1)
        entries = {item.parked_id: tx.parked.get(item.parked_id) for item in items[:_ROWS]}
        row, trials = _row(tx, run), tx.runs.trials(run_id)
    listed = []
    for item in items[:_ROWS]:
        entry = entries[item.parked_id]
        listed.append(
            {
                "position": item.position, "parked_id": item.parked_id, "state": item.state.value,
                "detail": item.detail, "trial": item.trial, "document_id": entry.document_id if entry else None,
                "order_no": entry.order_no if entry else None, "code": entry.code if entry else None,
                "reason": entry.reason if entry else None, "after": _after(item.trial),
            }
        )  # fmt: skip
    return {
        "run": row, "trials": trials, "tried": sum(trials.values()), "items": listed, "state_asked": wanted,
        "next": items[_ROWS - 1].position if len(items) > _ROWS else None, "moving": run.state in _MOVING,
        "mine": f"{HOME}/replays/{run_id}/part?{request.url.query}",
    }  # fmt: skip


def _after(trial: Any) -> str | None:
    """Say what a dry run found, in a line."""
    if not trial:
        return None
    if trial.get("error"):
        return str(trial["error"])
    troubles = [str(message["error"]) for message in trial.get("messages", ()) if message.get("error")]
    troubles += [str(finding) for finding in trial.get("findings", ())]
    if troubles:
        return troubles[0]
    orders = [message["order"] for message in trial.get("messages", ()) if message.get("order")]
    return ", ".join(f"order {order['order_no']}, {len(order['lines'])} lines" for order in orders) or "goes out again"


def _row(tx: Transaction, run: Run) -> dict[str, Any]:
    counts = tx.runs.counts(run.id)
    by_state = {state.value: counts.get(state, 0) for state in ItemState}
    ended = by_state["succeeded"] + by_state["failed"] + by_state["skipped"]
    return {
        "id": run.id, "who": run.who, "why": run.why, "state": run.state.value, "total": run.total, "counts": by_state,
        "ended": ended, "rate": run.rate, "ramp": run.ramp, "stop_on": run.stop_on, "step": run.step,
        "created_at": run.created_at, "started_at": run.started_at, "finished_at": run.finished_at, "note": run.note,
        "digest": run.digest, "wanted": dict(run.wanted),
    }  # fmt: skip


def _check(context: Context, who: Principal, run_id: str) -> Run:
    with context.services.store.read() as tx:
        run = tx.runs.get(run_id)
    if run is None or not _seen(who, run):
        raise Problem(404, "not_found", "there is no such run")
    return run


def _seen(who: Principal, run: Run) -> bool:
    """Whoever sees some partners only sees the runs over those partners, and his own."""
    scope = run.wanted.get("scope") or ([run.wanted["partner"]] if run.wanted.get("partner") else [])
    return who.everywhere or run.who == who.name or (bool(scope) and all(who.sees(partner) for partner in scope))


def _mine(context: Context, who: Principal, parked_id: str) -> bool:
    with context.services.store.read() as tx:
        entry = tx.parked.get(parked_id)
    return entry is not None and who.sees(entry.partner)


def _filter(form: Form, who: Principal) -> ParkedFilter:
    names = ("group_id", "code", "partner", "order_no", "flow")
    given: dict[str, Any] = {name: form.get(name)[:200] or None for name in names}
    if not any(given.values()):
        raise Problem(422, "invalid", "choose messages, or a cause")
    return replace(ParkedFilter(scope=who.partners), **given)


def _pace(form: Form) -> Pace:
    try:
        ramp = tuple(int(size) for size in form.get("ramp").replace(",", " ").split())
        return Pace(float(form.get("rate") or 50), ramp or (1, 5, 20, 100), int(form.get("stop_on") or 1))
    except (ValueError, OverflowError):
        raise Problem(422, "invalid", "rate, ramp and failures are numbers") from None
