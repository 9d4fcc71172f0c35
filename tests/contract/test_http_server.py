"""The HTTP server over real sockets: start, limits, and an end that loses nothing."""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from orderwire.errors import ConfigurationError, LimitError
from orderwire.web import patience, problems
from orderwire.web.limits import HeaderLimit, UnreadBody, read_body
from orderwire.web.serve import BackgroundServer, _listen
from waiting import until

LIMIT = 100_000


class Site:
    """A server whose slow call ends when it is told to."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        app = FastAPI()
        app.add_api_route("/slow", self.slow)
        app.add_api_route("/size", self.size, methods=["POST"])
        app.add_api_route("/long", self.long)
        problems.install(app, 1)
        app.add_middleware(HeaderLimit)
        app.add_middleware(UnreadBody)
        self.server = BackgroundServer(app)
        self.url = self.server.start()

    def slow(self) -> str:
        self.begun.set()
        self.go_on.wait(20)
        return "done"

    async def long(self) -> Response:
        return Response(b"x" * 50_000_000)

    async def size(self, request: Request) -> Response:
        return Response(str(len(await read_body(request, LIMIT))))


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.go_on.set()
    site.server.stop()


def talk(url: str, *sent: bytes) -> bytes:
    """Say something on a bare connection, and return everything that comes back."""
    address = httpx.URL(url)
    with socket.create_connection((address.host, address.port or 0), timeout=20) as connection:
        try:
            for part in sent:
                connection.sendall(part)
        except OSError:
            pass  # the other side has heard enough
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except OSError:
            pass
        return received


def test_it_says_where_it_listens_and_not_what_it_is(site: Site) -> None:
    """A free port is found, and no banner names the server."""
    assert site.url.startswith("http://127.0.0.1:")
    reply = httpx.post(f"{site.url}/size", content=b"abc")

    assert reply.text == "3"
    assert "server" not in reply.headers


def test_an_answers_body_does_not_wait_for_its_head() -> None:
    """Connections send small pieces at once: on one that is kept, the system would hold them back for 40 ms."""
    with _listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()[:2]):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_port_that_is_taken_is_told_at_once(site: Site) -> None:
    """ConfigurationError, in the caller's thread."""
    port = httpx.URL(site.url).port or 0

    with pytest.raises(ConfigurationError):
        BackgroundServer(FastAPI(), port=port).start()


def test_at_the_end_what_is_in_hand_is_finished(site: Site) -> None:
    """A call that was begun is answered; a new one finds nobody."""
    replies = []
    call = threading.Thread(target=lambda: replies.append(httpx.get(f"{site.url}/slow", timeout=30).text))
    call.start()
    assert site.begun.wait(20)
    stopping = threading.Thread(target=site.server.stop)
    stopping.start()
    site.go_on.set()
    call.join(30)
    stopping.join(30)

    assert replies == ['"done"']
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{site.url}/slow")


def test_a_body_without_end_is_cut_off(site: Site) -> None:
    """413 as soon as the limit is passed, whatever else was to come."""
    head = b"POST /size HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"

    received = talk(site.url, head, *[chunk] * 1000)

    assert received.startswith(b"HTTP/1.1 413")
    assert LimitError.code.encode() in received


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 2_000_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 2_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /size HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nX: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
        b"POST /size HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
    ids=["header", "path", "two lengths", "negative length", "chunk", "no host", "two hosts", "space", "coding", "tls"],
)
def test_what_is_no_http_is_refused(site: Site, sent: bytes) -> None:
    """400 or the line goes dead; the server lives on."""
    received = talk(site.url, sent)

    assert received.startswith(b"HTTP/1.1 400") or received == b""
    assert httpx.post(f"{site.url}/size", content=b"abc").text == "3"


def test_a_request_of_two_lengths_is_one_request(site: Site) -> None:
    """Refused, and what stands behind it is no second request, whatever a proxy in front made of it."""
    head = b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"

    received = talk(site.url, head + b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na")

    assert received.startswith(b"HTTP/1.1 400")
    assert received.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("sent", [b"", b"GET /slow HTTP/1.1\r\nHost: x\r\nX-"], ids=["nothing", "half a head"])
def test_who_sends_no_head_is_hung_up_on(monkeypatch: pytest.MonkeyPatch, site: Site, sent: bytes) -> None:
    """There are only so many connections: this one ends, without an answer."""
    monkeypatch.setattr(patience, "LOOK_SECONDS", 0.1)

    assert talk(site.url, sent) == b""


def test_who_takes_no_answer_is_hung_up_on(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    """What was to be said to him does not stay in memory."""
    monkeypatch.setattr(patience, "LOOK_SECONDS", 0.1)
    address, state = httpx.URL(site.url), site.server._server.server_state
    with socket.create_connection((address.host, address.port or 0), timeout=20) as connection:
        connection.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: state.total_requests == 1)

        until(lambda: not state.connections)


def test_who_waits_for_an_answer_is_not_hung_up_on(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    """However long it takes; nor is who takes a long one as it comes."""
    monkeypatch.setattr(patience, "LOOK_SECONDS", 0.05)
    threading.Timer(0.5, site.go_on.set).start()

    assert httpx.get(f"{site.url}/slow", timeout=20).text == '"done"'
    monkeypatch.setattr(patience, "LOOK_SECONDS", 5)
    assert len(httpx.get(f"{site.url}/long", timeout=20).content) == 50_000_000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_foreground_gracefully(tmp_path: Path, number: signal.Signals) -> None:
    """`run` returns, so that its caller can close what it opened; the process ends with 0."""
    program = (
        "from orderwire.bootstrap.services import build\n"
        "from orderwire.config.settings import Settings\n"
        "from orderwire.telemetry.logging import set_up_logging\n"
        "from orderwire.web.serve import run\n"
        "set_up_logging('info', 'json')\n"
        f"settings = Settings(config_dir={str(tmp_path)!r}, data_dir={str(tmp_path)!r},"
        f" store={{'url': 'sqlite:///{tmp_path}/o.db'}})\n"
        "services = build(settings)\n"
        "run(services, '127.0.0.1', 0)\n"
        "services.close()\n"
        "print('closed')\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        started = next(line for line in process.stderr if "server_started" in line)
        process.send_signal(number)
        out, rest = process.communicate(timeout=30)

    assert "http://127.0.0.1:" in started
    assert (process.returncode, out) == (0, "closed\n")
    assert "server_stopped" in rest
    assert "Traceback" not in rest
