"""P1 and P2 over crashes: whatever dies, one purchase order makes one sales order, and has one answer."""

from typing import Final

import pytest

from acceptance.conftest import Deploy
from services.deployment import Deployment, company, sold
from services.edifact import Order, interchange

GLN: Final = "4000000000006"
ORDERS: Final = ("C-1", "C-2", "C-3")
#: Where a worker may die, in the order in which an order passes.
IN_THE_WORKER: Final = (
    "after_commit.decode",
    "after_publish.decode",
    "after_intent",
    "after_reply",
    "after_commit.fulfil",
    "after_publish.fulfil",
    "after_commit.respond",
    "after_publish.respond",
    "after_commit.deliver",
    "after_publish.deliver",
)


@pytest.mark.parametrize("point", IN_THE_WORKER)
def test_worker_killed(deploy: Deploy, point: str) -> None:
    """A worker killed at a fault point leaves nothing undone and nothing done twice."""
    deployment = _deployment(deploy)
    _take_in(deployment)

    dead = deployment.folder / "dead"
    doomed = deployment.run("work", ORDERWIRE_CHAOS__KILL_AT=point, ORDERWIRE_CHAOS__ONCE_FILE=str(dead))
    doomed.wait(60)
    deployment.run("work")

    assert dead.exists(), "the worker died where it should"
    _assert_done_once(deployment)


def test_receiver_killed_after_archive(deploy: Deploy) -> None:
    """What was archived when the receiving process died is worked on all the same."""
    deployment = _deployment(deploy)
    file = deployment.folder / "orders.edi"
    file.write_bytes(interchange(GLN, "CRASH", [Order(no) for no in ORDERS]))

    killed = deployment.run("send", str(file), ORDERWIRE_CHAOS__KILL_AT="after_archive")
    assert killed.wait(60) != 0
    deployment.run("work")

    _assert_done_once(deployment)


def test_worker_killed_between_nav_commit_and_reply(deploy: Deploy) -> None:
    """A worker killed while NAV has committed but not yet answered finds the sales order when it comes back."""
    deployment = _deployment(deploy)
    deployment.nav.inject("hang_after_commit", operation="Create", seconds=20, times=1)
    _take_in(deployment)

    doomed = deployment.run("work")
    deployment.wait_for(lambda: bool(sold(deployment.nav, ORDERS)), 60, "NAV has an order")
    deployment.kill(doomed)
    deployment.run("work")

    _assert_done_once(deployment)


@pytest.mark.parametrize("fault", ["reply_lost", "fault_after_commit", "truncated_reply", "deadlock", "lock_timeout"])
def test_reply_lost(deploy: Deploy, fault: str) -> None:
    """A reply lost or garbled after NAV's commit is read back, and a refused write is done again."""
    deployment = _deployment(deploy)
    deployment.nav.inject(fault, operation="Create", times=2)
    _take_in(deployment)

    deployment.run("work")

    _assert_done_once(deployment)


def _deployment(deploy: Deploy) -> Deployment:
    deployment = deploy(company(i1001=100))
    deployment.partner("acme", GLN)
    return deployment


def _take_in(deployment: Deployment) -> None:
    deployment.receive(interchange(GLN, "CRASH", [Order(no) for no in ORDERS]))


def _assert_done_once(deployment: Deployment) -> None:
    deployment.settle(len(ORDERS), 90)
    orders = sold(deployment.nav, ORDERS)
    assert {no: len(found) for no, found in orders.items()} == dict.fromkeys(ORDERS, 1), "one sales order each"
    assert deployment.nav.state()["items"]["1001"]["available"] == "97"
    answers = deployment.documents(kind="ORDRSP")
    assert sorted(answer.order_no or "" for answer in answers) == list(ORDERS), "one answer each"
    replies = deployment.replies("acme")
    assert len(replies) == len(ORDERS), "and it was delivered"
    assert all(any(f"RFF+ON:{no}'" in reply for reply in replies) for no in ORDERS)
    assert [one.state for one in deployment.documents(kind="ORDERS")] == ["done"] * len(ORDERS)
    assert deployment.parked() == []
