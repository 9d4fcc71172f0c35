"""A worker told to end finishes what it has in hand, and leaves nothing in between for anybody to clear up."""

import signal
import time
from typing import Final

from acceptance.conftest import Deploy
from services.deployment import Deployment, company, sold
from services.edifact import Order, interchange

GLN: Final = "4000000000006"
#: What a worker is given, and what it takes from the word to its end on top: threads, connections, the interpreter.
GRACE_SECONDS: Final = 25.0
START_AND_END_SECONDS: Final = 10.0
#: NAV takes so long for each order, so that there is always one in hand.
NAV_SECONDS: Final = 1.0
ORDERS: Final = 40


def test_stop_under_load(deploy: Deploy) -> None:
    """In time and without an error; every order that reached NAV is answered, and what follows is with the broker."""
    deployment = deploy(company(i1001=100), ORDERWIRE_FULFIL__LEASE_SECONDS="90")  # none runs out on a busy machine
    deployment.partner("acme", GLN)
    deployment.nav.inject("hang_after_commit", operation="Create", seconds=NAV_SECONDS, times=None)
    numbers = [f"STOP-{number}" for number in range(ORDERS)]
    deployment.receive(interchange(GLN, "STOP", [Order(number) for number in numbers]))
    worker = deployment.run("work")
    deployment.wait_for(lambda: bool(sold(deployment.nav, numbers)), 60, "an order is in hand")

    told = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0, deployment.logs()
    took = time.monotonic() - told

    assert took < GRACE_SECONDS + START_AND_END_SECONDS
    made = sold(deployment.nav, numbers)
    assert 0 < len(made) < ORDERS, "it ended under load"
    assert made.keys() == deployment.answers().keys(), "nothing is in doubt"
    assert _unsent(deployment) == 0
    assert deployment.parked() == []
    again = _tried_again_for(deployment)
    assert again.keys() <= {"unsettled"}, f"others had the stock in hand, and nothing else: {again}"

    deployment.run("work")
    deployment.settle(ORDERS, 90)
    made = sold(deployment.nav, numbers)
    assert {number: len(found) for number, found in made.items()} == dict.fromkeys(numbers, 1)
    assert len(deployment.replies("acme")) == ORDERS


def _tried_again_for(deployment: Deployment) -> dict[str, str]:
    """Return the codes that led to another try, each with one of its reasons."""
    conversations = {one.correlation_id for one in deployment.documents(kind="ORDERS")}
    with deployment.services.store.begin() as tx:
        steps = [step for each in conversations for step in tx.journal.steps(each)]
    found = [step.detail for step in steps if step.name == "retry_scheduled" and step.detail]
    return {detail["code"]: detail["reason"] for detail in found}


def _unsent(deployment: Deployment) -> int:
    with deployment.services.store.begin() as tx:
        return tx.outbox.waiting()
