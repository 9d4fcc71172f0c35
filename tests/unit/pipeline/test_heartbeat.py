"""Workers say that they live, and why a flow of theirs stands still."""

import threading
from datetime import timedelta
from typing import Any

from fakes.world import World
from orderwire.pipeline.chore import Chore
from orderwire.pipeline.heartbeat import Heartbeat
from orderwire.pipeline.lane import Lane
from orderwire.pipeline.worker import Breaker
from orderwire.ports.overview import WorkerRecord


def test_a_paused_flow_is_told_with_its_reason(world: World) -> None:
    """As long as the breaker is open, and no longer."""
    around, told = world.around, list[Any]()
    record = WorkerRecord("w", "host", 1, "1.0", world.clock(), world.clock())
    heartbeat = Heartbeat(world.store, record, around.pauses, world.clock)

    def probe() -> None:
        heartbeat.beat()
        told.append(world.read(lambda tx: tx.workers.all())[0].paused)

    lane = Lane("fulfil", "q", lambda _event: lambda _tx: [], probe=probe)
    Breaker(lane, around, threading.Event()).trip(0.001, "NAV does not answer")
    heartbeat.beat()

    assert [pauses["fulfil"]["reason"] for pauses in told] == ["NAV does not answer"]
    [worker] = world.read(lambda tx: tx.workers.all())
    assert worker.paused == {}


def test_a_worker_that_ends_is_gone_at_once(world: World) -> None:
    """One that was killed is silent first, and forgotten after an hour."""
    now = world.clock()
    for name, started in (("killed", now), ("ended", now)):
        record = WorkerRecord(name, "host", 1, "1.0", started, started)
        Heartbeat(world.store, record, world.around.pauses, world.clock).beat()
    ended = Heartbeat(world.store, WorkerRecord("ended", "host", 1, "1.0", now, now), world.around.pauses, world.clock)

    ended.stop()
    after = [worker.id for worker in world.read(lambda tx: tx.workers.all())]
    world.clock.sleep(timedelta(hours=1, seconds=1).total_seconds())
    ended.beat()

    assert after == ["killed"]
    assert [worker.id for worker in world.read(lambda tx: tx.workers.all())] == ["ended"]


def test_a_chore_goes_on_after_a_defect(world: World) -> None:
    """One bad turn is logged, and the next one is taken; at the end it is told that it ends."""
    stopping, turns, ended = threading.Event(), list[int](), list[object]()

    def turn() -> bool:
        turns.append(len(turns))
        if len(turns) == 1:
            raise ZeroDivisionError
        stopping.set()
        return False

    Chore("odd", turn, 0.001, lambda: ended.append(world.clock())).run(stopping)

    assert (turns, len(ended)) == ([0, 1], 1)
