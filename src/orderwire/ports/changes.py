"""Requests to change or cancel an order, as the store keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from orderwire.ports.orders import OrderState


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """One request of a buyer about one order; it goes through the same states as an order."""

    id: str  # deterministic: the order and what is asked
    order_id: str
    document_id: str  # journal row of the message that asked first
    state: OrderState
    request: str  # canonical JSON
    created_at: datetime
    draft: str | None = None  # JSON: what is to stand afterwards, line by line
    response: str | None = None  # canonical JSON of the answer
    outcome: str | None = None


class Changes(Protocol):
    """Written only under the lease of the order."""

    def open(self, record: ChangeRecord) -> ChangeRecord:
        """Insert, or return the row of this id."""
        ...

    def save(self, change_id: str, **changes: object) -> None:
        """Set columns of `ChangeRecord` by name."""
        ...

    def of_document(self, document_id: str) -> ChangeRecord | None:
        """Return the request that a message asked for first."""
        ...

    def of_order(self, order_id: str) -> Sequence[ChangeRecord]:
        """Return the oldest first."""
        ...
