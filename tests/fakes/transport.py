"""A broker in memory: it tells what was done with each message, and can be away."""

import json
from collections import defaultdict, deque
from collections.abc import Sequence

from orderwire.canonical.envelope import Event
from orderwire.errors import UnavailableError
from orderwire.ports.queue import Confirmation, Delivery, QueueDepth


def a_delivery(event: Event, attempt: int = 0, queue: str = "q", dead_from: str | None = None) -> Delivery:
    """Return an event as it comes from a queue."""
    body = json.dumps(event.data).encode()  # as both transports: the attributes are headers
    return Delivery(queue, event, attempt, event.id, body, dead_from=dead_from)


class FakeTransport:
    """A `Transport` with one queue of each name; what is retried waits in `retried` until `wake`."""

    def __init__(self) -> None:
        self.queues: defaultdict[str, deque[Delivery]] = defaultdict(deque)
        self.published: list[Event] = []
        self.acked: list[Delivery] = []
        self.released: list[Delivery] = []
        self.retried: list[tuple[Delivery, float]] = []
        self.log: list[str] = []  # paused and resumed queues
        self.away: set[str] = set()  # methods that raise

    def _reach(self, method: str) -> None:
        if method in self.away:
            raise UnavailableError("the broker did not answer", method=method)

    def declare(self) -> None:
        self._reach("declare")

    def check(self) -> list[str]:
        return []

    def publish(self, events: Sequence[Event]) -> None:
        self._reach("publish")
        self.published.extend(events)

    def send(self, events: Sequence[Event]) -> Confirmation:
        self._reach("send")
        return lambda: self.publish(events)

    def receive(self, queue: str, limit: int, timeout_seconds: float) -> list[Delivery]:  # noqa: ARG002  the port
        self._reach("receive")
        waiting = self.queues[queue]
        return [waiting.popleft() for _ in range(min(limit, len(waiting)))]

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        self._reach("ack")
        self.acked.extend(deliveries)

    def retry(self, delivery: Delivery, delay_seconds: float) -> None:
        self._reach("retry")
        self.retried.append((delivery, delay_seconds))

    def waits(self, delay_seconds: float) -> float:
        return delay_seconds

    def wake(self) -> None:
        """Let every delay end."""
        for delivery, _ in self.retried:
            self.queues[delivery.queue].append(delivery._replace(attempt=delivery.attempt + 1))
        self.retried.clear()

    def release(self, deliveries: Sequence[Delivery]) -> None:
        self._reach("release")
        self.released.extend(deliveries)

    def pause(self, queue: str) -> None:
        self._reach("pause")
        self.log.append(f"pause {queue}")

    def resume(self, queue: str, prefetch: int | None = None) -> None:
        self._reach("resume")
        self.log.append(f"resume {queue} {prefetch}")

    def depths(self) -> list[QueueDepth]:
        return [QueueDepth(queue, len(waiting), 0) for queue, waiting in self.queues.items()]

    def close(self) -> None:
        self.log.append("closed")
