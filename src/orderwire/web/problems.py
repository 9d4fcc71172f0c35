"""Refusals as RFC 9457 problem documents: our stable `code`, a sentence for the caller, never a stack trace."""

import json
import math
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orderwire.errors import OrderwireError, OutageError, TransientError

log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
#: Errors listed in one document, and characters of each name in them: both come from the caller.
MAX_ERRORS: Final = 100
MAX_TEXT: Final = 300

#: Codes that are the caller's own doing: he gets our sentence. All others are our side's business.
_CALLERS: Final[Mapping[str, int]] = {
    "decode": 422,
    "duplicate_conflict": 409,
    "limit": 413,
    "mapping": 422,
    "not_json": 400,
    "session_closed": 410,
    "syntax": 422,
    "test_refused": 422,
    "unknown_partner": 404,
}
#: What the caller is told of our side: no host, no query, no path.
_OURS: Final[Mapping[int, str]] = {
    502: "the ERP does not offer what is needed for this",
    503: "this is not available just now; nothing was taken in or changed by this call",
    500: "the call could not be handled; it has been noted",
}


class Problem(Exception):  # noqa: N818  the word of RFC 9457
    """A refusal, with everything that its document says."""

    def __init__(
        self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.headers, self.members = dict(headers or {}), members

    def response(self) -> Response:
        """Return the document as an HTTP response."""
        body = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **self.members,
        }
        # Escaped: what the caller sent may hold halves of characters that no encoding takes.
        content = json.dumps(body, default=str).encode("ascii")
        return Response(content, self.status, self.headers, MEDIA_TYPE)


def told(code: str) -> bool:
    """Tell whether the caller's own document is the cause, so that he is told the particulars."""
    return code in _CALLERS


def of_code(code: str, detail: str, **members: Any) -> Problem:
    """Return the problem of one of the codes for which `told` holds."""
    return Problem(_CALLERS[code], code, detail, **members)


def of_error(error: OrderwireError, retry_after_seconds: float) -> Problem:
    """Return the problem that an error of ours is to the caller."""
    if told(error.code):
        return of_code(error.code, error.message)
    if isinstance(error, TransientError | OutageError):
        headers = {"Retry-After": str(max(1, math.ceil(retry_after_seconds)))}
        return Problem(503, error.code, _OURS[503], headers=headers)
    status = 502 if error.code == "erp_contract" else 500
    return Problem(status, error.code, _OURS[status])


def invalid(errors: Iterable[Mapping[str, Any]], *, below: int = 0) -> Problem:
    """Return the problem of a document or parameters with defects, all of them; `below` cuts the path's head off."""
    listed = [
        {
            "path": ".".join(str(part) for part in error["loc"][below:])[:MAX_TEXT],
            "rule": error["type"],
            "text": str(error["msg"])[:MAX_TEXT],
        }
        for error in list(errors)[:MAX_ERRORS]
    ]
    return Problem(422, "invalid", "some values are missing or wrong", errors=listed)


def install(app: FastAPI, retry_after_seconds: float) -> None:
    """Make every refusal of the app a problem document."""

    async def refused(_request: Request, error: Exception) -> Response:
        return _problem(error, retry_after_seconds).response()

    for kind in (Problem, OrderwireError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, refused)
    app.add_middleware(Defects)


def _problem(error: Exception, retry_after_seconds: float) -> Problem:
    match error:
        case Problem():
            return error
        case OrderwireError():
            log.warning("call_refused", code=error.code, reason=str(error))
            return of_error(error, retry_after_seconds)
        case RequestValidationError():
            return invalid(error.errors())
        case HTTPException():
            code = HTTPStatus(error.status_code).name.lower()
            return Problem(error.status_code, code, HTTPStatus(error.status_code).description, headers=error.headers)
    raise error


class Defects:
    """The last resort around the app: a defect of ours is noted, and answered without its particulars."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            log.exception("call_failed")
            if begun:
                raise
            await Problem(500, "internal", _OURS[500]).response()(scope, receive, send)
