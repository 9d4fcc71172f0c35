"""A mail server on loopback: speaks SMTP with STARTTLS or TLS and a login, answers as it is told, keeps what it got."""

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

USER: Final = "orderwire"
PASSWORD: Final = "hush-mail"


@dataclass
class Mail:
    sender: str
    to: list[str]
    content: bytes
    encrypted: bool
    user: str | None


@dataclass
class MailServer:
    port: int
    refused: set[str] = field(default_factory=set)  # addresses
    code: int = 250  # of the answer to the mail itself
    got: list[Mail] = field(default_factory=list)


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    server: "Server"

    def handle(self) -> None:
        self.encrypted = False
        self.user: str | None = None
        self.sender, self.to = "", list[str]()
        try:
            if self.server.at_once:
                self._encrypt()
            self._say("220 ready")
            while self._answer(self.rfile.readline().decode().rstrip()):
                pass
        except (OSError, ValueError):
            pass  # the other side went away

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def _encrypt(self) -> None:
        assert self.server.context is not None
        self.connection = self.server.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.encrypted = True

    def _answer(self, line: str) -> bool:
        command, _, rest = line.partition(" ")
        answer = getattr(self, f"_on_{command.lower()}", None)
        if answer is None:
            return False
        answer(rest)
        return command.upper() != "QUIT"

    def _on_ehlo(self, _rest: str) -> None:
        more = ["AUTH PLAIN"] if self.encrypted or self.server.context is None else ["STARTTLS"]
        self._say("250-here")
        self._say(f"250 {more[0]}")

    def _on_starttls(self, _rest: str) -> None:
        self._say("220 go ahead")
        self._encrypt()

    def _on_auth(self, rest: str) -> None:
        _, user, password = base64.b64decode(rest.removeprefix("PLAIN ")).decode().split("\0")
        known = (user, password) == (USER, PASSWORD)
        self.user = user if known else None
        self._say("235 welcome" if known else "535 no")

    def _on_mail(self, rest: str) -> None:
        self.sender, self.to = rest.partition("<")[2].partition(">")[0], []
        self._say("250 yes")

    def _on_rcpt(self, rest: str) -> None:
        address = rest.partition("<")[2].partition(">")[0]
        if address in self.server.told.refused:
            self._say("550 nobody here")
            return
        self.to.append(address)
        self._say("250 yes")

    def _on_data(self, _rest: str) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        self.server.told.got.append(Mail(self.sender, self.to, b"".join(lines), self.encrypted, self.user))
        self._say(f"{self.server.told.code} done")

    def _on_rset(self, _rest: str) -> None:
        self._say("250 yes")

    def _on_quit(self, _rest: str) -> None:
        self._say("221 bye")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None, *, at_once: bool) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.context, self.at_once = context, at_once
        self.told = MailServer(int(self.server_address[1]))


@contextmanager
def mail_serving(certificate: tuple[Path, Path] | None = None, *, at_once: bool = False) -> Iterator[MailServer]:
    """Serve on a free port; with a certificate and its key by STARTTLS, or encrypted from the start."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    with Server(context, at_once=at_once) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.told
        finally:
            server.shutdown()
            thread.join()
