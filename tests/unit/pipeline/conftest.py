"""A world of its own for each test of the pipeline."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.desk import Desk
from fakes.world import World, make_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def world(template: Path, tmp_path: Path) -> Iterator[World]:
    with World.opened(template, tmp_path) as opened:
        yield opened


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)
