"""What one embedded transport has in hand, and how much it may take."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from orderwire.errors import UnavailableError
from orderwire.ports.queue import Delivery
from orderwire.queue.embedded_messages import Lease


class Hands:
    """Thread-safe; in memory only, for the file knows the rest."""

    def __init__(self, prefetch: int) -> None:
        self._prefetch = prefetch
        self._limits: dict[str, int] = {}
        self._held: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
        self._unsettled: list[Lease] = []
        self._lock = threading.Lock()

    @property
    def empty(self) -> bool:
        with self._lock:
            return not self._unsettled and not any(self._held.values())

    def limit(self, queue: str, prefetch: int | None) -> None:
        """Take at most so many at once; 0 pauses, None is as configured."""
        with self._lock:
            self._limits[queue] = self._prefetch if prefetch is None else prefetch

    def room(self, queue: str) -> int:
        with self._lock:
            return self._limits.get(queue, self._prefetch) - len(self._held[queue])

    def take(self, queue: str, leases: Iterable[Lease]) -> None:
        with self._lock:
            self._held[queue].update((lease.id, lease.fence) for lease in leases)

    @contextmanager
    def settling(self, deliveries: Sequence[Delivery]) -> Iterator[list[Lease]]:
        """Let go of them. When that cannot be written, they are given back as soon as it can."""
        leases = [(delivery.queue, _lease(delivery)) for delivery in deliveries]
        with self._lock:
            for queue, lease in leases:
                self._held[queue].discard((lease.id, lease.fence))
        try:
            yield [lease for _, lease in leases]
        except UnavailableError:
            with self._lock:
                self._unsettled.extend(lease for _, lease in leases)
            raise

    def unsettled(self) -> list[Lease]:
        with self._lock:
            return list(self._unsettled)

    def settled(self, leases: Sequence[Lease]) -> None:
        with self._lock:
            self._unsettled = [lease for lease in self._unsettled if lease not in leases]


def _lease(delivery: Delivery) -> Lease:
    if not isinstance(delivery.tag, Lease):
        raise TypeError("a delivery of another transport")
    return delivery.tag
