"""A worker's threads: the breaker that pauses a lane, the ramp after it, and a graceful stop."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
import structlog

from fakes.documents import MORNING
from fakes.transport import FakeTransport, a_delivery
from fakes.world import World
from orderwire.canonical.document import DocumentReceived
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.order import Channel
from orderwire.errors import BrokenContractError, BusyError, ContractError, OutageError, UnavailableError
from orderwire.pipeline.lane import Lane
from orderwire.pipeline.outbox import Dispatcher, Sent
from orderwire.pipeline.work import Commit, Source, next_event
from orderwire.pipeline.worker import Breaker, LaneThread, OverlappingThread, Turns, Worker
from orderwire.ports.queue import Confirmation, Delivery

BODY = DocumentReceived(document_id="d1", channel=Channel.EDI, sha256="00", size=1)
EVENT = next_event(EventType.DOCUMENT_RECEIVED, BODY, Source("d1", "d1"), MORNING)


class Patience(threading.Event):
    """A stop signal whose waiting takes no time, and that a test may be asked at."""

    def __init__(self, then: Callable[[int], None] = lambda _number: None) -> None:
        super().__init__()
        self.waits: list[float | None] = []
        self._then = then

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        self._then(len(self.waits))
        return self.is_set()


@dataclass
class Nav:
    """The other side, as the probe finds it."""

    answers: list[Exception | None] = field(default_factory=list)

    def probe(self) -> None:
        error = self.answers.pop(0) if self.answers else None
        if error is not None:
            raise error


def done(_event: Event) -> Commit:
    return lambda _tx: []


def a_breaker(world: World, stopping: threading.Event, nav: Nav | None = None) -> tuple[Breaker, Lane]:
    lane = Lane("flow", "q", done, probe=nav.probe if nav else None)
    return Breaker(lane, world.around, stopping), lane


def test_breaker_pauses_until_the_other_side_answers(world: World) -> None:
    """Paused, probed every so often, and taken up again one by one, ten by ten, then all."""
    stopping = Patience()
    breaker, _ = a_breaker(world, stopping, Nav([OutageError("down"), UnavailableError("slow"), None]))

    breaker.trip(5)

    assert world.transport.log == ["pause q", "resume q 1", "resume q 10", "resume q None"]
    assert stopping.waits == [5, 5, 5, 1.0, 1.0]
    assert not breaker.open


def test_the_other_side_is_looked_at_before_the_first_message(world: World) -> None:
    """A NAV that is away, or that lacks a field, pauses the lane at start; one that answers does not."""
    nav = Nav([BrokenContractError("the page lacks a field"), None])
    breaker, _ = a_breaker(world, Patience(), nav)

    breaker.look(nav.probe)
    breaker.look(nav.probe)

    assert world.transport.log == ["pause q", "resume q 1", "resume q 10", "resume q None"]
    assert nav.answers == []


def test_a_defect_of_the_first_look_pauses_nothing(world: World) -> None:
    """What is wrong with the probe itself is said, and the messages go on."""
    nav = Nav([ZeroDivisionError()])
    breaker, _ = a_breaker(world, Patience(), nav)

    breaker.look(nav.probe)

    assert world.transport.log == []


def test_lane_without_a_probe_waits_once(world: World) -> None:
    """Where nothing can be asked, one pause must do."""
    stopping = Patience()
    breaker, _ = a_breaker(world, stopping)

    breaker.trip(5)

    assert stopping.waits[0] == 5
    assert world.transport.log[-1] == "resume q None"


@pytest.mark.parametrize("defect", [ContractError("the page lacks a field"), ZeroDivisionError()])
def test_other_trouble_of_the_probe_ends_the_pause(world: World, defect: Exception) -> None:
    """The other side is there: what is wrong with it, the messages find out and say."""
    breaker, _ = a_breaker(world, Patience(), Nav([defect]))

    breaker.trip(5)

    assert not breaker.open


def test_breaker_trips_once(world: World) -> None:
    """Several threads meet the same outage; one of them looks after it."""
    tripped: list[list[str]] = []

    def second(number: int) -> None:
        if number == 1:
            assert breaker.open
            breaker.trip(5)
            tripped.append(list(world.transport.log))

    breaker, _ = a_breaker(world, Patience(second))

    breaker.trip(5)

    assert tripped == [["pause q"]]


def test_tripped_again_during_the_ramp(world: World) -> None:
    """If it goes down again while it comes back, the second pause counts, and the first ramp opens nothing in it."""
    log: list[str] = []

    def again(number: int) -> None:
        if number == 2:  # the ramp's first step
            second.start()
            released.wait()
        elif number == 3:  # the second pause
            released.set()
            resumed.wait()
        log.extend(world.transport.log[len(log) :])

    released, resumed = threading.Event(), threading.Event()
    breaker, _ = a_breaker(world, Patience(again))
    second = threading.Thread(target=breaker.trip, args=(7.0,))

    breaker.trip(5)

    assert world.transport.log == ["pause q", "resume q 1", "pause q"]
    assert breaker.open
    resumed.set()
    second.join(10)
    assert world.transport.log[-1] == "resume q None"


def test_broker_away_during_the_pause(world: World) -> None:
    """A broker that is away, too, is asked until it is back: the lane must not stay paused."""
    world.transport.away = {"pause", "resume"}

    def back(number: int) -> None:
        if number == 3:
            world.transport.away.clear()

    breaker, _ = a_breaker(world, Patience(back))

    breaker.trip(5)

    assert world.transport.log == ["resume q 1", "resume q 10", "resume q None"]


def test_stop_during_the_pause(world: World) -> None:
    """A worker that is to stop takes nothing any more."""
    stopping = Patience(lambda _number: stopping.set())
    breaker, _ = a_breaker(world, stopping)

    breaker.trip(5)

    assert world.transport.log == ["pause q"]


def test_thread_waits_while_the_breaker_is_open(world: World) -> None:
    """No message is taken while the lane is paused."""
    world.transport.queues["q"].append(a_delivery(EVENT))
    stopping = Patience(lambda _number: stopping.set())
    breaker, lane = a_breaker(world, stopping)
    breaker._open = True

    LaneThread(lane, world.around, breaker, stopping, Sent()).run()

    assert len(world.transport.queues["q"]) == 1


def test_outage_trips_the_breaker(world: World) -> None:
    """A batch that met an outage pauses its lane for the policy's time."""

    def down(event: Event) -> Commit:
        raise OutageError("NAV is down", event_id=event.id)

    world.transport.queues["q"].append(a_delivery(EVENT))
    stopping = Patience()
    lane = Lane("flow", "q", down)
    breaker = Breaker(lane, world.around, stopping)

    LaneThread(lane, world.around, breaker, stopping, Sent()).turn()

    assert world.transport.log[0] == "pause q"
    assert stopping.waits[0] == 5


@pytest.mark.parametrize("error", [UnavailableError("the broker did not answer"), ZeroDivisionError()])
def test_thread_outlives_any_error(world: World, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever receiving raises, the thread goes on after a moment."""
    calls: list[str] = []

    def receive(_self: FakeTransport, queue: str, limit: int, timeout_seconds: float) -> list[Delivery]:
        calls.append(queue)
        if len(calls) == 1:
            raise error
        stopping.set()
        return [][:limit] if timeout_seconds else []

    monkeypatch.setattr(FakeTransport, "receive", receive)
    stopping = Patience()
    breaker, lane = a_breaker(world, stopping)

    LaneThread(lane, world.around, breaker, stopping, Sent()).run()

    assert (calls, stopping.waits) == (["q", "q"], [0.5])


def test_an_outage_is_told_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is met; when it is over and comes again, or is another one, it is told again."""
    away, locked = UnavailableError("the broker did not answer"), BusyError("the database is locked")
    left: list[Exception | None] = [away, away, locked, locked, None, locked]

    def receive(_self: FakeTransport, _queue: str, _limit: int, _timeout_seconds: float) -> list[Delivery]:
        error = left.pop(0)
        if not left:
            stopping.set()
        if error is not None:
            raise error
        return []

    monkeypatch.setattr(FakeTransport, "receive", receive)
    stopping = Patience()
    breaker, lane = a_breaker(world, stopping)

    with structlog.testing.capture_logs() as told:
        LaneThread(lane, world.around, breaker, stopping, Sent()).run()

    assert [(one["event"], one["code"]) for one in told] == [
        ("lane_disturbed", "unavailable"),
        ("lane_disturbed", "busy"),
        ("lane_disturbed", "busy"),
    ]


def test_worker_works_and_stops(world: World) -> None:
    """Every lane gets its threads; stopping lets them finish what they have in hand."""
    worked = threading.Event()

    def handler(_event: Event) -> Commit:
        worked.set()
        return lambda _tx: []

    world.transport.queues["q"].append(a_delivery(EVENT))
    lanes = [Lane("flow", "q", handler, threads=2), Lane("other", "q2", done)]
    worker = Worker(lanes, world.around, _dispatcher(world))

    worker.start()
    assert worked.wait(10)

    assert worker.stop(10)
    assert len(world.transport.acked) == 1


class SlowBroker(FakeTransport):
    """Confirms nothing until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []
        self.confirming, self.all_acked = threading.Event(), threading.Event()

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        super().ack(deliveries)
        if not self.queues["q"] and len(self.acked) == len(self.sent):
            self.all_acked.set()

    def send(self, events: Sequence[Event]) -> Confirmation:
        self.sent += [event.documentid for event in events]
        return lambda: None if self.confirming.wait(10) else self.publish(events)


def numbered(number: int) -> Event:
    return next_event(EventType.DOCUMENT_RECEIVED, BODY, Source(f"d{number}", "d1"), MORNING)


class Following:
    """Leaves an event for each, and says when it has had enough of them."""

    def __init__(self, enough: int) -> None:
        self._left = enough
        self.enough = threading.Event()

    def __call__(self, event: Event) -> Commit:
        self._left -= 1
        if self._left == 0:
            self.enough.set()
        following = next_event(EventType.DOCUMENT_READY, BODY, Source.of(event), MORNING)
        return lambda _tx: [following]


def test_overlapping_lane_works_on_while_the_broker_confirms(world: World) -> None:
    """The second batch is committed and sent before the first is confirmed; nothing is acked before it is."""
    broker = SlowBroker()
    broker.queues["q"].extend(a_delivery(numbered(number)) for number in range(3))
    handler = Following(2)
    around = replace(world.around, transport=broker)
    worker = Worker([Lane("flow", "q", handler, batch=1, overlaps=True)], around, _dispatcher(world))

    worker.start()
    assert handler.enough.wait(10)
    assert broker.acked == []
    broker.confirming.set()
    assert broker.all_acked.wait(10)
    assert worker.stop(10)

    assert broker.sent == ["d0", "d1", "d2"]
    assert world.read(lambda tx: tx.outbox.unsent()) == []


def test_overlapping_lane_marks_what_was_sent_when_nothing_comes(world: World) -> None:
    """By the next commit, or by itself in a turn without messages."""
    world.transport.queues["q"].append(a_delivery(EVENT))
    stopping = Patience()
    lane = Lane("flow", "q", Following(1), overlaps=True)
    breaker = Breaker(lane, world.around, stopping)
    thread = OverlappingThread(lane, world.around, breaker, stopping, Sent(), turns=Turns())

    thread.turn()
    assert [event.documentid for event in world.read(lambda tx: tx.outbox.unsent())] == ["d1"]
    assert len(world.transport.acked) == 1
    thread.turn()

    assert world.read(lambda tx: tx.outbox.unsent()) == []


def test_overlapping_lane_commits_at_once_and_sends_in_order(world: World) -> None:
    """A batch is worked on and committed, and what follows is sent when the batch before it has sent."""
    world.transport.queues["q"].append(a_delivery(EVENT))
    stopping, turns, handler = Patience(), Turns(), Following(1)
    lane = Lane("flow", "q", handler, overlaps=True)
    breaker = Breaker(lane, world.around, stopping)
    thread = OverlappingThread(lane, world.around, breaker, stopping, Sent(), turns=turns)
    turns.last_sent = before = threading.Event()

    turn = threading.Thread(target=thread.turn)
    turn.start()
    until = time.monotonic() + 10
    while not world.read(lambda tx: tx.outbox.unsent()):
        assert time.monotonic() < until, "it is committed"
    assert not turns.taking.locked(), "the next may be taken"
    assert (world.transport.published, world.transport.acked) == ([], [])
    assert not turns.last_sent.is_set()
    before.set()
    turn.join(10)

    assert len(world.transport.acked) == 1
    assert turns.last_sent.is_set()


def test_overlapping_lane_goes_on_after_a_batch_that_was_never_sent(world: World) -> None:
    """One that met an outage holds up nobody behind it."""
    world.transport.queues["q"].append(a_delivery(EVENT))
    stopping, turns = Patience(), Turns()
    lane = Lane("flow", "q", Following(1), overlaps=True)
    breaker = Breaker(lane, world.around, stopping)
    thread = OverlappingThread(lane, world.around, breaker, stopping, Sent(), turns=turns)
    world.transport.away = {"send"}

    with pytest.raises(UnavailableError):
        thread.turn()

    assert turns.last_sent.is_set()


def test_overlapping_lane_marks_with_its_next_commit(world: World) -> None:
    """One transaction does both."""
    world.transport.queues["q"].extend(a_delivery(numbered(number)) for number in range(2))
    stopping = Patience()
    lane = Lane("flow", "q", Following(2), batch=1, overlaps=True)
    breaker = Breaker(lane, world.around, stopping)
    thread = OverlappingThread(lane, world.around, breaker, stopping, Sent(), turns=Turns())

    thread.turn()
    thread.turn()

    assert [event.documentid for event in world.read(lambda tx: tx.outbox.unsent())] == ["d1"]


def test_worker_says_when_it_could_not_finish(world: World) -> None:
    """Work that does not end in time is told, and left to the broker."""
    begun, end = threading.Event(), threading.Event()

    def endless(_event: Event) -> Commit:
        begun.set()
        end.wait(10)
        return lambda _tx: []

    world.transport.queues["q"].append(a_delivery(EVENT))
    worker = Worker([Lane("flow", "q", endless)], world.around, _dispatcher(world))
    worker.start()
    assert begun.wait(10)

    assert not worker.stop(0.05)

    end.set()
    assert worker.stop(10)


def _dispatcher(world: World) -> Dispatcher:
    return Dispatcher(world.store, world.transport, world.clock)
