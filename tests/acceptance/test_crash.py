"""P1 and P2 over crashes: whatever dies, one purchase order makes one sales order, and has one answer."""

from typing import Final

from acceptance.conftest import Deploy
from fault_points import IN_THE_WORKER
from services.deployment import Deployment, company, sold
from services.edifact import Order, interchange

GLN: Final = "4000000000006"
#: What becomes of NAV's answer to the order's creation.
FAULTS: Final = ("reply_lost", "fault_after_commit", "truncated_reply", "deadlock", "lock_timeout")


def test_worker_killed(deploy: Deploy) -> None:
    """Workers killed one after the other, each at another fault point, leave nothing undone and nothing done twice."""
    deployment = _deployment(deploy)
    everything: list[str] = []

    for number, point in enumerate(IN_THE_WORKER):
        everything += _take_in(deployment, f"K{number}")
        dead = deployment.folder / point
        doomed = deployment.run("work", ORDERWIRE_CHAOS__KILL_AT=point, ORDERWIRE_CHAOS__ONCE_FILE=str(dead))
        doomed.wait(60)
        assert dead.exists(), f"it died {point}"
    deployment.run("work")

    _assert_done_once(deployment, everything)


def test_receiver_killed_after_archive(deploy: Deploy) -> None:
    """What was archived when the receiving process died is worked on all the same."""
    deployment = _deployment(deploy)
    file = deployment.folder / "orders.edi"
    file.write_bytes(interchange(GLN, "CRASH", [Order("C-1")]))

    killed = deployment.run("send", str(file), ORDERWIRE_CHAOS__KILL_AT="after_archive")
    assert killed.wait(60) != 0
    deployment.run("work")

    _assert_done_once(deployment, ["C-1"])


def test_worker_killed_between_nav_commit_and_reply(deploy: Deploy) -> None:
    """A worker killed while NAV has committed but not yet answered finds the sales order when it comes back."""
    deployment = _deployment(deploy)
    deployment.nav.inject("hang_after_commit", operation="Create", seconds=20, times=1)
    numbers = _take_in(deployment)

    doomed = deployment.run("work")
    deployment.wait_for(lambda: bool(sold(deployment.nav, numbers)), 60, "NAV has an order")
    deployment.kill(doomed)
    deployment.run("work")

    _assert_done_once(deployment, numbers)


def test_reply_lost(deploy: Deploy) -> None:
    """A reply lost or garbled after NAV's commit is read back, and a refused write is done again."""
    deployment = _deployment(deploy)
    deployment.run("work")
    everything: list[str] = []

    for number, fault in enumerate(FAULTS):
        deployment.nav.inject(fault, operation="Create", times=2)
        everything += _take_in(deployment, f"F{number}")
        deployment.settle(len(everything), 90)

    _assert_done_once(deployment, everything)


def _deployment(deploy: Deploy) -> Deployment:
    deployment = deploy(company(i1001=100))
    deployment.partner("acme", GLN)
    return deployment


def _take_in(deployment: Deployment, name: str = "C") -> list[str]:
    """Receive an interchange, and return the numbers of its orders."""
    numbers = [f"{name}-{number}" for number in (1, 2, 3)]
    deployment.receive(interchange(GLN, name, [Order(number) for number in numbers]))
    return numbers


def _assert_done_once(deployment: Deployment, numbers: list[str]) -> None:
    deployment.settle(len(numbers), 90)
    orders = sold(deployment.nav, numbers)
    assert {no: len(found) for no, found in orders.items()} == dict.fromkeys(numbers, 1), "one sales order each"
    assert deployment.nav.state()["items"]["1001"]["available"] == str(100 - len(numbers))
    answers = deployment.documents(kind="ORDRSP")
    assert sorted(answer.order_no or "" for answer in answers) == sorted(numbers), "one answer each"
    replies = deployment.replies("acme")
    assert len(replies) == len(numbers), "and it was delivered"
    assert all(any(f"RFF+ON:{no}'" in reply for reply in replies) for no in numbers)
    assert [one.state for one in deployment.documents(kind="ORDERS")] == ["done"] * len(numbers)
    assert deployment.parked() == []
