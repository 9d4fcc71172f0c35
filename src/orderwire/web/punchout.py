"""Punch-out: the StartPage, what shops call, and the page that brings a cart into the buyer's system."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Annotated, Final, TypeVar

import structlog
from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.security import APIKeyHeader
from pydantic import ValidationError

from orderwire.bootstrap.services import Services
from orderwire.canonical.envelope import Event
from orderwire.config.profile import PartnerProfile
from orderwire.config.settings import Settings
from orderwire.connectors.punchout.cart_message import CxmlCarts
from orderwire.connectors.punchout.oci import OciCarts
from orderwire.connectors.punchout.session import CartAnswer, PostedCart, SessionAnswer, to_answer, to_cart
from orderwire.errors import ConfigurationError, OrderwireError, OutageError, SessionClosedError, TransientError
from orderwire.pipeline.punchout import Means, Sessions, Visit
from orderwire.pipeline.punchout_cart import Carts, Handover, findings_of
from orderwire.ports.punchout import CartRecord
from orderwire.web import problems
from orderwire.web.context import Context, Shared
from orderwire.web.limits import read_body
from orderwire.web.problems import Problem
from orderwire.web.punchout_pages import onwards, page

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/punchout", tags=["punchout"])

T = TypeVar("T")

#: Of a posted cart.
_MAX_CART_BYTES: Final = 8 * 1024 * 1024
_KEY = APIKeyHeader(name="X-Api-Key", auto_error=False, scheme_name="ShopKey", description="The shop's API key")
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{PostedCart.__name__}"}}},
    }
}

Token = Annotated[str, Path(max_length=100)]


def means_of(services: Services, announce: Callable[[Sequence[Event]], None]) -> Means:
    """Return what the use cases of punch-out need."""
    return Means(
        store=services.store,
        erp=services.erp,
        partners=services.partners,
        clock=services.clock,
        settings=services.settings.punchout,
        writers={"cxml": CxmlCarts(), "oci": OciCarts()},
        announce=announce,
    )


def address_of(settings: Settings, path: str) -> str:
    """Return one of our addresses as browsers reach it."""
    return f"{(settings.punchout.url or f'http://{settings.api.host}:{settings.api.port}').rstrip('/')}{path}"


def _means(context: Context) -> Means:
    return means_of(context.services, context.receiver.announce)


async def shop_of(request: Request, context: Shared, key: Annotated[str | None, Depends(_KEY)]) -> str:
    """Return the name of the shop that calls.

    Raises:
        Problem: 401, no shop has this key; 429, too many wrong ones.
    """
    caller = context.misses.caller(request)
    context.misses.check(caller)
    digest = hashlib.sha256((key or "").encode("latin-1", "replace")).hexdigest()
    shops = context.services.settings.punchout.shops.items()
    found = [name for name, shop in shops if hmac.compare_digest(shop.key_sha256, digest)]
    if len(found) != 1:
        context.misses.note(caller)
        raise Problem(401, "unauthorized", "a shop's API key is needed", headers={"WWW-Authenticate": "ApiKey"})
    return found[0]


Shop = Annotated[str, Depends(shop_of)]


@router.get("/start/{token}", include_in_schema=False)
async def start(request: Request, context: Shared, token: Token) -> Response:
    """StartPage: once, and not for long. The browser goes on to the shop, with the session in the address."""
    caller = context.misses.caller(request)
    context.misses.check(caller)
    try:
        url = await context.lookup.run(lambda: Sessions(_means(context)).enter(token))
    except LookupError:
        context.misses.note(caller)
        return page("ended", None, 404, reason="This address is not known.")
    except SessionClosedError as error:
        return page("ended", None, 410, reason=f"{error.message[0].upper()}{error.message[1:]}.")
    return onwards(url)


@router.get("/sessions/{session_id}", summary="Read a punch-out session")
async def read_session(request: Request, context: Shared, shop: Shop, session_id: Token) -> SessionAnswer:
    """What the buyer's system said when it opened the shop; 404 for a session of another shop."""
    visit = await _visit(request, context, session_id, shop)
    return to_answer(visit.session, visit.setup, visit.partner, visit.profile.cart, context.services.clock())


@router.post("/sessions/{session_id}/cart", summary="Return a cart", openapi_extra=_BODY)
async def post_cart(request: Request, context: Shared, shop: Shop, session_id: Token) -> CartAnswer:
    """Keep the cart, check it on live stock and prices, and say where the browser goes next.

    The same cart again gets the same answer; another one replaces it until the browser has taken it away.
    """
    posted = _posted(await read_body(request, _MAX_CART_BYTES))
    visit = await _visit(request, context, session_id, shop)
    cart = to_cart(posted, visit.session, visit.setup)
    record = await context.live.run(lambda: Carts(_means(context)).post(visit, cart))
    return _answer(context, record)


@router.post("/sessions/{session_id}/cancel", summary="End a session without a cart")
async def cancel(request: Request, context: Shared, shop: Shop, session_id: Token) -> CartAnswer:
    """Nothing changes in the buyer's system, whatever it holds; also after the session's time."""
    visit = await _visit(request, context, session_id, shop)
    return _answer(context, await context.lookup.run(lambda: Carts(_means(context)).cancel(visit)))


@router.get("/return/{cart_id}", include_in_schema=False)
async def bring_back(request: Request, context: Shared, cart_id: Token) -> Response:
    """Hand the cart to the browser: the same document whenever it is asked for."""
    caller, carts = context.misses.caller(request), Carts(_means(context))
    context.misses.check(caller)
    try:
        visit = await context.lookup.run(lambda: carts.find(cart_id))
    except LookupError:
        context.misses.note(caller)
        return page("ended", None, 404, reason="This address is not known.")
    return await context.live.run(lambda: _handed(carts, cart_id, visit))


def _handed(carts: Carts, cart_id: str, visit: Visit) -> Response:
    partner = visit.partner
    try:
        told = carts.hand_over(cart_id)
    except (TransientError, OutageError) as error:
        log.warning("cart_waits", partner=partner.key, code=error.code)
        return page("waiting", partner, 503)
    except OrderwireError as error:
        log.warning("cart_not_written", partner=partner.key, code=error.code, reason=str(error))
        text = error.message if problems.told(error.code) else "The cart could not be prepared; it has been noted."
        return page("stopped", partner, 422, findings=(), text=text, shop_url=carts.shop_url(visit))
    return _page_of(told, partner)


def _page_of(told: Handover, partner: PartnerProfile) -> Response:
    if told.findings:
        return page("stopped", partner, 409, findings=told.findings, text="", shop_url=told.shop_url)
    if told.form is None:
        return page("ended", partner, 410, reason="This cart was handed over, and the visit has ended.")
    return page(
        "return", partner, charset=told.form.charset, form=told.form, expired=told.expired, cancelled=told.cancelled
    )


async def _visit(request: Request, context: Context, session_id: str, shop: str) -> Visit:
    def find() -> Visit:
        return Sessions(_means(context)).visit(session_id, shop)

    return await _known(request, context, find)


async def _known(request: Request, context: Context, find: Callable[[], T]) -> T:
    try:
        return await context.lookup.run(find)
    except (LookupError, ConfigurationError):
        context.misses.note(context.misses.caller(request))
        raise Problem(404, "not_found", "there is nothing here") from None


def _posted(content: bytes) -> PostedCart:
    try:
        return PostedCart.model_validate_json(content)
    except ValidationError as error:
        raise problems.invalid(error.errors(include_input=False, include_url=False)) from None


def _answer(context: Context, record: CartRecord) -> CartAnswer:
    return CartAnswer(
        state=record.state,
        return_url=address_of(context.services.settings, f"/punchout/return/{record.id}"),
        findings=findings_of(record),
    )
