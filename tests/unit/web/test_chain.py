"""How far an order has come."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from orderwire.ports.journal import Document, DocumentState, Step
from orderwire.ports.ledger import LedgerEntry, LedgerSide, LedgerState
from orderwire.ports.orders import OrderState
from orderwire.web.console.chain import Told, chain
from records import NOON, a_document, an_entry, an_order, later

FILE = a_document(id="file", kind="file")
ORDER = a_document(id="order", parent_id="file", order_no="PO-1")
ANSWER = a_document(id="answer", direction="out", kind="ORDRSP", parent_id="order", order_no="PO-1")
ACCEPTED = an_order(state=OrderState.ANSWERED, outcome="accepted", erp_no="S-1", response="{}")


def step(name: str, document_id: str, second: int, **detail: Any) -> Step:
    return Step(document_id, later(second), name, None, detail)


STEPS = (
    step("read", "order", 1),
    step("order_created", "order", 2, erp_no="S-1"),
    step("accepted", "order", 3),
    step("delivered", "answer", 4, via="folder:out/a.edi"),
)


def receipt(state: LedgerState, outcome: str | None = None) -> LedgerEntry:
    met = NOON if state is LedgerState.MET else None
    return LedgerEntry(
        "1", "answer", "acme", LedgerSide.AWAITED, "CONTRL", "1", NOON, later(60), state, outcome=outcome, met_at=met
    )


def looks(document: Document = ORDER, **told: Any) -> Mapping[str, tuple[str, str]]:
    known: dict[str, Any] = {"family": (FILE, ORDER, ANSWER), "steps": STEPS, "order": ACCEPTED}
    links = chain(document, Told(**{**known, "ledger": (), "parked": (), **told}))
    return {link.name: (link.look, link.text) for link in links}


@pytest.mark.parametrize("opened", [FILE, ORDER, ANSWER], ids=lambda one: one.id)
def test_an_order_that_arrived(opened: Document) -> None:
    """From each of its documents: the number in NAV, the answer on its way out, the buyer's receipt."""
    found = looks(opened, ledger=(receipt(LedgerState.MET, "accepted"),))

    assert found == {
        "Received": ("ok", "ORDERS by edi"),
        "Read": ("ok", "order PO-1"),
        "Decided": ("ok", "accepted"),
        "In NAV": ("ok", "sales order S-1"),
        "Answered": ("ok", "ORDRSP sent folder:out/a.edi"),
        "Acknowledged": ("ok", "CONTRL: accepted"),
    }


@pytest.mark.parametrize(
    ("ledger", "look"),
    [
        ((), ("idle", "none is awaited")),
        ((receipt(LedgerState.OPEN),), ("warn", "CONTRL awaited, due 2026-03-09 12:01")),
        ((receipt(LedgerState.LATE),), ("bad", "CONTRL is late, due 2026-03-09 12:01")),
        ((receipt(LedgerState.MET, "rejected"),), ("bad", "CONTRL: rejected")),
    ],
)
def test_the_buyers_receipt(ledger: Sequence[LedgerEntry], look: tuple[str, str]) -> None:
    """Awaited, late or a refusal, it is told as such."""
    assert looks(ledger=ledger)["Acknowledged"] == look


def test_a_receipt_in_the_answer_to_a_post() -> None:
    """What a cXML buyer said when the confirmation was posted."""
    assert looks(steps=(*STEPS, step("answered", "answer", 5, said="200 OK")))["Acknowledged"] == ("ok", "200 OK")


@pytest.mark.parametrize(("flow", "name"), [("fulfil", "Decided"), ("deliver", "Answered")])
def test_where_it_stands_still(flow: str, name: str) -> None:
    """The link that is parked says why; once it was replayed it does not."""
    found = looks(parked=[an_entry(flow=flow, reason="no unit")])

    assert found[name] == ("bad", "stands still: no unit")
    assert looks(parked=[an_entry(flow=flow, state="replayed")])[name][0] == "ok"


def test_what_was_sent_through_again_goes_on_under_its_new_id() -> None:
    """The story of the first try shows how the second one ended."""
    again = a_document(id="again", parent_id="file", order_no="PO-1", replay_of="order")
    answer = a_document(id="answer", direction="out", kind="ORDRSP", parent_id="again", order_no="PO-1")

    assert looks(family=(FILE, ORDER, again, answer))["Answered"][0] == "ok"


def test_nothing_is_decided_yet() -> None:
    """What is not due is idle; on the ladder it waits, with the reason."""
    retrying = a_document(
        id="order", parent_id="file", order_no="PO-1", state=DocumentState.RETRYING, reason="NAV is busy"
    )
    found = looks(retrying, family=(FILE, retrying), steps=STEPS[:1], order=an_order())

    assert found["Decided"] == ("warn", "retrying: NAV is busy")
    assert [found[name] for name in ("In NAV", "Answered", "Acknowledged")] == [("idle", "not yet")] * 3


def test_rejected_and_held() -> None:
    """A refusal needs no sales order; what is held waits for a person."""
    rejected = an_order(state=OrderState.ANSWERED, outcome="rejected", response="{}")
    held = an_order(state=OrderState.HELD, outcome="held", response="{}")

    assert looks(order=rejected)["In NAV"] == ("idle", "nothing to be made")
    assert looks(order=held)["Decided"] == ("warn", "held: a person decides")


def test_an_order_over_rest_is_answered_where_it_was_asked() -> None:
    """No document goes out for it."""
    order = a_document(id="order", channel="api", order_no="PO-1", kind="order")

    assert looks(order, family=(order,))["Answered"] == ("ok", "where it was asked, over REST")


@pytest.mark.parametrize(
    "family",
    [(FILE,), (FILE, ORDER, a_document(id="other", parent_id="file", order_no="PO-2"))],
    ids=["no order", "two orders"],
)
def test_files_of_several_orders_or_none_have_no_chain(family: Sequence[Document]) -> None:
    """Each order in them has its own."""
    assert looks(FILE, family=family) == {}
