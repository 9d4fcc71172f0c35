"""Punch-out in a real browser: from the set-up to the confirmation, in a frame, and off the straight way."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

import httpx
import pytest
from lxml import etree
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect

from orderwire.simulators.buyer.documents import ReturnedCart, read_xml
from orderwire.simulators.buyer.play import Buyer, said_by
from orderwire.simulators.shop.app import DEMO_SHOP_KEY
from orderwire.simulators.shop.catalogue import demo_catalogue
from services.street import Street

Shopping = Page | FrameLocator
DTD: Final = Path(__file__).resolve().parents[2].parent / "shared/corpus/cxml-dtd/Fulfill.dtd"
RECEIVED: Final = "Cart received"


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context()
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def buyer(street: Street) -> Buyer:
    return street.buyer()


@pytest.fixture
def photograph(screenshots: Path) -> Callable[[Page, str], None]:
    """Keep a picture of a page, light and dark."""

    def take(page: Page, name: str) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=screenshots / f"punchout-{name}-{scheme}.png")

    return take


def add(shop: Shopping, article: str, quantity: str = "1") -> None:
    shop.get_by_label(f"Quantity of {article}").fill(quantity)
    shop.get_by_role("button", name=f"Add {article}").click()


def fill_cart(shop: Shopping) -> None:
    """Put two articles into the cart, and stand before it."""
    add(shop, "Cordless drill 18 V", "2")
    shop.get_by_role("link", name="Go on shopping").click()
    add(shop, "Hammer 500 g", "5")


def hand_in(shop: Shopping) -> None:
    shop.get_by_role("button", name="Return cart").click()


def received(buyer: Buyer, shop: Shopping) -> ReturnedCart:
    """Wait until the buyer's site shows the cart, and return it."""
    expect(shop.get_by_role("heading", name=RECEIVED)).to_be_visible()
    return buyer.mailbox.carts[-1]


def shopped(buyer: Buyer, page: Page) -> ReturnedCart:
    page.goto(buyer.set_up())
    fill_cart(page)
    hand_in(page)
    return received(buyer, page)


def test_from_set_up_to_confirmation(
    street: Street, buyer: Buyer, page: Page, photograph: Callable[[Page, str], None]
) -> None:
    """Shop, cart, auto-submit, order, sales order in NAV, and a confirmation that is valid."""
    page.goto(buyer.set_up())
    photograph(page, "shop")
    fill_cart(page)
    photograph(page, "cart")
    hand_in(page)
    cart = received(buyer, page)
    photograph(page, "buyer")
    payload_id, content = buyer.order("PO-BROWSER-1", cart.items)
    answer = read_xml(buyer.send(content))

    assert [(item.item_no, str(item.quantity), item.unit) for item in cart.items] == [
        ("1001", "2", "PCE"),
        ("1002", "5", "PCE"),
    ]
    assert said_by(answer).startswith("200")
    assert buyer.mailbox.wait_for(lambda: bool(buyer.confirmations("PO-BROWSER-1")), 30)
    [confirmation] = buyer.confirmations("PO-BROWSER-1")
    assert confirmation.xpath("string(ConfirmationHeader/@type)") in {"accept", "detail"}
    assert confirmation.xpath("string(OrderReference/DocumentReference/@payloadID)") == payload_id
    if DTD.is_file():
        dtd = etree.DTD(DTD)
        assert dtd.validate(confirmation.getroottree().getroot()), dtd.error_log
    [order] = [one for one in street.nav.state()["orders"] if one["external_document_no"] == "PO-BROWSER-1"]
    assert order["customer_no"] == "C50000"


def test_in_a_frame_of_another_site_without_its_cookies(
    buyer: Buyer, page: Page, photograph: Callable[[Page, str], None]
) -> None:
    """The shop in the buyer's page: no cookie is kept there, as one is in a page of its own, and none is missed."""
    keep = "() => { document.cookie = 'probe=1; SameSite=None; Secure'; return document.cookie }"
    page.goto(buyer.set_up())
    kept_alone = page.evaluate(keep)
    page.context.clear_cookies()
    page.goto(f"{buyer.site}/frame?start={buyer.set_up()}")
    shop = page.frame_locator("iframe")
    add(shop, "Work gloves size 9", "4")
    kept_framed = shop.locator("body").evaluate(keep)
    photograph(page, "frame")
    hand_in(shop)
    cart = received(buyer, shop)

    assert (kept_alone, kept_framed) == ("probe=1", "")
    assert [(item.item_no, str(item.quantity)) for item in cart.items] == [("1005", "4")]
    assert page.context.cookies() == []


def test_only_agreed_sites_may_frame_the_way_back(street: Street, buyer: Buyer, page: Page) -> None:
    """A browser shows the page that returns a cart in no other frame."""
    address = return_page(street, buyer)
    before = len(buyer.mailbox.carts)
    elsewhere = {f"frame_ancestors:\n    - {buyer.site}": "frame_ancestors:\n    - https://else.example"}
    refused = page.expect_console_message(lambda message: "frame-ancestors" in message.text)
    with street.profile(elsewhere), refused:
        page.goto(f"{buyer.site}/frame?start={address}")

    assert len(buyer.mailbox.carts) == before
    page.goto(f"{buyer.site}/frame?start={address}")
    received(buyer, page.frame_locator("iframe"))


def return_page(street: Street, buyer: Buyer) -> str:
    """Return the address of a page that returns a cart, which no browser has opened."""
    entrance = httpx.get(buyer.set_up()).headers["location"]
    session, key = entrance.rpartition("=")[2], {"X-Api-Key": DEMO_SHOP_KEY}
    line = demo_catalogue()["1002"].line(Decimal(1), "Q-1")
    cart = {"currency": "EUR", "lines": [line]}
    said = httpx.post(f"{street.orderwire}/punchout/sessions/{session}/cart", json=cart, headers=key, timeout=30)
    return str(said.json()["return_url"])


def test_the_cart_is_edited_and_looked_at(buyer: Buyer, page: Page) -> None:
    """The old lines stand in the cart; a changed one keeps its key; looking changes nothing."""
    first = shopped(buyer, page)
    page.goto(buyer.set_up("edit", first.items))
    page.get_by_label("Quantity of 1001").fill("7")
    page.get_by_role("button", name="Update quantities").click()
    hand_in(page)
    edited = received(buyer, page)
    page.goto(buyer.set_up("inspect", edited.items))
    expect(page.get_by_role("heading", name="The cart you sent")).to_be_visible()
    buttons = page.get_by_role("button").all_inner_texts()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", name="Nothing changed")).to_be_visible()

    assert {item.auxiliary_id for item in edited.items} == {item.auxiliary_id for item in first.items}
    assert {item.item_no: str(item.quantity) for item in edited.items} == {"1001": "7", "1002": "5"}
    assert buttons == ["Close"]
    assert (buyer.mailbox.carts[-1].status, buyer.mailbox.carts[-1].items) == ("204", ())


def test_cancelling_an_edit_deletes_nothing(buyer: Buyer, page: Page) -> None:
    """Status 204 and no lines: never an empty cart."""
    cart = shopped(buyer, page)
    page.goto(buyer.set_up("edit", cart.items))
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Nothing changed")).to_be_visible()

    assert (buyer.mailbox.carts[-1].status, buyer.mailbox.carts[-1].items) == ("204", ())


def test_going_back_and_reloading_is_the_same_document(
    buyer: Buyer, page: Page, photograph: Callable[[Page, str], None]
) -> None:
    """The page waits for its button then, and the document is the one that was sent."""
    page.goto(buyer.set_up())
    add(page, "Hammer 500 g")
    page.route(f"{buyer.site}/cart", lambda route: route.fulfill(status=204))  # the page stays where it is
    with page.expect_response(f"{buyer.site}/cart") as sent:
        hand_in(page)
    page.unroute(f"{buyer.site}/cart")
    button = page.get_by_role("button", name="Continue to Officeworks SARL")
    before = len(buyer.mailbox.carts)
    page.reload()
    expect(button).to_be_visible()
    photograph(page, "return")
    button.click()
    received(buyer, page)
    page.go_back()
    expect(button).to_be_visible()
    once = len(buyer.mailbox.carts)
    button.click()
    received(buyer, page)

    assert (once, len(buyer.mailbox.carts)) == (before + 1, before + 2)
    assert buyer.mailbox.forms[-1] == buyer.mailbox.forms[-2]
    [posted] = parse_qs(sent.value.request.post_data or "")["cXML-urlencoded"]
    assert posted == buyer.mailbox.forms[-1]["cXML-urlencoded"]


def test_a_second_visit_works_and_stale_cookies_lose(street: Street, buyer: Buyer, page: Page) -> None:
    """Each set-up opens a session of its own, whatever the browser still holds of others."""
    shopped(buyer, page)
    for url in (street.orderwire, street.shop):
        page.context.add_cookies([{"name": name, "value": "stale", "url": url} for name in ("session", "orderwire")])
    page.goto(buyer.set_up())
    expect(page.get_by_role("link", name="Cart (0)")).to_be_visible()
    add(page, "Spirit level 60 cm")
    hand_in(page)

    assert [item.item_no for item in received(buyer, page).items] == ["1003"]


def test_a_used_or_expired_address_says_how_to_go_on(
    street: Street, buyer: Buyer, page: Page, photograph: Callable[[Page, str], None]
) -> None:
    """A plain page, and no way into the shop."""
    used = buyer.set_up()
    page.goto(used)
    again = page.goto(used)
    expect(page.get_by_role("heading", name="Open the shop again")).to_be_visible()
    photograph(page, "used")
    late = buyer.set_up()
    street.clock.ahead += timedelta(seconds=601)
    expired = page.goto(late)

    assert again is not None
    assert expired is not None
    assert (again.status, expired.status) == (410, 410)
    expect(page.get_by_text("has run out")).to_be_visible()


def test_two_tabs_are_two_visits(buyer: Buyer, context: BrowserContext) -> None:
    """What is put into one cart does not come out of the other."""
    first, second = context.new_page(), context.new_page()
    first.goto(buyer.set_up())
    second.goto(buyer.set_up())
    add(first, "Hammer 500 g", "3")
    add(second, "Extension lead 10 m", "2")
    hand_in(second)
    two = received(buyer, second)
    hand_in(first)
    one = received(buyer, first)

    assert [item.item_no for item in two.items] == ["1006"]
    assert [item.item_no for item in one.items] == ["1002"]
    assert one.cookie != two.cookie


def test_what_cannot_be_delivered_stays_in_the_shop(
    buyer: Buyer, page: Page, photograph: Callable[[Page, str], None]
) -> None:
    """With the reason beside the cart; less of it leaves."""
    page.goto(buyer.set_up())
    add(page, "Spirit level 60 cm", "9")
    hand_in(page)
    expect(page.get_by_role("alert")).to_contain_text("not in stock")
    photograph(page, "stopped")
    page.get_by_label("Quantity of 1003").fill("1")
    page.get_by_role("button", name="Update quantities").click()
    hand_in(page)

    assert [str(item.quantity) for item in received(buyer, page).items] == ["1"]


def test_hostile_words_stay_words(buyer: Buyer, page: Page) -> None:
    """In every field of a set-up that a page shows; no script of theirs runs."""
    script = "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>\"'&"
    habits = buyer.pen.suite.model_copy(update={"extrinsics": {script: script, "User": script, "UserEmail": script}})
    buyer.pen = type(buyer.pen)(habits, buyer.pen.secret)
    page.goto(buyer.set_up())
    add(page, "Hammer 500 g")
    shown = page.locator("dd", has_text="pwned")

    assert shown.count() >= 2
    assert page.evaluate("window.pwned") is None
    hand_in(page)
    received(buyer, page)
    assert page.evaluate("window.pwned") is None


@pytest.mark.parametrize(
    "fault", [(0.0, 500, "<h1>Internal error</h1>"), (0.0, 200, "nothing of the kind"), (2.0, 200, "")]
)
def test_the_buyers_site_may_fail(street: Street, buyer: Buyer, page: Page, fault: tuple[float, int, str]) -> None:
    """500, nonsense or slow: the cart can be brought again, and is the same."""
    address = return_page(street, buyer)
    buyer.mailbox.faults.append(fault)
    page.goto(address, wait_until="commit")
    page.wait_for_url(f"{buyer.site}/cart")
    page.goto(address, wait_until="commit")
    received(buyer, page)

    assert buyer.mailbox.carts[-1] == buyer.mailbox.carts[-2]
    assert buyer.mailbox.forms[-1] == buyer.mailbox.forms[-2]


def test_nav_may_be_away_when_the_cart_leaves(
    street: Street, buyer: Buyer, page: Page, photograph: Callable[[Page, str], None]
) -> None:
    """The page says that the cart is kept; when NAV is back, the same page goes on."""
    page.goto(buyer.set_up())
    add(page, "Hammer 500 g", "2")
    street.nav.stop_listening()
    hand_in(page)
    expect(page.get_by_role("heading", name="Your cart is kept")).to_be_visible()
    photograph(page, "waiting")
    street.nav.listen()
    page.get_by_role("link", name="Try again").click()

    assert [item.item_no for item in received(buyer, page).items] == ["1002"]
