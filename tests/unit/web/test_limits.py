"""Bodies are read no further than the limit, and not for ever."""

import asyncio
import itertools
from collections.abc import Iterable
from typing import Any

import anyio
import pytest
from fastapi import Request

from orderwire.errors import LimitError
from orderwire.web import limits
from orderwire.web.problems import Problem
from unit.web.conftest import Site


class Sender:
    """Sends chunks; an Ellipsis is a sender that falls silent."""

    def __init__(self, chunks: Iterable[Any]) -> None:
        self.chunks = iter(chunks)
        self.taken = 0

    async def __call__(self) -> dict[str, Any]:
        chunk = next(self.chunks, None)
        if chunk is ...:
            await anyio.sleep_forever()
        if chunk is None:
            return {"type": "http.disconnect"}
        self.taken += 1
        return {"type": "http.request", "body": chunk, "more_body": chunk != b""}


def read(sender: Sender, limit: int, **headers: str) -> bytes:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": pairs}
    return asyncio.run(limits.read_body(Request(scope, sender), limit))


def test_a_body_up_to_the_limit_is_read() -> None:
    """In whatever chunks it comes."""
    assert read(Sender([b"ab", b"c", b""]), 3, content_length="3") == b"abc"


def test_a_longer_body_is_left_unread() -> None:
    """After the first chunk beyond the limit nothing more is taken."""
    sender = Sender([b"ab"] * 1000 + [b""])

    with pytest.raises(LimitError):
        read(sender, 3)
    assert sender.taken == 2


@pytest.mark.parametrize("place", ["path", "query", "header", "many"])
def test_a_long_head_is_refused(site: Site, place: str) -> None:
    """431, wherever it is long, and however it came through the server."""
    long = "x" * limits.MAX_HEADER_BYTES
    headers = {"header": {"X-Long": long}, "many": {f"X-{n}": "x" * 20 for n in range(2000)}}.get(place, {})
    path = {"path": f"/{long}", "query": f"/?{long}"}.get(place, "/")

    reply = site.call("GET", path, headers=headers)

    assert (reply.status_code, reply.json()["code"]) == (431, "request_header_fields_too_large")
    assert reply.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(("key", "closed"), [("acme-key", False), ("wrong", True)])
def test_who_is_refused_before_the_end_is_hung_up_on(site: Site, key: str, closed: bool) -> None:  # noqa: FBT001  parameter
    """A body that nobody wants is not listened to; one that was read leaves the connection open."""
    reply = site.call("POST", "/edi/acme", content=b"UNA", headers={"X-Api-Key": key})

    assert (reply.headers.get("Connection") == "close") == closed


@pytest.mark.parametrize("length", ["4", "9" * 5000])
def test_a_body_that_says_it_is_longer_is_not_begun(length: str) -> None:
    """Content-Length is believed when it is too much."""
    sender = Sender([b"abcd", b""])

    with pytest.raises(LimitError):
        read(sender, 3, content_length=length)
    assert sender.taken == 0


def test_a_compressed_body_is_not_taken() -> None:
    """What it grows to is not known before."""
    with pytest.raises(Problem) as refusal:
        read(Sender([b""]), 3, content_encoding="gzip")
    assert refusal.value.status == 415


def test_a_silent_sender_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """408."""
    monkeypatch.setattr(limits, "IDLE_SECONDS", 0.01)

    with pytest.raises(Problem) as refusal:
        read(Sender([b"a", ...]), 3)
    assert refusal.value.status == 408


def test_a_sender_who_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then keeps nobody waiting: on the whole there is a least speed."""
    monkeypatch.setattr(limits, "IDLE_SECONDS", 0.05)
    monkeypatch.setattr(limits, "MIN_BYTES_PER_SECOND", 10**12)

    with pytest.raises(Problem) as refusal:
        read(Sender(itertools.repeat(b"a")), 10**9)
    assert refusal.value.status == 408


@pytest.mark.parametrize("path", ["/console/documents/%00", "/api/v1/orders/a%00b", "/console/messages?q=a%00"])
def test_there_is_no_nul_in_an_address(site: Site, path: str) -> None:
    """No database keeps it: it is refused before anybody looks for it."""
    assert site.call("GET", path).status_code == 400


def test_a_body_that_breaks_off_is_not_taken_for_whole() -> None:
    """Part of an order is no order."""
    with pytest.raises(Problem) as refusal:
        read(Sender([b"a"]), 3)
    assert refusal.value.status == 400
