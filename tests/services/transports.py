"""Grounds for the transports' conformance suite: the same moves on RabbitMQ and on a SQLite file."""

import contextlib
import json
import sqlite3
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import pika  # type: ignore[import-untyped]

from orderwire.canonical.envelope import Event, EventType
from orderwire.config.settings import Settings
from orderwire.ports.queue import Delivery, Transport
from orderwire.queue.open import open_transport
from orderwire.queue.topology import Flow, Topology
from services.rabbitmq import RabbitMQ

PROCESS = Path(__file__).with_name("transport_process.py")
#: `stock.changed` goes nowhere, `order.accepted` to two queues.
FLOWS = (
    Flow("fulfil", (EventType.ORDER_RECEIVED,)),
    Flow("respond", (EventType.ORDER_ACCEPTED,)),
    Flow("record", (EventType.ORDER_ACCEPTED,)),
)
DELIVERY_LIMIT = 3
LONG_SECONDS = 30.0


def topology(prefix: str, delivery_limit: int = DELIVERY_LIMIT) -> Topology:
    """Return a small topology with short rungs."""
    return Topology(prefix, FLOWS, (0.2, 0.6), delivery_limit)


def event(number: int, kind: EventType = EventType.ORDER_RECEIVED, *, size: int = 10) -> Event:
    """Return an event whose subject is its number."""
    return Event(
        id=f"event-{number}-{token_hex(4)}",
        source="orderwire/test",
        type=kind,
        subject=str(number),
        time=datetime(2026, 1, 31, 12, 30, 15, 250_000, tzinfo=UTC),
        data={"number": number, "text": "ü" * size, "nothing": None, "nested": {"list": [1, "2", True]}},
        documentid=f"document-{number}",
        correlationid="correlation-1",
        partner="baumarkt",
        epoch=2,
        test=True,
    )


class Ground(ABC):
    """One place for messages, which any number of transports share."""

    def __init__(self) -> None:
        self.topology = topology(f"t{token_hex(4)}.")
        self._opened: list[Transport] = []
        self._processes: list[subprocess.Popen[str]] = []

    @property
    @abstractmethod
    def queue_settings(self) -> dict[str, Any]: ...

    @abstractmethod
    def restart(self, transport: Transport) -> Transport:
        """End what holds the messages in good order, start it again, and return the transport to go on with."""

    @abstractmethod
    def put(
        self, queue: str, body: bytes, headers: Mapping[str, object], content_type: str = "application/json"
    ) -> None:
        """Put bytes of others into a queue."""

    def queue(self, flow: str) -> str:
        return self.topology.work_queue(flow)

    def open(self, topology: Topology | None = None, **overrides: object) -> Transport:
        """Open one more transport; it is closed with the ground."""
        settings = Settings.model_validate({"queue": self.queue_settings | overrides})
        transport = open_transport(settings, topology or self.topology)
        self._opened.append(transport)
        return transport

    def process(self, *arguments: object) -> subprocess.Popen[str]:
        """Start `transport_process.py` on this ground; it says on a line of its own what it has done."""
        place = json.dumps({"queue": self.queue_settings, "prefix": self.topology.prefix})
        process = subprocess.Popen(
            [sys.executable, str(PROCESS), place, *map(str, arguments)],
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": ":".join(sys.path)},
        )
        self._processes.append(process)
        return process

    def close(self) -> None:
        for process in self._processes:
            kill(process)
        for transport in self._opened:
            transport.close()


class EmbeddedGround(Ground):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.path = folder / "queue.db"

    @property
    def queue_settings(self) -> dict[str, Any]:
        return {"url": f"embedded:///{self.path}", "connect_timeout_seconds": 5, "prefetch": 1000}

    def restart(self, transport: Transport) -> Transport:
        transport.close()
        return self.open()

    def put(
        self, queue: str, body: bytes, headers: Mapping[str, object], content_type: str = "application/json"
    ) -> None:
        with contextlib.closing(sqlite3.connect(self.path)) as connection, connection:
            added = connection.execute("INSERT INTO transport_message (queue) VALUES (?)", (queue,))
            properties = json.dumps([headers, None, None, content_type])
            connection.execute("INSERT INTO transport_content VALUES (?, ?, ?)", (added.lastrowid, properties, body))


class RabbitGround(Ground):
    """Its queues stay: on RabbitMQ 3.10, deleting one soon after its start can end at-least-once dead-lettering."""

    def __init__(self, broker: RabbitMQ) -> None:
        super().__init__()
        self.broker = broker

    @property
    def queue_settings(self) -> dict[str, Any]:
        return {
            "url": self.broker.url,
            "confirm_timeout_seconds": LONG_SECONDS,
            "connect_timeout_seconds": 5,
            "prefetch": 1000,
        }

    def restart(self, transport: Transport) -> Transport:
        self.broker.restart()
        return transport

    def put(
        self, queue: str, body: bytes, headers: Mapping[str, object], content_type: str = "application/json"
    ) -> None:
        with self.channel() as channel:
            properties = pika.BasicProperties(headers=dict(headers), content_type=content_type, delivery_mode=2)
            channel.confirm_delivery()
            channel.basic_publish("", queue, body, properties, mandatory=True)

    @contextlib.contextmanager
    def channel(self) -> Any:
        """A plain channel of pika's, for what a transport would never do."""
        connection = pika.BlockingConnection(pika.URLParameters(self.broker.url))
        try:
            yield connection.channel()
        finally:
            if connection.is_open:
                connection.close()


def kill(process: "subprocess.Popen[str]") -> None:
    """Kill without a warning, and wait for the end."""
    if process.poll() is None:
        process.kill()
        process.communicate()


def take(transport: Transport, queue: str, count: int, seconds: float = LONG_SECONDS) -> list[Delivery]:
    """Receive that many, or what has come by then."""
    taken: list[Delivery] = []
    deadline = time.monotonic() + seconds
    while len(taken) < count and time.monotonic() < deadline:
        taken += transport.receive(queue, count - len(taken), deadline - time.monotonic())
    return taken


def subjects(deliveries: list[Delivery]) -> list[int]:
    """Return the numbers of the events; -1 for what is none."""
    return [int(one.event.subject or -1) if one.event else -1 for one in deliveries]
