"""`Transport` on one SQLite file: leases with fences, for the processes of one machine."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from orderwire.canonical.envelope import Event
from orderwire.errors import ConfigurationError, UnavailableError
from orderwire.ports.queue import Confirmation, Delivery, QueueDepth
from orderwire.queue import embedded_messages as messages
from orderwire.queue.codec import decode, delivery_of, encode
from orderwire.queue.embedded_file import QueueFile
from orderwire.queue.embedded_hands import Hands
from orderwire.queue.embedded_messages import Lease
from orderwire.queue.embedded_owner import Owner
from orderwire.queue.topology import DEFAULT_TOPOLOGY, Topology

#: How often a waiting `receive` looks for what other processes have published, and for what has become due.
POLL_SECONDS: Final = 0.05
#: How often owners are looked for that are dead or late.
RECLAIM_SECONDS: Final = 0.5


class EmbeddedTransport:
    """See `orderwire.ports.queue.Transport` for the contract. A retry comes after the exact delay.

    Everything in the hands of one transport is under one lease, which a thread renews. When its process is gone, or
    has not renewed in time, any other takes its messages back; the fence then tells it from the new holder.
    What is published, or put on the ladder, is on the disk. What is taken and acked may be undone by a loss of power,
    and then comes again: nobody waits for the disk for that.
    """

    def __init__(
        self,
        path: Path,
        topology: Topology = DEFAULT_TOPOLOGY,
        *,
        lease_seconds: float = 30.0,
        busy_seconds: float = 10.0,
        prefetch: int = 250,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._topology = topology
        self._limits = {queue.name: queue.delivery_limit for queue in topology.queues()}
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._file = QueueFile(path, busy_seconds)
        self._owner = str(Owner.new())
        self._hands = Hands(prefetch)
        self._changed = threading.Condition()
        self._reclaimed_at = float("-inf")
        self._closing = threading.Event()
        self._renewal = threading.Thread(target=self._renew, name="orderwire-leases", daemon=True)
        self._renewal.start()

    def declare(self) -> None:
        with self._file.writing() as connection:
            messages.create(connection, self._limits)
            problems = self._differences(messages.declared(connection) or {})
            if problems:
                raise ConfigurationError("queue topology:\n  " + "\n  ".join(problems))

    def check(self) -> list[str]:
        with self._file.reading() as connection:
            declared = messages.declared(connection)
        return ["no queue has been declared"] if declared is None else self._differences(declared)

    def publish(self, events: Sequence[Event]) -> None:
        wires = [(queue, encode(event)) for event in events for queue in self._topology.routes(event.type)]
        if not wires:
            return
        with self._file.writing() as connection:
            declared = messages.declared(connection) or {}
            for queue, wire in wires:
                if queue not in declared:
                    raise UnavailableError("the queue has not been declared", queue=queue)
                messages.insert(connection, queue, wire)
        self._notify()

    def send(self, events: Sequence[Event]) -> Confirmation:
        self.publish(events)
        return _confirmed

    def receive(self, queue: str, limit: int, timeout_seconds: float) -> list[Delivery]:
        self._known(queue)
        deadline = time.monotonic() + timeout_seconds
        while True:
            self._reclaim_now_and_then()
            taken = self._take(queue, min(limit, self._hands.room(queue)))
            remaining = deadline - time.monotonic()
            if taken or remaining <= 0:
                return [self._delivery(queue, lease) for lease in taken]
            with self._changed:
                self._changed.wait(min(POLL_SECONDS, remaining))

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        with self._hands.settling(deliveries) as leases, self._file.writing(lasting=False) as connection:
            messages.forget(connection, leases, self._owner)

    def retry(self, delivery: Delivery, delay_seconds: float) -> None:
        rung, visible_at = self._topology.rung_for(delay_seconds), self._clock() + delay_seconds
        with self._hands.settling([delivery]) as leases, self._file.writing() as connection:
            for lease in leases:
                messages.delay(connection, lease, self._owner, rung, visible_at)

    def waits(self, delay_seconds: float) -> float:
        return delay_seconds

    def release(self, deliveries: Sequence[Delivery]) -> None:
        with self._hands.settling(deliveries) as leases, self._file.writing(lasting=False) as connection:
            messages.free(connection, leases, self._owner)
        self._notify()

    def pause(self, queue: str) -> None:
        self._hands.limit(self._known(queue), 0)

    def resume(self, queue: str, prefetch: int | None = None) -> None:
        self._hands.limit(self._known(queue), prefetch)
        self._notify()

    def depths(self) -> list[QueueDepth]:
        with self._file.reading() as connection:
            counts = messages.counts(connection)
        return [QueueDepth(queue, *counts.get(queue, (0, 0))) for queue in self._limits]

    def close(self) -> None:
        if self._closing.is_set():
            return
        self._closing.set()
        self._renewal.join()
        try:
            with self._file.writing() as connection:
                if messages.declared(connection) is not None:
                    messages.resign(connection, self._owner)
        except UnavailableError:
            pass  # the lease ends by itself
        finally:
            self._file.close()
            self._notify()

    def _known(self, queue: str) -> str:
        if queue not in self._limits:
            raise ConfigurationError("no such queue in the topology", queue=queue)
        return queue

    def _differences(self, declared: dict[str, int]) -> list[str]:
        absent = [f"queue {name} is missing" for name in self._limits if name not in declared]
        return absent + [
            f"queue {name}: its delivery limit is {declared[name]}, but should be {limit}"
            for name, limit in self._limits.items()
            if declared.get(name, limit) != limit
        ]

    def _delivery(self, queue: str, lease: Lease) -> Delivery:
        return delivery_of(decode(lease.wire), queue, lease, lease.wire.body, self._grave(queue, lease))

    def _grave(self, queue: str, lease: Lease) -> str | None:
        return self._topology.events if queue == self._topology.unrouted else lease.dead_from

    def _take(self, queue: str, limit: int) -> list[Lease]:
        """Lease the oldest. A look that finds none writes nothing."""
        if limit <= 0:
            return []
        now = self._clock()
        with self._file.reading() as connection:
            if not messages.is_any(connection, queue, now):
                return []
        with self._file.writing(lasting=False) as connection:
            messages.wake(connection, now)
            messages.renew(connection, self._owner, now + self._lease_seconds)
            taken = messages.lease(connection, queue, limit, self._owner)
        self._hands.take(queue, taken)
        return taken

    def _reclaim_now_and_then(self) -> None:
        """Take back what the dead and the late have in hand, and what could not be settled here."""
        if time.monotonic() - self._reclaimed_at < RECLAIM_SECONDS:
            return
        self._reclaimed_at = time.monotonic()
        now = self._clock()
        with self._file.reading() as connection:
            lost = [(owner, until) for owner, until in messages.owners(connection) if self._is_lost(owner, until, now)]
        unsettled = self._hands.unsettled()
        if not lost and not unsettled:
            return
        with self._file.writing() as connection:
            messages.free(connection, unsettled, self._owner)
            for owner, until in lost:
                messages.reclaim(connection, owner, until, self._topology.dead)
        self._hands.settled(unsettled)

    def _is_lost(self, owner: str, lease_until: float, now: float) -> bool:
        if owner == self._owner:
            return False
        parsed = Owner.parse(owner)
        return lease_until < now or parsed is None or parsed.is_dead()

    def _renew(self) -> None:
        while not self._closing.wait(self._lease_seconds / 3):
            if not self._hands.empty:
                self._renew_once()

    def _renew_once(self) -> None:
        try:
            with self._file.writing(lasting=False) as connection:
                messages.renew(connection, self._owner, self._clock() + self._lease_seconds)
        except UnavailableError:
            pass  # tried again well before the lease ends; and if it ends, the fence holds

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()


def _confirmed() -> None:
    """What was sent is on the disk already."""
