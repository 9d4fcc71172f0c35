"""`orderwire tail` and `orderwire top`: what happens, and how things stand, for people and for programs."""

import json
from pathlib import Path

from orderwire.simulators.nav.server import NavSimulator
from records import a_document
from services.deployment import Deployment, company
from services.edifact import Order, interchange
from services.partner_server import serving

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


def test_tail_leaves_nothing_out(tmp_path: Path) -> None:
    """Of a file of many orders every document is printed, as JSON one in a line."""
    with NavSimulator(company(i1001=10)) as nav:
        deployment = Deployment(tmp_path, nav, queue_url="embedded:", store_url=f"sqlite:///{tmp_path}/orderwire.db")
        try:
            with deployment.services.store.begin() as tx:
                for number in range(301):
                    tx.journal.add(a_document(id=f"d{number}", received_at=deployment.services.clock()))

            lines = deployment.command("tail", "--once").stdout.splitlines()
            objects = [json.loads(line) for line in deployment.command("tail", "--once", "--json").stdout.splitlines()]

            assert len(lines) == 301
            assert [one["id"] for one in objects] == [f"d{number}" for number in range(301)]
        finally:
            deployment.close()


def test_two_processes_and_a_kill_tell_once(tmp_path: Path) -> None:
    """Of two workers one tells of a parked message; the one that follows on a killed one tells nobody again."""
    with NavSimulator(company(i1001=10)) as nav, serving() as server:
        secret = {"ORDERWIRE_ALERTS__RECEIVERS__OPS__SECRET": "hush"}
        url = f"sqlite:///{tmp_path}/orderwire.db"
        deployment = Deployment(tmp_path, nav, queue_url="embedded:", store_url=url, **secret)
        try:
            plan = f"receivers:\n  ops:\n    webhook: {server.url}\n"
            (deployment.config_dir / "alerts.yaml").write_text(plan)
            deployment.receive(interchange(GLN, "ONE", [Order("PO-1")]))
            first, _ = deployment.run("work"), deployment.run("work")
            deployment.wait_for(lambda: len(server.got) > 0, 60, "the alert is told")
            deployment.kill(first)
            deployment.run("work")
            deployment.wait_for(lambda: "ready" in (tmp_path / "work-2.log").read_text(), 60, "a third one is there")

            with deployment.services.store.read() as tx:
                [told], [alert] = tx.alerts.notices(10), tx.alerts.all()
            assert (told.state.value, told.attempts, len(server.got)) == ("sent", 1, 1)
            assert (alert.kind.value, alert.count) == ("parked", 1)
            quiet = deployment.command("alerts", "quiet", alert.cause, "--reason", "known")
            assert quiet.stdout == "No more reminders.\n"
        finally:
            deployment.close()
