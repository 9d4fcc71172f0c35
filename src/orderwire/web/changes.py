"""Changes and cancellations of orders over REST, by the rules that hold for every buyer's."""

from functools import partial

import anyio
from fastapi import APIRouter, Request, Response

from orderwire.canonical.change import OrderChange
from orderwire.canonical.order import Channel
from orderwire.connectors.api.changes import ApiChange, to_order_change
from orderwire.connectors.api.connector import read_change
from orderwire.errors import OutageError, TransientError
from orderwire.ports.intake import DecodeHint
from orderwire.web import problems
from orderwire.web.answers import ChangeAnswer, to_change_answer
from orderwire.web.context import PREFIX, Context, Shared
from orderwire.web.credentials import Caller
from orderwire.web.limits import read_body
from orderwire.web.orders import MAX_ORDER_BYTES, IdempotencyKey, as_json, decision, read_json, refusal
from orderwire.web.problems import Problem
from orderwire.web.standing import Standing, Standings, State

router = APIRouter(prefix=PREFIX, tags=["orders"])

_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{ApiChange.__name__}"}}},
    }
}


@router.post(
    "/order-changes",
    response_model=ChangeAnswer,
    summary="Change or cancel an order",
    openapi_extra=_BODY,
    responses={202: {"model": ChangeAnswer, "description": "Taken in, not decided yet: read `links.self` again"}},
)
async def change_order(
    request: Request, context: Shared, partner: Caller, idempotency_key: IdempotencyKey = None
) -> Response:
    """Take a request in, and answer with the decision: `outcome` for the whole of it, and how each line stands.

    An order that is released, shipped or gone in NAV is not changed any more: 200 with outcome rejected and the reason.
    """
    settings = context.services.settings
    until = anyio.current_time() + settings.api.wait_seconds
    content = await read_body(request, min(settings.limits.max_document_bytes, MAX_ORDER_BYTES))
    change = await context.quick.run(lambda: _read(content, partner.key))
    standings = Standings(context.services.store)
    if not await context.lookup.run(lambda: standings.known(change)):
        raise Problem(404, "not_found", "you have no order of this number, or it is not decided yet")
    if settings.api.when_away == "refuse":
        await _ask_whether_nav_answers(context, change)
    hint = DecodeHint(partner=partner.key, control_ref=idempotency_key)
    document_id = await context.intake.run(lambda: context.receiver(content, Channel.API, hint))
    standing = await decision(context, partial(standings.of_change, document_id, change), until)
    return await context.quick.run(lambda: _answer(standing, change, document_id))


@router.get("/order-changes/{document_id}", response_model=ChangeAnswer, summary="Read a change of an order")
async def read_one(context: Shared, partner: Caller, document_id: str) -> Response:
    """Say where one of the caller's requests stands, by the id of `links.self`."""
    services = context.services

    def read() -> Response:
        with services.store.begin() as tx:
            file = tx.journal.get(document_id)
            ours = file is not None and (file.partner, file.channel, file.kind) == (partner.key, Channel.API, "file")
            content = tx.archive.get(file.sha256) if file and file.sha256 and ours else None
        try:
            change = to_order_change(read_change(content or b""), partner.key)
        except ValueError:
            raise Problem(404, "not_found", "you have no change of this id") from None
        return as_json(to_change_answer(Standings(services.store).of_change(document_id, change), change, document_id))

    return await context.lookup.run(read)


def _read(content: bytes, partner: str) -> OrderChange:
    return to_order_change(read_json(lambda: read_change(content)), partner)


async def _ask_whether_nav_answers(context: Context, change: OrderChange) -> None:
    """Return if it does, or if the request was decided before, which may be told at any time.

    Raises:
        OutageError, TransientError: NAV is away, and the request is not decided.
    """
    try:
        await context.live.run(context.erp.ping)
    except (OutageError, TransientError):
        standings = Standings(context.services.store)
        before = await context.lookup.run(lambda: standings.of_change("", change))
        if before.state is not State.DECIDED:
            raise


def _answer(standing: Standing, change: OrderChange, document_id: str) -> Response:
    """Return the response for where the request stands.

    Raises:
        Problem: it was refused, or parked because of what is in it.
    """
    answer = to_change_answer(standing, change, document_id)
    if standing.state is State.REFUSED or (standing.state is State.PARKED and problems.told(answer.code or "")):
        raise refusal(answer)
    headers = {"Location": answer.links["self"]}
    if answer.outcome is None:
        headers["Retry-After"] = "1"
    return as_json(answer, 202 if answer.outcome is None else 200, headers)
