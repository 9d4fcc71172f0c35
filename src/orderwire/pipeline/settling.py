"""Decisions on live stock: read, look at the holds in flight, and read again until it is certain."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from orderwire.canonical.stock import StockKey
from orderwire.errors import UnsettledError
from orderwire.pipeline.allocation import Stock
from orderwire.pipeline.lease import Lease
from orderwire.pipeline.retrying import patiently
from orderwire.ports.store import Transaction

T = TypeVar("T")


def settled(lease: Lease, keys: Sequence[StockKey], attempt: Callable[[Transaction, Stock, int], T | None]) -> T:
    """Return what `attempt` decides: it gets a reading and its number, with the items locked; None: not certain yet.

    Raises:
        UnsettledError: it does not become certain; the ladder tries again.
    """
    means, record = lease.means, lease.record
    deadline, pause = means.clock() + timedelta(seconds=means.settle_seconds), 0.02
    while True:
        reading = means.store.next_sequence()
        figures = patiently(lambda: means.erp.stock(keys)) if keys else {}
        free = {key: figure.free for key, figure in figures.items()}
        with means.store.begin() as tx:
            tx.holds.lock(keys)
            decided = attempt(tx, Stock(free, tx.holds.unsettled(keys, reading, but=record.id)), reading)
            if decided is not None:
                return decided
        if means.clock() >= deadline:
            raise UnsettledError("other orders for the same items are under way", order_no=record.order_no)
        means.sleep(pause)
        pause = min(pause * 2, 0.5)
