"""Many parked messages of one cause, mended by one line and sent through again: each ends once, whatever is killed."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from orderwire.config.code_lists import add_code
from orderwire.pipeline.replay_runs import Pace
from orderwire.ports.journal import DocumentState
from orderwire.ports.overview import ParkedFilter
from orderwire.ports.replay import ItemState, RunState
from orderwire.simulators.nav.server import NavSimulator
from services.deployment import Deployment, company, sold
from services.edifact import Order, interchange
from services.postgres import PostgresServer
from services.rabbitmq import RabbitMQ

GLN: Final = "4000000000006"
EACH: Final = 10


@pytest.mark.parametrize("messages", [120, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_cause_is_mended_and_replayed(
    own_broker: RabbitMQ, postgres: PostgresServer, tmp_path: Path, messages: int
) -> None:
    """Dry run, two operators at once, a worker and the broker killed, cancelled half-way, taken up again."""

    def restart() -> None:
        own_broker.kill9()
        own_broker.start()

    _mend_and_replay(tmp_path, (own_broker.url, postgres.create_database()), restart, messages)


@pytest.mark.slow
def test_a_cause_is_mended_and_replayed_on_one_machine(tmp_path: Path) -> None:
    """The same with queue and store in SQLite files: there is no broker to kill."""
    _mend_and_replay(tmp_path, ("embedded:", f"sqlite:///{tmp_path}/orderwire.db"), lambda: None, 10_000)


def _mend_and_replay(folder: Path, urls: tuple[str, str], restart: Callable[[], None], messages: int) -> None:
    patience = 120 + messages / 3
    with NavSimulator(company(i1001=10 * messages)) as nav:
        deployment = Deployment(folder, nav, queue_url=urls[0], store_url=urls[1])
        try:
            deployment.partner("acme", GLN)
            workers = [deployment.run("work") for _ in range(2)]
            with _timed(f"{messages} parked"):
                nos = _park(deployment, messages, patience)
            add_code(deployment.config_dir, "acme", "units", ["DZN", "PCS"])
            with _timed(f"{messages} tried dry"):
                _try_dry(deployment, messages, patience)
            with _timed(f"{messages} replayed"):
                _replay(deployment, restart, workers[0], messages, patience)
            _assert_each_ended_once(deployment, nos)
        finally:
            deployment.close()


@contextmanager
def _timed(what: str) -> Iterator[None]:
    """Print how long it took: a figure for who reads it, and no bar."""
    began = time.monotonic()
    yield
    print(f"{what} in {time.monotonic() - began:.0f} s")  # noqa: T201  figures for who reads them


def _replay(
    deployment: Deployment, restart: Callable[[], None], worker: subprocess.Popen[str], messages: int, patience: float
) -> None:
    nav = deployment.nav
    assert nav.state()["orders"] == [], "a dry run makes no sales order"
    runs = _start_two(deployment, messages)
    deployment.wait_for(lambda: _succeeded(deployment, runs) >= messages / 6, patience, "some have succeeded")
    deployment.kill(worker)
    restart()
    deployment.run("work")
    deployment.wait_for(lambda: _succeeded(deployment, runs) >= messages / 3, patience, "a third has succeeded")
    assert _cancel(deployment, runs, patience) > 0, "cancelled, something was left parked"
    for run_id in runs:
        deployment.services.runs.start(run_id, who="bob")
    deployment.wait_for(lambda: _states(deployment, runs) == {RunState.DONE}, patience, "both runs done")
    assert _counts(deployment, runs) == {ItemState.SUCCEEDED: messages, ItemState.SKIPPED: messages}


def _assert_each_ended_once(deployment: Deployment, nos: list[str]) -> None:
    found = sold(deployment.nav, nos)
    assert {no: len(found.get(no, [])) for no in nos} == dict.fromkeys(nos, 1), "0 lost, 0 doubled"
    assert deployment.parked() == []


def _park(deployment: Deployment, messages: int, patience: float) -> list[str]:
    nos = [f"R{number:05}" for number in range(messages)]
    for start in range(0, messages, EACH):
        content = interchange(GLN, f"RUN{start}", [Order(no) for no in nos[start : start + EACH]])
        deployment.receive(content.replace(b":PCE", b":DZN"))
    filter_ = ParkedFilter(partner="acme")

    def parked() -> bool:
        with deployment.services.store.read() as tx:
            return len(tx.failures.ids(filter_)) == messages

    deployment.wait_for(parked, patience, "everything is parked")
    return nos


def _freeze(deployment: Deployment, messages: int, who: str) -> str:
    pace = Pace(rate=max(20.0, messages / 30), ramp=(1, 5, messages // 10, messages // 5), stop_on=1)
    return deployment.services.runs.freeze(ParkedFilter(partner="acme"), pace, who=who, why="the unit is known now").id


def _try_dry(deployment: Deployment, messages: int, patience: float) -> None:
    run_id = _freeze(deployment, messages, "ann")
    deployment.services.runs.try_out(run_id, who="ann")
    deployment.wait_for(lambda: _states(deployment, [run_id]) == {RunState.TRIED}, patience, "tried dry")
    with deployment.services.store.read() as tx:
        assert dict(tx.runs.trials(run_id)) == {"passes": messages}


def _start_two(deployment: Deployment, messages: int) -> list[str]:
    """Have two operators press at the same moment."""
    together, runs = threading.Barrier(2), list[str]()

    def press(who: str) -> None:
        run_id = _freeze(deployment, messages, who)
        together.wait()
        deployment.services.runs.start(run_id, who=who)
        runs.append(run_id)

    people = [threading.Thread(target=press, args=(who,)) for who in ("ann", "bob")]
    for one in people:
        one.start()
    for one in people:
        one.join()
    return runs


def _cancel(deployment: Deployment, runs: list[str], patience: float) -> int:
    """Cancel both, let what is in flight end, and return how many are parked still."""
    for run_id in runs:
        deployment.services.runs.cancel(run_id, who="ann")
    deployment.wait_for(
        lambda: not _counts(deployment, runs).get(ItemState.SENT), patience, "what was in flight has ended"
    )
    return sum(one.state is DocumentState.PARKED for one in deployment.documents(state=DocumentState.PARKED))


def _states(deployment: Deployment, runs: list[str]) -> set[RunState]:
    with deployment.services.store.read() as tx:
        return {run.state for run in tx.runs.all() if run.id in runs}


def _succeeded(deployment: Deployment, runs: list[str]) -> int:
    """Count what arrived; asking the simulator for all its orders again and again would slow it down."""
    return _counts(deployment, runs).get(ItemState.SUCCEEDED, 0)


def _counts(deployment: Deployment, runs: list[str]) -> dict[ItemState, int]:
    total: dict[ItemState, int] = {}
    with deployment.services.store.read() as tx:
        for run_id in runs:
            counts: Any = tx.runs.counts(run_id)
            for state, count in counts.items():
                total[state] = total.get(state, 0) + count
    return total
