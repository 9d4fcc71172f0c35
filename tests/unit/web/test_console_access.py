"""Access to the console: who gets in, who may what, and what nobody can make another's browser do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from argon2 import PasswordHasher
from fastapi.routing import APIRoute

from fakes.browser import PASSWORD, Browser
from orderwire.errors import AccessRefusedError, ConfigurationError
from orderwire.pipeline.access import FREE_OF_ACCOUNT, FREE_OF_ADDRESS
from orderwire.ports.access import Permission, Role
from orderwire.ports.clock import system_clock
from orderwire.store import passwords
from orderwire.web.app import create_app
from orderwire.web.console.routes import PARTS

#: What each route asks for; nothing: anybody may call it.
TABLE: Final[dict[tuple[str, str], Permission | None]] = {
    ("GET", "/console/login"): None,
    ("POST", "/console/login"): None,
    ("GET", "/console/static/{name}"): None,
    ("POST", "/console/logout"): Permission.LOOK,
    ("GET", "/console/me"): Permission.LOOK,
    ("POST", "/console/me/password"): Permission.LOOK,
    ("POST", "/console/me/tokens"): Permission.LOOK,
    ("POST", "/console/me/tokens/{token_id}/end"): Permission.LOOK,
    ("GET", "/console/people"): Permission.MANAGE,
    ("POST", "/console/people"): Permission.MANAGE,
    ("POST", "/console/people/{name}"): Permission.MANAGE,
    ("POST", "/console/people/{name}/password"): Permission.MANAGE,
    ("GET", "/console"): Permission.LOOK,
    ("GET", "/console/now"): Permission.LOOK,
    ("GET", "/console/messages"): Permission.LOOK,
    ("GET", "/console/orders"): Permission.LOOK,
    ("POST", "/console/orders/{order_id}/release"): Permission.ACT,
    ("POST", "/console/orders/{order_id}/refuse"): Permission.ACT,
    ("POST", "/console/searches"): Permission.LOOK,
    ("POST", "/console/searches/forget"): Permission.LOOK,
    ("GET", "/console/documents/{document_id}"): Permission.LOOK,
    ("GET", "/console/documents/{document_id}/raw"): Permission.LOOK,
    ("GET", "/console/failures"): Permission.LOOK,
    ("GET", "/console/failures/{group_id}"): Permission.LOOK,
    ("POST", "/console/failures/{group_id}/note"): Permission.ACT,
    ("POST", "/console/failures/{group_id}/codes"): Permission.MEND,
    ("POST", "/console/failures/{group_id}/discard"): Permission.ACT,
    ("GET", "/console/parked/{parked_id}"): Permission.LOOK,
    ("POST", "/console/parked/{parked_id}/replay"): Permission.ACT,
    ("POST", "/console/parked/{parked_id}/discard"): Permission.ACT,
    ("POST", "/console/parked/{parked_id}/edit"): Permission.MEND,
    ("GET", "/console/replays"): Permission.LOOK,
    ("POST", "/console/replays"): Permission.ACT,
    ("GET", "/console/replays/{run_id}"): Permission.LOOK,
    ("GET", "/console/replays/{run_id}/part"): Permission.LOOK,
    ("POST", "/console/replays/{run_id}/try"): Permission.ACT,
    ("POST", "/console/replays/{run_id}/start"): Permission.ACT,
    ("POST", "/console/replays/{run_id}/cancel"): Permission.ACT,
    ("GET", "/console/partners"): Permission.LOOK,
    ("GET", "/console/partners/{key}"): Permission.LOOK,
    ("POST", "/console/partners/{key}/test"): Permission.LOOK,
    ("GET", "/console/queues"): Permission.LOOK,
    ("GET", "/console/audit"): Permission.LOOK,
}
ROUTES = sorted(TABLE)


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> Any:
        return system_clock() + self.ahead


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def browser(site: Any, clock: Clock) -> Browser:
    services = replace(site.services, clock=clock)
    return Browser(services, create_app(services))


@pytest.fixture
def another(browser: Browser) -> Callable[[], Browser]:
    return lambda: Browser(browser.services, browser._app)


def add_user(browser: Browser, name: str = "ada", role: Role = Role.ADMIN) -> None:
    browser.services.accounts.add(name, PASSWORD, role, [], who="test")


def path_of(template: str) -> str:
    return template.replace("{name}", "console.css").replace("{token_id}", "0").replace("{", "").replace("}", "")


def test_the_table_names_every_route() -> None:
    """A route that nobody has thought about fails here."""
    routes = [route for part in PARTS for route in part.routes if isinstance(route, APIRoute)]

    assert {(method, route.path) for route in routes for method in route.methods or ()} == set(TABLE)


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role or "nobody")
def test_every_route_by_every_role(browser: Browser, role: Role | None) -> None:
    """What a role may not is refused with 403, and without a login nothing but the login page is there."""
    for method, template in ROUTES:
        needed = TABLE[method, template]
        if role is not None:
            browser.become(role)
        answer = browser.get(path_of(template)) if method == "GET" else browser.post(path_of(template))
        place = f"{method} {template}: {answer.status_code}"
        if needed is None:
            assert answer.status_code in {200, 401, 403}, place  # 403: the login form without its own cookie
        elif role is None:
            wanted = 303 if method == "GET" else 401
            assert answer.status_code == wanted, place
            assert method == "POST" or answer.headers["location"].startswith("/console/login?next="), place
        else:
            refused = "asks for the permission" in answer.text
            assert refused == (needed not in role.permissions), place
            assert not refused or answer.status_code == 403, place


@pytest.mark.parametrize("route", [route for route in ROUTES if route[0] == "POST"], ids=lambda route: route[1])
@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"csrf": ""}, {}),
        ({"csrf": "guessed"}, {}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
        ({}, {"Sec-Fetch-Site": "same-site"}),
    ],
    ids=["none", "guessed", "cross-site", "same-site"],
)
def test_a_form_of_another_page_does_nothing(
    browser: Browser, route: tuple[str, str], fields: dict[str, str], headers: dict[str, str]
) -> None:
    """Whoever is logged in, a form without this session's token, or from another site, is refused."""
    browser.become(Role.ADMIN)

    answer = browser.post(path_of(route[1]), fields, headers=headers)

    assert answer.status_code == 403


def test_nothing_is_done_by_looking(browser: Browser) -> None:
    """No GET leaves anything behind in the store: no row of any table changes."""
    browser.become(Role.ADMIN)
    before = everything(browser)

    for method, template in ROUTES:
        if method == "GET":
            browser.get(path_of(template))

    assert everything(browser) == before


def everything(browser: Browser) -> str:
    store: Any = browser.services.store
    with store._database.begin() as connection:
        return "\n".join(connection.connection.dbapi_connection.iterdump())


def test_a_login_gets_a_new_session_id(browser: Browser) -> None:
    """A session id that somebody planted, or that was there before, is not the one that is logged in."""
    add_user(browser)
    browser.hold("planted")

    answer = browser.login("ada")
    first = browser.secret
    browser.login("ada")
    second = browser.secret

    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert len({"planted", first, second}) == 3
    assert browser.get("/console/me").status_code == 200
    browser.hold(first)
    assert browser.get("/console/me").status_code == 303, "the session before has ended"


def test_the_store_holds_no_secret(browser: Browser) -> None:
    """Neither password nor session nor token can be read from the database."""
    add_user(browser)
    browser.login("ada")
    token = browser.services.accounts.add_token("ada", "report", [Permission.LOOK], 1, who="test")

    dump = everything(browser)

    assert "$argon2id$" in dump
    assert not any(secret in dump for secret in (PASSWORD, browser.secret, token))


@pytest.mark.parametrize(("ahead", "status"), [(29, 200), (31, 303)])
def test_a_session_ends_when_idle(browser: Browser, clock: Clock, ahead: int, status: int) -> None:
    """After half an hour without a call."""
    browser.become(Role.VIEWER)
    clock.ahead = timedelta(minutes=ahead)

    assert browser.get("/console/me").status_code == status


def test_a_session_ends_after_hours(browser: Browser, clock: Clock) -> None:
    """However busy it was."""
    browser.become(Role.VIEWER)
    answers = []
    for _ in range(36):
        clock.ahead += timedelta(minutes=20)
        answers.append(browser.get("/console/me").status_code)

    assert answers == [200] * 35 + [303]


def test_logging_out_ends_the_session(browser: Browser) -> None:
    """The cookie is worth nothing afterwards."""
    browser.become(Role.VIEWER)
    secret = browser.secret

    browser.post("/console/logout")
    browser.hold(secret)

    assert browser.get("/console/me").status_code == 303


def test_guessing_is_slowed_down(browser: Browser, clock: Clock, another: Callable[[], Browser]) -> None:
    """After some wrong passwords an account waits, longer each time; even the right one is not tried meanwhile."""
    add_user(browser)
    wrong = [browser.login("ada", "wrong").status_code for _ in range(FREE_OF_ACCOUNT)]

    held = another().login("ada")
    clock.ahead += timedelta(seconds=3)
    freed = browser.login("ada")

    assert wrong == [401] * FREE_OF_ACCOUNT
    assert (held.status_code, held.headers["retry-after"]) == (429, "2")
    assert freed.status_code == 303


def test_nobody_is_locked_out_by_who_guesses(browser: Browser, another: Callable[[], Browser]) -> None:
    """A browser that ada logged in with goes on, though her account and everybody's address wait; not for others."""
    add_user(browser)
    add_user(browser, "bob")
    browser.login("ada")
    browser.post("/console/logout")
    guesser = another()
    guesses = [guesser.login(f"user-{number}", "wrong").status_code for number in range(FREE_OF_ADDRESS + 1)]

    statuses = [another().login("ada").status_code, browser.login("bob").status_code, browser.login("ada").status_code]

    assert guesses[-1] == 429
    assert statuses == [429, 429, 303]


def test_a_known_browser_guesses_no_faster(browser: Browser) -> None:
    """It waits like an account, for itself."""
    add_user(browser)
    browser.login("ada")

    answers = [browser.login("ada", "wrong").status_code for _ in range(FREE_OF_ACCOUNT + 1)]

    assert answers == [401] * FREE_OF_ACCOUNT + [429]


def test_a_guesser_with_a_network_is_one(browser: Browser) -> None:
    """He has as many IPv6 addresses as he likes."""
    access = browser.services.access
    for number in range(FREE_OF_ADDRESS):
        with pytest.raises(AccessRefusedError, match="wrong"):
            access.login(f"user-{number}", "wrong", f"2001:db8::{number:x}")

    with pytest.raises(AccessRefusedError, match="wait"):
        access.login("ada", "wrong", "2001:db8::ffff:ffff:ffff:1")
    with pytest.raises(AccessRefusedError, match="wrong"):
        access.login("ada", "wrong", "2001:db8:0:1::1")


def test_guessing_names_tells_nothing(browser: Browser) -> None:
    """An unknown name, a disabled user and a wrong password get the same page."""
    add_user(browser)
    add_user(browser, "bob")
    browser.services.accounts.change("bob", role=Role.VIEWER, partners=[], disabled=True, who="test")

    pages = [browser.login(name, "wrong password") for name in ("ada", "nobody", "bob")]
    right = browser.login("bob")

    assert {page.status_code for page in [*pages, right]} == {401}
    texts = {page.text.replace(browser.csrf, "") for page in pages}
    assert len({text[text.index("<body") : text.index("<form")] for text in texts}) == 1


def test_an_address_that_tries_many_names_waits(browser: Browser) -> None:
    """Guessing one password for many accounts is slowed down by the address."""
    answers = [browser.login(f"user-{number}", "Summer2026!").status_code for number in range(31)]

    assert answers[-1] == 429
    assert set(answers[:-1]) == {401}


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/console\\..//evil", "/consoles", "javascript:x"],
)
def test_a_login_leads_nowhere_else(browser: Browser, target: str) -> None:
    """The page to go on to is one of ours, or the first."""
    add_user(browser)
    browser.get("/console/login")

    answer = browser.post("/console/login", {"name": "ada", "password": PASSWORD, "next": target})

    assert answer.headers["location"] == "/console"


def test_over_https_the_cookie_is_for_https_and_this_host_only(site: Any) -> None:
    """Scripts cannot read it, other hosts cannot set it."""
    browser = Browser(site.services, site.app, "https://orderwire.example")
    add_user(browser)

    answer = browser.login("ada")

    [cookie] = [line for line in answer.headers.get_list("set-cookie") if "ow_session" in line]
    assert cookie.startswith("__Host-ow_session=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}


def test_every_page_says_what_it_may_load(browser: Browser) -> None:
    """No script or style in the page, nothing from elsewhere, in nobody's frame, kept by nobody."""
    browser.become(Role.VIEWER)

    headers = browser.get("/console/me").headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


def test_a_token_may_what_its_scopes_say(browser: Browser) -> None:
    """No more than its user, and no more than it was made for; a form needs no page before it."""
    add_user(browser, role=Role.ADMIN)
    add_user(browser, "vera", Role.VIEWER)
    accounts = browser.services.accounts
    looks = accounts.add_token("ada", "report", [Permission.LOOK], 1, who="test")
    manages = accounts.add_token("ada", "robot", [Permission.LOOK, Permission.MANAGE], 1, who="test")
    hopes = accounts.add_token("vera", "robot", [Permission.MANAGE], 1, who="test")

    def call(token: str) -> int:
        return browser.get("/console/people", headers={"Authorization": f"Bearer {token}"}).status_code

    assert [call(looks), call(manages), call(hopes), call("ow_guess")] == [403, 200, 403, 401]
    accounts.change("vera", role=Role.VIEWER, partners=[], disabled=True, who="test")
    assert call(hopes) == 401


def test_a_program_gets_json(browser: Browser) -> None:
    """Every page is also its data."""
    browser.become(Role.ADMIN)

    answer = browser.get("/console/people", headers={"Accept": "application/json"})

    assert answer.json()["users"][0]["role"] == "admin"


def test_an_admin_adds_and_disables_people(browser: Browser, another: Callable[[], Browser]) -> None:
    """By the console's forms; a disabled user's session ends at once, and every act is in the audit."""
    add_user(browser)
    browser.login("ada")
    browser.get("/console/people")
    fields = {"name": "bob", "password": PASSWORD, "role": "operator", "partner": "acme"}
    added = browser.post("/console/people", fields)
    bob = another()
    bob.login("bob")

    changed = browser.post("/console/people/bob", {"role": "operator", "disabled": "yes"})

    assert (added.status_code, changed.status_code) == (303, 303)
    assert bob.get("/console/me").status_code == 303
    dump = everything(browser)
    assert "user added" in dump
    assert "user disabled" in dump


def test_a_changed_role_ends_every_session(browser: Browser) -> None:
    """Whoever may more or less than before logs in anew."""
    add_user(browser, "bob", Role.OPERATOR)
    add_user(browser)
    browser.login("bob")

    browser.services.accounts.change("bob", role=Role.VIEWER, partners=[], disabled=False, who="ada")

    assert browser.get("/console/me").status_code == 303


def test_the_last_admin_stays(browser: Browser) -> None:
    """Nobody can lock everybody out."""
    add_user(browser)

    with pytest.raises(ConfigurationError, match="somebody must be left"):
        browser.services.accounts.change("ada", role=Role.VIEWER, partners=[], disabled=False, who="test")


def test_an_admin_of_some_partners_manages_nobody(browser: Browser) -> None:
    """He could make himself one of all of them."""
    browser.become(Role.ADMIN, "acme")

    assert browser.post("/console/people", {"name": "x", "password": PASSWORD, "role": "admin"}).status_code == 403


def test_changing_the_password_ends_other_logins(browser: Browser, another: Callable[[], Browser]) -> None:
    """This one goes on, under a new session id."""
    add_user(browser)
    browser.login("ada")
    other = another()
    other.login("ada")
    browser.get("/console/me")

    answer = browser.post(
        "/console/me/password", {"old": PASSWORD, "new": "another long one", "again": "another long one"}
    )

    assert answer.status_code == 303
    assert browser.get("/console/me").status_code == 200
    assert other.get("/console/me").status_code == 303


@pytest.mark.parametrize("name", ["../../etc/passwd", "%2e%2e%2fsettings.py", "..\\console.css", "nothing.css"])
def test_static_files_are_a_fixed_few(browser: Browser, name: str) -> None:
    """No path leads out of them."""
    assert browser.get(f"/console/static/{name}").status_code == 404


def test_a_post_that_is_too_large_is_not_read(browser: Browser) -> None:
    """It is refused by its length, whatever it says."""
    browser.become(Role.ADMIN)

    answer = browser.post("/console/people", {"name": "x" * 100_000})

    assert answer.status_code == 413


@pytest.mark.parametrize("partners", ["nobody-knows"])
def test_a_scope_is_of_known_partners(browser: Browser, partners: str) -> None:
    """A slip of the pen does not make a user who sees nothing."""
    with pytest.raises(ConfigurationError, match="no such partner"):
        browser.services.accounts.add("x", PASSWORD, Role.VIEWER, [partners], who="test")
