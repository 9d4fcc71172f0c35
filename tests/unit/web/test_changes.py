"""Changes and cancellations by REST, up to where the worker takes over."""

import json
from typing import Any

import pytest

from orderwire.canonical.envelope import content_hash
from orderwire.canonical.model import CARRIAGE
from orderwire.canonical.order import Purpose
from orderwire.canonical.response import OrderOutcome, OrderResponse
from orderwire.connectors.api.changes import to_order_change
from orderwire.connectors.api.connector import read_change
from orderwire.ports.changes import ChangeRecord
from orderwire.ports.journal import DocumentState
from orderwire.ports.orders import OrderRecord, OrderState
from records import NOON
from unit.web.conftest import NAV_AWAY, Build, Site

URL = "/api/v1/order-changes"
KEYED = {"Idempotency-Key": "k"}
CHANGE: dict[str, Any] = {
    "action": "change",
    "order_no": "A-1",
    "change_no": "C-1",
    "lines": [{"line_no": "1", "quantity": 3}],
}


def stand(site: Site, partner: str = "acme") -> None:
    """Let an order stand."""
    record = OrderRecord(
        id=f"{partner}-order", partner=partner, order_no="A-1", content_hash="h", document_id="d", order="{}",
        state=OrderState.ANSWERED, created_at=NOON, response="{}", erp_no="SO-1",
    )  # fmt: skip
    with site.services.store.begin() as tx:
        tx.orders.open(record)


def decide(site: Site, body: dict[str, Any], outcome: OrderOutcome = OrderOutcome.ACCEPTED) -> None:
    """Do what the worker does in the end."""
    change = to_order_change(read_change(json.dumps(body).encode()), "acme")
    response = OrderResponse(
        order_no="A-1", partner="acme", outcome=outcome, answers=Purpose(body["action"]), change_no=body["change_no"],
        reason="shipped" if outcome is OrderOutcome.REJECTED else None, decided_at=NOON, lines=(), erp_no="SO-1",
    )  # fmt: skip
    record = ChangeRecord(
        id=f"{body['change_no']}:{content_hash(change, exclude=CARRIAGE)}", order_id="acme-order",
        document_id=(site.documents("change") or ["d-1"])[0], state=OrderState.ANSWERED,
        request=change.model_dump_json(), created_at=NOON, response=response.model_dump_json(), outcome=outcome.value,
    )  # fmt: skip
    with site.services.store.begin() as tx:
        tx.changes.open(record)


@pytest.mark.parametrize("outcome", [OrderOutcome.ACCEPTED, OrderOutcome.CHANGED, OrderOutcome.REJECTED])
def test_a_decided_change_is_answered_at_once(site: Site, outcome: OrderOutcome) -> None:
    """200 and the outcome; the links lead to the request and to the order."""
    stand(site)
    decide(site, CHANGE, outcome)

    reply = site.call("POST", URL, json=CHANGE)

    assert reply.status_code == 200
    answer = reply.json()
    assert (answer["action"], answer["change_no"], answer["order_no"]) == ("change", "C-1", "A-1")
    assert (answer["state"], answer["outcome"], answer["erp_no"]) == ("decided", outcome.value, "SO-1")
    assert answer["links"] == {"self": reply.headers["Location"], "order": "/api/v1/orders/acme-order"}
    assert site.call("GET", reply.headers["Location"]).json() == answer


def test_an_undecided_change_is_followed_by_its_link(site: Site) -> None:
    """After the wait the answer is 202; the same address tells the decision when it has come."""
    stand(site)
    reply = site.call("POST", URL, json=CHANGE, headers=KEYED)
    assert (reply.status_code, reply.json()["state"], reply.headers["Retry-After"]) == (202, "waiting", "1")
    site.decode()
    assert site.call("GET", reply.headers["Location"]).json()["state"] == "waiting"
    decide(site, CHANGE)

    assert site.call("GET", reply.headers["Location"]).json()["outcome"] == "accepted"
    again = site.call("POST", URL, json=CHANGE, headers=KEYED)
    assert again.json() == site.call("GET", reply.headers["Location"]).json()
    assert len(site.documents("change")) == 1


def test_a_change_of_nothing_is_not_taken_in(site: Site) -> None:
    """An order that is not there, or another buyer's, cannot be changed: 404, and nothing waits for it."""
    stand(site, "rival")
    reply = site.call("POST", URL, json=CHANGE)
    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
    assert site.files() == 0


def test_a_number_is_of_one_request(site: Site) -> None:
    """The same number with other content is a slip of the caller's: 409, nothing changes."""
    stand(site)
    decide(site, CHANGE)
    reply = site.call("POST", URL, json={**CHANGE, "lines": [{"line_no": "1", "quantity": 4}]})
    assert (reply.status_code, reply.json()["code"]) == (409, "duplicate_conflict")
    assert site.files() == 0


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"action": "cancel"}', b'{"action": 1, "action": 2}'])
def test_what_is_no_change_is_refused(site: Site, body: bytes) -> None:
    """It is said what is wrong, and nothing is taken in."""
    reply = site.call("POST", URL, content=body)
    assert reply.status_code in {400, 422}
    assert site.files() == 0


def test_nobody_reads_anothers_change(site: Site) -> None:
    """Nor an order by the address of changes."""
    stand(site)
    link = site.call("POST", URL, json=CHANGE).headers["Location"]
    order = site.call("POST", "/api/v1/orders", json={"order_no": "A-2", "lines": [{"item_no": "1", "quantity": 1}]})
    assert site.call("GET", link).status_code == 200
    for other in (link, f"{URL}/nothing"):
        assert site.call("GET", other, partner="rival").status_code == 404
    assert site.call("GET", f"{URL}/{order.json()['id']}").status_code == 404


def test_a_parked_change_says_so(site: Site) -> None:
    """A person has to act first; what is our side's business is not told."""
    stand(site)
    link = site.call("POST", URL, json=CHANGE, headers=KEYED).headers["Location"]
    site.decode()
    [message] = site.documents("change")
    with site.services.store.begin() as tx:
        tx.journal.update(message, state=DocumentState.PARKED, code="erp_refused", reason="secret")
    answer = site.call("GET", link).json()
    assert (answer["state"], answer["code"], answer["reason_text"]) == ("parked", "erp_refused", None)
    with site.services.store.begin() as tx:
        tx.journal.update(message, state=DocumentState.PARKED, code="mapping", reason="a person has to read it")
    reply = site.call("POST", URL, json=CHANGE, headers=KEYED)
    assert (reply.status_code, reply.json()["detail"]) == (422, "a person has to read it")


def test_while_nav_is_away_nothing_is_taken_in_where_that_is_wanted(build: Build) -> None:
    """With api.when_away: refuse only what was decided before is told."""
    site = build(api={"wait_seconds": 0.05, "when_away": "refuse"})
    stand(site)
    site.erp.error = NAV_AWAY
    assert site.call("POST", URL, json=CHANGE).status_code == 503
    assert site.files() == 0
    decide(site, CHANGE)
    assert site.call("POST", URL, json=CHANGE).json()["outcome"] == "accepted"
