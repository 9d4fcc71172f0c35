"""POST and GET of orders, up to where the worker takes over."""

import json
from typing import Any

import pytest

from orderwire.canonical.envelope import content_hash, event_id
from orderwire.canonical.response import LineOutcome, OrderOutcome, OrderResponse, ResponseLine
from orderwire.connectors.api.connector import read_order
from orderwire.connectors.api.orders import to_purchase_order
from orderwire.ports.journal import DocumentState
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.web import orders
from records import NOON
from unit.web.conftest import NAV_AWAY, Build, Site, without_store

ORDER: dict[str, Any] = {"order_no": "A-1", "lines": [{"item_no": "1001", "quantity": 2, "unit": "PCE"}]}
KEYED = {"Idempotency-Key": "k"}
BODY = json.dumps(ORDER).encode()


def decide(site: Site, outcome: OrderOutcome = OrderOutcome.ACCEPTED, body: bytes = BODY) -> OrderRecord:
    """Do what the worker does in the end: the order's row holds the answer."""
    order = to_purchase_order(read_order(body), "acme")
    line = ResponseLine(
        line_no="1", item_ids=order.lines[0].item_ids, item_no="1001", outcome=LineOutcome(outcome), unit="PCE",
        ordered=order.lines[0].quantity, confirmed=order.lines[0].quantity,
    )  # fmt: skip
    response = OrderResponse(
        order_no=order.order_no, partner="acme", outcome=outcome, erp_no="SO-1", decided_at=NOON, lines=(line,)
    )
    messages = site.documents("order")
    record = OrderRecord(
        id=event_id("acme", 0, f"order:{order.order_no}"), partner="acme", order_no=order.order_no,
        content_hash=content_hash(order, exclude={"channel"}), document_id=messages[0] if messages else "d-1",
        state=OrderState.ANSWERED, order=order.model_dump_json(), created_at=NOON, response=response.model_dump_json(),
    )  # fmt: skip
    with site.services.store.begin() as tx:
        tx.orders.open(record)
    return record


@pytest.mark.parametrize(
    ("outcome", "status"), [(OrderOutcome.ACCEPTED, 201), (OrderOutcome.CHANGED, 201), (OrderOutcome.REJECTED, 200)]
)
def test_a_decided_order_is_answered_at_once(site: Site, outcome: OrderOutcome, status: int) -> None:
    """201 says that a sales order stands, 200 that the decision is a refusal."""
    record = decide(site, outcome)

    reply = site.call("POST", "/api/v1/orders", content=BODY)

    assert reply.status_code == status
    assert reply.headers["Location"] == f"/api/v1/orders/{record.id}"
    answer = reply.json()
    assert (answer["outcome"], answer["decided_at"]) == (outcome.value, "2026-03-09T12:00:00.123456Z")
    assert answer["lines"][0]["ordered"] == "2"


def test_an_undecided_order_is_followed_by_its_link(site: Site) -> None:
    """After the wait the answer is 202; the link leads to the order before and after there is one."""
    reply = site.call("POST", "/api/v1/orders", content=BODY)

    assert (reply.status_code, reply.json()["state"]) == (202, "waiting")
    assert reply.headers["Retry-After"] == "1"
    link = reply.headers["Location"]
    assert site.call("GET", link).json()["order_no"] is None
    site.decode()
    assert site.call("GET", link).json()["order_no"] == "A-1"
    decide(site)
    assert site.call("GET", link).json()["outcome"] == "accepted"


def test_every_defect_is_named_and_nothing_taken_in(site: Site) -> None:
    """A wrong order is refused with the path of everything that is wrong."""
    wrong = {
        "order_no": "",
        "surprise": 1,
        "lines": [
            {"quantity": 0, "item_no": "1"},
            {"quantity": "NaN", "gtin": "12"},
            {"quantity": 1},
            ORDER["lines"][0],
        ],
    }

    reply = site.call("POST", "/api/v1/orders", json=wrong)

    assert (reply.status_code, reply.json()["code"]) == (422, "invalid")
    assert reply.headers["Content-Type"] == "application/problem+json"
    paths = [error["path"] for error in reply.json()["errors"]]
    assert paths == ["order_no", "lines.0.quantity", "lines.1.gtin", "lines.1.quantity", "lines.2", "surprise"]
    assert site.files() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"order_no": ' + b"9" * 5000 + b"}",
        b"UNA:+.? '",
        b"\x00",
    ],
    ids=["empty", "cut", "bytes", "deep", "long number", "edifact", "nul"],
)
def test_what_is_no_json_is_refused(site: Site, body: bytes) -> None:
    """Neither a parser's limit nor its stack is the caller's business."""
    reply = site.call("POST", "/api/v1/orders", content=body)

    assert (reply.status_code, reply.json()["code"]) == (400, "not_json")
    assert site.files() == 0


@pytest.mark.parametrize(
    "body",
    [
        b'{"\\ud800": 1}',
        b'{"order_no": "\\ud800", "lines": []}',
        b'{"order_no": "A", "lines": [{"item_no": "1", "quantity": 1e999999999}]}',
        b'{"order_no": "A", "lines": [{"item_no": "1", "quantity": NaN}]}',
        b'{"' + b"x" * 100_000 + b'": 1}',
        b"[]",
        b"null",
        b'{"order_no": "A", "lines": [' + b"1," * 30_000 + b"1]}",
    ],
    ids=["key", "surrogate", "huge", "nan", "long key", "list", "null", "lines"],
)
def test_hostile_json_is_an_invalid_order(site: Site, body: bytes) -> None:
    """Whatever it is, the answer is a short problem document."""
    reply = site.call("POST", "/api/v1/orders", content=body)

    assert (reply.status_code, reply.json()["code"]) == (422, "invalid")
    assert len(reply.content) < 40_000
    assert site.files() == 0


@pytest.mark.parametrize("key", ["", " ", "a" * 201, "tab\there", "umlaut-\xe4"])
def test_an_idempotency_key_is_printable_and_short(site: Site, key: str) -> None:
    """Anything else is refused."""
    reply = site.call("POST", "/api/v1/orders", content=BODY, headers={"Idempotency-Key": key.encode("latin-1")})

    assert (reply.status_code, reply.json()["errors"][0]["path"]) == (422, "header.idempotency-key")
    assert site.files() == 0


def test_a_key_used_for_another_body_is_refused(site: Site) -> None:
    """409, and the second body is not taken in."""
    site.call("POST", "/api/v1/orders", content=BODY, headers=KEYED)

    again = site.call("POST", "/api/v1/orders", content=BODY, headers=KEYED)
    other = site.call("POST", "/api/v1/orders", content=BODY + b" ", headers=KEYED)

    assert (again.status_code, other.status_code, other.json()["code"]) == (202, 409, "duplicate_conflict")
    assert site.files() == 1


def test_an_order_that_was_replaced_is_not_answered_with_the_others_decision(site: Site) -> None:
    """When the number has another content by now, the caller is told so."""
    site.call("POST", "/api/v1/orders", content=BODY, headers=KEYED)
    site.decode()
    [message] = site.documents("order")
    with site.services.store.begin() as tx:
        tx.journal.update(message, state=DocumentState.REJECTED, code="all_or_nothing")
    decide(site, body=BODY.replace(b'"quantity": 2', b'"quantity": 1'))

    reply = site.call("POST", "/api/v1/orders", content=BODY, headers=KEYED)

    assert (reply.status_code, reply.json()["code"]) == (409, "duplicate_conflict")


@pytest.mark.parametrize(
    ("code", "status"), [("mapping", 422), ("duplicate_conflict", 409), ("erp_contract", 202), ("internal", 202)]
)
def test_a_parked_order_is_refused_only_for_what_is_in_it(site: Site, code: str, status: int) -> None:
    """Trouble on our side is no refusal: the order is in, and a person sees to it."""
    site.call("POST", "/api/v1/orders", content=BODY, headers=KEYED)
    site.decode()
    [message] = site.documents("order")
    with site.services.store.begin() as tx:
        tx.journal.update(message, state=DocumentState.PARKED, code=code, reason="secret" if status == 202 else "why")

    reply = site.call("POST", "/api/v1/orders", content=BODY, headers=KEYED)

    assert (reply.status_code, reply.json()["state"], reply.json()["code"]) == (status, "parked", code)
    assert "secret" not in reply.text
    assert site.call("GET", reply.json()["links"]["self"]).json()["state"] == "parked"


def test_an_order_that_a_person_ended_is_refused(site: Site) -> None:
    """Discarded is an answer too."""
    site.call("POST", "/api/v1/orders", content=BODY, headers=KEYED)
    site.decode()
    [message] = site.documents("order")
    with site.services.store.begin() as tx:
        tx.journal.update(message, state=DocumentState.DISCARDED)

    reply = site.call("POST", "/api/v1/orders", content=BODY, headers=KEYED)

    assert (reply.status_code, reply.json()["code"], reply.json()["state"]) == (422, "discarded", "refused")


def test_without_the_broker_orders_are_taken_in(site: Site) -> None:
    """The outbox holds the event; the caller notices nothing but the wait."""
    site.transport.away = True

    reply = site.call("POST", "/api/v1/orders", content=BODY)

    assert reply.status_code == 202
    with site.services.store.begin() as tx:
        assert len(tx.outbox.unsent()) == 1


def test_without_the_store_nothing_is_taken_in(site: Site) -> None:
    """503, come again; nothing is said of the database."""
    reply = without_store(site).call("POST", "/api/v1/orders", content=BODY)

    assert (reply.status_code, reply.json()["code"]) == (503, "unavailable")
    assert "internal" not in reply.text
    assert "Retry-After" in reply.headers


def test_a_store_that_goes_away_afterwards_does_not_undo_the_intake(site: Site) -> None:
    """Once taken in, the answer is 202 and no invitation to send it again under another number."""
    away = without_store(site)
    context = away.app.state.context
    object.__setattr__(context, "receiver", site.services.receiver)

    reply = away.call("POST", "/api/v1/orders", content=BODY)

    assert reply.status_code == 202
    assert site.call("GET", reply.headers["Location"]).json()["state"] == "waiting"


def test_an_order_that_waits_for_nav_is_not_waited_for(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """When NAV turns out to be away, the link is given at once."""
    site = build(api={"wait_seconds": 3600})
    site.erp.error = NAV_AWAY
    monkeypatch.setattr(orders, "SUSPICION_SECONDS", 0.01)

    reply = site.call("POST", "/api/v1/orders", content=BODY)

    assert (reply.status_code, reply.json()["state"]) == (202, "waiting")


def test_while_nav_is_away_nothing_is_taken_in_if_so_wished(build: Build) -> None:
    """`refuse` asks NAV before anything is taken in; what is decided is told all the same."""
    site = build(api={"wait_seconds": 0.05, "when_away": "refuse"})
    site.erp.error = NAV_AWAY

    reply = site.call("POST", "/api/v1/orders", content=BODY)
    decide(site)
    again = site.call("POST", "/api/v1/orders", content=BODY)

    assert (reply.status_code, reply.json()["code"]) == (503, "outage")
    assert "nav.internal" not in reply.text
    assert again.status_code == 201
    assert site.files() == 0


@pytest.mark.parametrize("some_id", ["4711", "..%2f..%2fetc", "x" * 10_000, "%F0%9F%98%80", "%ff"])
def test_an_unknown_id_is_not_found(site: Site, some_id: str) -> None:
    """Whatever stands in the path."""
    reply = site.call("GET", f"/api/v1/orders/{some_id}")

    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


def test_lists_hold_the_callers_orders_only(site: Site) -> None:
    """By number, or the newest."""
    decide(site)

    assert [order["order_no"] for order in site.call("GET", "/api/v1/orders").json()["orders"]] == ["A-1"]
    assert site.call("GET", "/api/v1/orders?order_no=A-2").json() == {"orders": []}
    assert site.call("GET", "/api/v1/orders", partner="rival").json() == {"orders": []}
    assert site.call("GET", "/api/v1/orders?limit=101").status_code == 422
