"""Fixtures over real services: one server per session, a fresh place in it per test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from orderwire.store import SqlStore
from services.postgres import PostgresServer, postgres_or_skip
from services.rabbitmq import RabbitMQ, running
from services.stores import migrate_store, open_at

# How long an example takes tells of the machine, not of the rule.
settings.register_profile("orderwire", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("orderwire")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = postgres_or_skip()
    yield server
    server.close()


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    yield from running(tmp_path_factory.mktemp("rabbitmq") / "broker")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/orderwire.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a migrated, empty store; any number of stores and processes may open it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/orderwire.db"
        migrate_store(url)
        yield url
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create_database(template=server.template("store", migrate_store))
    yield url
    server.drop_database(url)


@pytest.fixture
def store(store_url: str) -> Iterator[SqlStore]:
    """A migrated, empty store: the test runs once on SQLite and once on PostgreSQL."""
    opened = open_at(store_url)
    yield opened
    opened.close()
