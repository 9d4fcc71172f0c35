"""The HTTP server: in the foreground until a signal comes, or in a thread."""

import math
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import structlog
import uvicorn
from starlette.types import ASGIApp

from orderwire.bootstrap.services import Services
from orderwire.errors import ConfigurationError
from orderwire.web.app import create_app
from orderwire.web.limits import MAX_HEADER_BYTES
from orderwire.web.patience import PatientProtocol

log = structlog.get_logger(__name__)

#: Connections at once; whoever comes then is told to come again (503).
MAX_CONNECTIONS: Final = 1000
#: For requests in hand at the end, beyond the time that an order may wait for its decision.
GRACE_SECONDS: Final = 15


class _Server(uvicorn.Server):
    """Uvicorn that says when it listens, and does not kill the process by its own signal after a graceful end."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


def run(services: Services, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is in hand and return.

    Raises:
        ConfigurationError: the address cannot be listened on.
    """
    listener = _listen(host, port)
    grace = math.ceil(services.settings.api.wait_seconds) + GRACE_SECONDS
    server = _Server(_config(create_app(services), grace), lambda: log.info("server_started", url=_url(listener)))
    server.run([listener])
    log.info("server_stopped")


class BackgroundServer:
    """A server in a thread."""

    def __init__(self, app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> None:
        self._host, self._port = host, port
        self._listening = threading.Event()
        self._server = _Server(_config(app, GRACE_SECONDS), self._listening.set)
        self._thread: threading.Thread | None = None
        self.url = ""

    def start(self) -> str:
        """Return the base URL as soon as requests are taken.

        Raises:
            ConfigurationError: the address cannot be listened on.
        """
        listener = _listen(self._host, self._port)
        self.url = _url(listener)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), name="web", daemon=True)
        self._thread.start()
        if not self._listening.wait(GRACE_SECONDS):
            raise ConfigurationError("the server does not start", url=self.url)
        return self.url

    def stop(self) -> None:
        """Finish what is in hand and return."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(2 * GRACE_SECONDS)


def _config(app: ASGIApp, grace_seconds: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=PatientProtocol,
        ws="none",
        lifespan="on",
        log_config=None,  # ours goes for its entries too
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        timeout_graceful_shutdown=grace_seconds,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConfigurationError("cannot listen", host=host, port=port, cause=error.strerror) from None
    # Connections inherit it. Without, a body waits some 40 ms for the caller to acknowledge the head before it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
