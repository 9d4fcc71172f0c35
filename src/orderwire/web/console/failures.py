"""Failures by their cause: who looks into it, what mends it, and what is done with its messages."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from orderwire.config.code_lists import CODE_LISTS, add_code
from orderwire.errors import OrderwireError
from orderwire.pipeline.replay_runs import DEFAULT_RAMP, DEFAULT_RATE, MAX_RATE, MAX_STEP, MIN_RATE
from orderwire.ports.access import Principal
from orderwire.ports.overview import FailureGroup, GroupNote
from orderwire.ports.parking import Parked
from orderwire.ports.store import Transaction
from orderwire.web.console import charts
from orderwire.web.console.guard import EditorAct, Looks, OperatorAct
from orderwire.web.console.page import HOME, ConsoleRoute, page, to
from orderwire.web.context import Shared
from orderwire.web.problems import Problem

router = APIRouter(prefix=f"{HOME}/failures", route_class=ConsoleRoute)

_ROWS: Final = 100
_TREND_HOURS: Final = 24
#: Which code list mends which particular of an error.
_MENDS: Final = {"unit": "units", "item": "items", "gtin": "items", "party": "parties"}


@router.get("")
def list_groups(request: Request, context: Shared, who: Looks) -> Response:
    """List the causes, the newest failure first."""
    now = context.services.clock()
    asked = {name: request.query_params.get(name, "")[:100] for name in ("partner", "flow", "code")}
    with context.services.store.read() as tx:
        groups = tx.failures.groups(who.partners, now)
        kept = [
            group
            for group in groups
            if all(not value or getattr(group, name) == value for name, value in asked.items())
        ]
        since = now - timedelta(hours=_TREND_HOURS)
        trends = _trends(tx, kept, since)
    return page(request, "failures.html", groups=kept, trends=trends, asked=asked, total=sum(one.count for one in kept))


@router.get("/{group_id}")
def show_group(request: Request, context: Shared, who: Looks, group_id: str) -> Response:
    """Open one cause: its messages, what people say of it, and the ways to mend it."""
    now, after = context.services.clock(), request.query_params.get("after")
    with context.services.store.read() as tx:
        group = _group(tx, who, group_id, now)
        members = tx.failures.members(group_id, who.partners, _ROWS + 1, after)
        trend = _trends(tx, [group], now - timedelta(hours=_TREND_HOURS))[group.id]
        seeing = (user for user in tx.users.all() if not user.partners or group.partner in user.partners)
        people = [user.name for user in seeing if not user.disabled]
    return page(
        request, "failure.html", group=group, members=[row_of(one) for one in members[:_ROWS]], trend=trend,
        after=members[_ROWS - 1].id if len(members) > _ROWS else None, people=people, lists=CODE_LISTS,
        mend=_mend(group), run_id=str(uuid4()), chosen_run_id=str(uuid4()),
        rate=DEFAULT_RATE, ramp=", ".join(map(str, DEFAULT_RAMP)), min_rate=MIN_RATE, max_rate=int(MAX_RATE),
        max_step=MAX_STEP,
    )  # fmt: skip


@router.post("/{group_id}/note")
def note_group(context: Shared, act: OperatorAct, group_id: str) -> Response:
    """Say who looks into a cause, and what is known of it."""
    now, form = context.services.clock(), act.form
    with context.services.store.begin() as tx:
        _group(tx, act.who, group_id, now)
        assignee, note = form.get("assignee")[:64] or None, form.get("note")[:2000] or None
        tx.failures.note(GroupNote(group_id, assignee, note, act.who.name, now))
        tx.audit.add(now, act.who.name, "failure noted", group_id, f"{assignee or 'nobody'}: {note or ''}")
    return to(f"{HOME}/failures/{group_id}", "noted")


@router.post("/{group_id}/codes")
def add_line(context: Shared, act: EditorAct, group_id: str) -> Response:
    """Add a line to the code list that was short of it."""
    services, now, form = context.services, context.services.clock(), act.form
    with services.store.read() as tx:
        group = _group(tx, act.who, group_id, now)
    if group.partner is None:
        raise Problem(422, "invalid", "this cause is of no partner")
    name = form.get("list")
    values = [form.get(f"{name}.{column}") for column in CODE_LISTS.get(name, ())]
    line = add_code(services.settings.config_dir, group.partner, name, values)
    with services.store.begin() as tx:
        subject = f"{group.partner}/codes/{name}.csv"
        tx.audit.add(now, act.who.name, "code added", subject, f"{line}: {form.get('reason')[:500]}")
    return to(f"{HOME}/failures/{group_id}", "added")


@router.post("/{group_id}/discard")
def discard_some(context: Shared, act: OperatorAct, group_id: str) -> Response:
    """End the messages that were chosen, with a reason."""
    why = act.form.need("reason", "a reason")[:500]
    ids = act.form.all("id")
    if not ids:
        raise Problem(422, "invalid", "choose the messages to discard")
    with context.services.store.read() as tx:
        _group(tx, act.who, group_id, context.services.clock())
        entries = [tx.parked.get(parked_id) for parked_id in ids]
    mine = [entry.id for entry in entries if entry is not None and act.who.sees(entry.partner)]
    trouble: OrderwireError | None = None
    for parked_id in mine:
        try:
            context.services.replays.discard(parked_id, who=act.who.name, why=why)
        except OrderwireError as error:
            trouble = error
    if trouble is not None:
        raise trouble
    return to(f"{HOME}/failures", "discarded")


def row_of(entry: Parked) -> dict[str, Any]:
    """Return a parked message as it is listed."""
    names = (
        "id",
        "document_id",
        "order_no",
        "partner",
        "flow",
        "code",
        "reason",
        "facts",
        "attempts",
        "first_at",
        "last_at",
    )
    return {name: getattr(entry, name) for name in names}


def _group(tx: Transaction, who: Principal, group_id: str, now: Any) -> FailureGroup:
    group = tx.failures.group(group_id, who.partners, now)
    if group is None:
        raise Problem(404, "not_found", "nothing is parked for this cause any more")
    return group


def _trends(tx: Transaction, groups: Sequence[FailureGroup], since: datetime) -> dict[str, Markup]:
    """Draw how many came to each group in the last hours."""
    drawn = {}
    for group_id, counts in tx.failures.trends([group.id for group in groups], since, 3600).items():
        values = [counts.get(hour, 0) for hour in range(_TREND_HOURS)]
        label = f"Parked in the last {_TREND_HOURS} hours: {sum(values)}"
        drawn[group_id] = charts.bars(values, label, "spark")
    return drawn


def _mend(group: FailureGroup) -> dict[str, str]:
    """Suggest the line that a code list is short of."""
    for fact, name in _MENDS.items():
        if fact in group.facts:
            return {"list": name, "code": str(group.facts[fact])}
    return {"list": "units" if group.code == "mapping" else "", "code": ""}
