"""Runs of replays: a frozen list, at a pace, each message once, whoever presses and whoever dies."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import structlog

from fakes.documents import CannedDecoder, a_message, an_interchange, an_order
from fakes.world import World
from orderwire.canonical.envelope import Event
from orderwire.canonical.order import Channel
from orderwire.errors import AlreadyDoneError, ConfigurationError, MappingError, UnavailableError
from orderwire.pipeline.parking import Failure, park
from orderwire.pipeline.replay import Replays
from orderwire.pipeline.replay_runs import Pace, ReplayRuns
from orderwire.pipeline.replay_work import LEASE_SECONDS, RunWork
from orderwire.pipeline.respond import Respond
from orderwire.pipeline.trial import Trials
from orderwire.pipeline.work import Source
from orderwire.ports.journal import DocumentState
from orderwire.ports.overview import ParkedFilter
from orderwire.ports.replay import ItemState, Run, RunState

CAUSE = MappingError("no unit of measure", unit="XXX")
QUICK = Pace(rate=1000, ramp=(1, 2, 100), stop_on=1)


class Floor:
    """Parked messages, a desk, and workers."""

    def __init__(self, world: World) -> None:
        self.world, self.published = world, list[Event]()
        self.decoder = CannedDecoder()
        partners: Any = world.partners  # a fake of what is used
        self.replays = Replays(world.store, self.announce, world.clock, 10**6)
        self.trials = Trials(world.store, {Channel.EDI: self.decoder}, partners, Respond({}, partners, world.clock))
        self.runs = ReplayRuns(world.store, world.clock)
        self.worker = self.worker_of("worker-1")

    def announce(self, events: Sequence[Event]) -> None:
        self.published += events

    def worker_of(self, name: str) -> RunWork:
        return RunWork(self.world.store, self.replays, self.trials, self.announce, name, self.world.clock)

    def park(self, count: int) -> None:
        """Park messages, each of a file of its own."""
        with self.world.store.begin() as tx:
            sha256 = tx.archive.put(b"raw")
        for number in range(count):
            file, message = f"file-{number:03}", f"message-{number:03}"
            self.world.journal(file, DocumentState.DONE, kind="file", sha256=sha256)
            self.world.journal(message, parent_id=file, correlation_id=file, sha256=sha256, message_no=1)
            self.world.clock.sleep(0.001)
            with self.world.store.begin() as tx:
                park(tx, Source(message, file), Failure(CAUSE, "fulfil"), self.world.clock())

    def freeze(self, pace: Pace = QUICK) -> Run:
        return self.runs.freeze(ParkedFilter(), pace, who="ann", why="mended")

    def started(self, pace: Pace = QUICK) -> Run:
        run = self.freeze(pace)
        self.runs.start(run.id, who="ann")
        return run

    def turn(self, times: int = 1, worker: RunWork | None = None) -> None:
        for _ in range(times):
            (worker or self.worker).turn()
            self.world.clock.sleep(1)

    def end(self, state: DocumentState = DocumentState.DONE, at_most: int = 1000) -> None:
        """Have all that was sent come to its end, or the first few."""
        for event in self.published[:at_most]:
            replayed = event.data["replays"]
            later = f"{replayed} again"
            self.world.journal(later, state, replay_of=replayed, parent_id=event.documentid, epoch=1, code="mapping")

    def run(self, run: Run) -> Run:
        found: Run = self.world.read(lambda tx: tx.runs.get(run.id))
        return found

    def counts(self, run: Run) -> dict[ItemState, int]:
        return dict(self.world.read(lambda tx: tx.runs.counts(run.id)))

    @property
    def sent(self) -> list[str]:
        return [event.data["replays"] for event in self.published]

    @property
    def still_parked(self) -> int:
        return len(self.world.read(lambda tx: tx.parked.find(limit=1000)))


@pytest.fixture
def floor(world: World) -> Floor:
    return Floor(world)


def test_a_run_sends_each_message_once(floor: Floor) -> None:
    """Step by step, the oldest first; the next step waits for the outcomes of the one before."""
    floor.park(9)
    run = floor.started()
    sizes = []
    for _ in range(4):
        before = len(floor.sent)
        floor.turn(3)
        sizes.append(len(floor.sent) - before)
        floor.end()
    floor.turn(2)

    assert sizes == [1, 2, 6, 0]
    assert floor.sent == [f"message-{number:03}" for number in range(9)]
    assert floor.run(run).state is RunState.DONE
    assert floor.counts(run) == {ItemState.SUCCEEDED: 9}
    assert floor.still_parked == 0


def test_what_comes_later_is_not_in_the_list(floor: Floor) -> None:
    """The list is that of the moment when it was frozen."""
    floor.park(2)
    run = floor.started()
    floor.world.journal("late", sha256="x", parent_id="file-000")
    with floor.world.store.begin() as tx:
        park(tx, Source("late", "late"), Failure(CAUSE, "fulfil"), floor.world.clock())

    for _ in range(4):
        floor.turn(2)
        floor.end()
    floor.turn()

    assert floor.run(run).state is RunState.DONE
    assert "late" not in floor.sent


def test_a_run_stops_when_messages_fail_again(floor: Floor) -> None:
    """The first step is one message: the rest stays parked."""
    floor.park(9)
    run = floor.started()
    floor.turn()
    floor.end(DocumentState.PARKED)

    floor.turn(3)

    assert floor.run(run).state is RunState.STOPPED
    assert floor.counts(run) == {ItemState.FAILED: 1, ItemState.WAITING: 8}
    assert floor.still_parked == 8


def test_a_slow_step_holds_the_next(floor: Floor) -> None:
    """While messages of a step still end, the next one waits; a minute without any is enough of waiting."""
    floor.park(9)
    floor.started(Pace(rate=1000, ramp=(3,), stop_on=1))
    floor.turn()
    floor.world.clock.sleep(50)
    floor.end(at_most=1)
    floor.turn()
    floor.world.clock.sleep(50)
    floor.turn()
    held = len(floor.sent)

    floor.world.clock.sleep(10)
    floor.turn()

    assert (held, len(floor.sent)) == (3, 6)


def test_a_run_that_nothing_stops(floor: Floor) -> None:
    """With `stop_on` 0 every message has its turn, and each its outcome."""
    floor.park(4)
    run = floor.started(replace(QUICK, stop_on=0))
    for _ in range(4):
        floor.turn(2)
        floor.end(DocumentState.PARKED)
    floor.turn(2)

    assert floor.run(run).state is RunState.DONE
    assert floor.counts(run) == {ItemState.FAILED: 4}


def test_cancel_and_go_on(floor: Floor) -> None:
    """What was not sent stays parked; later it goes on from there, and nothing is sent twice."""
    floor.park(9)
    run = floor.started()
    floor.turn()
    floor.runs.cancel(run.id, who="bob")
    floor.end()
    floor.turn(3)
    cancelled, counts = floor.run(run), floor.counts(run)

    floor.runs.start(run.id, who="ann")
    for _ in range(5):
        floor.turn(2)
        floor.end()
    floor.turn()

    assert cancelled.state is RunState.CANCELLED
    assert counts == {ItemState.SUCCEEDED: 1, ItemState.WAITING: 8}, "what was sent still gets its outcome"
    assert floor.run(run).state is RunState.DONE
    assert sorted(floor.sent) == [f"message-{number:03}" for number in range(9)]


def test_two_operators_press_together(floor: Floor) -> None:
    """Two runs over the same messages: each message is sent by one of them, and the other is told so."""
    floor.park(9)
    pace = Pace(rate=1000, ramp=(3,), stop_on=0)
    first, second = floor.started(pace), floor.started(pace)

    for _ in range(8):
        floor.turn()
        floor.end()
    floor.turn(2)

    assert sorted(floor.sent) == [f"message-{number:03}" for number in range(9)]
    both = [floor.counts(run) for run in (first, second)]
    assert sum(counts.get(ItemState.SUCCEEDED, 0) for counts in both) == 9
    assert sum(counts.get(ItemState.SKIPPED, 0) for counts in both) == 9
    assert {floor.run(run).state for run in (first, second)} == {RunState.DONE}


def test_a_run_starts_once(floor: Floor) -> None:
    """Whoever presses second is told."""
    floor.park(1)
    run = floor.started()

    with pytest.raises(AlreadyDoneError):
        floor.runs.start(run.id, who="bob")


def test_a_list_is_frozen_once(floor: Floor) -> None:
    """The same form sent twice is one run, as it was the first time, also when nothing of it is parked any more."""
    floor.park(1)
    runs = [floor.runs.freeze(ParkedFilter(), QUICK, who=who, why="", run_id="one") for who in ("ann", "bob")]
    floor.runs.start("one", who="ann")
    floor.turn()
    runs.append(floor.runs.freeze(ParkedFilter(), QUICK, who="bob", why="", run_id="one"))

    assert [run.who for run in runs] == ["ann"] * 3


@pytest.mark.parametrize("wanted", [ParkedFilter(flow="fulfil"), ["one", "two"]])
@pytest.mark.parametrize(
    "other",
    [
        {"wanted": ["one"]},
        {"wanted": ["two", "one"]},
        {"wanted": ParkedFilter(code="mapping")},
        {"pace": replace(QUICK, rate=1)},
        {"pace": replace(QUICK, ramp=(1,))},
        {"pace": replace(QUICK, stop_on=2)},
        {"why": "another reason"},
    ],
)
def test_another_list_is_another_run(floor: Floor, wanted: Any, other: dict[str, Any]) -> None:
    """The id of a run that was asked for otherwise opens nothing: who starts it would send what he does not mean."""
    floor.park(2)
    asked: dict[str, Any] = {"wanted": wanted, "pace": QUICK, "who": "ann", "why": "mended", "run_id": "one"}
    floor.runs.freeze(**asked)

    assert floor.runs.freeze(**asked).id == "one"
    with pytest.raises(AlreadyDoneError, match="another list"):
        floor.runs.freeze(**{**asked, **other})


def test_another_worker_goes_on(floor: Floor) -> None:
    """A worker that dies, or that slept through its lease, sends nothing any more; another one takes over."""
    floor.park(9)
    run = floor.started(Pace(rate=2, ramp=(100,), stop_on=0))
    other = floor.worker_of("worker-2")
    floor.turn()
    floor.turn(worker=other)
    before = len(floor.sent)
    floor.world.clock.sleep(LEASE_SECONDS)

    floor.turn(12, other)
    floor.end()
    floor.turn(2, other)
    floor.worker._step(run.id, 1)

    assert before == 1, "while the lease runs it is the first one's"
    assert floor.run(run).state is RunState.DONE
    assert sorted(floor.sent) == [f"message-{number:03}" for number in range(9)]


def test_a_worker_that_slept_sends_nothing(floor: Floor) -> None:
    """Its lease ran out and another one has the run: what it still wanted to send, it does not."""
    floor.park(9)
    run = floor.started(Pace(rate=2, ramp=(4,), stop_on=0))
    floor.turn()
    floor.world.clock.sleep(LEASE_SECONDS)
    with floor.world.store.begin() as tx:
        fence = tx.runs.lease(run.id, "worker-2", floor.world.clock(), LEASE_SECONDS)

    floor.worker._step(run.id, (fence or 0) - 1)

    assert len(floor.sent) == 1


def test_a_crash_between_commit_and_publish_loses_nothing(floor: Floor) -> None:
    """What was settled is in the outbox, whoever publishes it."""
    floor.park(1)
    run = floor.started()

    def crash(_events: Sequence[Event]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(floor.worker, announce=crash).turn()

    assert floor.counts(run) == {ItemState.SENT: 1}
    assert len(floor.world.read(lambda tx: tx.outbox.unsent())) == 1


def test_the_rate_is_kept(floor: Floor) -> None:
    """Two a second are two a second, however large the step."""
    floor.park(9)
    floor.started(Pace(rate=2, ramp=(100,), stop_on=0))

    counted = []
    for _ in range(4):
        floor.worker.turn()
        floor.worker.turn()
        floor.world.clock.sleep(0.5)
        counted.append(len(floor.sent))

    assert counted == [1, 2, 3, 4]


def test_a_dry_run_writes_trials_only(floor: Floor) -> None:
    """Each message is tried; nothing is sent, nothing settled, and the run can begin afterwards."""
    floor.park(120)
    floor.decoder.put(b"raw", an_interchange(a_message(None, error=MappingError("still no unit"))))
    run = floor.freeze()
    floor.runs.try_out(run.id, who="ann")
    floor.turn(4)

    assert floor.run(run).state is RunState.TRIED
    assert dict(floor.world.read(lambda tx: tx.runs.trials(run.id))) == {"fails": 120}
    assert (floor.published, floor.still_parked) == ([], 120)

    floor.decoder.put(b"raw", an_interchange(a_message(an_order())))
    floor.runs.start(run.id, who="ann")
    floor.turn()
    assert len(floor.sent) == 1


def test_a_dry_run_is_repeated_after_mending(floor: Floor) -> None:
    """Tried again, each message is tried by what stands there now."""
    floor.park(60)
    floor.decoder.put(b"raw", an_interchange(a_message(None, error=MappingError("still no unit"))))
    run = floor.freeze()
    floor.runs.try_out(run.id, who="ann")
    floor.turn(3)

    floor.decoder.put(b"raw", an_interchange(a_message(an_order())))
    floor.runs.try_out(run.id, who="ann")
    assert dict(floor.world.read(lambda tx: tx.runs.trials(run.id))) == {}
    floor.turn(3)

    assert dict(floor.world.read(lambda tx: tx.runs.trials(run.id))) == {"passes": 60}


def test_a_dry_run_ends_whatever_it_meets(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Raw bytes that are gone, and a defect of a decoder: each fails its own message, and the run goes on."""
    floor.park(2)
    floor.world.journal("gone-file", DocumentState.DONE, kind="file", sha256="0" * 64)
    floor.world.journal("gone", parent_id="gone-file", correlation_id="gone-file", sha256="0" * 64, message_no=1)
    with floor.world.store.begin() as tx:
        park(tx, Source("gone", "gone-file"), Failure(CAUSE, "fulfil"), floor.world.clock())
    monkeypatch.setattr(floor.decoder, "decode", lambda *_: 1 // 0)
    run = floor.freeze()

    floor.runs.try_out(run.id, who="ann")
    floor.turn(2)

    assert floor.run(run).state is RunState.TRIED
    errors = [item.trial["error"] for item in floor.world.read(lambda tx: tx.runs.items(run.id)) if item.trial]
    assert sum("defect in Orderwire: ZeroDivisionError" in error for error in errors) == 2
    assert sum("the raw bytes are gone" in error for error in errors) == 1


def test_what_cannot_be_replayed_is_skipped(floor: Floor) -> None:
    """A message without a document stays parked, and does not stop the others."""
    with floor.world.store.begin() as tx:
        park(tx, Source("nothing", "nothing"), Failure(CAUSE, "decode"), floor.world.clock())
    floor.park(1)
    run = floor.started(Pace(rate=1000, ramp=(10,), stop_on=1))
    floor.turn()
    floor.end()
    floor.turn(2)

    assert floor.counts(run) == {ItemState.SKIPPED: 1, ItemState.SUCCEEDED: 1}
    assert floor.still_parked == 1


def test_nothing_to_freeze(floor: Floor) -> None:
    """A filter that nothing matches is told at once."""
    with pytest.raises(ConfigurationError, match="nothing that is parked"):
        floor.freeze()


@pytest.mark.parametrize(
    "pace",
    [
        {"rate": 0}, {"rate": 1e-12}, {"rate": 0.09}, {"rate": 1e9}, {"rate": float("nan")}, {"rate": float("inf")},
        {"ramp": ()}, {"ramp": (0,)}, {"ramp": (10**30,)}, {"ramp": (1,) * 101}, {"stop_on": -1}, {"stop_on": 10**30},
    ],
)  # fmt: skip
def test_a_pace_has_bounds(pace: dict[str, Any]) -> None:
    """A slip of the pen does not flood NAV, and does not stand in the way for ever."""
    with pytest.raises(ConfigurationError):
        Pace(**pace)


@pytest.mark.parametrize("pace", [{"rate": 0.1}, {"rate": 1e4}, {"ramp": (10_000,) * 100}, {"stop_on": 10_000}])
def test_a_pace_may_be_at_its_bounds(floor: Floor, pace: dict[str, Any]) -> None:
    """Each of them is a run that ends."""
    floor.park(1)
    run = floor.started(Pace(**pace))
    floor.turn()
    floor.end()
    floor.turn(11)

    assert floor.run(run).state is RunState.DONE


def test_a_defect_stops_its_own_run(floor: Floor) -> None:
    """The others go on; it says why it stands, and its messages are parked still."""
    floor.park(2)
    ill = replace(floor.freeze(), id="ill", rate=1e-12)
    with floor.world.store.begin() as tx:
        tx.runs.add(ill, ["message-000"])
    floor.runs.start("ill", who="bob")
    run = floor.started()

    with structlog.testing.capture_logs() as told:
        for _ in range(3):
            floor.turn()
            floor.end()

    assert floor.counts(run) == {ItemState.SUCCEEDED: 2}
    assert floor.run(ill).state is RunState.STOPPED
    assert "OverflowError" in (floor.run(ill).note or "")
    assert [entry["run_id"] for entry in told if entry["event"] == "run_defect"] == ["ill"]


def test_a_store_that_is_away_ends_the_turn(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is the run's fault, and the next turn goes on."""
    floor.park(1)
    run = floor.started()
    monkeypatch.setattr(Replays, "replay_in", _raise(UnavailableError("the database did not answer")))

    with pytest.raises(UnavailableError):
        floor.turn()

    assert floor.run(run).state is RunState.RUNNING


def _raise(error: Exception) -> Any:
    def raising(*_arguments: object, **_named: object) -> None:
        raise error

    return raising
