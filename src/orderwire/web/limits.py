"""Bodies, read in chunks and not further than the limit."""

from typing import Final

import anyio
from fastapi import Request
from starlette.requests import ClientDisconnect

from orderwire.errors import LimitError
from orderwire.web.problems import Problem

#: The next chunk must come within this time, the whole within that.
IDLE_SECONDS: Final = 30.0
TOTAL_SECONDS: Final = 600.0


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
        raise LimitError("the body is larger than the configured limit", limit=limit)
    try:
        with anyio.fail_after(TOTAL_SECONDS):
            return await _read(request, limit)
    except TimeoutError:
        raise Problem(408, "request_timeout", "the body came too slowly", headers={"Connection": "close"}) from None
    except ClientDisconnect:
        raise Problem(400, "bad_request", "the body broke off") from None


async def _read(request: Request, limit: int) -> bytes:
    body = bytearray()
    chunks = aiter(request.stream())
    while True:
        with anyio.fail_after(IDLE_SECONDS):
            chunk = await anext(chunks, None)
        if chunk is None:
            return bytes(body)
        body += chunk
        if len(body) > limit:
            raise LimitError("the body is larger than the configured limit", limit=limit)
