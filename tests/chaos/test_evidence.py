"""The counters of a chaos run can be other than 0."""

from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256

import pytest

from chaos.buyers import Sent
from chaos.evidence import Evidence, count
from orderwire.canonical.order import ItemId, ItemScheme
from orderwire.canonical.response import LineOutcome, OrderOutcome, OrderResponse, ResponseLine
from orderwire.ports.journal import DocumentState
from records import a_document
from services.edifact import Order

NO = "ANVIL-1"


def an_answer(
    outcome: OrderOutcome = OrderOutcome.ACCEPTED, confirmed: int = 3, reason: str | None = None
) -> OrderResponse:
    line = ResponseLine(
        line_no="1",
        item_ids=(ItemId(scheme=ItemScheme.SUPPLIER, value="1004"),),
        item_no="1004",
        outcome=LineOutcome.ACCEPTED if confirmed else LineOutcome.REJECTED,
        reason=reason,
        ordered=Decimal(3),
        confirmed=Decimal(confirmed),
        confirmed_base=Decimal(confirmed),
    )
    now = datetime(2026, 1, 31, tzinfo=UTC)
    return OrderResponse(order_no=NO, partner="anvil", outcome=outcome, decided_at=now, lines=(line,))


def sales_order(no: str = "OW1", external: str = NO, quantity: int = 3) -> dict[str, object]:
    return {
        "no": no,
        "external_document_no": external,
        "lines": [{"item_no": "1004", "quantity_base": str(quantity)}],
    }


@pytest.fixture
def evidence() -> Evidence:
    """One order of three pieces, as it should be."""
    return Evidence(
        sent=[Sent("anvil", Order(NO, (("1004", 3),)), b"raw")],
        answers={("anvil", NO): an_answer()},
        documents=[a_document(state=DocumentState.DONE)],
        archived={sha256(b"raw").hexdigest()},
        nav={
            "orders": [sales_order()],
            "commit_log": [{"action": "create", "external_document_no": NO}],
            "items": {"1004": {"available": "5"}},
        },
        outboxes={"anvil": [f"UNB…RFF+ON:{NO}'…"]},
    )


def test_all_is_well(evidence: Evidence) -> None:
    """What was sent is archived, decided, in NAV as promised, answered once, and at its end."""
    assert str(count(evidence)) == "lost=0 doubled=0 oversold=0 unexplained=0"
    assert count(evidence).clean


def test_what_is_missing_is_lost(evidence: Evidence) -> None:
    """The raw document, the decision, NAV's order, or the answer."""
    for name, empty in (("archived", set()), ("answers", {}), ("outboxes", {"anvil": []})):
        poorer = deepcopy(evidence)
        setattr(poorer, name, empty)
        assert len(count(poorer).lost) == 1, name
    evidence.nav["orders"] = []
    assert len(count(evidence).lost) == 1


def test_what_is_there_twice_is_doubled(evidence: Evidence) -> None:
    """NAV's order, an order made and deleted and made again, or the answer."""
    twice = deepcopy(evidence)
    twice.nav["orders"].append(sales_order("OW2"))
    assert len(count(twice).doubled) == 1
    again = deepcopy(evidence)
    again.nav["commit_log"] *= 2
    assert len(count(again).doubled) == 1
    evidence.outboxes["anvil"] *= 2
    assert len(count(evidence).doubled) == 1


def test_what_is_promised_beyond_the_stock_is_oversold(evidence: Evidence) -> None:
    """Less than nothing is left, and no back order says why."""
    evidence.nav["items"]["1004"]["available"] = "-1"

    assert len(count(evidence).oversold) == 1


@pytest.mark.parametrize("quantity", [2, 4])
def test_what_nav_has_and_nobody_promised_is_unexplained(evidence: Evidence, quantity: int) -> None:
    """Another quantity, an order of nobody's, an answer to somebody else's order."""
    evidence.nav["orders"] = [sales_order(quantity=quantity), sales_order("OW9", "NOBODY-1")]
    evidence.outboxes["anvil"].append("UNB…RFF+ON:BOLT-1'…")

    assert len(count(evidence).unexplained) == 3


def test_what_is_not_at_its_end_is_unexplained(evidence: Evidence) -> None:
    """A parked document, a message left in a queue, a process that ended by itself, an order that stock is held for."""
    evidence.documents = [a_document(state=DocumentState.PARKED)]
    evidence.left = {"messages in queues": 1, "stock holds": 0}
    evidence.oddities = ["work-1 ended with 1"]
    evidence.holding = ["ANVIL-2 holds stock"]

    assert len(count(evidence).unexplained) == 4


def test_what_was_refused_and_is_there_is_unexplained(evidence: Evidence) -> None:
    """Refused for want of stock while more than was asked for is left: nobody gives stock back here."""
    evidence.answers = {("anvil", NO): an_answer(OrderOutcome.REJECTED, 0, "out_of_stock")}
    evidence.nav |= {"orders": [], "commit_log": []}

    assert len(count(evidence).unexplained) == 1
