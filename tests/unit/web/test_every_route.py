"""Every route of the app by everybody who could call it: who gets in is written down, and nobody else does."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

import pytest
from argon2 import PasswordHasher
from fastapi.routing import APIRoute

from fakes.browser import PASSWORD, Browser
from orderwire.ports.access import Permission, Role
from orderwire.store import passwords
from unit.web.conftest import Build, Site
from unit.web.test_console_access import TABLE as CONSOLE

CALLERS: Final = ("nobody", "guesser", "acme", "rival", "shop", "other shop", "admin", "token")
ANYBODY: Final = frozenset(CALLERS)
#: Route: who gets in, what they get, and what everybody else gets. Addresses name acme's own and unknown ids.
OUTSIDE: Final[dict[tuple[str, str], tuple[frozenset[str], set[int], int]]] = {
    ("GET", "/"): (ANYBODY, {307}, 0),
    ("GET", "/api/docs"): (ANYBODY, {200}, 0),
    ("GET", "/api/openapi.json"): (ANYBODY, {200}, 0),
    ("HEAD", "/api/openapi.json"): (ANYBODY, {200}, 0),
    ("GET", "/health/live"): (ANYBODY, {200}, 0),
    ("GET", "/health/ready"): (ANYBODY, {200}, 0),
    ("GET", "/metrics"): (ANYBODY, {200}, 0),
    ("GET", "/api/v1/orders"): (frozenset({"acme", "rival"}), {200}, 401),
    ("POST", "/api/v1/orders"): (frozenset({"acme", "rival"}), {400}, 401),
    ("GET", "/api/v1/orders/{order_id}"): (frozenset({"acme", "rival"}), {404}, 401),
    ("POST", "/api/v1/order-changes"): (frozenset({"acme", "rival"}), {400}, 401),
    ("GET", "/api/v1/order-changes/{document_id}"): (frozenset({"acme", "rival"}), {404}, 401),
    ("GET", "/api/v1/stock"): (frozenset({"acme", "rival"}), {422}, 401),
    ("POST", "/edi/{partner}"): (frozenset({"acme"}), {422}, 401),
    # The proof of who sends stands in the document, and in its answer what is wrong with it.
    ("POST", "/cxml"): (ANYBODY, {200}, 0),
    ("POST", "/as2"): (ANYBODY, {404}, 0),
    # The address is the proof.
    ("GET", "/punchout/start/{token}"): (ANYBODY, {404}, 0),
    ("GET", "/punchout/return/{cart_id}"): (ANYBODY, {404}, 0),
    ("GET", "/punchout/sessions/{session_id}"): (frozenset({"shop", "other shop"}), {404}, 401),
    ("POST", "/punchout/sessions/{session_id}/cart"): (frozenset({"shop", "other shop"}), {404, 422}, 401),
    ("POST", "/punchout/sessions/{session_id}/cancel"): (frozenset({"shop", "other shop"}), {404}, 401),
    # The proof stands in the fields.
    ("GET", "/oci/{partner}"): (frozenset(), set(), 403),
    ("POST", "/oci/{partner}"): (frozenset(), set(), 403),
}
#: Who is somebody, but not the one whose address it is.
ELSEWHERE: Final = {("rival", "/edi/{partner}"): 404}


@pytest.fixture
def site(build: Build) -> Site:
    shop: dict[str, Any] = {"url": "https://shop.example.com/enter"}
    keys = {name: hashlib.sha256(f"{name} key".encode()).hexdigest() for name in ("shop", "other shop")}
    shops = {name: {**shop, "key_sha256": digest} for name, digest in keys.items()}
    return build(punchout={"url": "https://o.example", "shops": shops, "misses_per_minute": 1000})


def routes_of(routes: Iterable[Any]) -> Iterator[APIRoute]:
    for route in routes:
        yield from routes_of(route.original_router.routes) if hasattr(route, "original_router") else [route]


def test_every_route_is_in_a_table(site: Site) -> None:
    """Whoever adds one says here, or in the console's table, who may call it."""
    found = {(method, route.path) for route in routes_of(site.app.routes) for method in route.methods or ()}

    assert found == set(OUTSIDE) | set(CONSOLE)


def test_every_route_outside_the_console_by_everybody(site: Site) -> None:
    """A key opens its own door: a partner's no shop's, a shop's no partner's, the console's neither of them."""
    browser = Browser(site.services, site.app).become(Role.ADMIN, name="ada")
    token = site.services.accounts.add_token("ada", "all", list(Permission), 1, who="test")
    headers: dict[str, dict[str, str]] = {
        "nobody": {}, "guesser": {"X-Api-Key": "guess"}, "admin": {}, "token": {"Authorization": f"Bearer {token}"},
        "acme": {"X-Api-Key": "acme-key"}, "rival": {"X-Api-Key": "rival-key"},
        "shop": {"X-Api-Key": "shop key"}, "other shop": {"X-Api-Key": "other shop key"},
    }  # fmt: skip
    wrong = []
    for (method, template), (insiders, theirs, others) in OUTSIDE.items():
        path = template.replace("{partner}", "acme").replace("{", "").replace("}", "")
        for caller in CALLERS:
            agent = browser if caller == "admin" else Browser(site.services, site.app)
            status = agent.send(method, path, headers=headers[caller]).status_code
            wanted = theirs if caller in insiders else {ELSEWHERE.get((caller, template), others)}
            if status not in wanted:
                wrong.append(f"{method} {path} by {caller}: {status}, not {wanted}")

    assert wrong == []


@pytest.mark.parametrize("header", [{"X-Api-Key": "acme-key"}, {"Authorization": "Bearer acme-key"}])
def test_a_partners_key_opens_no_page_of_the_console(site: Site, header: dict[str, str]) -> None:
    """Neither to look nor to act."""
    stranger = Browser(site.services, site.app)
    calls = [(method, path.replace("{", "").replace("}", "")) for (method, path), who in CONSOLE.items() if who]

    statuses = {stranger.send(method, path, headers=header).status_code for method, path in calls}

    assert statuses <= {303, 401}


def test_no_other_method_does_anything(site: Site) -> None:
    """No other verb writes, nor does one in a header or a field."""
    browser = Browser(site.services, site.app).become(Role.ADMIN)
    paths = [path for (method, path), who in CONSOLE.items() if method == "POST" and who]
    headers = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST"}
    only_post = [path for path in paths if ("GET", path) not in CONSOLE]

    asked = {browser.send("GET", path, headers=headers, params={"_method": "POST"}).status_code for path in only_post}
    others = {browser.send(verb, path).status_code for path in paths for verb in ("PUT", "PATCH", "DELETE")}

    assert asked <= {404, 405}
    assert others == {405}


def test_a_new_password_ends_every_other_login(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever held the session that was stolen is out; who changed it goes on under a new one."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    site.services.accounts.add("ada", PASSWORD, Role.VIEWER, [], who="test")
    thief, ada = Browser(site.services, site.app), Browser(site.services, site.app)
    for browser in (thief, ada):
        assert browser.login("ada").status_code == 303
    ada.get("/console/me")
    before, new = ada.secret, "another long password"

    changed = ada.post("/console/me/password", {"old": PASSWORD, "new": new, "again": new})

    assert (changed.status_code, ada.secret != before) == (303, True)
    assert thief.get("/console/me").status_code == 303
    assert ada.get("/console/me").status_code == 200


@pytest.mark.parametrize("new", ["short", "eleven char", "x" * 257])
def test_a_password_is_long(site: Site, new: str) -> None:
    """From 12 to 256 characters; nothing else is asked of it."""
    browser = Browser(site.services, site.app).become(Role.ADMIN)

    answer = browser.post("/console/people", {"name": "bob", "password": new, "role": "viewer"})

    assert answer.status_code == 422
