"""Held orders: a person lets them go on, or refuses them."""

from fastapi import APIRouter, Response

from orderwire.ports.orders import OrderRecord
from orderwire.web.console.guard import Act, OperatorAct
from orderwire.web.console.page import HOME, ConsoleRoute, to
from orderwire.web.context import Context, Shared
from orderwire.web.problems import Problem

router = APIRouter(prefix=f"{HOME}/orders", route_class=ConsoleRoute)


@router.post("/{order_id}/release")
def release_order(context: Shared, act: OperatorAct, order_id: str) -> Response:
    """Let it go on, with the stock that is live now."""
    record, why = _record(context, act, order_id), act.form.need("reason", "a reason")[:500]
    context.services.held_orders.release(order_id, who=act.who.name, why=why)
    return to(f"{HOME}/documents/{record.document_id}", "released")


@router.post("/{order_id}/refuse")
def refuse_order(context: Shared, act: OperatorAct, order_id: str) -> Response:
    """Refuse it, and have the buyer told."""
    record, why = _record(context, act, order_id), act.form.need("reason", "a reason")[:500]
    context.services.held_orders.refuse(order_id, who=act.who.name, why=why)
    return to(f"{HOME}/documents/{record.document_id}", "refused")


def _record(context: Context, act: Act, order_id: str) -> OrderRecord:
    with context.services.store.read() as tx:
        record = tx.orders.get(order_id)
    if record is None or not act.who.sees(record.partner):
        raise Problem(404, "not_found", "there is no such order")
    return record
