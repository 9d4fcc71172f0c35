"""The broker as the pipeline sees it. One conformance suite runs over every implementation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from orderwire.canonical.envelope import Event

#: An event, as JSON, is no larger: RabbitMQ 4 takes no more in one message.
MAX_EVENT_BYTES: Final = 16 * 1024 * 1024


class Delivery(NamedTuple):
    """One message in our hands until it is acked, retried, parked or released."""

    queue: str
    event: Event | None  # None: the bytes are no event of ours
    attempt: int  # 0 the first time; counted in our own header, not by the broker
    tag: object  # the transport's handle
    body: bytes = b""  # as on the wire, for the parking lot
    malformed: str | None = None  # why `event` is None
    dead_from: str | None = None  # the queue it died in, on ow.dead and ow.unrouted


#: Returns when the broker has confirmed what was sent, or raises. Call it once, whatever happens meanwhile.
Confirmation = Callable[[], None]


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """What `queue check`, `/health/ready` and the metrics show."""

    queue: str
    ready: int
    unacked: int


class Transport(Protocol):
    """Durable publish and at-least-once consume. Thread-safe.

    Order: a queue with one consumer gives messages in the order of publishing, except those that were retried.
    Every method raises UnavailableError when the broker cannot be reached within its time-out; reconnecting is the
    transport's own business.
    """

    def declare(self) -> None:
        """Create what `queue/topology.py` lists. Safe to repeat."""
        ...

    def check(self) -> list[str]:
        """Return what differs from the topology, one sentence each; empty: all is as it should be."""
        ...

    def publish(self, events: Sequence[Event]) -> None:
        """Return when the broker has confirmed every event durably; else raise, and any of them may be published."""
        ...

    def send(self, events: Sequence[Event]) -> Confirmation:
        """Begin to publish, in the order of the calls, and return what waits and raises as `publish` does."""
        ...

    def receive(self, queue: str, limit: int, timeout_seconds: float) -> list[Delivery]:
        """Return up to `limit` messages as soon as there is at least one, or none after the time-out."""
        ...

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Forget messages for good. A delivery that is no longer ours (lease or connection lost) is ignored."""
        ...

    def retry(self, delivery: Delivery, delay_seconds: float) -> None:
        """Put a copy with attempt + 1 on the ladder's nearest rung not shorter than the delay, confirm, then ack."""
        ...

    def waits(self, delay_seconds: float) -> float:
        """Return how many seconds `retry` with this delay takes."""
        ...

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Give messages back unharmed: the attempt is not counted."""
        ...

    def pause(self, queue: str) -> None:
        """Stop taking from the queue here, and give back what was fetched but not yet returned by `receive`."""
        ...

    def resume(self, queue: str, prefetch: int | None = None) -> None:
        """Take from the queue again; None: the configured prefetch."""
        ...

    def depths(self) -> list[QueueDepth]:
        """Return the depth of every queue of the topology."""
        ...

    def close(self) -> None:
        """Give back what is in hand and close."""
        ...
