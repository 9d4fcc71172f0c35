"""`orderwire tail` and `orderwire top`: what happens, and how things stand, for people and for programs."""

import json
from pathlib import Path

from orderwire.simulators.nav.server import NavSimulator
from services.deployment import Deployment, company
from services.edifact import Order, interchange

GLN = "4000000000006"


def test_tail_and_top(tmp_path: Path) -> None:
    """What came is printed, one document a line; what waits is counted by flow, and that no worker is there."""
    with NavSimulator(company(i1001=10)) as nav:
        store_url = f"sqlite:///{tmp_path}/orderwire.db"
        deployment = Deployment(tmp_path, nav, queue_url="embedded:", store_url=store_url)
        try:
            deployment.partner("acme", GLN)
            deployment.receive(interchange(GLN, "ONE", [Order("PO-1")]))

            tail = deployment.command("tail", "--once")
            top = deployment.command("top", "--once", "--json")

            assert "file" in tail.stdout
            stand = json.loads(top.stdout)
            assert (stand["workers_alive"], stand["broker"]) == (0, "ok")
            assert {flow["flow"]: flow["waiting"] for flow in stand["flows"]}["decode"] == 1
            assert "workers alive: 0" in deployment.command("top", "--once").stdout
            wrong = deployment.command("replay", "start", "--filter", "code=mapping")
            assert (wrong.returncode, "nothing that is parked" in wrong.stderr) == (2, True)
            assert deployment.command("replay", "start").returncode == 2
        finally:
            deployment.close()
