"""Punch-out over HTTP: set-up, StartPage, what the shop calls, and the page that returns the cart."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html import unescape
from typing import Any, Final

import httpx
import pytest
from lxml import etree
from structlog.testing import capture_logs

from cxmlwire import BUYER, SECRET, cxml
from fakes.erp import FakeErp
from orderwire.errors import OutageError
from orderwire.pipeline.punchout import Visit
from orderwire.pipeline.punchout_cart import Carts
from orderwire.ports.journal import DocumentQuery
from orderwire.ports.punchout import CartRecord
from unit.web.conftest import Build, Site

SHOP_KEY: Final = "shop-key"
LINE: Final = {
    "item_no": "1001",
    "description": "Cordless drill",
    "quantity": "2",
    "unit": "PCE",
    "unit_price": "89.90",
    "classifications": [{"domain": "UNSPSC", "code": "27112700"}],
}
CART: Final = {"currency": "EUR", "lines": [LINE]}
HOSTILE: Final = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"


class Street:
    """A site with a shop and a buyer, and NAV as it is or away."""

    def __init__(self, site: Site) -> None:
        self.site, self.nav = site, FakeErp()
        erp: Any = site.erp
        for name in ("customer", "items", "stock"):
            setattr(erp, name, getattr(self.nav, name))

    def set_up(self, operation: str = "create", url: str = "https://buyer.example.com/cart", more: str = "") -> str:
        """Return the code of the answer's Status, or the path of the StartPage."""
        form = f"<BrowserFormPost><URL>{url}</URL></BrowserFormPost>"
        content = f"<BuyerCookie>c&amp;1</BuyerCookie>{form}{more}"
        body = f'<Request><PunchOutSetupRequest operation="{operation}">{content}</PunchOutSetupRequest></Request>'
        reply = self.site.call("POST", "/cxml", content=cxml(body), partner=None)
        root = etree.fromstring(reply.content)
        start = root.findtext("Response/PunchOutSetupResponse/StartPage/URL")
        if start is None:
            return str(root.xpath("string(Response/Status/@code)"))
        assert start.startswith("https://orders.example.com/punchout/start/")
        return start.removeprefix("https://orders.example.com")

    def get(self, path: str) -> httpx.Response:
        return self.site.call("GET", path, partner=None)

    def shop(self, method: str, path: str, key: str = SHOP_KEY, **request: Any) -> httpx.Response:
        """Call as the shop does."""
        return self.site.call(method, f"/punchout/sessions/{path}", partner=None, headers={"X-Api-Key": key}, **request)

    def entered(self, operation: str = "create", **set_up: str) -> str:
        """Return the id of a session that the browser has entered."""
        reply = self.get(self.set_up(operation, **set_up))
        assert reply.status_code == 303
        return reply.headers["location"].removeprefix("https://shop.example.com/enter?session=")

    def posted(self, session: str, **changes: Any) -> dict[str, Any]:
        reply = self.shop("POST", f"{session}/cart", json=CART | changes)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def page(self, answer: dict[str, Any]) -> httpx.Response:
        return self.get(answer["return_url"].removeprefix("https://orders.example.com"))


@pytest.fixture
def street(build: Build) -> Street:
    return opened(build)


def opened(build: Build, profile: str = "", **punchout: Any) -> Street:
    shop = {"url": "https://shop.example.com/enter", "key_sha256": hashlib.sha256(SHOP_KEY.encode()).hexdigest()}
    other = {**shop, "key_sha256": hashlib.sha256(b"other-key").hexdigest()}
    settings = {"url": "https://orders.example.com", "shops": {"demo": shop, "other": other}, **punchout}
    site = build(punchout=settings)
    config = site.services.settings.config_dir
    (config / "codes").mkdir()
    (config / "codes/units.csv").write_text("code,erp_unit\nPCE,PCS\n")
    (config / "partners/procure").mkdir()
    (config / "partners/procure/partner.yaml").write_text(
        f"""name: Procure & Söhne
customer_no: C10000
cxml:
  identities: [{{domain: NetworkID, identity: {BUYER}}}]
  ours: [{{domain: DUNS, identity: "4099998000013"}}]
  shared_secret_sha256: {hashlib.sha256(SECRET.encode()).hexdigest()}
punchout:
  shop: demo
  return_origins: ["https://buyer.example.com"]
{profile}"""
    )
    return Street(site)


def document_of(page: httpx.Response) -> etree._Element:
    """Return the document in the page's form, as a browser would post it."""
    match = re.search(r'name="cXML-(\w+)" value="([^"]*)"', page.text)
    assert match is not None, page.text
    value = unescape(match[2])
    return etree.fromstring(base64.b64decode(value) if match[1] == "base64" else value.encode())


def test_a_set_up_leads_to_the_shop_and_back(street: Street) -> None:
    """The whole way: StartPage, session, cart, document."""
    session = street.entered()
    told = street.shop("GET", session).json()
    answer = street.posted(session)
    page = street.page(answer)

    assert (told["state"], told["operation"], told["partner"], told["ended"]) == ("entered", "create", "procure", False)
    assert (answer["state"], answer["findings"]) == ("ready", [])
    root = document_of(page)
    assert root.findtext("Message/PunchOutOrderMessage/BuyerCookie") == "c&1"
    assert root.findtext("Message/PunchOutOrderMessage/ItemIn/ItemID/SupplierPartID") == "1001"
    assert 'action="https://buyer.example.com/cart"' in page.text
    assert "<button" in page.text
    assert street.page(answer).status_code == 200
    assert document_of(street.page(answer)).get("payloadID") == root.get("payloadID")
    assert street.shop("GET", session).json()["state"] == "returned"


def test_base64_where_the_partner_takes_it(build: Build) -> None:
    """The same document, coded."""
    street = opened(build, "  cart_field: cXML-base64\n")

    page = street.page(street.posted(street.entered()))

    assert 'name="cXML-base64"' in page.text
    assert document_of(page).findtext("Message/PunchOutOrderMessage/BuyerCookie") == "c&1"


def test_a_start_page_opens_once(street: Street) -> None:
    """Then it says how to go on; so does one that is a guess."""
    path = street.set_up()

    assert street.get(path).status_code == 303
    used, guessed = street.get(path), street.get("/punchout/start/guess")

    assert (used.status_code, guessed.status_code) == (410, 404)
    assert "used before" in used.text
    assert "purchasing system" in guessed.text


def test_guessing_is_stopped(build: Build) -> None:
    """Wrong tokens, wrong keys, wrong ids: all count, and then nothing is answered for the rest of the minute."""
    street = opened(build, misses_per_minute=3)
    path = street.set_up()

    assert street.get("/punchout/start/guess").status_code == 404
    assert street.shop("GET", "guess", key="wrong").status_code == 401
    assert street.shop("GET", "guess").status_code == 404
    with capture_logs() as logs:
        refused = street.get(path)

    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert street.get("/punchout/return/guess").status_code == 429
    assert path.rpartition("/")[2] not in str(logs)


def test_a_proxy_names_the_callers(build: Build) -> None:
    """One guesser behind it does not shut out the others."""
    street = opened(build, misses_per_minute=1, client_header="X-Real-IP")
    path = street.set_up()

    def come(address: str, where: str) -> int:
        return street.site.call("GET", where, partner=None, headers={"X-Real-IP": address}).status_code

    assert come("198.51.100.7", "/punchout/start/guess") == 404
    assert come("198.51.100.7", path) == 429
    assert come("198.51.100.8", path) == 303


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/cart", "javascript:alert(1)", "https://buyer.example.com@evil.example/", "//evil.example/"],
)
def test_no_form_is_posted_elsewhere(street: Street, url: str) -> None:
    """The set-up is refused, for good."""
    assert street.set_up(url=url) == "403"


def test_a_set_up_that_cannot_be_done_says_why(street: Street) -> None:
    """An unknown operation, a buyer that does not shop; and a shop that is missing is our mistake."""
    assert street.set_up("delete") == "450"
    config = street.site.services.settings.config_dir / "partners/procure/partner.yaml"
    text = config.read_text()
    config.write_text(text.replace("shop: demo", "shop: gone"))
    assert street.set_up() == "500"
    config.write_text(text[: text.index("punchout:")])
    assert street.set_up() == "403"


def test_each_shop_has_its_own_key(street: Street) -> None:
    """None, a wrong one, and another shop's find nothing."""
    session = street.entered()

    assert street.shop("GET", session, key="").status_code == 401
    assert street.shop("GET", session, key="wrong").status_code == 401
    assert street.shop("GET", session, key="other-key").status_code == 404
    assert street.shop("POST", f"{session}/cart", key="other-key", json=CART).status_code == 404
    assert street.shop("POST", f"{session}/cancel", key="other-key").status_code == 404


@pytest.mark.parametrize(
    "cart",
    [
        b"",
        b"{",
        b"[]",
        json.dumps(CART | {"lines": []}).encode(),
        json.dumps(CART | {"currency": "euro"}).encode(),
        json.dumps(CART | {"lines": [LINE | {"quantity": 0}]}).encode(),
        json.dumps(CART | {"lines": [LINE | {"quantity": True}]}).encode(),
        json.dumps(CART | {"lines": [LINE | {"quantity": "NaN"}]}).encode(),
        json.dumps(CART | {"lines": [LINE | {"unit_price": -1}]}).encode(),
        json.dumps(CART | {"lines": [LINE | {"colour": "red"}]}).encode(),
        json.dumps(CART | {"lines": [LINE | {"description": "a\0b"}]}).encode(),
        json.dumps(CART | {"lines": [LINE | {"url": "javascript:alert(1)"}]}).encode(),
        json.dumps(CART | {"lines": [LINE | {"line_no": "2"}, LINE]}).encode(),
        b"\xff\xfe",
    ],
)
def test_a_cart_that_is_none_is_refused(street: Street, cart: bytes) -> None:
    """422, with where and why; the session goes on. A number that stands twice is caught wherever it comes from."""
    session = street.entered()

    reply = street.shop("POST", f"{session}/cart", content=cart)

    assert reply.status_code == 422
    assert reply.json()["errors"]
    assert street.shop("GET", session).json()["ended"] is False


def test_a_stopped_cart_says_why(street: Street) -> None:
    """To the shop, and to the browser that comes all the same."""
    answer = street.posted(street.entered(), lines=[LINE, LINE | {"item_no": "1007", "line_no": "9"}])
    page = street.page(answer)

    assert answer["state"] == "stopped"
    assert answer["findings"] == [{"line_no": "9", "code": "out_of_stock", "text": "not in stock"}]
    assert page.status_code == 409
    assert "Line 9" in page.text
    assert "https://shop.example.com/enter?session=" in page.text
    assert "<form" not in page.text


def test_while_nav_is_away_the_cart_is_kept(street: Street) -> None:
    """The page says so; later the same address goes on."""
    answers = []
    street.nav.fail("stock", OutageError("NAV is away", url="http://nav.internal"), times=2)
    session = street.entered()

    answers.append(street.posted(session))
    waiting = street.page(answers[0])
    ready = street.page(answers[0])

    assert answers[0]["state"] == "unchecked"
    assert (waiting.status_code, ready.status_code) == (503, 200)
    assert "Your cart is kept" in waiting.text
    assert "nav.internal" not in waiting.text


def test_cancelling_is_204_and_never_an_empty_cart(street: Street) -> None:
    """Also when the buyer looks at a cart only."""
    for operation in ("create", "edit", "inspect"):
        session = street.entered(operation)
        page = street.page(street.shop("POST", f"{session}/cancel").json())
        root = document_of(page)

        assert root.xpath("string(Message/Status/@code)") == "204"
        assert root.find("Message/PunchOutOrderMessage/ItemIn") is None
        assert street.shop("POST", f"{session}/cart", json=CART).status_code == 410


def test_only_the_partners_sites_may_frame_the_page(build: Build) -> None:
    """By frame-ancestors, without the older header beside it; and nobody, unless the profile names somebody."""
    street = opened(build, "  frame_ancestors: [https://buyer.example.com]\n")
    page = street.page(street.posted(street.entered()))
    ended = street.get("/punchout/start/guess")

    policy = page.headers["content-security-policy"]
    assert "frame-ancestors https://buyer.example.com" in policy
    assert "x-frame-options" not in page.headers
    assert page.headers["cross-origin-opener-policy"] == "unsafe-none"
    assert "frame-ancestors 'none'" in ended.headers["content-security-policy"]
    assert ended.headers["x-frame-options"] == "DENY"
    assert "unsafe-inline" not in policy
    [nonce] = set(re.findall(r'nonce="([^"]+)"', page.text))
    assert f"script-src 'nonce-{nonce}'" in policy


def test_no_page_sets_or_needs_a_cookie(street: Street) -> None:
    """Stale ones cannot win, and blocked ones are not missed."""
    path = street.set_up()
    stale = {"Cookie": "session=old; orderwire=old"}

    start = street.site.call("GET", path, partner=None, headers=stale)
    page = street.page(street.posted(start.headers["location"].rpartition("=")[2]))

    assert start.status_code == 303
    assert "set-cookie" not in start.headers
    assert "set-cookie" not in page.headers


def test_what_hostile_fields_hold_stays_text(build: Build) -> None:
    """In names, cookies and descriptions: escaped once, and read back as it was."""
    street = opened(build)
    escaped = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    more = f'<Extrinsic name="{escaped}">{escaped}</Extrinsic>'
    session = street.entered(more=more)
    told = street.shop("GET", session).json()
    page = street.page(street.posted(session, lines=[LINE | {"description": HOSTILE}]))

    assert told["extrinsics"] == {HOSTILE: HOSTILE}
    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    [item] = document_of(page).iterfind("Message/PunchOutOrderMessage/ItemIn")
    assert item.findtext("ItemDetail/Description") == HOSTILE


def test_secrets_stand_in_no_log_page_or_journal(street: Street) -> None:
    """Neither the buyer's secret, nor the shop's key, nor the token once it is used."""
    with capture_logs() as logs:
        path = street.set_up()
        session = street.get(path).headers["location"].rpartition("=")[2]
        page = street.page(street.posted(session))
    with street.site.services.store.begin() as tx:
        journal = repr([(one, tx.journal.steps(one.correlation_id)) for one in tx.journal.find(DocumentQuery())])

    for secret in (SECRET, SHOP_KEY, path.rpartition("/")[2]):
        assert secret not in f"{logs}{page.text}{page.headers}{journal}"
    assert session not in str(logs)


def test_a_cart_that_cannot_be_written_is_told(street: Street) -> None:
    """The partner's profile has lost its cXML section meanwhile."""
    answer = street.posted(street.entered())
    config = street.site.services.settings.config_dir / "partners/procure/partner.yaml"
    config.write_text(re.sub(r"cxml:\n(  .*\n)+", "", config.read_text()))

    page = street.page(answer)

    assert page.status_code == 422
    assert "speaks no cXML" in page.text


def test_an_expired_visit_goes_back_without_a_cart(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page offers the way back; it does not take it by itself."""
    answer, found = street.posted(street.entered("edit")), Carts._found

    def over(carts: Carts, cart_id: str) -> tuple[CartRecord, Visit]:
        record, visit = found(carts, cart_id)
        return record, replace(visit, session=replace(visit.session, expires_at=visit.session.opened_at))

    monkeypatch.setattr(Carts, "_found", over)
    page = street.page(answer)

    assert "has run out" in page.text
    assert "<script" not in page.text
    assert document_of(page).xpath("string(Message/Status/@code)") == "204"
