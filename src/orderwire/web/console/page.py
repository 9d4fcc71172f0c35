"""Pages: templates that escape everything, the same data as JSON, and refusals that people can read."""

from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException

from orderwire import __version__
from orderwire.errors import OrderwireError, OutageError, TransientError
from orderwire.web.console.guard import LoginNeededError
from orderwire.web.console.words import ago, clock_time, duration, number, quantity, visible
from orderwire.web.problems import Problem

#: Ours alone: no script or style in a page, none from elsewhere, in nobody's frame.
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HOME: Final = "/console"
#: What a page says after an act, by the word in its address.
SAID: Final[Mapping[str, str]] = {
    "added": "Added.",
    "cancelled": "The run is stopping: what was not sent stays parked.",
    "changed": "Changed.",
    "discarded": "Discarded, with your reason in the audit.",
    "ended": "Ended.",
    "noted": "Noted.",
    "password": "The password is changed. Every other login has ended.",
    "refused": "Refused: the buyer is told.",
    "released": "Released: the order goes on.",
    "replayed": "Sent through again.",
    "resumed": "The run goes on.",
    "saved": "Saved.",
    "started": "The run is under way.",
    "trying": "The dry run is under way: nothing is changed by it.",
}

#: Of our own errors; every other one is about what was asked for.
_STATUS: Final[Mapping[str, int]] = {"access_refused": 403, "already_done": 409, "limit": 413}

_TEMPLATES: Final = Environment(
    loader=PackageLoader("orderwire.web.console"),
    autoescape=True,
    finalize=visible,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters.update(
    ago=ago, clock=clock_time, duration=duration, number=number, quantity=quantity, urlquote=lambda t: quote(t, "")
)
_TEMPLATES.globals.update(version=__version__, query=lambda **values: urlencode(_given(values)))


def _given(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value not in {None, ""}}


class ConsoleRoute(APIRoute):
    """A route whose refusals are pages too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                response = await handle(request)
            except LoginNeededError:
                response = _login(request)
            except (Problem, OrderwireError, RequestValidationError, HTTPException) as error:
                response = refusal(request, error)
            response.headers.setdefault("Content-Security-Policy", POLICY)
            return response

        return handled


def page(request: Request, template: str, status: int = 200, /, **data: Any) -> Response:
    """Return a page, or its data to a program that asks for JSON."""
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(jsonable_encoder(data), status)
    around = {
        "who": getattr(request.state, "who", None),
        "path": request.url.path,
        "said": SAID.get(request.query_params.get("said", "")),
        "now": datetime.now(UTC),
    }
    return HTMLResponse(_TEMPLATES.get_template(template).render(**around, **data), status)


def to(path: str, said: str | None = None) -> Response:
    """Send the browser to a page of ours."""
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}said={said}" if said else path, 303)


def local(path: str) -> str:
    """Return a path of ours, whatever the caller made of it."""
    ours = path == HOME or path.startswith((f"{HOME}/", f"{HOME}?"))
    return path if ours and "\\" not in path and path.isprintable() and path.isascii() else HOME


def refusal(request: Request, error: Exception) -> Response:
    """Return the page that says why not."""
    status, code, text, headers = _refused(error)
    response = page(request, "refusal.html", status, code=code, text=text, title=HTTPStatus(status).phrase)
    response.headers.update(headers)
    return response


def _refused(error: Exception) -> tuple[int, str, str, Mapping[str, str]]:
    match error:
        case Problem():
            return error.status, error.code, error.detail, error.headers
        case HTTPException():
            return error.status_code, "refused", HTTPStatus(error.status_code).description, error.headers or {}
        case TransientError() | OutageError():
            return 503, error.code, "this is not available just now: try again", {"Retry-After": "5"}
        case OrderwireError():
            return _STATUS.get(error.code, 422), error.code, str(error), {}
    return 422, "invalid", "some values in the address are wrong", {}


def _login(request: Request) -> Response:
    if request.method != "GET" or request.headers.get("x-fragment"):
        return refusal(request, Problem(401, "unauthorized", "log in first"))
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return to(f"{HOME}/login?{urlencode({'next': local(wanted)})}")
