"""`Transport` on RabbitMQ: a publish and a consume connection on one event loop in a thread of its own."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

from orderwire.canonical.envelope import Event
from orderwire.config.settings import QueueSettings
from orderwire.errors import ConfigurationError, LimitError
from orderwire.ports.queue import Confirmation, Delivery, QueueDepth
from orderwire.queue import rabbit_admin
from orderwire.queue.codec import DEAD_FROM, Wire, decode, delivery_of
from orderwire.queue.rabbit_connection import Link, LoopThread, connection_parameters
from orderwire.queue.rabbit_consumer import Held, Lane, Session
from orderwire.queue.rabbit_events import letter_for, read
from orderwire.queue.rabbit_properties import Letter, letter_of
from orderwire.queue.rabbit_publisher import Item, Publisher
from orderwire.queue.topology import DEFAULT_TOPOLOGY, Topology

CLOSE_SECONDS: Final = 10.0


class RabbitTransport:
    """Connects in the background and reconnects by itself; see `orderwire.ports.queue.Transport` for the contract.

    `receive` raises UnavailableError only when the queue has been out of reach for longer than its time-out, and for
    longer than a second; in a shorter outage it returns nothing. `depths` counts as unacked what is in hand here.
    """

    def __init__(self, settings: QueueSettings, topology: Topology = DEFAULT_TOPOLOGY) -> None:
        # Every lost connection would be several error lines; the transport says what matters in its own errors.
        logging.getLogger("pika").setLevel(logging.CRITICAL)
        self._settings = settings
        self._topology = topology
        self._nodes = connection_parameters(settings)
        self._queues = {queue.name: queue for queue in topology.queues()}
        self._thread = LoopThread("orderwire-rabbit")
        self._publisher = Publisher(self._thread)
        self._lanes = _Lanes()
        self._lanes_lock = threading.Lock()
        self._links = [
            Link(self._thread, self._named("publish"), self._publisher),
            Link(self._thread, self._named("consume"), self._lanes),
        ]
        self._closed = False

    def declare(self) -> None:
        rabbit_admin.declare(self._nodes, self._topology)

    def check(self) -> list[str]:
        return rabbit_admin.check(self._nodes, self._topology)

    def publish(self, events: Sequence[Event]) -> None:
        self.send(events)()

    def send(self, events: Sequence[Event]) -> Confirmation:
        events_exchange = self._topology.events
        items = [Item(events_exchange, event.type.value, event.id, letter_for(event)) for event in events]
        return self._publisher.submit(items, self._settings.confirm_timeout_seconds)

    def receive(self, queue: str, limit: int, timeout_seconds: float) -> list[Delivery]:
        return [self._delivery(queue, held) for held in self._lane(queue).receive(limit, timeout_seconds)]

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        numbers: defaultdict[Session, list[int]] = defaultdict(list)
        for delivery in deliveries:
            held = _held(delivery)
            numbers[held.session].append(held.number)
        for session, mine in numbers.items():
            self._thread.call(session.ack, mine)

    def retry(self, delivery: Delivery, delay_seconds: float) -> None:
        held = _held(delivery)
        if not held.session.holds(held.number):
            return  # the broker gives it again
        rung = self._topology.rung_for(delay_seconds)
        copy = held.wire.again(delivery.attempt + 1, delivery.dead_from)
        item = Item(rung, delivery.queue, copy.message_id, letter_of(copy))
        self._publisher.submit([item], self._settings.confirm_timeout_seconds)()
        self.ack([delivery])

    def waits(self, delay_seconds: float) -> float:
        return self._topology.rung_seconds_for(delay_seconds)

    def release(self, deliveries: Sequence[Delivery]) -> None:
        messages: defaultdict[str, list[Held]] = defaultdict(list)
        for delivery in deliveries:
            messages[delivery.queue].append(_held(delivery))
        for queue, mine in messages.items():
            self._thread.call(self._lane(queue).give_back, mine)

    def pause(self, queue: str) -> None:
        self._lane(queue, paused=True).pause(self._settings.confirm_timeout_seconds)

    def resume(self, queue: str, prefetch: int | None = None) -> None:
        self._lane(queue, paused=True).resume(prefetch or self._settings.prefetch)

    def depths(self) -> list[QueueDepth]:
        ready = rabbit_admin.ready_counts(self._nodes, self._topology)
        return [QueueDepth(queue, count, self._lanes.in_hand(queue)) for queue, count in ready.items()]

    def close(self) -> None:
        with self._lanes_lock:
            if self._closed:
                return
            self._closed = True
        self._lanes.close()
        self._thread.call(self._publisher.close)
        closed = [threading.Event() for _ in self._links]
        for link, event in zip(self._links, closed, strict=True):
            self._thread.call(link.close, event.set)
        for event in closed:
            event.wait(CLOSE_SECONDS)
        self._thread.stop()

    def _named(self, purpose: str) -> list[Any]:
        nodes = connection_parameters(self._settings)
        for parameters in nodes:
            parameters.client_properties = {"connection_name": f"orderwire {purpose}"}
        return nodes

    def _lane(self, queue: str, *, paused: bool = False) -> Lane:
        if queue not in self._queues:
            raise ConfigurationError("no such queue in the topology", queue=queue)
        with self._lanes_lock:
            lane = self._lanes.get(queue)
            if lane is None:
                prefetch = None if paused else self._settings.prefetch
                lane = Lane(self._thread, self._queues[queue], prefetch, self._copy)
                self._lanes.add(lane, self._thread.call)
        return lane

    def _copy(self, queue: str, wire: Wire, on_confirmed: Callable[[], None]) -> None:
        try:
            item = Item("", queue, wire.message_id, letter_of(wire))
        except LimitError:
            return  # headers that only others can write: it stays in hand until the connection ends
        self._publisher.send(item, on_confirmed)

    def _delivery(self, queue: str, held: Held) -> Delivery:
        decoded, grave = read(held.content) if isinstance(held.content, Letter) else None, None
        if decoded is None:
            wire = held.wire
            decoded, grave = decode(wire), wire.headers.get(DEAD_FROM)
        if grave is None and queue == self._topology.dead:
            grave = held.routing_key
        elif grave is None and queue == self._topology.unrouted:
            grave = self._topology.events
        return delivery_of(decoded, queue, held, held.content.body, grave if isinstance(grave, str) else None)


class _Lanes:
    """Every lane on the consume link. The mapping is written under the transport's lock, read in the loop."""

    def __init__(self) -> None:
        self._lanes: dict[str, Lane] = {}
        self._connection: Any = None

    def get(self, queue: str) -> Lane | None:
        return self._lanes.get(queue)

    def add(self, lane: Lane, call: Callable[..., None]) -> None:
        self._lanes[lane.queue] = lane
        call(self._join, lane)

    def in_hand(self, queue: str) -> int:
        lane = self._lanes.get(queue)
        return 0 if lane is None else lane.in_hand

    def close(self) -> None:
        for lane in tuple(self._lanes.values()):
            lane.close(CLOSE_SECONDS)

    def link_up(self, connection: Any) -> None:
        self._connection = connection
        for lane in tuple(self._lanes.values()):
            lane.link_up(connection)

    def link_down(self, reason: str) -> None:
        self._connection = None
        for lane in tuple(self._lanes.values()):
            lane.link_down(reason)

    def _join(self, lane: Lane) -> None:
        if self._connection is not None:
            lane.link_up(self._connection)


def _held(delivery: Delivery) -> Held:
    if not isinstance(delivery.tag, Held):
        raise TypeError("a delivery of another transport")
    return delivery.tag
