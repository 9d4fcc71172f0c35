"""The demo shop's pages, over a session that a fake of Orderwire tells of."""

import asyncio
from typing import Any

import httpx
import pytest

from orderwire.simulators.shop import app
from orderwire.simulators.shop.app import Shop, create_shop
from orderwire.simulators.shop.orderwire_client import CallRefusedError, OrderwireClient

SESSION: dict[str, Any] = {
    "id": "s-1",
    "operation": "create",
    "partner_name": "Officeworks",
    "user": "<b>Ada</b>",
    "email": None,
    "ship_to": None,
    "extrinsics": {},
    "item_no": None,
    "items": [],
}
OLD = {"item_no": "1001", "quantity": "2", "auxiliary_id": "Q-1", "description": "Drill", "unit": "PCE"}


class FakeOrderwire:
    """Says what the test has put there, and keeps the carts."""

    def __init__(self) -> None:
        self.told: dict[str, Any] | CallRefusedError = SESSION
        self.answer: dict[str, Any] | CallRefusedError = {"state": "ready", "return_url": "https://ow.example/r"}
        self.carts: list[dict[str, Any]] = []

    async def session(self, _session_id: str) -> dict[str, Any]:
        return self._said(self.told)

    async def post_cart(self, _session_id: str, cart: dict[str, Any]) -> dict[str, Any]:
        self.carts.append(cart)
        return self._said(self.answer)

    async def cancel(self, _session_id: str) -> dict[str, Any]:
        return self._said(self.answer)

    def _said(self, said: dict[str, Any] | CallRefusedError) -> dict[str, Any]:
        if isinstance(said, CallRefusedError):
            raise said
        return said


class Visitor:
    """A browser that keeps no cookies."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.orderwire = FakeOrderwire()
        fake: Any = self.orderwire
        monkeypatch.setattr(app, "OrderwireClient", lambda *_: fake)
        self._shop = create_shop("http://orderwire.test")

    def call(self, method: str, path: str, **data: str) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._shop)
            async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
                return await client.request(method, path, data=data or None)

        return asyncio.run(send())


@pytest.fixture
def visitor(monkeypatch: pytest.MonkeyPatch) -> Visitor:
    return Visitor(monkeypatch)


def test_a_visit_from_entrance_to_return(visitor: Visitor) -> None:
    """No cookie is set; words of the buyer are text; the cart is what Orderwire takes."""
    entered = visitor.call("GET", "/enter?session=s-1")
    page = visitor.call("GET", "/visit/s-1/")
    for quantity in ("2", "1"):
        visitor.call("POST", "/visit/s-1/add", item_no="1001", quantity=quantity)
    gone = visitor.call("POST", "/visit/s-1/check-out")

    assert (entered.status_code, entered.headers["location"]) == (303, "/visit/s-1/")
    assert "set-cookie" not in entered.headers
    assert "&lt;b&gt;Ada" in page.text
    [cart] = visitor.orderwire.carts
    assert [(line["item_no"], line["quantity"], line["unit_price"]) for line in cart["lines"]] == [
        ("1001", "3", "89.90")
    ]
    assert gone.headers["location"] == "https://ow.example/r"


@pytest.mark.parametrize("quantity", ["x", "NaN", "-1", "1e9", ""])
def test_a_quantity_that_is_none_changes_nothing(visitor: Visitor, quantity: str) -> None:
    """Nor does an article that is not sold."""
    visitor.call("GET", "/enter?session=s-1")
    visitor.call("POST", "/visit/s-1/add", item_no="1001", quantity=quantity)
    visitor.call("POST", "/visit/s-1/add", item_no="9999", quantity="1")

    assert "nothing in it" in visitor.call("GET", "/visit/s-1/cart").text


def test_an_edit_begins_with_the_old_cart_and_keeps_its_keys(visitor: Visitor) -> None:
    """A line of an article that is sold no more goes back as it came; 0 takes one out."""
    gone = {**OLD, "item_no": "0815", "auxiliary_id": None, "description": None, "unit": None}
    visitor.orderwire.told = {**SESSION, "operation": "edit", "items": [OLD, gone, {**OLD, "item_no": None}]}
    entered = visitor.call("GET", "/enter?session=s-1")
    visitor.call("POST", "/visit/s-1/change", **{"quantity-1001": "5", "quantity-0815": "1"})
    visitor.call("POST", "/visit/s-1/check-out")
    visitor.call("POST", "/visit/s-1/change", **{"quantity-0815": "0"})
    visitor.call("POST", "/visit/s-1/check-out")

    assert entered.headers["location"] == "/visit/s-1/cart"
    first, second = (
        [(line["item_no"], line["quantity"]) for line in cart["lines"]] for cart in visitor.orderwire.carts
    )
    assert first == [("1001", "5"), ("0815", "1")]
    assert second == [("1001", "5")]
    assert visitor.orderwire.carts[0]["lines"][0]["auxiliary_id"] == "Q-1"


def test_who_looks_at_a_cart_can_only_close_it(visitor: Visitor) -> None:
    """Nothing else is offered."""
    visitor.orderwire.told = {**SESSION, "operation": "inspect", "items": [OLD]}
    visitor.call("GET", "/enter?session=s-1")
    page = visitor.call("GET", "/visit/s-1/cart")

    assert page.text.count("<button") == 1
    assert visitor.call("POST", "/visit/s-1/cancel").headers["location"] == "https://ow.example/r"


def test_an_item_may_be_opened_at_once(visitor: Visitor) -> None:
    """Where the buyer's system asks for one."""
    visitor.orderwire.told = {**SESSION, "item_no": "1003"}

    assert visitor.call("GET", "/enter?session=s-1").headers["location"] == "/visit/s-1/#item-1003"


def test_what_stops_a_cart_stands_beside_it(visitor: Visitor) -> None:
    """With the item's number; so does a refusal."""
    visitor.call("GET", "/enter?session=s-1")
    visitor.call("POST", "/visit/s-1/add", item_no="1007", quantity="1")
    visitor.orderwire.answer = {
        "state": "stopped",
        "findings": [{"line_no": "1", "text": "not in stock"}, {"line_no": None, "text": "too large"}],
    }
    stopped = visitor.call("POST", "/visit/s-1/check-out")
    visitor.orderwire.answer = CallRefusedError(410, "this session has ended")
    refused = visitor.call("POST", "/visit/s-1/check-out")

    assert "Item 1007: not in stock" in stopped.text
    assert "The cart: too large" in stopped.text
    assert (refused.status_code, "this session has ended" in refused.text) == (410, True)
    assert visitor.call("POST", "/visit/s-1/cancel").status_code == 410


def test_an_unknown_visit_is_none(visitor: Visitor) -> None:
    """In every page; and Orderwire's word goes for the entrance."""
    visitor.orderwire.told = CallRefusedError(404, "there is nothing here")

    assert visitor.call("GET", "/enter?session=guess").status_code == 404
    for method, path in (("GET", ""), ("GET", "cart"), ("POST", "add"), ("POST", "change"), ("POST", "check-out")):
        assert visitor.call(method, f"/visit/guess/{path}").status_code == 404


def test_old_visits_are_forgotten(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop keeps so many and no more."""
    monkeypatch.setattr(app, "_MAX_VISITS", 1)
    visitor.call("GET", "/enter?session=s-1")
    visitor.call("GET", "/enter?session=s-2")

    assert visitor.call("GET", "/visit/s-1/").status_code == 404
    assert visitor.call("GET", "/visit/s-2/").status_code == 200


def test_an_orderwire_that_is_away_is_told() -> None:
    """As a refusal, without its address."""
    client = OrderwireClient("http://127.0.0.1:1", "key", timeout_seconds=1)

    with pytest.raises(CallRefusedError) as refused:
        asyncio.run(client.session("s-1"))

    assert (refused.value.status, "127" in refused.value.detail) == (502, False)
    assert "key" not in repr(client)
    assert isinstance(Shop(client), Shop)
