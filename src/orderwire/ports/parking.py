"""The parking lot: messages that wait for a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Parked:
    """An entry of the parking lot."""

    id: str
    document_id: str | None
    order_no: str | None
    partner: str | None
    flow: str
    code: str
    reason: str
    facts: Mapping[str, Any]
    fingerprint: str  # equal for equal causes
    body: bytes  # the event as it was on the wire
    attempts: int
    first_at: datetime
    last_at: datetime
    state: str = "parked"  # parked | replayed | released | discarded
    note: str | None = None


class ParkingLot(Protocol):
    def add(self, entry: Parked) -> None:
        """Insert; an entry of that id already there gets `last_at`, `attempts` and the reason."""
        ...

    def get(self, parked_id: str) -> Parked | None: ...

    def find(
        self,
        *,
        state: str | None = "parked",
        code: str | None = None,
        partner: str | None = None,
        order_no: str | None = None,
        limit: int = 100,
    ) -> list[Parked]:
        """Return the newest first."""
        ...

    def settle(self, parked_id: str, state: str, note: str) -> bool:
        """Compare and set from `parked` to `state`; False when somebody was faster."""
        ...
