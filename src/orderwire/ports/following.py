"""What the follower remembers: how far it has read, and how far each order has come."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from orderwire.canonical.stock import StockFigure, StockKey


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one list of the ERP has been read. Numbers stand in the ERP's order, which only the ERP knows."""

    name: str
    mark: str = ""  # nothing new comes up to this number: looks begin after it
    ahead: str = ""  # the last number there was at `ahead_at`; it becomes the mark when postings of then must be done
    ahead_at: datetime | None = None
    resume: str | None = None  # a look that was cut goes on after this number; None: the end was reached
    turned_at: datetime | None = None  # when the present look, or the last one, began


class FollowedState(StrEnum):
    OPEN = "open"  # stands in the ERP
    COMPLETE = "complete"  # delivered and invoiced, and gone
    DELETED = "deleted"  # gone with something undelivered


@dataclass(frozen=True, slots=True)
class FollowedOrder:
    """A sales order of the ERP that belongs to a partner."""

    erp_no: str
    partner: str
    order_no: str  # the buyer's; an order entered in the ERP without one has the ERP's
    document_id: str  # journal row it hangs on
    state: FollowedState
    seen_at: datetime  # when it was last found open
    entered: bool = False  # by the ERP's users; it did not come through us


@dataclass(frozen=True, slots=True)
class FollowedLine:
    """A line of it; quantities in `unit`, the ERP's code."""

    erp_no: str
    line_no: int  # the ERP's
    item_no: str
    description: str
    unit: str
    ordered: Decimal
    delivered: Decimal = Decimal(0)
    invoiced: Decimal = Decimal(0)
    unit_price: Decimal | None = None
    buyer_line_no: str | None = None  # None: not from the buyer's order

    @property
    def backordered(self) -> Decimal:
        """What is still to be delivered."""
        return max(self.ordered - self.delivered, Decimal(0))


class Following(Protocol):
    def lease(self, owner: str, now: datetime, seconds: float) -> int | None:
        """Take or prolong the right to follow, and return the fence; None while another owner's lease runs."""
        ...

    def hold(self, fence: int) -> None:
        """Make sure, until the transaction ends, that the lease is ours.

        Raises:
            LeaseLostError: the fence is no longer ours.
        """
        ...

    def free(self, fence: int) -> None:
        """Give the lease up early; nothing happens if it is no longer ours."""
        ...

    def cursor(self, name: str) -> Cursor | None: ...

    def save_cursor(self, cursor: Cursor) -> None: ...

    def orders(self, erp_nos: Collection[str]) -> Mapping[str, FollowedOrder]: ...

    def lines(self, erp_no: str) -> Sequence[FollowedLine]:
        """Return an order's lines by number."""
        ...

    def put(self, order: FollowedOrder, lines: Sequence[FollowedLine]) -> None:
        """Insert or replace an order with its lines; a line that is not named any more is gone."""
        ...

    def missing(self, since: datetime, limit: int) -> Sequence[FollowedOrder]:
        """Return orders believed open that were not found since then, the longest missing first."""
        ...

    def figures(self, keys: Collection[StockKey]) -> Mapping[StockKey, StockFigure]:
        """Return the figures that were told last."""
        ...

    def put_figures(self, figures: Collection[StockFigure]) -> None: ...
