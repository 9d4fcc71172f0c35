"""The REST API over real HTTP: decisions on live stock in the same call, and honest answers when NAV is away."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from acceptance.conftest import Deploy
from orderwire.bootstrap.worker import build_worker
from orderwire.simulators.nav.data import NavData
from orderwire.simulators.nav.server import NavSimulator
from orderwire.web.app import create_app
from orderwire.web.serve import BackgroundServer
from services.deployment import Deployment, company

WEBSHOP_KEY, RIVAL_KEY, TOOLBOX_KEY = "demo-webshop-key", "rival-key", "toolbox-key"


@dataclass
class Shop:
    """A running Orderwire, and a webshop that calls it."""

    deployment: Deployment
    http: httpx.Client

    @property
    def nav(self) -> NavSimulator:
        return self.deployment.nav

    def place(self, order: dict[str, Any], **headers: str) -> httpx.Response:
        return self.http.post("/api/v1/orders", json=order, headers=headers)

    def sales_orders(self) -> dict[str, Any]:
        """Return the sales orders of webshop customers, by NAV's number."""
        orders = self.nav.state()["orders"]
        return {order["no"]: order for order in orders if order["external_document_no"].startswith("WS-")}


Open = Callable[..., Shop]


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Open]:
    """Start everything: the NAV simulator, a worker and the server, on one SQLite file."""
    with ExitStack() as stack:

        def start(**more: str) -> Shop:
            nav = stack.enter_context(NavSimulator(NavData.demo()))
            store_url = f"sqlite:///{tmp_path}/orderwire.db"
            deployment = Deployment(tmp_path, nav, queue_url="embedded:", store_url=store_url, **more)
            stack.callback(deployment.close)
            _give_key(deployment, "toolbox", TOOLBOX_KEY)
            deployment.partner("rival", "4099998000099")
            _give_key(deployment, "rival", RIVAL_KEY)
            return _opened(deployment, stack)

        yield start


def _opened(deployment: Deployment, stack: ExitStack) -> Shop:
    worker = build_worker(deployment.services)
    worker.start()
    stack.callback(worker.stop)
    server = BackgroundServer(create_app(deployment.services))
    http = httpx.Client(base_url=server.start(), headers={"X-Api-Key": WEBSHOP_KEY}, timeout=30)
    stack.callback(server.stop)
    return Shop(deployment, stack.enter_context(http))


def _give_key(deployment: Deployment, partner: str, key: str) -> None:
    file = deployment.config_dir / "partners" / partner / "partner.yaml"
    digest = hashlib.sha256(key.encode()).hexdigest()
    file.write_text(f"{file.read_text()}api:\n  key_sha256: {digest}\n")


def an_order(order_no: str, *lines: tuple[str, int]) -> dict[str, Any]:
    return {
        "order_no": order_no,
        "lines": [{"item_no": item_no, "quantity": quantity, "unit": "PCE"} for item_no, quantity in lines],
    }


def test_an_order_is_decided_and_entered_within_the_call(open_shop: Open) -> None:
    """POST is answered with the decision of each line and NAV's number; changes and cancellations likewise."""
    shop = open_shop()

    reply = shop.place(an_order("WS-1", ("1001", 2), ("1006", 3)))

    assert reply.status_code == 201
    answer = reply.json()
    assert (answer["order_no"], answer["state"], answer["outcome"]) == ("WS-1", "decided", "accepted")
    lines = [(line["line_no"], line["item_no"], line["ordered"], line["confirmed"]) for line in answer["lines"]]
    assert lines == [("1", "1001", "2", "2"), ("2", "1006", "3", "3")]
    assert answer["lines"][0]["unit_price"] == "89.9"
    assert list(shop.sales_orders()) == [answer["erp_no"]]
    assert shop.http.get(reply.headers["Location"]).json() == answer

    fewer = {"action": "change", "order_no": "WS-1", "change_no": "C-1", "lines": [{"line_no": "2", "quantity": 1}]}
    replies = [shop.http.post("/api/v1/order-changes", json=fewer) for _ in range(2)]  # sent twice it is done once
    assert [(reply.status_code, reply.json()["outcome"]) for reply in replies] == [(200, "accepted")] * 2
    told = replies[0].json()
    assert [line["confirmed"] for line in told["lines"]] == ["2", "1"]
    [stands] = shop.sales_orders().values()
    assert [line["quantity"] for line in stands["lines"]] == ["2", "1"]
    assert [line["confirmed"] for line in shop.http.get(told["links"]["order"]).json()["lines"]] == ["2", "1"]
    cancel = {"action": "cancel", "order_no": "WS-1", "change_no": "C-2"}
    assert shop.http.post("/api/v1/order-changes", json=cancel).json()["outcome"] == "accepted"
    assert shop.sales_orders() == {}
    late = shop.http.post("/api/v1/order-changes", json={**fewer, "change_no": "C-3"}).json()
    assert (late["outcome"], late["reason"]) == ("rejected", "nothing_stands")


def test_many_shoppers_at_once_get_what_there_is(deploy: Deploy) -> None:
    """On either transport: 40 calls at once for an item with 25 in stock, and each sent twice; 25 are accepted."""
    with ExitStack() as stack:
        shop = _opened(deploy(company(i1001=25), ORDERWIRE_API__WAIT_SECONDS="60"), stack)
        file = shop.deployment.config_dir / "partners/webshop/partner.yaml"
        file.write_text(file.read_text().replace("C40000", "C10000"))
        shop.http.timeout = httpx.Timeout(90)
        calls = [an_order(f"WS-{number}", ("1001", 1)) for number in range(40)] * 2

        with ThreadPoolExecutor(80) as shoppers:
            replies = list(shoppers.map(shop.place, calls))

        first, second = replies[:40], replies[40:]
        assert [reply.json() for reply in first] == [reply.json() for reply in second]
        assert Counter(reply.status_code for reply in first) == {201: 25, 200: 15}
        assert set(shop.sales_orders()) == {reply.json()["erp_no"] for reply in first} - {None}
        assert len(shop.sales_orders()) == 25


def test_a_short_order_is_refused_whole_and_says_why(open_shop: Open) -> None:
    """The webshop's policy is all or nothing: 200, no sales order, and the reason on each line."""
    shop = open_shop()

    reply = shop.place(an_order("WS-1", ("1001", 1), ("1003", 6)))

    assert reply.status_code == 200
    answer = reply.json()
    assert (answer["outcome"], answer["erp_no"], answer["reason"]) == ("rejected", None, "all_or_nothing")
    assert [line["reason"] for line in answer["lines"]] == ["order_refused", "out_of_stock"]
    assert [line["confirmed"] for line in answer["lines"]] == ["0", "0"]
    assert not shop.sales_orders()


def test_a_repeated_call_makes_one_sales_order(open_shop: Open) -> None:
    """The same key with the same body gets the same answer again, and so does the same order without a key."""
    shop = open_shop()
    order = an_order("WS-1", ("1001", 2))

    first = shop.place(order, **{"Idempotency-Key": "k-1"})
    again = shop.place(order, **{"Idempotency-Key": "k-1"})
    unkeyed = [shop.place(order), shop.place(order)]

    assert first.status_code == 201
    assert [reply.status_code for reply in (again, *unkeyed)] == [201] * 3
    assert [reply.json() for reply in (again, *unkeyed)] == [first.json()] * 3
    assert list(shop.sales_orders()) == [first.json()["erp_no"]]


def test_a_key_stands_for_one_body(open_shop: Open) -> None:
    """The same key with another body is refused, and nothing of it is taken in."""
    shop = open_shop()
    shop.place(an_order("WS-1", ("1001", 2)), **{"Idempotency-Key": "k-1"})

    reply = shop.place(an_order("WS-2", ("1001", 1)), **{"Idempotency-Key": "k-1"})

    assert (reply.status_code, reply.json()["code"]) == (409, "duplicate_conflict")
    assert len(shop.deployment.documents(kind="file")) == 1
    assert len(shop.sales_orders()) == 1


def test_an_order_number_stands_for_one_content(open_shop: Open) -> None:
    """An order number that was used for something else is refused, and the first order stands as it was."""
    shop = open_shop()
    first = shop.place(an_order("WS-1", ("1001", 2))).json()

    reply = shop.place(an_order("WS-1", ("1001", 3)))

    assert (reply.status_code, reply.json()["code"]) == (409, "duplicate_conflict")
    assert shop.http.get(reply.json()["links"]["self"]).json()["state"] == "parked"
    assert shop.http.get(first["links"]["self"]).json() == first
    assert len(shop.sales_orders()) == 1


def test_an_order_that_cannot_be_understood_is_told_so(open_shop: Open) -> None:
    """A unit that nobody has mapped parks the order; the caller gets the reason and not a promise."""
    shop = open_shop()
    order = {"order_no": "WS-1", "lines": [{"item_no": "1001", "quantity": 1, "unit": "ZZZ"}]}

    replies = [shop.place(order), shop.place(order)]

    for reply in replies:
        assert (reply.status_code, reply.json()["code"], reply.json()["state"]) == (422, "mapping", "parked")
        assert "ZZZ" in reply.json()["detail"]


def test_while_nav_is_away_an_order_waits_for_it(open_shop: Open) -> None:
    """With `accept` the call answers 202 with a link; when NAV is back, the link leads to the decision."""
    shop = open_shop()
    shop.nav.stop_listening()

    reply = shop.place(an_order("WS-1", ("1001", 2)), **{"Idempotency-Key": "k-1"})

    assert (reply.status_code, reply.json()["state"]) == (202, "waiting")
    assert shop.http.get(reply.headers["Location"]).json()["state"] == "waiting"
    shop.nav.listen()

    def decided() -> bool:
        return bool(shop.http.get(reply.headers["Location"]).json()["state"] == "decided")

    shop.deployment.wait_for(decided, 20, "the decision")
    answer = shop.http.get(reply.headers["Location"]).json()
    assert (answer["outcome"], list(shop.sales_orders())) == ("accepted", [answer["erp_no"]])
    again = shop.place(an_order("WS-1", ("1001", 2)), **{"Idempotency-Key": "k-1"})
    assert (again.status_code, again.json()) == (201, answer)


def test_while_nav_is_away_orders_can_be_refused(open_shop: Open) -> None:
    """With `refuse` the call answers 503 and nothing is taken in; what was decided before is told all the same."""
    shop = open_shop(ORDERWIRE_API__WHEN_AWAY="refuse")
    first = shop.place(an_order("WS-1", ("1001", 2)))
    before = len(shop.deployment.documents())
    shop.nav.stop_listening()

    reply = shop.place(an_order("WS-2", ("1001", 2)))
    again = shop.place(an_order("WS-1", ("1001", 2)))

    assert (reply.status_code, reply.json()["code"]) == (503, "outage")
    assert int(reply.headers["Retry-After"]) >= 1
    assert len(shop.deployment.documents()) == before
    assert (again.status_code, again.json()) == (201, first.json())


def test_stock_is_what_nav_says_at_this_moment(open_shop: Open) -> None:
    """Figures are NAV's own and follow what is sold there; what NAV does not know is named."""
    shop = open_shop()
    asked = {"item": ["1001", "1003", "1007", "4711"], "gtin": ["4099999001040", "40999990"]}

    before = shop.http.get("/api/v1/stock", params=asked)
    shop.nav.buy("1003", 2)
    after = shop.http.get("/api/v1/stock", params=asked).json()

    assert before.headers["Cache-Control"] == "no-store"
    figures = {item["item_no"]: Decimal(item["available"]) for item in before.json()["items"]}
    assert figures == {"1001": 100, "1003": 5, "1007": 0, "1004": 850}
    assert before.json()["unknown"] == ["4711", "40999990"]
    state = shop.nav.state()["items"]
    for item in after["items"]:
        assert Decimal(item["available"]) == Decimal(state[item["item_no"]]["available"])
        assert item["source"]
        assert item["as_of"] > before.json()["items"][0]["as_of"]
    assert [item["gtin"] for item in after["items"] if item["item_no"] == "1004"] == ["4099999001040"]


def test_stock_is_not_told_while_nav_is_away(open_shop: Open) -> None:
    """There is no figure rather than an old one."""
    shop = open_shop()
    shop.http.get("/api/v1/stock", params={"item": "1001"})
    shop.nav.stop_listening()

    reply = shop.http.get("/api/v1/stock", params={"item": "1001"})

    assert (reply.status_code, reply.json()["code"]) == (503, "outage")
    assert int(reply.headers["Retry-After"]) >= 1
    assert "items" not in reply.json()


@pytest.mark.parametrize("item", ["*", "100?", "1001|1002", "<>1001", "1001..1003", "@*", "''", "&", "(1001)"])
def test_an_item_number_is_never_a_filter(open_shop: Open, item: str) -> None:
    """NAV's filter characters in a number find nothing instead of everything."""
    shop = open_shop()

    reply = shop.http.get("/api/v1/stock", params={"item": item})

    assert (reply.status_code, reply.json()) == (200, {"items": [], "unknown": [item]})


def test_only_a_known_key_gets_in(open_shop: Open) -> None:
    """No key, a wrong one, or two that differ: 401, and nothing is taken in."""
    shop = open_shop()
    order = an_order("WS-1", ("1001", 2))
    del shop.http.headers["X-Api-Key"]

    replies = [
        shop.place(order),
        shop.place(order, **{"X-Api-Key": "wrong"}),
        shop.place(order, **{"X-Api-Key": WEBSHOP_KEY, "Authorization": f"Bearer {RIVAL_KEY}"}),
    ]
    good = shop.place(order, Authorization=f"Bearer {WEBSHOP_KEY}")

    assert [(reply.status_code, reply.json()["code"]) for reply in replies] == [(401, "unauthorized")] * 3
    assert good.status_code == 201
    assert len(shop.sales_orders()) == 1


def test_an_order_is_nobody_elses(open_shop: Open) -> None:
    """Another partner's order does not exist, by any of its ids or its number."""
    shop = open_shop()
    answer = shop.place(an_order("WS-1", ("1001", 2))).json()
    [file] = shop.deployment.documents(kind="file")
    rival = {"X-Api-Key": RIVAL_KEY}

    replies = [shop.http.get(f"/api/v1/orders/{some_id}", headers=rival) for some_id in (answer["id"], file.id)]
    listed = shop.http.get("/api/v1/orders", params={"order_no": "WS-1"}, headers=rival)

    assert [reply.status_code for reply in replies] == [404, 404]
    assert listed.json() == {"orders": []}
    own = shop.http.get("/api/v1/orders", params={"order_no": "WS-1"}).json()
    assert own == {"orders": [answer]}
    assert shop.http.get(f"/api/v1/orders/{file.id}").json() == answer


def test_edifact_over_http_is_answered_in_the_outbox(open_shop: Open) -> None:
    """The bytes are archived before the call is answered; CONTRL and ORDRSP come by the partner's folder."""
    shop = open_shop()
    content = (shop.deployment.config_dir / "partners/toolbox/samples/order.edi").read_bytes()

    reply = shop.http.post("/edi/toolbox", content=content, headers={"X-Api-Key": TOOLBOX_KEY})

    assert reply.status_code == 202
    [file] = shop.deployment.documents(kind="file")
    assert reply.json() == {"document_id": file.id}

    def answered() -> bool:
        outs = shop.deployment.documents(direction="out")
        return any(out.kind == "ORDRSP" and out.state == "done" for out in outs)

    shop.deployment.wait_for(answered, 20, "the ORDRSP")
    assert [file.name for file in (shop.deployment.folder / "var").rglob("*ORDRSP*")]


def test_health_tells_what_is_away(open_shop: Open) -> None:
    """Without NAV the service is degraded but ready; the metrics hold the queues' depths."""
    shop = open_shop()
    good = shop.http.get("/health/ready")
    shop.nav.stop_listening()

    def degraded() -> bool:
        return bool(shop.http.get("/health/ready").json()["status"] == "degraded")

    shop.deployment.wait_for(degraded, 10, "the degraded state")
    ready = shop.http.get("/health/ready")

    assert (good.status_code, good.json()["status"]) == (200, "ok")
    assert ready.status_code == 200
    assert ready.json()["components"]["erp"] == {"status": "away", "code": "outage"}
    assert shop.http.get("/health/live").json() == {"status": "ok"}
    text = shop.http.get("/metrics").text
    assert 'orderwire_queue_depth{queue="ow.fulfil",state="ready"} 0.0' in text
    assert "orderwire_outbox_unsent 0.0" in text
