"""Retries that the broker keeps are sent again, once in a while, and no others."""

import pytest

from fakes.documents import an_order, order_event
from fakes.transport import a_delivery
from fakes.world import World
from orderwire.canonical.envelope import Event
from orderwire.errors import BusyError, UnavailableError
from orderwire.pipeline.late_retries import LateRetries
from orderwire.pipeline.work import Commit
from orderwire.ports.journal import DocumentState

EVENT = order_event(an_order(), "d1")
#: The first retry is due after five seconds, less what jitter takes; half a minute of grace.
LATE_SECONDS = 35


def busy(_event: Event) -> Commit:
    raise BusyError("others have it")


@pytest.fixture
def world(world: World) -> World:
    """An order that was published, tried, and put on the ladder."""
    world.journal("d1", partner="baumarkt")
    with world.store.begin() as tx:
        tx.outbox.add(EVENT, cause=None)
        tx.outbox.mark_sent([EVENT.id], world.clock())
    world.batch(busy, [a_delivery(EVENT)], "fulfil")
    assert world.document("d1").state is DocumentState.RETRYING
    return world


@pytest.fixture
def late(world: World) -> LateRetries:
    return LateRetries(world.store, world.transport, {"fulfil": "q"}, world.clock)


def sent_again(world: World, late: LateRetries) -> bool:
    """Take a turn, publish what there is, and say whether that was the order."""
    assert not late.turn()
    with world.store.begin() as tx:
        events = tx.outbox.unsent()
        tx.outbox.mark_sent([event.id for event in events], world.clock())
    assert events in ([], [EVENT])
    return bool(events)


def test_a_retry_that_does_not_come_is_sent_again(world: World, late: LateRetries) -> None:
    """Once when it is late, and once more after ten minutes; the journal says so."""
    world.clock.sleep(LATE_SECONDS)
    assert [sent_again(world, late) for _ in range(3)] == [True, False, False]
    world.clock.sleep(600)
    assert not sent_again(world, late)
    world.clock.sleep(31)
    assert sent_again(world, late)

    steps = world.read(lambda tx: [step.name for step in tx.journal.steps("d1")])
    assert steps == ["retry_scheduled", "sent_again", "sent_again"]


def test_a_retry_that_is_not_due_is_left(world: World, late: LateRetries) -> None:
    """What the ladder holds back for its time, and what may still be in somebody's hands."""
    world.clock.sleep(LATE_SECONDS - 2)

    assert not sent_again(world, late)


def test_the_true_time_on_the_ladder_counts(world: World, late: LateRetries, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rung may be longer than the delay that was asked for: the journal says when the message will be back."""
    monkeypatch.setattr(world.transport, "waits", lambda _delay: 120)
    world.batch(busy, [a_delivery(EVENT, 1)], "fulfil")
    world.clock.sleep(149)
    assert not sent_again(world, late)

    world.clock.sleep(2)
    assert sent_again(world, late)


def test_a_retry_that_waits_in_its_queue_is_left(world: World, late: LateRetries) -> None:
    """While the lane is paused, or busy, its messages are where they belong."""
    world.clock.sleep(LATE_SECONDS)
    world.transport.wake()
    assert not sent_again(world, late)

    world.transport.receive("q", 1, 0)  # somebody took it, and died, and the broker lost it
    assert sent_again(world, late)


def test_another_flow_has_no_retries_here(world: World) -> None:
    """Dead letters are not sent to where they died."""
    world.clock.sleep(LATE_SECONDS)

    assert not sent_again(world, LateRetries(world.store, world.transport, {"respond": "q"}, world.clock))


def test_what_was_worked_on_meanwhile_is_left(world: World, late: LateRetries) -> None:
    """The inbox says that the flow has done it, whatever the journal shows of its document."""
    with world.store.begin() as tx:
        tx.inbox.mark("fulfil", [EVENT.id], world.clock())
    world.clock.sleep(LATE_SECONDS)

    assert not sent_again(world, late)


def test_what_has_ended_is_left(world: World, late: LateRetries) -> None:
    """A person discarded it."""
    with world.store.begin() as tx:
        tx.journal.update("d1", state=DocumentState.DISCARDED)
    world.clock.sleep(LATE_SECONDS)

    assert not sent_again(world, late)


def test_an_event_that_is_gone_is_not_told_as_sent(world: World, late: LateRetries) -> None:
    """Retention has taken it."""
    world.clock.sleep(LATE_SECONDS)
    with world.store.begin() as tx:
        tx.care.forget_events(world.clock.after(1), 10)

    assert not sent_again(world, late)
    assert world.read(lambda tx: [step.name for step in tx.journal.steps("d1")]) == ["retry_scheduled"]


def test_a_broker_that_is_away_is_asked_later(world: World, late: LateRetries, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the message waits in its queue is not known then."""

    def away() -> None:
        raise UnavailableError("the broker is out of reach")

    monkeypatch.setattr(world.transport, "depths", away)
    assert not late.turn()  # nobody is asked while nothing is late
    world.clock.sleep(LATE_SECONDS)

    with pytest.raises(UnavailableError):
        late.turn()
