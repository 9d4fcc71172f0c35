"""Deployments over both transports, each with a NAV simulator of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orderwire.simulators.nav.data import NavData
from orderwire.simulators.nav.server import NavSimulator
from services.deployment import Deployment
from services.rabbitmq import RabbitMQ, require

if TYPE_CHECKING:
    from services.postgres import PostgresServer

#: Makes a deployment on a NAV company; further settings are environment variables.
Deploy = Callable[..., Deployment]


@pytest.fixture(params=["embedded", "services"])
def deploy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deploy]:
    """One machine on one SQLite file, and RabbitMQ with PostgreSQL."""
    with ExitStack() as stack:

        def make(data: NavData, *, gateway: bool = False, **more: str) -> Deployment:
            nav = stack.enter_context(NavSimulator(data, gateway_codeunit=gateway))
            queue_url, store_url = _urls(request, tmp_path)
            deployment = Deployment(tmp_path, nav, queue_url=queue_url, store_url=store_url, **more)
            stack.callback(deployment.close)
            return deployment

        yield make


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[RabbitMQ]:
    """A broker that the test may kill."""
    broker = RabbitMQ(tmp_path / "rabbitmq", require())
    broker.start()
    yield broker
    broker.stop()


def _urls(request: pytest.FixtureRequest, folder: Path) -> tuple[str, str]:
    if request.param == "embedded":
        return "embedded:", f"sqlite:///{folder}/orderwire.db"
    broker: RabbitMQ = request.getfixturevalue("rabbitmq")
    postgres: PostgresServer = request.getfixturevalue("postgres")
    return broker.add_virtual_host(f"test-{folder.name}-{id(request)}"), postgres.create_database()
