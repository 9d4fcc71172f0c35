"""A partner's web server on loopback: answers as it is told, and keeps what it got."""

import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Got:
    path: str
    headers: dict[str, str]
    content: bytes


@dataclass
class PartnerServer:
    """`statuses` are given in turn, the last one for ever; None: the connection ends without an answer."""

    url: str
    statuses: list[int | None] = field(default_factory=lambda: [204])
    got: list[Got] = field(default_factory=list)
    #: Makes head and body of an answer of 200; None: answers have a status alone.
    reply: Callable[[Got], tuple[dict[str, str], bytes]] | None = None

    def next_status(self) -> int | None:
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextmanager
def serving(certificate: tuple[Path, Path] | None = None) -> Iterator[PartnerServer]:
    """Serve on a free port, over TLS when there is a certificate with its key."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            told.got.append(Got(self.path, {name.lower(): text for name, text in self.headers.items()}, content))
            status = told.next_status()
            if status is None:
                self.close_connection = True
                return
            headers, answer = told.reply(told.got[-1]) if told.reply else ({}, b"")
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name, text)
            if status // 100 == 3:
                self.send_header("Location", told.url)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    told = PartnerServer(f"{scheme}://127.0.0.1:{server.server_port}/edi")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def make_certificate(folder: Path, name: str, *, days: int = 30) -> tuple[Path, Path]:
    """Make a key and a certificate of its own for 127.0.0.1, and return the certificate's file and the key's."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subject = ("-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-days", str(days))
    subprocess.run(
        ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, *subject),
        check=True,
        capture_output=True,
        timeout=60,
    )
    return certificate, key
