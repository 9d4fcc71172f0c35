"""Logging in and out, and one's own account."""

import hmac
import secrets
from typing import Annotated, Final

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request, Response

from orderwire.errors import AccessRefusedError
from orderwire.pipeline.access import KNOWN_DAYS
from orderwire.ports.access import Permission
from orderwire.web.console.guard import (
    LookAct,
    Looks,
    address_of,
    cookie_name,
    read_form,
)
from orderwire.web.console.page import HOME, ConsoleRoute, local, page, to
from orderwire.web.context import Context, Shared
from orderwire.web.problems import Problem

router = APIRouter(prefix=HOME, route_class=ConsoleRoute)

#: Holds what the login form must repeat, so that nobody is logged in by another site's form.
_LOGIN: Final = "ow_login"
#: By which a browser is known again that somebody logged in with.
_BROWSER: Final = "ow_browser"
#: Each takes 64 MiB and a core for a while.
_HASHES: Final = 2
_hashing = CapacityLimiter(_HASHES)


@router.get("/login")
async def ask(request: Request, context: Shared, next: Annotated[str, Query(max_length=2000)] = HOME) -> Response:  # noqa: A002  the word in the address
    """Ask for name and password."""
    return _ask(request, context, local(next))


@router.post("/login")
async def log_in(request: Request, context: Shared) -> Response:
    """Let somebody in, under a session id that did not exist before."""
    form = await read_form(request)
    target, given = local(form.get("next", HOME)), form.get("csrf")
    expected = request.cookies.get(_LOGIN, "")
    if not expected or not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace")):
        return _ask(request, context, target, "The form was too old: try again.", 403)
    cookie, access = cookie_name(request, context), context.services.access
    name, address = form.get("name")[:64], address_of(request, context)
    before, browser = request.cookies.get(cookie), _browser(request, cookie)
    try:
        secret = await to_thread.run_sync(
            lambda: access.login(name, form.get("password")[:1000], address, before, browser), limiter=_hashing
        )
    except AccessRefusedError as error:
        status = 429 if "wait_seconds" in error.facts else 401
        response = _ask(request, context, target, _sentence(error), status)
        if status == 429:
            response.headers["Retry-After"] = str(error.facts["wait_seconds"])
        return response
    response, secure = to(target), cookie.startswith("__Host-")
    response.set_cookie(cookie, secret, path="/", secure=secure, httponly=True, samesite="lax")
    response.set_cookie(
        _known_by(cookie), browser, KNOWN_DAYS * 86400, path="/", secure=secure, httponly=True, samesite="strict"
    )
    response.delete_cookie(_LOGIN, path=f"{HOME}/login")
    return response


@router.post("/logout")
async def log_out(request: Request, context: Shared, _act: LookAct) -> Response:
    """End the session."""
    cookie = cookie_name(request, context)
    secret = request.cookies.get(cookie)
    if secret:
        await context.lookup.run(lambda: context.services.access.logout(secret))
    response = to(f"{HOME}/login")
    response.delete_cookie(cookie, path="/", secure=cookie.startswith("__Host-"), httponly=True)
    return response


@router.get("/me")
def show_me(request: Request, context: Shared, who: Looks) -> Response:
    """Show one's own account and tokens."""
    return _me(request, context, who.name)


@router.post("/me/password")
async def change_password(request: Request, context: Shared, act: LookAct) -> Response:
    """Change one's own password; every session ends, this one too."""
    _own(act)
    old, new = act.form.get("old")[:1000], act.form.get("new")[:1000]
    if new != act.form.get("again"):
        raise Problem(422, "invalid", "the new password was typed in two ways")
    address, accounts, access = address_of(request, context), context.services.accounts, context.services.access
    cookie = cookie_name(request, context)
    browser = _browser(request, cookie)

    def change() -> str:
        access.login(act.who.name, old, address, None, browser)  # throttled like any guess
        accounts.change_own(act.who.name, old, new)
        return access.login(act.who.name, new, address, None, browser)

    secret = await to_thread.run_sync(change, limiter=_hashing)
    response = to(f"{HOME}/me", "password")
    response.set_cookie(cookie, secret, path="/", secure=cookie.startswith("__Host-"), httponly=True, samesite="lax")
    return response


@router.post("/me/tokens")
def add_token(request: Request, context: Shared, act: LookAct) -> Response:
    """Make a token for a program of one's own, and show it once."""
    _own(act)
    scopes = [scope for scope in Permission if scope.value in act.form.all("scope") and act.who.may(scope)]
    days = act.form.get("days", "90")
    if not days.isdecimal() or len(days) > len("3650") or not 1 <= int(days) <= 3650:
        raise Problem(422, "invalid", "a token holds for 1 to 3650 days")
    label, name = act.form.need("label", "what the token is for")[:100], act.who.name
    secret = context.services.accounts.add_token(name, label, scopes, int(days), who=name)
    return _me(request, context, name, secret)


@router.post("/me/tokens/{token_id}/end")
def end_token(context: Shared, act: LookAct, token_id: str) -> Response:
    """End a token of one's own."""
    _own(act)
    context.services.accounts.end_token(act.who.name, token_id, who=act.who.name)
    return to(f"{HOME}/me", "ended")


def _known_by(cookie: str) -> str:
    return f"__Host-{_BROWSER}" if cookie.startswith("__Host-") else _BROWSER


def _browser(request: Request, cookie: str) -> str:
    """Return by what the browser is known, or what it will be known by."""
    return request.cookies.get(_known_by(cookie), "")[:100] or secrets.token_urlsafe(32)


def _own(act: LookAct) -> None:
    if act.who.csrf is None:
        raise Problem(403, "forbidden", "a token cannot change the account it belongs to")


def _me(request: Request, context: Context, name: str, secret: str | None = None) -> Response:
    with context.services.store.read() as tx:
        user, tokens = tx.users.get(name), tx.tokens.of(name)
    listed = [
        {"id": one.id, "label": one.label, "scopes": one.scopes, "created": one.created_at, "expires": one.expires_at}
        for one in tokens
    ]
    scopes = [scope.value for scope in Permission if user and scope in user.role.permissions]
    return page(request, "me.html", tokens=listed, scopes=scopes, secret=secret, role=user.role.value if user else "")


def _ask(request: Request, context: Context, target: str, problem: str | None = None, status: int = 200) -> Response:
    csrf = secrets.token_urlsafe(32)
    secure = cookie_name(request, context).startswith("__Host-")
    unsafe = secure and request.url.scheme != "https" and not request.headers.get("x-forwarded-proto")
    with context.services.store.read() as tx:
        nobody = not tx.users.all()
    response = page(
        request, "login.html", status, target=target, problem=problem, login_csrf=csrf, unsafe=unsafe, nobody=nobody
    )
    response.set_cookie(_LOGIN, csrf, path=f"{HOME}/login", secure=secure, httponly=True, samesite="strict")
    return response


def _sentence(error: AccessRefusedError) -> str:
    wait = error.facts.get("wait_seconds")
    return f"Too many logins failed. Try again in {wait} seconds." if wait else "Name or password is wrong."
