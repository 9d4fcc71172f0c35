"""Who calls: told by the connection, and by proxies of ours alone, whatever a caller writes into headers."""

from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import Request

from orderwire.config.punchout import PunchoutSettings
from orderwire.web.console.guard import address_of, cookie_name
from orderwire.web.misses import Misses

PROXIES = ("10.0.0.1", "10.0.0.2")


def asked(peer: str, *headers: tuple[str, str], host: str = "orderwire.example") -> Request:
    pairs = [(name.encode(), value.encode()) for name, value in (("host", host), *headers)]
    return Request({"type": "http", "path": "/", "headers": pairs, "client": (peer, 1), "query_string": b""})


def context(**console: Any) -> Any:
    section = SimpleNamespace(**{"proxies": PROXIES, "plain_http": False, **console})
    return SimpleNamespace(services=SimpleNamespace(settings=SimpleNamespace(console=section)))


@pytest.mark.parametrize(
    ("peer", "lines", "address"),
    [
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("10.0.0.1", ["198.51.100.1, 192.0.2.7"], "192.0.2.7"),
        ("10.0.0.1", ["198.51.100.1", "192.0.2.7"], "192.0.2.7"),
        ("10.0.0.1", ["198.51.100.1, 192.0.2.7, 10.0.0.2"], "192.0.2.7"),
        ("10.0.0.1", ["10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [""], "10.0.0.1"),
    ],
    ids=["no proxy", "silent", "one", "spoofed", "spoofed line", "two proxies", "proxy itself", "empty"],
)
def test_an_address_is_what_our_proxies_say(peer: str, lines: list[str], address: str) -> None:
    """The last that is no proxy of ours: a caller's own words, in the same line or one before it, do not count."""
    headers = [("x-forwarded-for", line) for line in lines]

    assert address_of(asked(peer, *headers), context()) == address


@pytest.mark.parametrize("lines", [["guess, 192.0.2.7"], ["guess", "192.0.2.7"], ["192.0.2.7"]])
def test_a_guesser_cannot_change_his_name(lines: list[str]) -> None:
    """What a proxy appends to counts by its last entry."""
    misses = Misses(PunchoutSettings(client_header="X-Forwarded-For"))

    assert misses.caller(asked("10.0.0.1", *(("x-forwarded-for", line) for line in lines))) == "192.0.2.7"


@pytest.mark.parametrize(
    ("host", "headers", "name"),
    [
        ("localhost:8000", [], "ow_session"),
        ("127.0.0.1:8000", [], "ow_session"),
        ("orderwire.example", [], "__Host-ow_session"),
        ("localhost.evil.example", [], "__Host-ow_session"),
        ("127.0.0.1:8000", [("x-forwarded-for", "192.0.2.7")], "__Host-ow_session"),
        ("127.0.0.1:8000", [("via", "1.1 proxy")], "__Host-ow_session"),
    ],
)
def test_only_this_machine_does_without_https(host: str, headers: list[tuple[str, str]], name: str) -> None:
    """Not a proxy on it that calls us by its name."""
    assert cookie_name(asked("127.0.0.1", *headers, host=host), context()) == name
