"""Stock holds: what is promised to orders under way."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from orderwire.canonical.stock import StockKey


@dataclass(frozen=True, slots=True)
class Hold:
    """Stock that an order through us has taken or is about to take, in base units."""

    order_id: str
    line_no: str
    key: StockKey
    quantity: Decimal
    backordered: Decimal = Decimal(0)  # of the quantity: stands in NAV on purpose, without stock to cover it


@dataclass(frozen=True, slots=True)
class HoldRecord:
    """A hold as it stands: pending until NAV has the order, then confirmed; or released."""

    line_no: str
    item_no: str
    location: str
    variant: str
    quantity: Decimal
    backordered: Decimal | None
    state: str
    created_at: datetime
    ended_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Backorders:
    """What other orders left uncovered on purpose, in base units, as a stock reading may know it."""

    seen: Decimal = Decimal(0)  # the reading has seen it
    in_flight: Decimal = Decimal(0)  # it may have


class Holds(Protocol):
    """Stock holds: see section 6 of the design."""

    def lock(self, keys: Collection[StockKey]) -> None:
        """Lock the items' rows, in sorted order, until the transaction ends."""
        ...

    def lease_item(self, key: StockKey, owner: str, now: datetime, seconds: float) -> bool:
        """Take the item's lease for the check after create; False while another owner's runs."""
        ...

    def free_item(self, key: StockKey, owner: str) -> None: ...

    def unsettled(self, keys: Collection[StockKey], reading: int, *, but: str) -> Mapping[StockKey, Decimal]:
        """Return, per key with any, the sum of holds that a reading drawn at `reading` may not have seen.

        Those not yet confirmed in NAV, and those confirmed after `reading`; the holds of order `but` are left out.
        A hold that names no location counts for each, and one that does counts for all locations together.
        """
        ...

    def add(self, holds: Sequence[Hold], at: datetime) -> None:
        """Insert pending holds; those of that order and line that are not confirmed are replaced."""
        ...

    def confirm(self, order_id: str, sequence: int) -> None: ...

    def back_order(self, order_id: str, line_no: str, quantity: Decimal, sequence: int) -> None:
        """Say how much of a line's confirmed holds is uncovered from `sequence` on: a NAV user got the stock."""
        ...

    def cover(self, order_id: str, line_no: str, quantity: Decimal) -> None:
        """Say that no more than `quantity` of a line's confirmed holds is uncovered any more."""
        ...

    def backorders(self, key: StockKey, *, since: int, reading: int, but: str) -> Backorders:
        """Return what other orders than `but` left uncovered, but what was so before the number `since`.

        A reading drawn at `reading` has seen what is confirmed by then; what is pending or came later is in flight.
        A key without a location counts those of every location. One with a location counts its own alone: where NAV has
        an order that names none is not known, and what NAV's figure may not have seen must not excuse a shortage.
        """
        ...

    def of(self, order_id: str, limit: int) -> Sequence[HoldRecord]:
        """Return an order's holds, in the order in which they were taken."""
        ...

    def release(self, order_id: str, reason: str) -> None:
        """End an order's pending holds: NAV has proved that no sales order stands, or a person decided."""
        ...
