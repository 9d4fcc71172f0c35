"""Orders over REST: taken in, decided on live stock, and answered in the same call where that is possible."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Final, TypeVar

import anyio
from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import ValidationError

from orderwire.canonical.envelope import content_hash
from orderwire.canonical.model import CARRIAGE, Canonical
from orderwire.canonical.order import Channel, PurchaseOrder
from orderwire.canonical.response import OrderOutcome
from orderwire.connectors.api.connector import read_order
from orderwire.connectors.api.orders import ApiOrder, to_purchase_order
from orderwire.errors import DuplicateConflictError, OutageError, TransientError
from orderwire.ports.intake import DecodeHint
from orderwire.web import problems
from orderwire.web.answers import OrderAnswer, to_answer
from orderwire.web.context import PREFIX, Context, Shared
from orderwire.web.credentials import Caller
from orderwire.web.limits import read_body
from orderwire.web.problems import Problem
from orderwire.web.standing import Standing, Standings, State

T = TypeVar("T")

router = APIRouter(prefix=PREFIX, tags=["orders"])

#: Body of an order, if limits.max_document_bytes is not smaller: JSON takes many times its size in memory.
MAX_ORDER_BYTES: Final = 8 * 1024 * 1024
#: Pauses between looks: the first, and the longest.
FIRST_PAUSE_SECONDS: Final = 0.01
LONGEST_PAUSE_SECONDS: Final = 0.1
#: An order that takes longer than this may be waiting for the ERP: then it is asked whether it is there.
SUSPICION_SECONDS: Final = 1.0

IdempotencyKey = Annotated[
    str | None,
    Header(
        pattern=r"^[!-~]([ -~]{0,198}[!-~])?$",
        description="Up to 200 printable characters. The same key with the same body gets the same answer again; "
        "with another body it is refused",
    ),
]
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{ApiOrder.__name__}"}}},
    }
}
_STATUS: Final = {OrderOutcome.REJECTED: 200, OrderOutcome.HELD: 202}


class OrderList(Canonical):
    orders: tuple[OrderAnswer, ...]


@router.post(
    "/orders",
    status_code=201,
    response_model=OrderAnswer,
    summary="Place an order",
    openapi_extra=_BODY,
    responses={
        200: {"model": OrderAnswer, "description": "Decided: refused as a whole, see `reason` and the lines"},
        202: {"model": OrderAnswer, "description": "Taken in, not decided yet: read `links.self` again"},
    },
)
async def place_order(
    request: Request, context: Shared, partner: Caller, idempotency_key: IdempotencyKey = None
) -> Response:
    """Take an order in, and answer with the decision per line and NAV's number: 201 when a sales order stands.

    While NAV is away the answer is 202 with a link, or 503 with nothing taken in, as api.when_away says.
    """
    until = anyio.current_time() + context.services.settings.api.wait_seconds
    content = await read_body(request, min(context.services.settings.limits.max_document_bytes, MAX_ORDER_BYTES))
    order, digest = await context.quick.run(lambda: _read(content, partner.key))
    if context.services.settings.api.when_away == "refuse":
        decided = await _decided_while_away(context, order, digest)
        if decided is not None:
            return await context.quick.run(lambda: _answer(decided))
    hint = DecodeHint(partner=partner.key, control_ref=idempotency_key)
    document_id = await context.intake.run(lambda: context.receiver(content, Channel.API, hint))
    standings = Standings(context.services.store)
    look = partial(standings.of_content, document_id, partner.key, order.order_no, digest)
    standing = await decision(context, look, until)
    return await context.quick.run(lambda: _answer(standing, document_id))


@router.get("/orders/{order_id}", response_model=OrderAnswer, summary="Read an order")
async def read_one(context: Shared, partner: Caller, order_id: str) -> Response:
    """Say where one of the caller's orders stands, by the id of `links.self`."""
    standings = Standings(context.services.store)

    def read() -> Response:
        standing = standings.of_id(order_id, partner.key)
        if standing is None:
            raise Problem(404, "not_found", "you have no order of this id")
        return as_json(to_answer(standing))

    return await context.lookup.run(read)


@router.get("/orders", response_model=OrderList, summary="List orders")
async def list_orders(
    context: Shared,
    partner: Caller,
    order_no: Annotated[str | None, Query(max_length=70, description="The buyer's number; none: the newest")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """List the caller's orders, the newest first."""
    standings = Standings(context.services.store)

    def read() -> Response:
        found = standings.all(partner.key, order_no, limit)
        return as_json(OrderList(orders=tuple(to_answer(standing) for standing in found)))

    return await context.lookup.run(read)


def _read(content: bytes, partner: str) -> tuple[PurchaseOrder, str]:
    """Read the body, and return the order with the hash of its content. Nothing of a wrong one is taken in.

    Raises:
        Problem: it is no JSON, or not an order, with everything that is wrong.
    """
    order = to_purchase_order(read_json(lambda: read_order(content)), partner)
    return order, content_hash(order, exclude=CARRIAGE)


def read_json(read: Callable[[], T]) -> T:
    """Return what `read` makes of a body.

    Raises:
        Problem: it is no JSON, or not what it should be, with everything that is wrong.
    """
    try:
        return read()
    except ValidationError as error:
        raise problems.invalid(error.errors(include_url=False, include_input=False, include_context=False)) from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise problems.of_code("not_json", f"the body is not JSON: {error.msg} at {place}") from None
    except (ValueError, RecursionError):
        raise problems.of_code("not_json", "the body is not JSON that can be read") from None


async def _decided_while_away(context: Context, order: PurchaseOrder, digest: str) -> Standing | None:
    """Return None while NAV answers; else what was decided before, which may be told at any time.

    Raises:
        OutageError, TransientError: NAV is away, and the order is not decided.
    """
    try:
        await context.live.run(context.erp.ping)
    except (OutageError, TransientError):
        standings = Standings(context.services.store)
        found = await context.lookup.run(lambda: standings.decided(order.partner, order.order_no, digest))
        if found is None:
            raise
        return found
    return None


async def decision(context: Context, look: Callable[[], Standing], until: float) -> Standing:
    """Wait for the decision, but no longer than it has a chance to come."""
    standing = await _wait(context, look, min(until, anyio.current_time() + SUSPICION_SECONDS))
    if standing.settled or anyio.current_time() >= until or await context.probes.erp.trouble() is not None:
        return standing
    return await _wait(context, look, until)


async def _wait(context: Context, look: Callable[[], Standing], until: float) -> Standing:
    pause = FIRST_PAUSE_SECONDS
    while True:
        asked = anyio.current_time()
        try:
            standing = await context.lookup.run(look)
        except TransientError:  # the document is taken in, whatever becomes of the store now
            standing = Standing(State.WAITING)
        now = anyio.current_time()
        if standing.settled or now >= until:
            return standing
        # A look that took long had to stand in line: then looking less often is quicker.
        await anyio.sleep(min(max(pause, 4 * (now - asked)), until - now))
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


def _answer(standing: Standing, document_id: str = "") -> Response:
    """Return the response for where the order stands.

    Raises:
        DuplicateConflictError: another order has the number by now.
        Problem: the order was refused, or parked because of what is in it.
    """
    if standing.state is State.REPLACED:
        raise DuplicateConflictError("an order of this number with other content was decided after this one")
    answer = to_answer(standing, document_id)
    if standing.state is State.REFUSED or (standing.state is State.PARKED and problems.told(answer.code or "")):
        raise refusal(answer)
    headers = {"Location": answer.links["self"]}
    if answer.outcome is None:
        headers["Retry-After"] = "1"
    status = 202 if answer.outcome is None else _STATUS.get(answer.outcome, 201)
    return as_json(answer, status, headers)


def as_json(body: Canonical, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body.model_dump_json(), status, headers, "application/json")


def refusal(answer: OrderAnswer) -> Problem:
    """Return the problem that a document which came to nothing is to its sender."""
    members: dict[str, Any] = {"state": answer.state.value, "order_no": answer.order_no, "links": answer.links}
    if problems.told(answer.code or ""):
        return problems.of_code(answer.code or "", answer.reason_text or "the order could not be handled", **members)
    return Problem(422, answer.code or "discarded", "the supplier does not handle this order", **members)
