"""A batch: savepoints, the inbox, the outbox, and a crash at every point between receive and ack."""

from collections.abc import Callable, Sequence

import pytest

from fakes.documents import MORNING
from fakes.transport import a_delivery
from fakes.world import Crash, World, crash_at
from orderwire.canonical.document import DocumentReceived
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.order import Channel
from orderwire.errors import (
    AlreadyDoneError,
    LimitError,
    MappingError,
    OutageError,
    UnavailableError,
)
from orderwire.pipeline.recovery import Pause
from orderwire.pipeline.work import Commit, Source, next_event
from orderwire.ports.exchange import keep_exchanges, taped
from orderwire.ports.journal import DocumentState, Step
from orderwire.ports.meter import NoMeter
from orderwire.ports.parking import Parked
from orderwire.ports.queue import Delivery
from orderwire.ports.store import Transaction
from orderwire.store.parked import SqlParkingLot

DEFECT = ZeroDivisionError("a defect of ours")


def received(number: int) -> Event:
    body = DocumentReceived(document_id=f"d{number}", channel=Channel.EDI, sha256="00", size=1)
    source = Source(f"d{number}", f"d{number}", "baumarkt")
    return next_event(EventType.DOCUMENT_RECEIVED, body, source, MORNING, step=f"received {number}")


def following(event: Event) -> Event:
    body = DocumentReceived(document_id=event.documentid, channel=Channel.EDI, sha256="00", size=1)
    return next_event(EventType.DOCUMENT_RECEIVED, body, Source.of(event), MORNING, step="following")


class Flow:
    """A handler that leaves a step and an event behind, unless it is told to fail."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        self.failing: dict[str, Exception] = {}
        self.failing_commit: dict[str, Exception] = {}

    def __call__(self, event: Event) -> Commit:
        self.handled.append(event.documentid)
        if event.documentid in self.failing:
            raise self.failing[event.documentid]

        def commit(tx: Transaction) -> Sequence[Event]:
            tx.journal.step(Step(event.documentid, MORNING, "worked", event.id))
            if event.documentid in self.failing_commit:
                raise self.failing_commit[event.documentid]
            return [following(event)]

        return commit


@pytest.fixture
def flow(world: World) -> Flow:
    for number in range(1, 5):
        world.journal(f"d{number}", partner="baumarkt")
    return Flow()


@pytest.fixture(autouse=True, params=[False, True], ids=["alone", "overlapping"])
def _overlapping(world: World, request: pytest.FixtureRequest) -> None:
    """Both kinds of lane keep the same promises."""
    world.overlaps = request.param


def steps(world: World, document_id: str) -> list[str]:
    return [step.name for step in world.read(lambda tx: tx.journal.steps(document_id))]


def parked(world: World) -> list[Parked]:
    entries: list[Parked] = world.read(lambda tx: tx.parked.find())
    return entries


def deliveries(*numbers: int, attempt: int = 0) -> list[Delivery]:
    return [a_delivery(received(number), attempt) for number in numbers]


def test_batch_is_done(world: World, flow: Flow) -> None:
    """Every message is worked on, committed, its events published, and acked."""
    batch = deliveries(1, 2, 3)

    pause = world.batch(flow, batch)

    assert pause is None
    assert world.transport.acked == batch
    assert [event.documentid for event in world.transport.published] == ["d1", "d2", "d3"]
    assert world.read(lambda tx: tx.outbox.unsent()) == []
    assert steps(world, "d1") == ["worked"]


@pytest.mark.parametrize("error", [MappingError("no unit"), DEFECT])
@pytest.mark.parametrize("where", ["work", "commit"])
def test_one_fails_and_the_others_commit(world: World, flow: Flow, error: Exception, where: str) -> None:
    """A message that fails parks; what it had written is undone, and the others are done."""
    (flow.failing if where == "work" else flow.failing_commit)["d2"] = error

    world.batch(flow, deliveries(1, 2, 3))

    assert len(world.transport.acked) == 3
    assert (steps(world, "d1"), steps(world, "d2"), steps(world, "d3")) == (["worked"], ["parked"], ["worked"])
    [entry] = parked(world)
    assert (entry.document_id, entry.code) == ("d2", "mapping" if isinstance(error, MappingError) else "internal")
    assert entry.body == a_delivery(received(2)).body
    assert world.document("d2").state is DocumentState.PARKED
    assert EventType.MESSAGE_PARKED in [event.type for event in world.transport.published]


def test_transient_failure_goes_on_the_ladder(world: World, flow: Flow) -> None:
    """A retry can help: the message waits, its document says so, and the others are done."""
    flow.failing["d2"] = UnavailableError("no answer")

    world.batch(flow, deliveries(1, 2, attempt=2))

    [(delivery, delay)] = world.transport.retried
    assert (delivery.event, delivery.attempt) == (received(2), 2)
    assert 64 <= delay <= 80
    document = world.document("d2")
    assert (document.state, document.code, document.attempts) == (DocumentState.RETRYING, "unavailable", 3)
    assert steps(world, "d2") == ["retry_scheduled"]
    assert len(world.transport.acked) == 1


@pytest.mark.parametrize("error", [None, MappingError("no unit"), UnavailableError("no answer"), OutageError("away")])
@pytest.mark.parametrize("kept_before", [False, True])
def test_exchanges_are_kept_however_it_ends(
    world: World, flow: Flow, error: Exception | None, *, kept_before: bool
) -> None:
    """Of each message its own, once, also when a step had written them down. A flow that overlaps asks nobody."""
    world.overlaps = False

    def handle(event: Event) -> Commit:
        with taped("Nav", event.documentid, b"<ask/>"):
            pass
        if kept_before:
            with world.store.begin() as tx:
                keep_exchanges(tx, event.documentid)
        if error:
            raise error
        return flow(event)

    world.batch(handle, deliveries(1, 2))

    for number in (1, 2) if not isinstance(error, OutageError) else (1,):
        assert exchanges(world, f"d{number}") == [f"d{number}"]


def exchanges(world: World, document_id: str) -> list[str]:
    return [one.operation for _, one in world.read(lambda tx: tx.exchanges.of([document_id], 10))]


def test_retried_message_is_done_at_last(world: World, flow: Flow) -> None:
    """A failed try leaves no mark in the inbox."""
    flow.failing["d1"] = UnavailableError("no answer")
    world.batch(flow, deliveries(1))
    flow.failing.clear()

    world.batch(flow, deliveries(1, attempt=1))

    assert steps(world, "d1") == ["retry_scheduled", "worked"]


def test_observers_trouble_opens_no_finished_document(world: World, flow: Flow) -> None:
    """A flow that only looks on may fail; the document that is done stays done."""
    world.journal("done", DocumentState.DONE)
    event = received(1).model_copy(update={"documentid": "done"})
    flow.failing["done"] = UnavailableError("no answer")

    world.batch(flow, [a_delivery(event)])

    assert world.document("done").state is DocumentState.DONE
    assert len(world.transport.retried) == 1


def test_message_without_a_document(world: World, flow: Flow) -> None:
    """An event whose document the journal does not know is retried and parked like any other."""
    event = received(9)
    flow.failing["d9"] = UnavailableError("no answer")
    world.batch(flow, [a_delivery(event)])
    world.batch(flow, [a_delivery(event, 11)])

    [entry] = parked(world)
    assert (entry.document_id, entry.partner, entry.code) == (None, "baumarkt", "unavailable")


def test_nothing_left_to_do(world: World, flow: Flow) -> None:
    """Work that turns out to be done is discarded, with the reason in the journal, and not looked at again."""
    flow.failing["d1"] = AlreadyDoneError("told before")

    world.batch(flow, deliveries(1))
    world.batch(flow, deliveries(1))

    assert flow.handled == ["d1"] * (2 if world.overlaps else 1)
    assert steps(world, "d1") == ["discarded"]
    assert len(world.transport.acked) == 2


def test_outage_gives_the_rest_back(world: World, flow: Flow) -> None:
    """Once the other side is down the rest is not tried; all of it is given back, and no attempt is counted."""
    flow.failing["d2"] = OutageError("NAV is down")

    pause = world.batch(flow, deliveries(1, 2, 3))

    assert pause == Pause(5)
    assert flow.handled == ["d1", "d2"]
    assert [delivery.event for delivery in world.transport.acked] == [received(1)]
    assert [delivery.event for delivery in world.transport.released] == [received(2), received(3)]
    assert world.transport.retried == []
    assert steps(world, "d2") == []
    assert world.document("d2").state is DocumentState.WAITING


def test_seen_before(world: World, flow: Flow) -> None:
    """What was committed is not again, even if its ack was lost; nor worked on, where that is seen outside."""
    world.batch(flow, deliveries(1))
    world.batch(flow, deliveries(1, 2))

    assert flow.handled == (["d1", "d1", "d2"] if world.overlaps else ["d1", "d2"])
    assert (steps(world, "d1"), steps(world, "d2")) == (["worked"], ["worked"])
    assert len(world.transport.acked) == 3
    assert len(world.transport.published) == 2


def test_seen_before_and_failing_now(world: World, flow: Flow) -> None:
    """A message that was done does not fail, whatever its work would meet by now."""
    world.batch(flow, deliveries(1))
    flow.failing = {"d1": UnavailableError("no answer"), "d2": UnavailableError("no answer")}

    world.batch(flow, deliveries(1, 2))

    assert steps(world, "d1") == ["worked"]
    assert [delivery.event for delivery, _ in world.transport.retried] == [received(2)]


def test_two_flows_see_an_event_each(world: World, flow: Flow) -> None:
    """The inbox is each flow's own."""
    world.batch(flow, deliveries(1), "decode")
    world.batch(flow, deliveries(1), "record")

    assert flow.handled == ["d1", "d1"]


def test_twice_in_one_batch(world: World, flow: Flow) -> None:
    """A message that comes twice at once is committed once."""
    world.batch(flow, deliveries(1, 1))

    assert flow.handled == ["d1"] * (2 if world.overlaps else 1)
    assert steps(world, "d1") == ["worked"]
    assert len(world.transport.acked) == 2
    assert world.document("d1").state is DocumentState.WAITING


def test_committed_by_another_worker_meanwhile(world: World, flow: Flow) -> None:
    """Of two workers with the same message one commits; the other leaves it, and its document, alone."""

    def slow(event: Event) -> Commit:
        world.batch(flow, deliveries(1))
        return flow(event)

    world.batch(slow, deliveries(1, 2))

    assert steps(world, "d1") == (["worked"] if world.overlaps else ["worked", "discarded"])
    assert world.document("d1").state is DocumentState.WAITING
    assert [event.documentid for event in world.transport.published] == ["d1", "d2"]


def test_parked_by_another_worker_meanwhile(world: World, flow: Flow) -> None:
    """A failure of a message that another worker committed is not told."""

    def slow(event: Event) -> Commit:
        world.batch(flow, deliveries(1))
        raise MappingError("no unit", event_id=event.id)

    world.batch(slow, deliveries(1))

    assert parked(world) == []
    assert steps(world, "d1") == ["worked"]
    assert len(world.transport.acked) == 2


def test_failing_after_another_worker_has_done_it(world: World, flow: Flow) -> None:
    """Every delivery is settled, whatever has become of its message: none stays in hand for ever."""

    def slow(event: Event) -> Commit:
        world.batch(flow, deliveries(1))
        raise UnavailableError("no answer", event_id=event.id)

    world.batch(slow, deliveries(1))

    settled = len(world.transport.acked) + len(world.transport.retried) + len(world.transport.released)
    assert (settled, steps(world, "d1")[:1]) == (2, ["worked"])


@pytest.mark.parametrize("point", ["after_commit", "after_publish"])
def test_crash_between_commit_and_ack(world: World, flow: Flow, point: str) -> None:
    """Dying after the commit loses nothing: the message comes back, and what may be owed is published, by one id."""
    world.checkpoint = crash_at(f"{point}.flow")
    with pytest.raises(Crash):
        world.batch(flow, deliveries(1))
    published = len(world.transport.published)
    assert (published, world.transport.acked) == (0 if point == "after_commit" else 1, [])

    world.batch(flow, deliveries(1))

    assert steps(world, "d1") == ["worked"]
    assert len({event.id for event in world.transport.published}) == 1
    assert len(world.transport.acked) == 1
    assert world.read(lambda tx: tx.outbox.unsent()) == []


def test_crash_before_commit(world: World, flow: Flow) -> None:
    """Dying before the commit leaves nothing behind; the message is worked on again."""

    def dying(event: Event) -> Commit:
        flow(event)
        raise Crash

    with pytest.raises(Crash):
        world.batch(dying, deliveries(1))
    assert (steps(world, "d1"), world.transport.acked) == ([], [])

    world.batch(flow, deliveries(1))

    assert steps(world, "d1") == ["worked"]


@pytest.mark.parametrize("looks", [0, 1])
def test_store_away(world: World, flow: Flow, looks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the database nothing can be said about anything: all is given back, and no attempt counts."""
    monkeypatch.setattr(world, "store", _Away(world, 0 if world.overlaps else looks))

    with pytest.raises(UnavailableError):
        world.batch(flow, deliveries(1, 2))

    assert [delivery.event for delivery in world.transport.released] == [received(1), received(2)]
    assert (world.transport.acked, world.transport.retried) == ([], [])


def test_database_lost_within_the_commit(world: World, flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that breaks in the middle takes the whole batch back, not one message of it."""

    def lost(_self: object, step: Step) -> None:
        raise UnavailableError("the connection was lost", step=step.name)

    monkeypatch.setattr("orderwire.store.journal.SqlJournal.step", lost)

    with pytest.raises(UnavailableError):
        world.batch(flow, deliveries(1, 2))

    assert len(world.transport.released) == 2


def test_broker_away_while_publishing(world: World, flow: Flow) -> None:
    """Committed but not published: given back, and published when it comes again."""
    world.transport.away = {"publish"}
    with pytest.raises(UnavailableError):
        world.batch(flow, deliveries(1))
    assert len(world.transport.released) == 1
    world.transport.away.clear()

    world.batch(flow, deliveries(1))

    assert steps(world, "d1") == ["worked"]
    assert len(world.transport.published) == 1


def test_broker_away_for_good(world: World, flow: Flow) -> None:
    """When even giving back fails, the error that counts is told; the broker does it by itself."""
    world.transport.away = {"publish", "release"}

    with pytest.raises(UnavailableError) as caught:
        world.batch(flow, deliveries(1))

    assert caught.value.facts["method"] == "publish"


def test_broker_away_while_putting_on_the_ladder(world: World, flow: Flow) -> None:
    """What is done is acked before anything goes on the ladder; what cannot go there is given back."""
    flow.failing["d1"] = UnavailableError("no answer")
    world.transport.away = {"retry"}

    with pytest.raises(UnavailableError):
        world.batch(flow, deliveries(1, 2))

    assert [delivery.event for delivery in world.transport.acked] == [received(2)]
    assert received(1) in [delivery.event for delivery in world.transport.released]


def test_failure_that_cannot_be_written_down(world: World, flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure whose particulars the database refuses is parked without them, and never dropped."""
    flow.failing["d1"] = MappingError("no unit", unit="…")
    _refuse_facts(monkeypatch)

    world.batch(flow, deliveries(1, 2))

    [entry] = parked(world)
    assert (entry.document_id, entry.code) == ("d1", "internal")
    assert len(world.transport.acked) == 2


def test_failure_that_cannot_be_written_down_at_all(world: World, flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    """If not even that works, everything is given back."""

    def refuse(_self: object, entry: Parked) -> None:
        raise LimitError("the database cannot hold this", entry=entry.id)

    monkeypatch.setattr("orderwire.store.parked.SqlParkingLot.add", refuse)
    flow.failing["d1"] = MappingError("no unit")

    with pytest.raises(LimitError):
        world.batch(flow, deliveries(1))

    assert len(world.transport.released) == 1


def test_event_larger_than_a_broker_takes(world: World) -> None:
    """An event that could never be published parks what it follows from, and does not stop the lane."""
    world.journal("d1")

    def vast(event: Event) -> Commit:
        data = {**event.data, "name": "x" * (16 * 1024 * 1024)}
        return lambda _tx: [following(event).model_copy(update={"data": data})]

    world.batch(vast, deliveries(1))

    assert [entry.code for entry in parked(world)] == ["limit"]


def test_malformed_message_parks_with_its_bytes(world: World, flow: Flow) -> None:
    """What is no event is parked as it came, and the archive keeps it."""
    delivery = Delivery("ow.decode", None, 0, 1, b"\xff not json", malformed="the body is not JSON")

    world.batch(flow, [delivery, *deliveries(1)])

    [entry] = parked(world)
    assert (entry.code, entry.body, entry.document_id) == ("dead_letter", b"\xff not json", None)
    assert entry.reason == "the body is not JSON"
    assert flow.handled == ["d1"]
    assert len(world.transport.acked) == 2


def test_malformed_message_again_after_it_was_settled(world: World, flow: Flow) -> None:
    """The same bytes once more are news when a person has settled the first ones, and else the same entry."""
    delivery = Delivery("ow.decode", None, 0, 1, b"{", malformed="the body is not JSON")
    world.batch(flow, [delivery])
    world.batch(flow, [delivery])
    [entry] = parked(world)
    world.read(lambda tx: tx.parked.settle(entry.id, "discarded", "ann: rubbish"))
    world.clock.sleep(1)

    world.batch(flow, [delivery])

    [again] = parked(world)
    assert again.id != entry.id


def test_malformed_message_that_cannot_be_parked_as_it_is(
    world: World, flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even when the archive refuses its bytes it is parked."""

    def refuse(_self: object, content: bytes) -> str:
        raise LimitError("too much", size=len(content))

    monkeypatch.setattr("orderwire.store.archive.SqlArchive.put", refuse)

    world.batch(flow, [Delivery("ow.decode", None, 0, 1, b"{", malformed="the body is not JSON")])

    assert [entry.code for entry in parked(world)] == ["limit"]


def test_malformed_message_while_the_archive_is_busy(world: World, flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    """What passes is waited for, with malformed messages as with any."""

    def refuse(_self: object, content: bytes) -> str:
        raise UnavailableError("not now", size=len(content))

    monkeypatch.setattr("orderwire.store.archive.SqlArchive.put", refuse)

    world.batch(flow, [Delivery("ow.decode", None, 0, 1, b"{", malformed="the body is not JSON")])

    assert len(world.transport.retried) == 1


def test_nameless_message_seen_as_done(world: World, flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    """A discarded message without a document leaves nothing to write."""

    def refuse(_self: object, content: bytes) -> str:
        raise AlreadyDoneError("there it is", size=len(content))

    monkeypatch.setattr("orderwire.store.archive.SqlArchive.put", refuse)

    world.batch(flow, [Delivery("ow.decode", None, 0, 1, b"{", malformed="the body is not JSON")])

    assert (parked(world), len(world.transport.acked)) == ([], 1)


def test_dead_letter_parks(world: World, flow: Flow) -> None:
    """What the broker gave up is parked under the queue it died in."""
    delivery = a_delivery(received(1), 3, "ow.dead")._replace(dead_from="ow.fulfil")

    world.batch(flow, [delivery], "dead")

    [entry] = parked(world)
    assert (entry.flow, entry.code, entry.document_id, entry.attempts) == ("ow.fulfil", "dead_letter", "d1", 4)
    assert flow.handled == []


def test_event_that_died_in_two_queues(world: World, flow: Flow) -> None:
    """Each death of an event is news: one queue's must not hide the other's."""
    dead = [a_delivery(received(1), 0, "ow.dead", dead_from=queue) for queue in ("ow.record", "ow.respond")]

    world.batch(flow, dead[:1], "dead")
    world.batch(flow, dead, "dead")

    assert sorted(entry.flow for entry in parked(world)) == ["ow.record", "ow.respond"]


def test_outcomes_are_counted(world: World, flow: Flow) -> None:
    """The meter hears of every message under the words of its port."""
    flow.failing = {"d2": UnavailableError("x"), "d3": MappingError("x"), "d4": OutageError("x")}
    meter = _CountingMeter()
    world.meter = meter
    world.batch(flow, deliveries(1))

    world.batch(flow, deliveries(1, 2, 3, 4))

    assert meter.outcomes == ["done", "discarded", "retried", "parked", "paused"]
    assert (meter.retries, meter.codes) == (1, ["mapping"])
    assert len(meter.done) == 1, "the critical time of what is done"


class _CountingMeter(NoMeter):
    def __init__(self) -> None:
        self.outcomes: list[str] = []
        self.done: list[float] = []
        self.codes: list[str] = []
        self.retries = 0

    def handled(self, flow: str, outcome: str, seconds: Sequence[float]) -> None:
        assert flow == "flow"
        assert min(seconds) >= 0
        self.outcomes += [outcome] * len(seconds)

    def ended(self, flow: str, seconds: Sequence[float]) -> None:
        assert flow == "flow"
        self.done += seconds

    def retried(self, flow: str) -> None:
        assert flow == "flow"
        self.retries += 1

    def parked(self, flow: str, code: str) -> None:
        assert flow == "flow"
        self.codes.append(code)


class _Away:
    """A store that cannot be reached after so many transactions."""

    def __init__(self, world: World, left: int) -> None:
        self._store, self._left = world.store, left

    def begin(self, *, lasting: bool = True) -> object:
        if self._left <= 0:
            raise UnavailableError("the database did not answer")
        self._left -= 1
        return self._store.begin(lasting=lasting)

    def read(self) -> object:
        return self.begin()


def _refuse_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    add: Callable[[SqlParkingLot, Parked], None] = SqlParkingLot.add

    def picky(self: SqlParkingLot, entry: Parked) -> None:
        if entry.facts:
            raise LimitError("the database cannot hold this value")
        add(self, entry)

    monkeypatch.setattr(SqlParkingLot, "add", picky)
