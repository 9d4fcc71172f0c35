"""Start order does not matter: `serve` and `work` wait for a broker and a database that come later."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from orderwire.simulators.nav.server import NavSimulator
from services.deployment import Deployment, company, sold
from services.edifact import Order, interchange
from services.ports import free_port
from services.postgres import PostgresServer
from services.proxy import Proxy
from services.rabbitmq import RabbitMQ

GLN = "4000000000006"


class Late:
    """A broker and a database that nobody can reach yet."""

    def __init__(self, stack: ExitStack, broker: RabbitMQ, postgres: PostgresServer) -> None:
        host = f"127.0.0.1:{broker.port}"
        self.broker, self.database = Proxy(broker.port), Proxy(postgres.port)
        self.queue_url = broker.add_virtual_host(f"start-{self.broker.port}").replace(
            host, f"127.0.0.1:{self.broker.port}"
        )
        self.store_url = postgres.create_database().replace(str(postgres.port), str(self.database.port))
        for proxy in (self.broker, self.database):
            stack.callback(proxy.close)
            proxy.refuse()


@pytest.fixture
def late(rabbitmq: RabbitMQ, postgres: PostgresServer) -> Iterator[Late]:
    with ExitStack() as stack:
        yield Late(stack, rabbitmq, postgres)


def readiness(url: str) -> tuple[int, dict[str, str]]:
    with suppress(httpx.HTTPError):
        reply = httpx.get(f"{url}/health/ready", timeout=10)
        return reply.status_code, {name: part["status"] for name, part in reply.json()["components"].items()}
    return 0, {}


def test_who_starts_first_waits(late: Late, tmp_path: Path) -> None:
    """Not ready while either is away, and at work as soon as both are there; one told to end ends at once."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with NavSimulator(company(i1001=100)) as nav:
        deployment = Deployment(tmp_path, nav, queue_url=late.queue_url, store_url=late.store_url)
        deployment.partner("acme", GLN)
        try:
            deployment.run("serve", "--port", str(port))
            deployment.run("work")
            impatient = deployment.run("work")
            away = {"store": "away", "broker": "away", "erp": "ok"}
            deployment.wait_for(lambda: readiness(url) == (503, away), 60, "serve says that both are away")
            assert httpx.get(f"{url}/health/live").status_code == 200
            log = tmp_path / "work-2.log"
            deployment.wait_for(lambda: '"event": "awaited"' in log.read_text(), 60, "work says what it waits for")
            impatient.send_signal(signal.SIGTERM)
            assert impatient.wait(60) == 0

            late.database.heal()
            deployment.wait_for(lambda: readiness(url) == (503, away | {"store": "ok"}), 60, "the database is there")
            late.broker.heal()
            deployment.wait_for(lambda: readiness(url)[0] == 200, 60, "serve is ready")

            deployment.receive(interchange(GLN, "START", [Order("S-1")]))
            deployment.settle(1, 60)
            assert len(sold(nav, ["S-1"])["S-1"]) == 1
        finally:
            deployment.close()
