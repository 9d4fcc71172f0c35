"""P3: never oversell."""

import threading
from collections import Counter
from decimal import Decimal

import pytest

from acceptance.conftest import Deploy
from orderwire.canonical.response import OrderOutcome
from services.deployment import Deployment, company
from services.edifact import Order, interchange

PARTNERS, ORDERS_EACH, IN_STOCK, WORKERS = 20, 25, 100, 3


def test_five_hundred_orders_for_a_hundred_pieces(deploy: Deploy) -> None:
    """Of 500 orders of one piece at once, exactly as many are accepted as there are pieces, and none refused before."""
    deployment = deploy(company(i1001=IN_STOCK))

    _flood(deployment)

    outcomes = Counter(answer.outcome for answer in deployment.answers().values())
    assert outcomes == {OrderOutcome.ACCEPTED: IN_STOCK, OrderOutcome.REJECTED: PARTNERS * ORDERS_EACH - IN_STOCK}
    state = deployment.nav.state()
    assert Decimal(state["items"]["1001"]["available"]) == 0
    assert len(state["orders"]) == IN_STOCK
    assert min(Decimal(commit["available"]["1001"]) for commit in state["commit_log"]) == 0, "and never below"


def test_nav_user_buys_in_between(deploy: Deploy) -> None:
    """With a NAV user buying 30 meanwhile, no order of ours stands unfilled without having been told so."""
    deployment = deploy(company(i1001=IN_STOCK))
    nav = deployment.nav
    for _ in range(10):
        nav.inject("buy_between", item_no="1001", quantity="1", times=1)

    def buy_the_last() -> None:
        """Buy when little is left, so that orders of ours are under way for the same pieces."""
        while Decimal(nav.state()["items"]["1001"]["available"]) > 12:
            done.wait(0.05)
        nav.buy("1001", 20)

    done = threading.Event()
    buyer = threading.Thread(target=buy_the_last)
    buyer.start()
    _flood(deployment)
    done.set()
    buyer.join()

    answers, state = deployment.answers(), nav.state()
    standing = {order["no"]: order for order in state["orders"]}
    told = {
        answer.erp_no: sum(line.confirmed_base for line in answer.lines) for answer in answers.values() if answer.erp_no
    }
    assert set(told) == {no for no, order in standing.items() if order["external_document_no"] in answers}
    taken = Decimal(0)
    for commit in state["commit_log"]:
        if commit["action"] != "create" or commit["order_no"] not in standing:
            continue
        quantity = sum(Decimal(line["quantity_base"]) for line in standing[commit["order_no"]]["lines"])
        taken += quantity
        if commit["order_no"] in told:
            assert told[commit["order_no"]] == quantity, "the buyer was told what stands in NAV"
            assert taken <= IN_STOCK, "everyone of ours who was told yes is served before the stock ends"


@pytest.mark.parametrize("deploy", ["embedded"], indirect=True)
def test_with_the_gateway_codeunit_nothing_is_ever_made_that_is_not_there(deploy: Deploy) -> None:
    """NAV users buy right before our orders are made: no order of ours takes stock below zero, and none is cut."""
    deployment = deploy(company(i1001=20), gateway=True)
    for _ in range(6):
        deployment.nav.inject("buy_between", item_no="1001", quantity="1", times=1)

    _flood(deployment, partners=4)

    outcomes = Counter(answer.outcome for answer in deployment.answers().values())
    assert outcomes == {OrderOutcome.ACCEPTED: 14, OrderOutcome.REJECTED: 4 * ORDERS_EACH - 14}
    state = deployment.nav.state()
    assert Decimal(state["items"]["1001"]["available"]) == 0
    ours = [commit for commit in state["commit_log"] if commit["by"] == "service"]
    assert {commit["action"] for commit in ours} == {"create"}
    assert min(Decimal(commit["available"]["1001"]) for commit in ours) == 0


def _flood(deployment: Deployment, partners: int = PARTNERS) -> None:
    """Take in the orders of all partners, then let three workers loose on them."""
    for number in range(partners):
        gln = f"40000000{number:05d}"
        deployment.partner(f"p{number:02d}", gln)
        orders = [Order(f"P{number:02d}-{one:03d}") for one in range(ORDERS_EACH)]
        deployment.receive(interchange(gln, f"REF{number}", orders))
    for _ in range(WORKERS):
        deployment.run("work")
    deployment.settle(partners * ORDERS_EACH, 240)
