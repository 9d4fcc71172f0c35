"""What fulfilling one order needs of its flow."""

from collections.abc import Callable
from typing import Protocol

from orderwire.ports.clock import Checkpoint, Clock
from orderwire.ports.erp import Erp
from orderwire.ports.store import Store


class Means(Protocol):
    @property
    def store(self) -> Store: ...
    @property
    def erp(self) -> Erp: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def checkpoint(self) -> Checkpoint: ...
    @property
    def sleep(self) -> Callable[[float], None]: ...
    @property
    def owner(self) -> Callable[[], str]:
        """Names this worker thread, for leases."""
        ...

    @property
    def lease_seconds(self) -> float: ...
    @property
    def settle_seconds(self) -> float: ...
    @property
    def own_number(self) -> bool:
        """Whether we number NAV's sales orders ourselves, so that NAV's key refuses a double."""
        ...
