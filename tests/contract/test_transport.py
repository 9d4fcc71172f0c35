"""What every transport does: one suite, on RabbitMQ and on a SQLite file."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orderwire.canonical.envelope import EventType
from orderwire.errors import ConfigurationError, LimitError, UnavailableError
from orderwire.ports.queue import Transport
from orderwire.queue.topology import Flow
from services.transports import (
    DELIVERY_LIMIT,
    EmbeddedGround,
    Ground,
    RabbitGround,
    event,
    kill,
    subjects,
    take,
    topology,
)

SOON_SECONDS = 0.3


@pytest.fixture(params=["embedded", "rabbitmq"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    if request.param == "embedded":
        opened: Ground = EmbeddedGround(tmp_path)
    else:
        opened = RabbitGround(request.getfixturevalue("rabbitmq"))
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def transport(ground: Ground) -> Transport:
    """A transport with its topology declared."""
    opened = ground.open()
    opened.declare()
    return opened


def test_an_event_arrives_as_it_was_published(ground: Ground, transport: Transport) -> None:
    """Every attribute and all data survive the wire, on the first attempt."""
    sent = event(1)

    transport.publish([sent])
    (delivery,) = take(transport, ground.queue("fulfil"), 1)

    assert (delivery.event, delivery.attempt, delivery.malformed, delivery.dead_from) == (sent, 0, None, None)
    assert delivery.queue == ground.queue("fulfil")
    assert "ü".encode() in delivery.body


def test_events_arrive_in_the_order_of_publishing(ground: Ground, transport: Transport) -> None:
    """A queue with one consumer keeps the order, within a batch and between batches."""
    for first in range(0, 600, 200):
        transport.publish([event(number) for number in range(first, first + 200)])

    assert subjects(take(transport, ground.queue("fulfil"), 600)) == list(range(600))


def test_an_event_goes_to_every_queue_that_is_bound(ground: Ground, transport: Transport) -> None:
    """Fan-out: each queue gets a copy of its own."""
    transport.publish([event(1, EventType.ORDER_ACCEPTED)])

    transport.ack(take(transport, ground.queue("respond"), 1))

    assert subjects(take(transport, ground.queue("record"), 1)) == [1]
    assert transport.receive(ground.queue("fulfil"), 1, SOON_SECONDS) == []


def test_an_event_that_no_queue_wants_is_caught(ground: Ground, transport: Transport) -> None:
    """What is unrouted goes to a queue of its own, and says where it was lost."""
    transport.publish([event(1, EventType.STOCK_CHANGED)])

    (delivery,) = take(transport, ground.topology.unrouted, 1)

    assert (subjects([delivery]), delivery.dead_from) == ([1], ground.topology.events)


def test_an_acked_event_never_comes_again(ground: Ground, transport: Transport) -> None:
    """An ack is for good, also when it is given twice or out of order."""
    transport.publish([event(number) for number in range(5)])
    taken = take(transport, ground.queue("fulfil"), 5)

    transport.ack(taken[3:])
    transport.ack(taken[:2])
    transport.ack(taken)
    transport.ack(taken)
    transport.close()

    again = ground.open()
    assert again.receive(ground.queue("fulfil"), 10, SOON_SECONDS) == []
    assert sum(depth.ready + depth.unacked for depth in again.depths()) == 0


def test_what_a_closed_consumer_had_in_hand_comes_again_in_order(ground: Ground, transport: Transport) -> None:
    """Closing gives back everything that was not acked, in its order, and counts no attempt."""
    transport.publish([event(number) for number in range(300)])
    taken = take(transport, ground.queue("fulfil"), 100)
    transport.ack(taken[:10])

    transport.close()

    again = take(ground.open(), ground.queue("fulfil"), 290)
    assert subjects(again) == list(range(10, 300))
    assert {delivery.attempt for delivery in again} == {0}


def test_what_a_killed_consumer_had_in_hand_comes_again(ground: Ground, transport: Transport) -> None:
    """`kill -9` of a process loses nothing, and its messages come back at once, not after a lease."""
    transport.publish([event(number) for number in range(50)])
    process = ground.process("consume", ground.queue("fulfil"), 50)
    assert process.stdout is not None
    assert process.stdout.readline() == "50\n"
    assert transport.receive(ground.queue("fulfil"), 1, SOON_SECONDS) == []

    kill(process)

    started = time.monotonic()
    assert sorted(subjects(take(transport, ground.queue("fulfil"), 50))) == list(range(50))
    assert time.monotonic() - started < 5


def test_what_kills_every_consumer_is_buried(ground: Ground, transport: Transport) -> None:
    """After the delivery limit a message goes to the dead, which say where it died; a retry does not forget."""
    transport.publish([event(1)])
    for _ in range(DELIVERY_LIMIT + 1):
        process = ground.process("consume", ground.queue("fulfil"), 1)
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        kill(process)

    assert transport.receive(ground.queue("fulfil"), 1, 2) == []
    (delivery,) = take(transport, ground.topology.dead, 1)
    assert (subjects([delivery]), delivery.dead_from) == ([1], ground.queue("fulfil"))

    transport.retry(delivery, 0.1)
    (again,) = take(transport, ground.topology.dead, 1)
    assert (again.dead_from, again.attempt) == (ground.queue("fulfil"), 1)


def test_a_retry_comes_after_its_delay_with_the_attempt_counted(ground: Ground, transport: Transport) -> None:
    """The ladder waits at least the delay, and not much more than the rung; others pass meanwhile."""
    queue = ground.queue("fulfil")
    transport.publish([event(1), event(2)])
    first, second = take(transport, queue, 2)
    started = time.monotonic()
    assert 0.5 <= transport.waits(0.5) <= 0.6
    assert 0.15 <= transport.waits(0.15) <= 0.2

    transport.retry(first, 0.5)
    transport.retry(second, 0.15)
    early, late = take(transport, queue, 1), take(transport, queue, 1)

    assert (subjects(early), early[0].attempt, early[0].event) == ([2], 1, second.event)
    assert (subjects(late), late[0].attempt) == ([1], 1)
    assert 0.5 <= time.monotonic() - started < 3
    transport.retry(late[0], 0)
    assert take(transport, queue, 1)[0].attempt == 2
    assert sum(depth.ready for depth in transport.depths()) == 0


def test_a_release_counts_no_attempt(ground: Ground, transport: Transport) -> None:
    """However often it is given back, a message neither counts an attempt nor dies of it."""
    queue = ground.queue("fulfil")
    transport.publish([event(1)])

    for _ in range(DELIVERY_LIMIT * 4):
        (delivery,) = take(transport, queue, 1)
        assert delivery.attempt == 0
        transport.release([delivery])

    transport.ack(take(transport, queue, 1))
    assert transport.receive(ground.topology.dead, 1, SOON_SECONDS) == []


def test_released_events_come_first_again_in_order(ground: Ground, transport: Transport) -> None:
    """A release puts messages back where they were."""
    queue = ground.queue("fulfil")
    transport.publish([event(number) for number in range(300)])
    taken = take(transport, queue, 300)

    transport.pause(queue)
    transport.release(taken)
    transport.resume(queue)

    assert subjects(take(transport, queue, 300)) == list(range(300))


def test_a_pause_gives_back_what_was_fetched(ground: Ground, transport: Transport) -> None:
    """A paused queue gives nothing here, and holds nothing back from others; resumed, it gives the rest in order."""
    queue = ground.queue("fulfil")
    transport.publish([event(number) for number in range(40)])
    in_hand = take(transport, queue, 10)

    transport.pause(queue)

    assert transport.receive(queue, 100, SOON_SECONDS) == []
    other = ground.open()
    assert subjects(take(other, queue, 20)) == list(range(10, 30))
    other.close()
    transport.resume(queue)
    transport.ack(in_hand)
    assert subjects(take(transport, queue, 30)) == list(range(10, 40))


def test_a_resumed_queue_has_no_more_in_hand_than_it_may(ground: Ground, transport: Transport) -> None:
    """The prefetch of `resume` bounds what is out at once; a wider one gives the rest."""
    queue = ground.queue("fulfil")
    transport.publish([event(number) for number in range(30)])
    transport.pause(queue)

    transport.resume(queue, 2)

    probes = take(transport, queue, 2)
    assert transport.receive(queue, 10, SOON_SECONDS) == []
    transport.resume(queue, 20)
    rest = take(transport, queue, 18)
    transport.ack(probes)
    assert subjects(probes + rest) == list(range(20))


def test_two_consumers_share_a_queue_without_doubles(ground: Ground, transport: Transport) -> None:
    """Without a failure everybody's messages together are all of them, each once."""
    queue = ground.queue("fulfil")
    taken: list[int] = []

    def consume(consumer: Transport) -> None:
        while deliveries := consumer.receive(queue, 7, 1):
            taken.extend(subjects(deliveries))
            consumer.ack(deliveries)

    transport.publish([event(number) for number in range(400)])
    threads = [threading.Thread(target=consume, args=(ground.open(prefetch=20),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == list(range(400))


def test_publishing_is_safe_from_many_threads(ground: Ground, transport: Transport) -> None:
    """Eight threads publish at once: all arrive once, each thread's in its order."""

    def publish(first: int) -> None:
        for number in range(first, first + 100, 10):
            transport.publish([event(number + step) for step in range(10)])

    threads = [threading.Thread(target=publish, args=(first,)) for first in range(0, 800, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    taken = subjects(take(transport, ground.queue("fulfil"), 800))
    assert sorted(taken) == list(range(800))
    for first in range(0, 800, 100):
        assert [number for number in taken if first <= number < first + 100] == list(range(first, first + 100))


def test_a_large_event_arrives_whole(ground: Ground, transport: Transport) -> None:
    """Five megabytes pass; what is larger than any broker takes is refused at once."""
    sent = event(1, size=2_500_000)
    transport.publish([sent])
    assert take(transport, ground.queue("fulfil"), 1)[0].event == sent

    with pytest.raises(LimitError):
        transport.publish([event(2, size=9_000_000)])


@pytest.mark.parametrize(
    ("body", "headers", "content_type"),
    [
        (b"", {}, "application/json"),
        (b"\xff\xfe\x00 no text", {"cloudEvents:id": "1"}, "application/json"),
        (b"[" * 100_000, {}, "application/json"),
        (b"[1]", {"ow-attempt": "often"}, "application/json"),
        (b"{}", {"ow-attempt": -1, "cloudEvents:type": ["list"]}, "application/json"),
        (b"UNA:+.? 'UNB+", {}, "application/edifact"),
    ],
)
def test_what_is_no_event_says_why(
    ground: Ground, transport: Transport, body: bytes, headers: dict[str, object], content_type: str
) -> None:
    """Bytes of others come as they are, with a reason; they can be retried and acked, and stop nothing behind them."""
    queue = ground.queue("fulfil")
    ground.put(queue, body, headers, content_type)
    transport.publish([event(1)])

    poison, good = take(transport, queue, 2)

    assert poison.event is None
    assert poison.malformed
    assert poison.body == body
    assert subjects([good]) == [1]
    transport.retry(poison, 0.1)
    (again,) = take(transport, queue, 1)
    assert (again.body, again.attempt) == (body, 1)
    transport.ack([again, good])


def test_events_outlive_the_broker(ground: Ground, transport: Transport) -> None:
    """What was confirmed is there after a restart, waiting retries too, and nothing else; late acks are ignored."""
    queue = ground.queue("fulfil")
    transport.publish([event(number) for number in range(20)])
    taken = take(transport, queue, 20)
    transport.ack(taken[:5])
    transport.retry(taken[5], 0.6)

    transport = ground.restart(transport)

    transport.ack(taken)
    # A dead letter that the restart cut off is settled by RabbitMQ after 180 s: late now and then, never lost.
    # An ack that the restart cut off brings its message again: the retried one may come twice, never not at all.
    again: set[tuple[int, int]] = set()
    while not again >= {(5, 1), *((number, 0) for number in range(6, 20))}:
        (one,) = take(transport, queue, 1, 240)
        again.add((subjects([one])[0], one.attempt))
    assert again <= {(5, 1), *((number, 0) for number in range(5, 20))}


def test_what_a_killed_publisher_was_told_is_confirmed_is_there(ground: Ground, transport: Transport) -> None:
    """`kill -9` of a publishing process: lost 0, unexpected 0, and doubles none."""
    process = ground.process("publish")
    assert process.stdout is not None
    confirmed = [int(process.stdout.readline()) for _ in range(10)][-1]
    kill(process)

    found = Counter[int]()
    while deliveries := transport.receive(ground.queue("fulfil"), 100, 1):
        found.update(subjects(deliveries))
        transport.ack(deliveries)
    assert not set(range(confirmed)) - set(found)
    assert set(found.values()) == {1}


def test_check_finds_what_differs(ground: Ground, transport: Transport) -> None:
    """A missing queue and a wrong argument are one sentence each; declare refuses to pass over the latter."""
    assert transport.check() == []

    wider = replace(ground.topology, flows=(*ground.topology.flows, Flow("extra", ())))
    other = ground.open(topology(ground.topology.prefix, delivery_limit=DELIVERY_LIMIT + 1))

    (missing,) = ground.open(wider).check()
    assert ground.queue("extra") in missing
    wrong = other.check()
    assert len(wrong) == len(ground.topology.flows)
    assert all("limit" in sentence for sentence in wrong)
    with pytest.raises(ConfigurationError, match="limit"):
        other.declare()


def test_check_finds_that_nothing_was_declared(ground: Ground) -> None:
    """On empty ground everything is missing, and looking creates nothing."""
    transport = ground.open()

    assert transport.check()
    assert transport.check()


def test_declaring_again_changes_nothing(ground: Ground, transport: Transport) -> None:
    """Every process may declare at its start, also while there are messages."""
    transport.publish([event(1)])

    ground.open().declare()

    assert transport.check() == []
    assert subjects(take(transport, ground.queue("fulfil"), 1)) == [1]


def test_depths_tell_ready_from_in_hand(ground: Ground, transport: Transport) -> None:
    """Every queue of the topology has a depth."""
    queue = ground.queue("fulfil")
    transport.publish([event(number) for number in range(5)])
    transport.resume(queue, 2)
    take(transport, queue, 2)

    depths = {depth.queue: (depth.ready, depth.unacked) for depth in transport.depths()}

    assert depths[queue] == (3, 2)
    assert set(depths) == {one.name for one in ground.topology.queues()}


def test_nothing_works_before_it_was_declared(ground: Ground) -> None:
    """Publishing to nowhere and receiving from nothing end in an error within their time, and lose nothing silently."""
    transport = ground.open(confirm_timeout_seconds=1.5)

    with pytest.raises(UnavailableError):
        transport.publish([event(1)])
    with pytest.raises(UnavailableError):
        transport.receive(ground.queue("fulfil"), 1, 1)
    with pytest.raises(ConfigurationError):
        transport.receive("no.such.queue", 1, 1)

    transport.declare()
    transport.publish([event(2)])
    assert 2 in subjects(take(transport, ground.queue("fulfil"), 1))


def test_a_closed_transport_says_so(ground: Ground, transport: Transport) -> None:
    """Closing twice is fine; using it afterwards is an error, and so is waiting through it."""
    queue = ground.queue("fulfil")
    outcome: list[str] = []

    def wait() -> None:
        try:
            transport.receive(queue, 1, 20)
        except UnavailableError as error:
            outcome.append(error.message)

    waiting = threading.Thread(target=wait)
    waiting.start()
    transport.close()
    waiting.join(5)
    transport.close()

    assert outcome == ["the transport is closed"]
    with pytest.raises(UnavailableError):
        transport.publish([event(1)])
    transport.publish([])
