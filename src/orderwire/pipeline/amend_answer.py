"""What becomes of an order and its answer when a change is done with."""

from orderwire.canonical.change import OrderChange
from orderwire.canonical.envelope import Event
from orderwire.canonical.order import PurchaseOrder
from orderwire.canonical.response import AnsweredOrder, OrderResponse
from orderwire.pipeline.answer import EVENTS
from orderwire.pipeline.plan import Plan
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.orders import OrderState


def answered(event: Event, order: PurchaseOrder, answer: OrderResponse) -> Event:
    """Return the event of an answer, for the document that asks now, and in its channel."""
    request = OrderChange.model_validate(event.data)
    carried = {"channel": request.channel, "channel_refs": request.channel_refs}
    body = AnsweredOrder(order=order.model_copy(update=carried), response=answer)
    kind = EVENTS[answer.outcome]
    return next_event(kind, body, Source.of(event), answer.decided_at, subject=answer.order_no, step="answered")


def columns_of(order: PurchaseOrder, plan: Plan, standing: OrderResponse) -> dict[str, object]:
    """Return the columns of the order's row as it stands from now on."""
    return {
        "state": OrderState.ANSWERED,
        "order": order.model_dump_json(),
        "draft": plan.model_dump_json(),
        "response": standing.model_dump_json(),
        "outcome": standing.outcome.value,
        "erp_no": standing.erp_no,
    }
