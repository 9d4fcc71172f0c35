"""The access log: what was asked for, and how it went; nothing in it comes from the caller."""

import time
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: Asked for every few seconds by machines.
_QUIET: Final = frozenset({"/health/live", "/health/ready", "/metrics"})


class AccessLog:
    """Around the app: one entry per request, with the route's template and never its path, query or headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", None)
            write = log.debug if route in _QUIET and status < 400 else log.info
            write(
                "request_handled",
                method=scope["method"] if scope["method"] in _METHODS else "other",
                route=route or "none",
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )
