"""Who calls the console and whether he may: every route names the permission it asks for."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from orderwire.ports.access import Permission, Principal
from orderwire.web.context import Context, Shared
from orderwire.web.limits import read_body
from orderwire.web.problems import Problem

#: The session's cookie; under the second name browsers take it over https only, and from this host alone.
_PLAIN: Final = "ow_session"
_SECURE: Final = "__Host-ow_session"
#: Of a form without a document in it, and with one: a document grows threefold when it is escaped.
MAX_FORM_BYTES: Final = 64 * 1024
MAX_DOCUMENT_FORM_BYTES: Final = 8 * 1024 * 1024
MAX_FIELDS: Final = 2000
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
#: By these a proxy shows itself, which may call us by a name of this machine.
_FORWARDED: Final = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"})
_SAME_SITE: Final = frozenset({"same-origin", "none"})


class LoginNeededError(Exception):
    """Nobody is logged in."""


@dataclass(frozen=True)
class Form:
    """What was posted. Every value is text from outside."""

    fields: tuple[tuple[str, str], ...]

    def get(self, name: str, default: str = "") -> str:
        return next((value for key, value in self.fields if key == name), default)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    def need(self, name: str, what: str) -> str:
        """Return a value.

        Raises:
            Problem: 422, it is empty.
        """
        value = self.get(name).strip()
        if not value:
            raise Problem(422, "invalid", f"{what} is needed")
        return value


@dataclass(frozen=True)
class Act:
    """Somebody who may, and what he posted."""

    who: Principal
    form: Form


def cookie_name(request: Request, context: Context) -> str:
    """Return the session cookie's name: only this machine's own browsers, or a setting, do without https."""
    here = request.url.hostname in _LOOPBACK and not _FORWARDED & set(request.headers)
    return _PLAIN if here or context.services.settings.console.plain_http else _SECURE


def address_of(request: Request, context: Context) -> str:
    """Return where a call comes from, behind the proxies that we know."""
    address = request.client.host if request.client else ""
    proxies = context.services.settings.console.proxies
    named = ",".join(request.headers.getlist("x-forwarded-for")).split(",") if address in proxies else []
    # Each proxy adds who called it at the end; what stands before that is the caller's own word.
    for caller in (one.strip() for one in reversed(named)):
        address = caller[:64] or address
        if caller not in proxies:
            break
    return address


def from_elsewhere(request: Request) -> bool:
    """Tell whether a browser says that another site's page makes this call."""
    return request.headers.get("sec-fetch-site", "none") not in _SAME_SITE


async def principal(request: Request, context: Shared) -> Principal:
    """Return who calls, by token or by session.

    Raises:
        Problem: 401, the token is nobody's.
        LoginNeededError: there is no session, or it has ended.
    """
    access = context.services.access
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        found = await context.lookup.run(lambda: access.by_token(secret.strip()))
        if found is None:
            raise Problem(401, "unauthorized", "this token is nobody's", headers={"WWW-Authenticate": "Bearer"})
        return found
    cookie = request.cookies.get(cookie_name(request, context))
    found = await context.lookup.run(lambda: access.by_session(cookie)) if cookie else None
    if found is None:
        raise LoginNeededError
    return found


def _looking(permission: Permission) -> Callable[..., Awaitable[Principal]]:
    async def looking(request: Request, who: Annotated[Principal, Depends(principal)]) -> Principal:
        request.state.who = who
        if not who.may(permission):
            raise Problem(403, "forbidden", f"this asks for the permission {permission.value!r}")
        return who

    return looking


def _acting(permission: Permission, limit: int) -> Callable[..., Awaitable[Act]]:
    allowed = _looking(permission)

    async def acting(request: Request, who: Annotated[Principal, Depends(allowed)]) -> Act:
        form = await read_form(request, limit)
        if who.csrf is not None and not _same(form.get("csrf"), who.csrf):
            raise Problem(403, "forbidden", "this form is not from a page of yours: open the page again")
        return Act(who, form)

    return acting


async def read_form(request: Request, limit: int = MAX_FORM_BYTES) -> Form:
    """Return a posted form.

    Raises:
        Problem: it is from elsewhere, no form, or has too many fields.
        LimitError: it is too long.
    """
    if from_elsewhere(request):
        raise Problem(403, "forbidden", "this form is not from a page of ours")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Problem(415, "unsupported_media_type", "forms only")
    body = await read_body(request, limit)
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Problem(422, "invalid", "this form cannot be read") from None
    if b"%00" in body or b"\0" in body:
        raise Problem(422, "invalid", "there is no such character in a form")
    return Form(tuple(fields))


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


#: Parameter types of routes, by the permission they ask for.
Looks = Annotated[Principal, Depends(_looking(Permission.LOOK))]
Mends = Annotated[Principal, Depends(_looking(Permission.MEND))]
Manages = Annotated[Principal, Depends(_looking(Permission.MANAGE))]
LookAct = Annotated[Act, Depends(_acting(Permission.LOOK, MAX_FORM_BYTES))]
LookDocument = Annotated[Act, Depends(_acting(Permission.LOOK, MAX_DOCUMENT_FORM_BYTES))]
OperatorAct = Annotated[Act, Depends(_acting(Permission.ACT, MAX_FORM_BYTES))]
EditorAct = Annotated[Act, Depends(_acting(Permission.MEND, MAX_FORM_BYTES))]
EditorDocument = Annotated[Act, Depends(_acting(Permission.MEND, MAX_DOCUMENT_FORM_BYTES))]
ManagerAct = Annotated[Act, Depends(_acting(Permission.MANAGE, MAX_FORM_BYTES))]
