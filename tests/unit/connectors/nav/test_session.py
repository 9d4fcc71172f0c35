"""The HTTP session against servers that misbehave, on loopback."""

import gzip
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from navwire import NAV
from orderwire.config.nav import NavSettings
from orderwire.connectors.nav.connection import Reply
from orderwire.connectors.nav.faults import Call
from orderwire.connectors.nav.session import NavSession
from orderwire.errors import InDoubtError, LimitError, OrderwireError, OutageError, UnavailableError

READ = Call("Item", "ReadMultiple")
CREATE = Call("SalesOrder", "Create")
PASSWORD = NAV.password.get_secret_value()

#: What every request ends with.
BODY = b"<x/>"
#: What a server does with each connection: gets the request, may send, and the connection closes.
Answer = Callable[[socket.socket, bytes], None]


def request(connection: socket.socket) -> bytes:
    """Read one, however many pieces it comes in; nothing: there is none."""
    read = b""
    while not read.endswith(BODY) and (piece := connection.recv(65536)):
        read += piece
    return read


@contextmanager
def server(answer: Answer) -> Iterator[tuple[str, list[bytes]]]:
    """Serve connections one after the other, in the open: no HTTP library tidies up what is sent."""
    heads: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    try:
                        head = request(connection)
                        if not head:
                            return
                        heads.append(head)
                        answer(connection, head)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        yield f"http://127.0.0.1:{port}/NAV/WS", heads
        with socket.create_connection(("127.0.0.1", port)):
            pass
        thread.join(5)


def sends(content: bytes, *, times: int = 1) -> Answer:
    def answer(connection: socket.socket, _head: bytes) -> None:
        for _ in range(times):
            connection.sendall(content)

    return answer


def post(url: str, call: Call = READ, **changes: object) -> Reply:
    nav = NAV.model_copy(update={"read_timeout_seconds": 0.3, **changes})
    session = NavSession(nav)
    try:
        return session.post(call, url, "urn:x:Read", BODY)
    finally:
        session.close()


def caught(url: str, call: Call = READ, **changes: object) -> OrderwireError:
    with pytest.raises(OrderwireError) as raised:
        post(url, call, **changes)
    return raised.value


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_post_sends_basic_credentials_and_the_action() -> None:
    """Credentials go with the first request, the action is quoted, and nothing compressed is asked for."""
    with server(sends(OK)) as (url, heads):
        assert post(url) == Reply(200, b"ok")
    assert b"Authorization: Basic b3JkZXJ3aXJlOnMzY3JldC1wYXNzdzByZA==" in heads[0]
    assert b'SOAPAction: "urn:x:Read"' in heads[0]
    assert b"Accept-Encoding: identity" in heads[0]


@contextmanager
def session_to(answer: Answer) -> Iterator[tuple[Callable[[], Reply], list[bytes]]]:
    """Yield what posts on one session, again and again."""
    with server(answer) as (url, heads):
        session = NavSession(NAV.model_copy(update={"read_timeout_seconds": 0.3}))
        yield lambda: session.post(READ, url, "urn:x:Read", BODY), heads
        session.close()


def test_post_keeps_the_connection() -> None:
    """One connection serves call after call."""

    def answer(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(OK)
        while request(connection):
            connection.sendall(OK)

    with session_to(answer) as (post_again, heads):
        assert [post_again() for _ in range(3)] == [Reply(200, b"ok")] * 3
    assert len(heads) == 1


def test_post_opens_what_was_closed_meanwhile() -> None:
    """A connection that the server gave up between two calls is opened again; no call meets its end."""
    closed = threading.Event()

    def answer(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(OK)
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    with session_to(answer) as (post_again, heads):
        assert post_again() == Reply(200, b"ok")
        assert closed.wait(5)
        assert post_again() == Reply(200, b"ok")
    assert len(heads) == 2


def test_post_unpacks_what_was_packed_unasked() -> None:
    """A proxy that packs all the same does no harm."""
    packed = gzip.compress(b"plain")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with server(sends(head + packed)) as (url, _heads):
        assert post(url) == Reply(200, b"plain")


def test_post_sends_other_alphabets() -> None:
    """A password may hold any letter; it is sent as UTF-8."""
    nav = NavSettings.model_validate(NAV.model_dump() | {"password": "пароль€"})
    with server(sends(OK)) as (url, _heads):
        assert post(url, password=nav.password).status == 200


def test_post_does_not_follow_redirects() -> None:
    """Credentials go to NAV's own address and to no other."""
    moved = b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with server(sends(moved)) as (url, heads):
        assert post(url).status == 307
    assert len(heads) == 1


@pytest.mark.parametrize(("call", "kind"), [(READ, LimitError), (CREATE, InDoubtError)])
def test_post_stops_reading_large_answers(call: Call, kind: type[OrderwireError]) -> None:
    """An endless answer is dropped at the limit, not kept in memory."""
    endless = sends(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 65536, times=1000)
    with server(endless) as (url, _heads):
        assert type(caught(url, call, max_response_bytes=100_000)) is kind


def test_post_bounds_compressed_answers() -> None:
    """A body that grows when unpacked is measured unpacked."""
    packed = gzip.compress(b"x" * 5_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with server(sends(head + packed)) as (url, _heads):
        assert type(caught(url, max_response_bytes=100_000)) is LimitError


@pytest.mark.parametrize(("call", "kind"), [(READ, UnavailableError), (CREATE, InDoubtError)])
@pytest.mark.parametrize(
    "content",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf", b"nonsense\r\n\r\n"],
    ids=["closed", "half", "not-http"],
)
def test_post_tells_broken_answers(content: bytes, call: Call, kind: type[OrderwireError]) -> None:
    """A connection that breaks after the request left: a write may have happened, a read did not."""
    with server(sends(content)) as (url, _heads):
        assert type(caught(url, call)) is kind


@pytest.mark.parametrize(("call", "kind"), [(READ, UnavailableError), (CREATE, InDoubtError)])
def test_post_waits_no_longer_than_told(call: Call, kind: type[OrderwireError]) -> None:
    """Silence ends at the read time-out."""
    released = threading.Event()

    def silent(_connection: socket.socket, _head: bytes) -> None:
        released.wait(5)

    with server(silent) as (url, _heads):
        error = caught(url, call)
        released.set()
    assert type(error) is kind


def test_post_bounds_drips_in_time() -> None:
    """An answer that comes byte by byte ends at the deadline, although each byte is in time."""
    released = threading.Event()

    def drip(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not released.wait(0.02):
            connection.sendall(b"1\r\nx\r\n")

    with server(drip) as (url, _heads):
        error = caught(url)
        released.set()
    assert type(error) is UnavailableError


@pytest.mark.parametrize("call", [READ, CREATE])
def test_post_tells_that_nobody_listens(call: Call) -> None:
    """Without a connection nothing happened, reading or writing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert type(caught(f"http://127.0.0.1:{port}/", call)) is OutageError


def test_post_tells_that_the_name_is_unknown() -> None:
    """A name without an address is an outage."""
    assert type(caught("http://nav.invalid/", CREATE)) is OutageError


@pytest.mark.parametrize(
    "challenge",
    [b"", b"NTLM", b"NTLM !!!", b"NTLM TlRMTVNTUAACAAAA", b"Negotiate oQ==", b"Basic"],
)
def test_post_survives_broken_handshakes(challenge: bytes) -> None:
    """Whatever a server answers in an NTLM handshake, it is one of our errors or a 401."""
    head = b"HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"
    second = b"HTTP/1.1 401 No\r\nWWW-Authenticate: %s\r\nContent-Length: 0\r\n\r\n" % challenge

    def answer(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(head)
        while connection.recv(65536):
            connection.sendall(second)

    with server(answer) as (url, _heads):
        try:
            assert post(url, auth="ntlm").status == 401
        except OrderwireError as error:
            assert type(error) is UnavailableError  # noqa: PT017  both ends are right


def test_errors_do_not_carry_credentials() -> None:
    """Neither an error, nor what it came from, nor its traceback knows the password."""
    with server(sends(b"")) as (url, _heads):
        error = caught(url)
    chain = [error, error.__cause__]
    told = "".join(traceback.format_exception(error)) + repr(chain) + repr(vars(error))
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert PASSWORD not in told
    assert "Basic" not in told
