"""The topology in one table: exchanges, queues with their arguments, bindings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orderwire.canonical.envelope import EventType


@dataclass(frozen=True, slots=True)
class Flow:
    """A work queue and the event types that go there."""

    name: str
    types: tuple[EventType, ...]


#: Every event type goes somewhere: what no work is done for, the recorder writes into the journal.
FLOWS: Final = (
    Flow("decode", (EventType.DOCUMENT_RECEIVED,)),
    Flow("fulfil", (EventType.ORDER_RECEIVED, EventType.ORDER_CHANGE_REQUESTED, EventType.ORDER_CANCEL_REQUESTED)),
    Flow(
        "respond",
        (
            EventType.ORDER_ACCEPTED,
            EventType.ORDER_CHANGED,
            EventType.ORDER_REJECTED,
            EventType.ORDER_HELD,
            EventType.SHIPMENT_POSTED,
            EventType.INVOICE_POSTED,
            EventType.STOCK_REPORTED,
        ),
    ),
    Flow("deliver", (EventType.DOCUMENT_READY,)),
    Flow("ledger", (EventType.ACKNOWLEDGEMENT_RECEIVED,)),
    Flow(
        "record",
        (
            EventType.DOCUMENT_DELIVERED,
            EventType.STOCK_CHANGED,
            EventType.CART_RETURNED,
            EventType.INVENTORY_REPORTED,
            EventType.RECEIPT_ADVISED,
            EventType.ACKNOWLEDGEMENT_LATE,
            EventType.MESSAGE_PARKED,
        ),
    ),
)
#: 5s 30s 2m 10m 1h
RUNG_SECONDS: Final = (5.0, 30.0, 120.0, 600.0, 3600.0)
#: Guards against messages that kill their consumer. RabbitMQ before 4.3 counts every return, so it is far above 1.
DELIVERY_LIMIT: Final = 100
#: RabbitMQ 4 drops after 20 deliveries unless told otherwise, and 3.10 knows no word for "never".
NO_DELIVERY_LIMIT: Final = 1_000_000_000
#: As good as none; a policy may set a lower one. When that is taken away, a queue without any limit of its own tells
#: nobody whom it refused that there is room again (RabbitMQ 3.10): the rungs would give it no message any more.
NO_LENGTH_LIMIT: Final = 1_000_000_000
#: What every queue has.
_COMMON: Final = {"x-queue-type": "quorum", "x-max-length": NO_LENGTH_LIMIT, "x-overflow": "reject-publish"}


@dataclass(frozen=True, slots=True)
class Exchange:
    name: str
    kind: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Queue:
    name: str
    arguments: Mapping[str, object]
    delivery_limit: int = NO_DELIVERY_LIMIT


@dataclass(frozen=True, slots=True)
class Binding:
    queue: str
    exchange: str
    routing_key: str


@dataclass(frozen=True, slots=True)
class Topology:
    """The table. Works as it is on RabbitMQ 3.10 and 4."""

    prefix: str = "ow."
    flows: tuple[Flow, ...] = FLOWS
    rung_seconds: tuple[float, ...] = RUNG_SECONDS
    delivery_limit: int = DELIVERY_LIMIT

    def __post_init__(self) -> None:
        if not self.rung_seconds or list(self.rung_seconds) != sorted(set(self.rung_seconds)):
            raise ValueError("the rungs of the retry ladder must grow")

    @property
    def events(self) -> str:
        """Exchange of every event; its type is the routing key."""
        return f"{self.prefix}events"

    @property
    def unrouted(self) -> str:
        """Exchange, and its queue, of events that no queue wants."""
        return f"{self.prefix}unrouted"

    @property
    def dead_letters(self) -> str:
        """Exchange of messages that died in a work queue; the routing key is that queue's name."""
        return f"{self.prefix}dlx"

    @property
    def dead(self) -> str:
        """Queue behind `dead_letters`."""
        return f"{self.prefix}dead"

    def work_queue(self, flow: str) -> str:
        return f"{self.prefix}{flow}"

    def rung(self, seconds: float) -> str:
        """Exchange, and its queue, of one rung of the ladder."""
        return f"{self.prefix}retry.{_duration(seconds)}"

    def rung_for(self, delay_seconds: float) -> str:
        """Return the nearest rung that is not shorter than the delay, or the longest there is."""
        return self.rung(self.rung_seconds_for(delay_seconds))

    def rung_seconds_for(self, delay_seconds: float) -> float:
        """Return how long a message stays on that rung."""
        return next((rung for rung in self.rung_seconds if rung >= delay_seconds), self.rung_seconds[-1])

    def exchanges(self) -> tuple[Exchange, ...]:
        return (
            Exchange(self.unrouted, "fanout", {}),
            Exchange(self.dead_letters, "topic", {}),
            Exchange(self.events, "topic", {"alternate-exchange": self.unrouted}),
            *(Exchange(self.rung(seconds), "fanout", {}) for seconds in self.rung_seconds),
        )

    def queues(self) -> tuple[Queue, ...]:
        return (
            Queue(self.unrouted, _COMMON | {"x-delivery-limit": NO_DELIVERY_LIMIT}),
            Queue(self.dead, _COMMON | {"x-delivery-limit": NO_DELIVERY_LIMIT}),
            *(self._work(flow) for flow in self.flows),
            *(self._waiting(seconds) for seconds in self.rung_seconds),
        )

    def bindings(self) -> tuple[Binding, ...]:
        return (
            Binding(self.unrouted, self.unrouted, ""),
            Binding(self.dead, self.dead_letters, "#"),
            *(Binding(self.work_queue(flow.name), self.events, kind) for flow in self.flows for kind in flow.types),
            *(Binding(self.rung(seconds), self.rung(seconds), "") for seconds in self.rung_seconds),
        )

    def routes(self, kind: EventType) -> tuple[str, ...]:
        """Return the queues that get an event of this type: what the broker does, for the embedded transport."""
        queues = tuple(self.work_queue(flow.name) for flow in self.flows if kind in flow.types)
        return queues or (self.unrouted,)

    def _work(self, flow: Flow) -> Queue:
        name = self.work_queue(flow.name)
        arguments = _COMMON | {
            "x-delivery-limit": self.delivery_limit,
            "x-dead-letter-exchange": self.dead_letters,
            "x-dead-letter-routing-key": name,
            "x-dead-letter-strategy": "at-least-once",  # which asks for reject-publish
        }
        return Queue(name, arguments, self.delivery_limit)

    def _waiting(self, seconds: float) -> Queue:
        arguments = _COMMON | {
            "x-message-ttl": round(seconds * 1000),
            "x-dead-letter-exchange": "",  # the default exchange: to the queue that the routing key names
            "x-dead-letter-strategy": "at-least-once",
        }
        return Queue(self.rung(seconds), arguments)


DEFAULT_TOPOLOGY: Final = Topology()


def _duration(seconds: float) -> str:
    """Write 0.2 as 200ms, 5 as 5s, 120 as 2m, 3600 as 1h."""
    milliseconds = round(seconds * 1000)
    for unit, length in (("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds % length == 0:
            return f"{milliseconds // length}{unit}"
    return f"{milliseconds}ms"
