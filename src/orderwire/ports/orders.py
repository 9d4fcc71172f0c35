"""Purchase orders as the store keeps them: how far each has come, and its answer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class OrderState(StrEnum):
    """How far fulfilment has come: each is committed before the next step begins."""

    NEW = "new"  # nothing decided; NAV was never called to write
    HELD = "held"  # a person decides; nothing is held of stock, and nothing stands in NAV
    INTENDED = "intended"  # lines decided, holds stand; NAV may have been called
    CREATED = "created"  # the sales order stands in NAV; the check after create is due
    ANSWERED = "answered"  # decided for good: `response` is the answer


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """One purchase order of one partner: unique by both."""

    id: str
    partner: str
    order_no: str
    content_hash: str  # of the canonical order, channel aside
    document_id: str  # journal row of the message that made it
    state: OrderState
    order: str  # canonical JSON
    created_at: datetime
    revision: int = 0  # counts accepted re-sendings after a rejection
    draft: str | None = None  # JSON: decided lines and the sales order to be made
    erp_no: str | None = None
    response: str | None = None  # canonical JSON of the answer
    outcome: str | None = None
    released: str | None = None  # by whom, and why: what held it holds it no more
    fence: int = 0  # grows with every lease


class Orders(Protocol):
    def open(self, record: OrderRecord) -> OrderRecord:
        """Insert, or return the row that has this partner and order number, locked until the transaction ends."""
        ...

    def get(self, order_id: str) -> OrderRecord | None: ...

    def find(self, *, order_no: str | None = None, partner: str | None = None, limit: int = 100) -> list[OrderRecord]:
        """Return the newest first."""
        ...

    def by_erp_no(self, erp_nos: Collection[str]) -> Mapping[str, OrderRecord]:
        """Return the orders whose sales orders have these numbers."""
        ...

    def lease(self, order_id: str, owner: str, now: datetime, seconds: float) -> int | None:
        """Take or prolong the order's lock and return the fence; None while another owner's lease runs."""
        ...

    def save(self, order_id: str, fence: int, **changes: object) -> None:
        """Set columns of `OrderRecord` by name.

        Raises:
            LeaseLostError: the fence is no longer ours.
        """
        ...

    def finish(self, order_id: str, fence: int, **changes: object) -> None:
        """Set columns, and give the lease up. Raises as `save`."""
        ...

    def free(self, order_id: str, fence: int) -> None:
        """Give the lease up early; nothing happens if it is no longer ours."""
        ...
