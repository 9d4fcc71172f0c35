"""So many at once, so many that wait, and the rest turned away."""

from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from threading import Barrier, Event

from orderwire.simulators.nav.slots import Pace, Slots


def slots(at_once: int | None, queue: int, queue_seconds: float = 10) -> Slots:
    return Slots(Pace(max_concurrent=at_once, queue_size=queue, queue_seconds=queue_seconds), Event())


def test_calls_beyond_the_queue_are_turned_away() -> None:
    """With both slots taken and nobody allowed to wait, a third call is told so at once."""
    full = slots(2, 1)
    inside, leave = Barrier(3), Event()

    def call() -> None:
        with full.taken() as status:
            assert status is HTTPStatus.OK
            inside.wait(10)
            leave.wait(10)

    with ThreadPoolExecutor(3) as threads:
        calls = [threads.submit(call) for _ in range(2)]
        inside.wait(10)
        waiting = threads.submit(lambda: full.taken().__enter__())
        while full.waiting < 1:
            pass
        with full.taken() as status:
            assert status is HTTPStatus.TOO_MANY_REQUESTS
        leave.set()
        assert waiting.result(10) is HTTPStatus.OK
        for done in calls:
            done.result(10)
    assert full.most_at_once == 2


def test_a_call_that_waits_too_long_times_out() -> None:
    """NAV gives up on a call that never gets its turn, and the slot goes to others."""
    busy = slots(1, 5, queue_seconds=0.01)
    with busy.taken() as first:
        assert first is HTTPStatus.OK
        with busy.taken() as second:
            assert second is HTTPStatus.REQUEST_TIMEOUT
    with busy.taken() as third:
        assert third is HTTPStatus.OK


def test_without_a_limit_nobody_waits() -> None:
    """By default the simulator does everything at once."""
    free = slots(None, 1)
    with free.taken() as first, free.taken() as second:
        assert (first, second) == (HTTPStatus.OK, HTTPStatus.OK)
    assert free.most_at_once == 2


def test_other_programs_take_slots() -> None:
    """Load from elsewhere makes our calls wait."""
    stopping = Event()
    loaded = Slots(Pace(max_concurrent=1, queue_size=5, queue_seconds=0.01), stopping)
    loaded.occupy(1, 60)
    while not loaded.most_at_once:
        pass
    with loaded.taken() as status:
        assert status is HTTPStatus.REQUEST_TIMEOUT
    stopping.set()
