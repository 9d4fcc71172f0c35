"""SIGHUP while orders come: all of a new configuration or none of it, and no order lost over it."""

import json
import signal
from pathlib import Path

import httpx

from orderwire.cli.reload import needs_restart
from orderwire.simulators.nav.server import NavSimulator
from services.deployment import Deployment, company
from services.edifact import Order, interchange

GLN = "4000000000006"


def test_a_configuration_is_taken_whole_or_not_at_all(tmp_path: Path) -> None:
    """A wrong file is told of in log and health and changes nothing; mended, it holds without a restart."""
    with NavSimulator(company(i1001=10)) as nav:
        url = f"sqlite:///{tmp_path}/orderwire.db"
        deployment = Deployment(tmp_path, nav, queue_url="embedded:", store_url=url)
        try:
            deployment.partner("acme", GLN)
            process = deployment.run("up", "--port", "0")
            log = tmp_path / "up-0.log"
            deployment.wait_for(lambda: "listens on http" in log.read_text(), 60, "up listens")
            ready = log.read_text().split("listens on ", 1)[1].split()[0] + "/health/ready"
            settings = deployment.config_dir / "orderwire.yaml"
            good = settings.read_text()

            settings.write_text(good + "limits:\n  max_document_bytes: 100000\ncolour: red\n")
            process.send_signal(signal.SIGHUP)
            deployment.wait_for(lambda: "configuration_refused" in log.read_text(), 30, "refused")
            assert httpx.get(ready, timeout=10).json()["configuration"] == "stale"
            assert deployment.command("config", "check").returncode == 1

            settings.write_text(good + "limits:\n  max_document_bytes: 100000\nqueue:\n  prefetch: 7\n")
            process.send_signal(signal.SIGHUP)
            deployment.wait_for(lambda: "configuration_reloaded" in log.read_text(), 30, "reloaded")
            assert httpx.get(ready, timeout=10).json()["configuration"] == "ok"
            [told] = [json.loads(line) for line in log.read_text().splitlines() if "configuration_reloaded" in line]
            assert told["changed"] + told["needs_restart"] == ["limits.max_document_bytes", "queue.prefetch"]
            deployment.receive(interchange(GLN, "ONE", [Order("PO-1")]))
            deployment.settle(1, 60)
            assert {answer.outcome.value for answer in deployment.answers().values()} == {"accepted"}
        finally:
            deployment.close()


def test_what_needs_a_restart_is_what_holds_connections_and_places() -> None:
    """NAV's field maps, limits, retries and the log do not."""
    names = needs_restart()

    assert {"store.url", "queue.url", "api.port", "data_dir"} <= set(names)
    assert not {"nav.fields", "nav.url", "limits.max_document_bytes", "retry.max_attempts", "log.level"} & set(names)
