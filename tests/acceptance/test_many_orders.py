"""P2 in bad weather: many orders, faults of NAV's by chance, workers killed, NAV away; each makes one sales order."""

from collections import Counter
from decimal import Decimal
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest

from acceptance.conftest import Deploy
from orderwire.simulators.nav.chaos import weather
from orderwire.simulators.nav.server import NavSimulator
from services.deployment import Deployment, company, sold
from services.edifact import Order, interchange

if TYPE_CHECKING:
    import subprocess

GLN: Final = "4000000000006"
ITEMS: Final = ("1001", "1002", "1003", "1004", "1005")
PER_FILE, WORKERS = 20, 2
#: The share of calls that meets a fault: a lock, a proxy's page, a lost or half reply, a fault after the commit …
FAULTS: Final = 0.15
WRITES: Final = frozenset({"Create", "Update", "Delete", "Delete_SalesLines"})


@pytest.mark.parametrize(
    ("deploy", "count"),
    [("embedded", 60), pytest.param("services", 1000, marks=pytest.mark.slow)],
    indirect=["deploy"],
)
def test_many_orders_in_bad_weather(deploy: Deploy, count: int) -> None:
    """Exactly so many sales orders with the right quantities, nothing parked, and no write repeated blindly."""
    die = Random(count)  # noqa: S311  a test's die
    deployment = deploy(company(i1001=99999, i1002=99999, i1003=99999, i1004=99999, i1005=99999))
    deployment.partner("acme", GLN)
    orders = {f"M-{number:04d}": lines_of(die) for number in range(count)}
    for plan in weather(FAULTS):
        deployment.nav.arm(plan)
    for number, chunk in enumerate(range(0, count, PER_FILE)):
        some = [Order(no, lines) for no, lines in list(orders.items())[chunk : chunk + PER_FILE]]
        deployment.receive(interchange(GLN, f"REF{number}", some))

    disturbed(deployment, die, count)

    assert deployment.parked() == []
    standing = sold(deployment.nav, orders)
    assert {no: len(found) for no, found in standing.items()} == dict.fromkeys(orders, 1)
    for no, [order] in standing.items():
        assert [(line["item_no"], int(Decimal(line["quantity"]))) for line in order["lines"]] == orders[no]
    assert {no: answer.erp_no for no, answer in deployment.answers().items()} == {
        no: order["no"] for no, [order] in standing.items()
    }
    created = Counter(
        each["external_document_no"] for each in deployment.nav.state()["commit_log"] if each["action"] == "create"
    )
    assert created == dict.fromkeys(orders, 1)
    assert blind_writes(deployment.nav) == []


def lines_of(die: Random) -> list[tuple[str, int]]:
    return [(item_no, die.randint(1, 9)) for item_no in die.sample(ITEMS, die.randint(1, 3))]


def disturbed(deployment: Deployment, die: Random, count: int) -> None:
    """Let workers loose, kill one now and then, and have NAV away, until everything is at its end."""
    workers: list[subprocess.Popen[str]] = [deployment.run("work") for _ in range(WORKERS)]
    for done in range(count // 5, count, count // 5):
        deployment.wait_for(partial(answered, deployment, done), 60 + count, f"{done} orders answered")
        deployment.nav.away(1.0)
        victim = die.randrange(WORKERS)
        deployment.kill(workers[victim])
        workers[victim] = deployment.run("work")
    deployment.settle(count, 60 + count)


def answered(deployment: Deployment, count: int) -> bool:
    return len(deployment.answers()) >= count


def blind_writes(nav: NavSimulator) -> list[dict[str, Any]]:
    """Return the writes that came after another one to the same order, without a look at NAV in between."""
    looked: set[str] = set()
    written: set[str] = set()
    blind = []
    for call in nav.calls(service="SalesOrder"):
        no, operation = call["no"], call["operation"]
        if operation in WRITES:
            if no in written and no not in looked:
                blind.append(call)
            written.add(no)
            looked.discard(no)
        elif call["outcome"] == "ok":
            looked.add(no)
    return blind
