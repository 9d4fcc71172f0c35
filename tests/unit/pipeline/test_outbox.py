"""The outbox: what is committed is published, at once or by the sweep."""

import threading

import pytest

from fakes.documents import an_order, order_event
from fakes.world import World
from orderwire.canonical.envelope import Event
from orderwire.errors import UnavailableError
from orderwire.pipeline.outbox import Dispatcher, Sent


@pytest.fixture
def dispatcher(world: World) -> Dispatcher:
    return Dispatcher(world.store, world.transport, world.clock)


def committed(world: World, count: int = 1) -> list[Event]:
    events = [order_event(an_order(order_no=f"PO-{number}")) for number in range(count)]
    with world.store.begin() as tx:
        for event in events:
            tx.outbox.add(event, cause=None)
    return events


def unsent(world: World) -> list[Event]:
    events: list[Event] = world.read(lambda tx: tx.outbox.unsent())
    return events


def test_announce_publishes_and_remembers(world: World, dispatcher: Dispatcher) -> None:
    """What was announced is not published again."""
    events = committed(world)

    dispatcher.announce(events)

    assert (world.transport.published, unsent(world)) == (events, [])


def test_announce_of_nothing(world: World, dispatcher: Dispatcher) -> None:
    """Nothing is published where nothing is."""
    world.transport.away = {"publish"}

    dispatcher.publish([])

    assert world.transport.published == []


def test_announce_while_the_broker_is_away(world: World, dispatcher: Dispatcher) -> None:
    """Announcing may fail without harm: the outbox still has it."""
    events = committed(world)
    world.transport.away = {"publish"}

    dispatcher.announce(events)

    assert unsent(world) == events


def test_sweep_takes_what_has_waited(world: World, dispatcher: Dispatcher) -> None:
    """The sweep publishes what is older than the limit, and leaves alone what somebody is about to publish."""
    events = committed(world, 3)
    assert dispatcher.sweep() == 0

    world.clock.sleep(6)

    assert dispatcher.sweep() == 3
    assert (world.transport.published, unsent(world)) == (events, [])


def test_sweep_while_the_broker_is_away(world: World, dispatcher: Dispatcher) -> None:
    """A sweep that fails loses nothing."""
    events = committed(world)
    world.clock.sleep(6)
    world.transport.away = {"publish"}

    with pytest.raises(UnavailableError):
        dispatcher.sweep()

    assert unsent(world) == events


class _Rounds(threading.Event):
    """A stop signal that comes after so many rounds."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.left = rounds

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout == 2.5
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize("error", [UnavailableError("the broker did not answer"), ZeroDivisionError()])
def test_run_outlives_any_error(
    world: World, dispatcher: Dispatcher, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round that fails is followed by the next: nothing stays behind in the outbox."""
    committed(world)
    world.clock.sleep(6)
    calls: list[int] = []
    publish = world.transport.publish

    def fail_once(events: list[Event]) -> None:
        calls.append(len(events))
        if len(calls) == 1:
            raise error
        publish(events)

    monkeypatch.setattr(world.transport, "publish", fail_once)

    dispatcher.run(_Rounds(3))

    assert (calls, unsent(world)) == ([1, 1], [])


def test_what_a_failed_transaction_was_to_mark_is_marked_by_the_next(world: World) -> None:
    """Nothing that was sent is forgotten."""
    events = committed(world, 2)
    sent = Sent()
    sent.add(event.id for event in events)

    with pytest.raises(UnavailableError), sent.taken():
        raise UnavailableError("the database did not answer")
    sent.mark(world.store, world.clock)

    assert unsent(world) == []
    with sent.taken() as ids:
        assert list(ids) == []


def test_the_sweep_marks_first_what_the_lanes_have_sent(world: World, dispatcher: Dispatcher) -> None:
    """What was published is not published again, however long no lane commits."""
    dispatcher.sent.add(event.id for event in committed(world))
    world.clock.sleep(6)

    assert dispatcher.sweep() == 0

    assert (world.transport.published, unsent(world)) == ([], [])
