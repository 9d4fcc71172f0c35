"""The HTTP side: one thread and one login per connection."""

import contextlib
import socket
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Condition, Thread
from typing import Any, Final

from orderwire.simulators.nav.gateway import Gateway, Reply, Request
from orderwire.simulators.nav.login import Account, Login

CONTROL: Final = "/simulator/"
_MAX_BODY_BYTES: Final = 64 * 1024 * 1024  # NAV's SOAPServicesMaxMsgSize
_POLL_SECONDS: Final = 0.05

#: Answers what comes to `/simulator/…`.
Control = Callable[[Request], Reply]


class NavServer(ThreadingHTTPServer):
    """Listens, and knows its connections, so that an outage can cut them."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], gateway: Gateway, account: Account, control: Control) -> None:
        self.gateway = gateway
        self.account = account
        self.control = control
        self._open: set[socket.socket] = set()
        self._changed = Condition()
        super().__init__(address, Connection)
        self._thread = Thread(target=self.serve_forever, args=(_POLL_SECONDS,), name="nav-simulator", daemon=True)
        self._thread.start()

    def server_bind(self) -> None:
        """Bind without asking a name server who we are."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002  the library's signature
        """Refuse the connection if that is the plan."""
        return not self.gateway.chaos.refuse()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def opened(self, connection: socket.socket) -> None:
        with self._changed:
            self._open.add(connection)
        self.gateway.count("connections")

    def closed(self, connection: socket.socket) -> None:
        with self._changed:
            self._open.discard(connection)
            self._changed.notify_all()

    def stop(self, drain_seconds: float) -> None:
        """Close the listening socket and every connection."""
        self.shutdown()
        self.server_close()
        self._thread.join()
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._open, drain_seconds)


class Connection(BaseHTTPRequestHandler):
    """One connection, with keep-alive and what it has proved."""

    server: NavServer
    protocol_version = "HTTP/1.1"
    server_version = "Microsoft-HTTPAPI/2.0"
    sys_version = ""
    wbufsize = 65536
    disable_nagle_algorithm = True
    timeout = 120

    def setup(self) -> None:
        super().setup()
        self._login = Login(self.server.account)
        self.server.opened(self.connection)

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.server.closed(self.connection)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's signature
        """Log nothing: a simulator's normal work is silent."""

    def answer(self) -> None:
        """Read a request whole, answer it."""
        body = self._body()
        if body is None:
            return
        request = Request(
            method=self.command,
            path=self.path,
            host=self.headers.get("Host") or f"{self.server.server_name}:{self.server.server_port}",
            body=body,
            soap_action=self.headers.get("SOAPAction") or "",
        )
        self._send(self._reply(request))

    do_GET = answer  # noqa: N815  the library's name
    do_POST = answer  # noqa: N815
    do_DELETE = answer  # noqa: N815

    def _reply(self, request: Request) -> Reply:
        if request.path.startswith(CONTROL):
            return self.server.control(request)
        if self.server.gateway.chaos.refuse():
            return Reply(fate="dropped")
        challenges = self._login.admit(self.headers.get("Authorization"))
        reply = Reply(401) if challenges else self.server.gateway.handle(request)
        if reply.status != 401:
            return reply
        self.server.gateway.count("http_401")
        if not challenges:
            self._login.forget()
        offers = tuple(("WWW-Authenticate", offer) for offer in challenges or self.server.account.challenges)
        return Reply(401, headers=offers)

    def _body(self) -> bytes | None:
        """Read the body; None if the request was refused for it."""
        length = self.headers.get("Content-Length", "0")
        status, body = 400, b""
        if "Transfer-Encoding" in self.headers:
            status = 411
        elif length.isascii() and length.isdecimal():
            status = 413 if len(length) > 12 or int(length) > _MAX_BODY_BYTES else 200
        if status == 200:
            body = self.rfile.read(int(length))
            status = 200 if len(body) == int(length) else 400
        if status == 200:
            return body
        self.close_connection = True
        self._send(Reply(status))
        return None

    def _send(self, reply: Reply) -> None:
        if reply.fate == "dropped":
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.body:
            self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        whole = reply.fate == "sent"
        self.wfile.write(reply.body if whole else reply.body[: len(reply.body) // 2])
        self.wfile.flush()
        self.close_connection = self.close_connection or not whole
        if reply.then:
            reply.then()
