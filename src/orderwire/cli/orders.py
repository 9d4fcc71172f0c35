"""`orderwire orders`: find purchase orders, and see one with its answer."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import typer

from orderwire.cli.context import ConfigDir, services_of, who
from orderwire.cli.output import Json, emit, emit_json, out, shown
from orderwire.errors import OrderwireError
from orderwire.pipeline.family import family_of
from orderwire.ports.following import FollowedLine
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.ports.store import Store

app = typer.Typer(no_args_is_help=True)

#: Of one order, the newest, whose steps are printed.
_MAX_DOCUMENTS: Final = 1000
#: That are named when they use one number.
_MAX_PARTNERS: Final = 100
#: Calls to NAV of one order that are printed, the last of them.
_MAX_CALLS: Final = 200

PartnerOption = Annotated[str | None, typer.Option(help="Partner key, where two partners use the same number.")]


@app.command("list")
def list_(
    order_no: Annotated[str | None, typer.Option(help="The buyer's order number.")] = None,
    partner: Annotated[str | None, typer.Option(help="Partner key.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10000)] = 50,
    config: ConfigDir = None,
    *,
    as_json: Json = False,
) -> None:
    """List purchase orders, the newest first."""
    with services_of(config) as services, services.store.begin() as tx:
        rows = [row_of(record) for record in tx.orders.find(order_no=order_no, partner=partner, limit=limit)]
    emit(rows, ("order_no", "partner", "state", "outcome", "erp_no", "created_at"), as_json=as_json, empty="No orders.")


@app.command()
def show(
    order_no: Annotated[str, typer.Argument(help="The buyer's order number.")],
    partner: PartnerOption = None,
    config: ConfigDir = None,
    *,
    soap: Annotated[bool, typer.Option("--soap", help="Show what was said to NAV, and what it answered.")] = False,
    as_json: Json = False,
) -> None:
    """Show one order: lines, answer, what was delivered and invoiced, and everything that happened to it."""
    from orderwire.connectors.nav.shown import exchange_shown  # lxml takes its time

    with services_of(config) as services, services.store.begin() as tx:
        order = _one(tx.orders.find(order_no=order_no, partner=partner, limit=_MAX_PARTNERS), order_no)
        document = tx.journal.get(order.document_id)
        family = family_of(tx, document, _MAX_DOCUMENTS).documents if document else ()
        ids = [one.id for one in family]
        steps = tx.journal.steps_of(ids)
        kept = tx.exchanges.of(ids, _MAX_CALLS) if soap or as_json else []
        progress = [_progress(line) for line in tx.following.lines(order.erp_no or "")]
    story = [{"at": step.at, "step": step.name, "detail": step.detail} for step in steps]
    calls = [exchange_shown(one, persons=False) for _, one in kept]
    if as_json:
        asked, answer = json.loads(order.order), _answer(order)
        emit_json(
            {**row_of(order), "order": asked, "answer": answer, "progress": progress, "story": story, "calls": calls}
        )
        return
    emit([row_of(order)], ("order_no", "partner", "state", "outcome", "erp_no"), as_json=False)
    lines = (_answer(order) or {}).get("lines", [])
    out.print()
    emit(lines, ("line_no", "item_no", "ordered", "confirmed", "unit", "outcome", "reason_text"), as_json=False)
    if progress:
        out.print()
        emit(progress, ("line_no", "item_no", "ordered", "delivered", "backordered", "invoiced", "unit"), as_json=False)
    out.print()
    emit([{**row, "detail": _short(row["detail"])} for row in story], ("at", "step", "detail"), as_json=False)
    for call in calls:
        out.print()
        _print_call(call)


def _one(found: Sequence[OrderRecord], order_no: str) -> OrderRecord:
    """Return the one order of a number.

    Raises:
        OrderwireError: there is none, or several partners use the number.
    """
    if not found:
        raise OrderwireError("no such order", order_no=order_no)
    if len(found) > 1:
        partners = ", ".join(sorted(record.partner for record in found))
        raise OrderwireError("several partners use this number: name one with --partner", partners=partners)
    return found[0]


def _print_call(call: Mapping[str, Any]) -> None:
    """Print what was asked of NAV and what it answered."""
    at, told = shown(call["at"]), call["fault"] or call["problem"] or call["outcome"]
    out.print(f"{at} {call['service']}.{call['operation']}: {call['milliseconds']} ms, {shown(told)}", markup=False)
    for body in (call["request"], call["answer"]):
        for line in body.splitlines():
            out.print(f"  {shown(line)}", markup=False, soft_wrap=True)


def _progress(line: FollowedLine) -> dict[str, Any]:
    """Return how far a line has come in NAV, in NAV's unit; what NAV's users added has NAV's line number."""
    return {
        "line_no": line.buyer_line_no or f"NAV {line.line_no}",
        "item_no": line.item_no,
        "ordered": f"{line.ordered:f}",
        "delivered": f"{line.delivered:f}",
        "backordered": f"{line.backordered:f}",
        "invoiced": f"{line.invoiced:f}",
        "unit": line.unit,
    }


@app.command()
def release(
    order_no: Annotated[str, typer.Argument(help="The buyer's order number.")],
    why: Annotated[str, typer.Option(help="For the audit.")],
    partner: PartnerOption = None,
    config: ConfigDir = None,
) -> None:
    """Let a held order go on, with the stock that is live then."""
    with services_of(config) as services:
        services.held_orders.release(_held(services.store, order_no, partner), who=who(), why=why)
    out.print(f"Released {order_no}.", markup=False)


@app.command()
def refuse(
    order_no: Annotated[str, typer.Argument(help="The buyer's order number.")],
    why: Annotated[str, typer.Option(help="For the audit; the buyer is told only that the order is not taken.")],
    partner: PartnerOption = None,
    config: ConfigDir = None,
) -> None:
    """Refuse a held order, and tell the buyer."""
    with services_of(config) as services:
        services.held_orders.refuse(_held(services.store, order_no, partner), who=who(), why=why)
    out.print(f"Refused {order_no}.", markup=False)


def _held(store: Store, order_no: str, partner: str | None) -> str:
    """Return the id of the one held order of this number."""
    with store.begin() as tx:
        found = tx.orders.find(order_no=order_no, partner=partner, limit=100)
    held = [record for record in found if record.state is OrderState.HELD]
    if len(held) != 1:
        raise OrderwireError("there are several held orders: name the partner" if held else "no such order is held")
    return held[0].id


def row_of(record: OrderRecord) -> dict[str, Any]:
    """Return an order as a row."""
    names = ("id", "order_no", "partner", "state", "outcome", "erp_no", "document_id", "revision", "created_at")
    return {name: getattr(record, name) for name in names}


def _answer(record: OrderRecord) -> dict[str, Any] | None:
    return json.loads(record.response) if record.response else None


def _short(detail: object) -> str:
    return json.dumps(detail, ensure_ascii=False, default=str)[:200] if detail else ""
