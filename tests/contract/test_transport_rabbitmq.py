"""What only a broker over a network can do to a transport: die, refuse, block, and carry anything."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pika  # type: ignore[import-untyped]
import pytest

from orderwire.errors import UnavailableError
from orderwire.ports.queue import Transport
from services.rabbitmq import RabbitMQ
from services.transports import RabbitGround, event, subjects, take

#: Long enough for the broker to come back.
OUTAGE_SECONDS = 60.0


@pytest.fixture
def ground(rabbitmq: RabbitMQ) -> Iterator[RabbitGround]:
    opened = RabbitGround(rabbitmq)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def transport(ground: RabbitGround) -> Transport:
    opened = ground.open()
    opened.declare()
    return opened


def publish_until_refused(transport: Transport) -> None:
    """Publish one by one: a quorum queue takes a few more than its limit."""
    for number in range(100):
        transport.publish([event(number)])


class Load:
    """Publishes and consumes at once, and counts; a publisher repeats what was not confirmed."""

    def __init__(self, ground: RabbitGround) -> None:
        self._queue = ground.queue("fulfil")
        self._publisher = ground.open(confirm_timeout_seconds=OUTAGE_SECONDS)
        self._consumer = ground.open(prefetch=100)
        self._enough = threading.Event()
        self._all_published = threading.Event()
        self.confirmed: set[int] = set()
        self.consumed = Counter[int]()
        self._threads = [threading.Thread(target=self._publish), threading.Thread(target=self._consume)]
        for thread in self._threads:
            thread.start()

    def reach(self, count: int) -> None:
        """Wait until that many more have been consumed."""
        goal = len(self.consumed) + count
        deadline = time.monotonic() + OUTAGE_SECONDS
        while len(self.consumed) < goal:
            assert time.monotonic() < deadline
            self._enough.wait(0.01)

    def stop(self) -> None:
        """Publish no more, and consume the rest."""
        self._enough.set()
        for thread in self._threads:
            thread.join(OUTAGE_SECONDS)
            assert not thread.is_alive()
            self._all_published.set()

    def _publish(self) -> None:
        first = 0
        while not self._enough.is_set():
            self._publisher.publish([event(number) for number in range(first, first + 50)])
            self.confirmed.update(range(first, first + 50))
            first += 50

    def _consume(self) -> None:
        while (deliveries := self._receive()) or not self._all_published.is_set():
            self.consumed.update(subjects(deliveries))
            self._consumer.ack(deliveries)

    def _receive(self) -> list:  # type: ignore[type-arg]
        try:
            return self._consumer.receive(self._queue, 50, 2)
        except UnavailableError:
            return []


def test_a_killed_broker_loses_nothing(ground: RabbitGround, transport: Transport) -> None:
    """`kill -9` under load, twice: lost 0, unexpected 0; doubles only of what was in flight."""
    load = Load(ground)
    load.reach(500)

    for _ in range(2):
        ground.broker.kill9()
        ground.broker.start()
        load.reach(500)
    load.stop()

    in_flight = 2 * (100 + 50)
    lost, unexpected = load.confirmed - set(load.consumed), set(load.consumed) - load.confirmed
    duplicated = sum(count - 1 for count in load.consumed.values())
    assert (lost, unexpected) == (set(), set())
    assert duplicated <= in_flight
    assert sum(depth.ready for depth in transport.depths()) == 0


def test_an_outage_is_an_error_in_time_and_ends_by_itself(ground: RabbitGround, transport: Transport) -> None:
    """While the broker is away every call ends within its time-out; when it is back, the same transport goes on."""
    queue = ground.queue("fulfil")
    impatient = ground.open(confirm_timeout_seconds=1)
    impatient.publish([event(1)])
    (old,) = take(transport, queue, 1)
    ground.broker.kill9()
    started = time.monotonic()

    with pytest.raises(UnavailableError):
        impatient.publish([event(2)])
    with pytest.raises(UnavailableError):
        transport.receive(queue, 1, 0.5)
    with pytest.raises(UnavailableError):
        transport.depths()
    transport.pause(queue)
    transport.resume(queue)
    transport.ack([old])
    assert time.monotonic() - started < 10

    ground.broker.start()
    transport.publish([event(3)])
    assert sorted(subjects(take(transport, queue, 2))) == [1, 3]


def test_a_call_outlives_an_outage_that_is_shorter_than_its_time(ground: RabbitGround, transport: Transport) -> None:
    """A publish that waits while the broker restarts is confirmed by the new one."""
    ground.broker.kill9()
    publishing = threading.Thread(target=transport.publish, args=([event(1)],))
    publishing.start()

    ground.broker.start()

    publishing.join(OUTAGE_SECONDS)
    assert subjects(take(transport, ground.queue("fulfil"), 1)) == [1]


def test_a_full_queue_is_an_error_in_time(ground: RabbitGround) -> None:
    """The broker refuses with a nack; it is published again until the time is up, and when there is room it passes."""
    queue, events = ground.queue("fulfil"), ground.topology.events
    transport = ground.open(confirm_timeout_seconds=1.5)
    with ground.channel() as channel:
        channel.exchange_declare(events, "topic", durable=True)
        limits = {"x-queue-type": "quorum", "x-max-length": 1, "x-overflow": "reject-publish"}
        channel.queue_declare(queue, durable=True, arguments=limits)
        channel.queue_bind(queue, events, "#")

        with pytest.raises(UnavailableError, match="full"):
            publish_until_refused(transport)

        channel.queue_purge(queue)
    transport.publish([event(11)])
    assert subjects(take(transport, queue, 1)) == [11]


def test_what_no_queue_takes_is_never_taken_for_published(ground: RabbitGround) -> None:
    """Returned as unroutable and confirmed all the same: that is an error, not a success."""
    transport = ground.open(confirm_timeout_seconds=1)
    with ground.channel() as channel:
        channel.exchange_declare(ground.topology.events, "topic", durable=True)

    with pytest.raises(UnavailableError, match="no queue"):
        transport.publish([event(1), event(2)])


def test_an_alarm_blocks_no_longer_than_the_time_out(ground: RabbitGround, transport: Transport) -> None:
    """Short of memory, the broker takes nothing: an error in time, acks pass, and afterwards all goes on."""
    queue = ground.queue("fulfil")
    impatient = ground.open(confirm_timeout_seconds=2)
    impatient.publish([event(1)])
    taken = take(transport, queue, 1)
    ground.broker.control("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        with pytest.raises(UnavailableError, match="blocked"):
            impatient.publish([event(2)])
        transport.ack(taken)
    finally:
        ground.broker.control("set_vm_memory_high_watermark", "absolute", "1GB")

    impatient.publish([event(10)])
    assert 10 in subjects([*take(transport, queue, 1), *transport.receive(queue, 10, 1)])
    assert 1 not in subjects(transport.receive(queue, 10, 0.3))


def nested_tables(depth: int) -> bytes:
    """Return an AMQP field: a table in a table in a table."""
    field = b"t\x01"
    for _ in range(depth):
        table = b"\x01a" + field
        field = b"F" + len(table).to_bytes(4, "big") + table
    return field


@pytest.mark.parametrize("field", [b"T" + b"\xff" * 8, nested_tables(3000)], ids=["a time no calendar has", "too deep"])
def test_headers_that_cannot_be_read_stop_nothing(ground: RabbitGround, transport: Transport, field: bytes) -> None:
    """A field that the broker takes but the library cannot decode costs the headers, not the connection."""
    queue = ground.queue("fulfil")
    table = b"\x01a" + field
    properties = pika.BasicProperties()
    properties.encode = lambda: [b"\x20\x00", len(table).to_bytes(4, "big"), table]
    with ground.channel() as channel:
        channel.basic_publish("", queue, b"body", properties)
    transport.publish([event(1)])

    poison, good = take(transport, queue, 2)

    assert (poison.event, poison.body) == (None, b"body")
    assert poison.malformed
    assert subjects([good]) == [1]
    transport.retry(poison, 0)
    assert take(transport, queue, 1)[0].malformed == poison.malformed


def test_a_lost_connection_gives_back_and_ignores_late_answers(ground: RabbitGround, transport: Transport) -> None:
    """Acks, releases and retries of deliveries from a connection that is gone do nothing; the messages come again."""
    queue = ground.queue("fulfil")
    transport.publish([event(1), event(2), event(3)])
    taken = take(transport, queue, 3)
    ground.broker.control("close_all_connections", "test")

    again = take(transport, queue, 3)

    transport.ack(taken[:1])
    transport.release(taken[1:2])
    transport.retry(taken[2], 0)
    assert sorted(subjects(again)) == [1, 2, 3]
    transport.ack(again)
    assert transport.receive(queue, 1, 0.5) == []


def test_a_deleted_queue_is_found_again(ground: RabbitGround, transport: Transport) -> None:
    """When the queue goes, receiving says so in time; when it is there again, the same transport goes on."""
    queue = ground.queue("fulfil")
    assert transport.receive(queue, 1, 0.1) == []
    with ground.channel() as channel:
        channel.queue_delete(queue)

    assert transport.receive(queue, 1, 1) == []
    with pytest.raises(UnavailableError, match="queue"):
        transport.receive(queue, 1, 1)

    transport.declare()
    transport.publish([event(1)])
    assert subjects(take(transport, queue, 1)) == [1]


@contextmanager
def room_for_one(ground: RabbitGround, queue: str) -> Iterator[None]:
    """Limit a queue's length for a while."""
    ground.broker.control("set_policy", "full", f"^{queue}$", '{"max-length": 1}', "--apply-to", "queues")
    yield
    ground.broker.control("clear_policy", "full")


@pytest.mark.usefixtures("transport")
def test_a_limit_that_is_taken_away_from_anothers_queue(ground: RabbitGround) -> None:
    """RabbitMQ does not tell a channel that it refused that there is no limit any longer; another one is told."""
    theirs = ground.queue("theirs")
    impatient = ground.open(confirm_timeout_seconds=1)
    with ground.channel() as channel:
        channel.queue_declare(
            theirs, durable=True, arguments={"x-queue-type": "quorum", "x-overflow": "reject-publish"}
        )
        channel.queue_bind(theirs, ground.topology.events, "#")
    with room_for_one(ground, theirs), pytest.raises(UnavailableError, match="full"):
        publish_until_refused(impatient)

    published = False
    for _ in range(3):
        with contextlib.suppress(UnavailableError):
            impatient.publish([event(500)])
            published = True
            break

    assert published


def test_a_limit_that_is_taken_away_lets_retries_through(ground: RabbitGround, transport: Transport) -> None:
    """What a rung could not hand on, because its work queue was full, comes when there is room again."""
    queue = ground.queue("fulfil")
    numbers = range(500, 505)
    transport.publish([event(number) for number in numbers])
    taken = take(transport, queue, len(numbers))
    transport.pause(queue)
    with room_for_one(ground, queue):
        with pytest.raises(UnavailableError, match="full"):
            publish_until_refused(ground.open(confirm_timeout_seconds=1))
        for delivery in taken:
            transport.retry(delivery, 0)
        time.sleep(1)  # they stand on the rung for a fifth of that, and are refused then

    transport.resume(queue)
    back: set[int] = set()
    deadline = time.monotonic() + OUTAGE_SECONDS
    while not back >= set(numbers) and time.monotonic() < deadline:
        deliveries = transport.receive(queue, 100, 1)
        back.update(subjects(deliveries))
        transport.ack(deliveries)
    assert back >= set(numbers)
