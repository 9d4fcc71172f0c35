"""How much of a request is taken: headers as they are, bodies in chunks and not further than the limit."""

from typing import Final

import anyio
from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orderwire.errors import LimitError
from orderwire.web.problems import Problem

#: Path, query and headers together.
MAX_HEADER_BYTES: Final = 32 * 1024
#: The next chunk must come within this time, the whole within that.
IDLE_SECONDS: Final = 30.0
TOTAL_SECONDS: Final = 600.0
#: On the whole; slower ones would hold a connection each, of which there are only so many.
MIN_BYTES_PER_SECOND: Final = 1024


class HeaderLimit:
    """Around the app: requests are refused whose heads are long, or no two programs would read alike."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _refusal(scope) if scope["type"] == "http" else None
        await (self._app if refusal is None else refusal.response())(scope, receive, send)


def _refusal(scope: Scope) -> Problem | None:
    if _head_size(scope) > MAX_HEADER_BYTES:
        return Problem(431, "request_header_fields_too_large", f"the head is larger than {MAX_HEADER_BYTES} bytes")
    if {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}:
        # RFC 9112, 6.1: a proxy in front may have believed the other one, and sees other requests than we do.
        return Problem(400, "bad_request", "a body has one length", headers={"Connection": "close"})
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        return Problem(400, "bad_request", "there is no such character in an address")
    return None


def _head_size(scope: Scope) -> int:
    headers = sum(len(name) + len(value) for name, value in scope["headers"])
    return len(scope["path"]) + len(scope["query_string"]) + headers


class UnreadBody:
    """Around the app: who is answered before the end of his body is hung up on, instead of heard out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        names = {name for name, _ in scope.get("headers", ())}
        unread = b"transfer-encoding" in names or b"content-length" in names

        async def heard() -> Message:
            nonlocal unread
            message = await receive()
            unread = unread and message.get("more_body", False)
            return message

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start" and unread:
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        await self._app(scope, heard, answered)


async def read_body(request: Request, limit: int) -> bytes:
    """Return the request's body.

    Raises:
        LimitError: it is longer than `limit`, or says so; the rest is not read.
        Problem: it is compressed, came too slowly, or broke off.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "unsupported_media_type", "compressed bodies are not taken")
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > 18 or int(announced) > limit):
        raise LimitError(f"the body is larger than {limit} bytes")
    try:
        with anyio.fail_after(TOTAL_SECONDS):
            return await _read(request, limit)
    except TimeoutError:
        raise Problem(408, "request_timeout", "the body came too slowly") from None
    except ClientDisconnect:
        raise Problem(400, "bad_request", "the body broke off") from None


async def _read(request: Request, limit: int) -> bytes:
    body = bytearray()
    chunks, begun = aiter(request.stream()), anyio.current_time()
    while True:
        left = begun + IDLE_SECONDS + len(body) / MIN_BYTES_PER_SECOND - anyio.current_time()
        if left <= 0:
            raise TimeoutError
        with anyio.fail_after(min(IDLE_SECONDS, left)):
            chunk = await anext(chunks, None)
        if chunk is None:
            return bytes(body)
        body += chunk
        if len(body) > limit:
            raise LimitError(f"the body is larger than {limit} bytes")
