"""P1 and P7: the broker is killed under load or loses a retry, and NAV goes away under load."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pika  # type: ignore[import-untyped]
import pytest

from acceptance.conftest import Deploy
from orderwire.pipeline.late_retries import LateRetries
from orderwire.ports.journal import DocumentState
from orderwire.simulators.nav.server import NavSimulator
from services.deployment import Deployment, company, sold
from services.edifact import Order, interchange
from services.postgres import PostgresServer
from services.rabbitmq import RabbitMQ

GLN: Final = "4000000000006"
FILES, ORDERS_EACH = 20, 5


@pytest.mark.parametrize("kills", [1, pytest.param(5, marks=pytest.mark.slow)])
def test_broker_killed_under_load(own_broker: RabbitMQ, postgres: PostgresServer, tmp_path: Path, kills: int) -> None:
    """A broker killed and started again under load loses nothing and doubles no sales order."""
    with NavSimulator(company(i1001=1000)) as nav:
        deployment = Deployment(tmp_path, nav, queue_url=own_broker.url, store_url=postgres.create_database())
        try:
            deployment.partner("acme", GLN)
            for _ in range(2):
                deployment.run("work")
            feeder = _feed(deployment)
            for kill in range(1, kills + 1):
                deployment.wait_for(lambda least=10 * kill: len(nav.state()["orders"]) >= least, 120, "load")  # type: ignore[misc]
                own_broker.kill9()
                own_broker.start()
            feeder.join()
            _assert_all_done_once(deployment, 240)
        finally:
            deployment.close()


@pytest.mark.parametrize("seconds", [15.0, pytest.param(60.0, marks=pytest.mark.slow)])
def test_nav_away_under_load(deploy: Deploy, seconds: float) -> None:
    """While NAV is away nothing is parked and no attempt is burnt; when it is back, everything is done."""
    deployment = deploy(company(i1001=1000))
    deployment.partner("acme", GLN)
    for _ in range(2):
        deployment.run("work")
    feeder = _feed(deployment)
    deployment.wait_for(lambda: len(deployment.nav.state()["orders"]) >= 10, 60, "load")

    deployment.nav.away(seconds)

    feeder.join()
    _assert_all_done_once(deployment, seconds + 120)
    attempts = [one.attempts for one in deployment.documents(kind="ORDERS")]
    assert sum(attempts) <= 2 * 4, "at most the calls that were cut in the middle count as attempts"


def test_a_retry_that_the_broker_does_not_give_back(
    rabbitmq: RabbitMQ, postgres: PostgresServer, tmp_path: Path
) -> None:
    """Kept on its rung, or lost with a disk: the journal knows that it is late, and it is sent again."""
    url = rabbitmq.add_virtual_host(f"lost-{tmp_path.name}")
    with NavSimulator(company(i1001=10)) as nav:
        more = {"ORDERWIRE_QUEUE__RUNG_SECONDS": "[60]"}
        deployment = Deployment(tmp_path, nav, queue_url=url, store_url=postgres.create_database(), **more)
        try:
            deployment.partner("acme", GLN)
            nav.inject("status", status=502, operation="Create", times=1)
            deployment.run("work")
            deployment.receive(interchange(GLN, "LOST1", [Order("LOST-1")]))
            deployment.wait_for(lambda: bool(deployment.documents(state=DocumentState.RETRYING)), 60, "a retry")
            rung = deployment.services.topology.rung(60)
            deployment.wait_for(lambda: _on_the_rung(deployment, rung) == 1, 30, "the retry on its rung")
            with pika.BlockingConnection(pika.URLParameters(url)) as connection:
                connection.channel().queue_purge(rung)

            services = deployment.services
            later = datetime.now(UTC) + timedelta(seconds=91)
            queues = {"fulfil": services.topology.work_queue("fulfil")}
            LateRetries(services.store, services.transport, queues, lambda: later).turn()

            deployment.settle(1, 60)
            assert len(sold(nav, ["LOST-1"])["LOST-1"]) == 1
            assert len(deployment.replies("acme")) == 1
        finally:
            deployment.close()


def _on_the_rung(deployment: Deployment, rung: str) -> int:
    return next(depth.ready for depth in deployment.services.transport.depths() if depth.queue == rung)


def _order_nos() -> list[str]:
    return [f"B{file:02d}-{one}" for file in range(FILES) for one in range(ORDERS_EACH)]


def _feed(deployment: Deployment) -> threading.Thread:
    """Take in files one after the other, as a partner sends them."""
    pause = threading.Event()

    def send() -> None:
        for file in range(FILES):
            orders = [Order(f"B{file:02d}-{one}") for one in range(ORDERS_EACH)]
            deployment.receive(interchange(GLN, f"LOAD{file}", orders))
            pause.wait(0.15)

    feeder = threading.Thread(target=send)
    feeder.start()
    return feeder


def _assert_all_done_once(deployment: Deployment, seconds: float) -> None:
    nos = _order_nos()
    deployment.settle(len(nos), seconds)
    found = sold(deployment.nav, nos)
    assert {no: len(found.get(no, [])) for no in nos} == dict.fromkeys(nos, 1), "0 lost, 0 doubled"
    assert len(deployment.replies("acme")) == len(nos), "one answer each"
    assert deployment.parked() == []
