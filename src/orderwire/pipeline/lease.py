"""The lease of an order: whoever has it works on the order, and nobody else does."""

from contextlib import suppress
from datetime import timedelta

from orderwire.errors import BusyError, TransientError
from orderwire.pipeline.means import Means
from orderwire.ports.orders import OrderRecord


class Lease:
    """An order's lease that we have; `record` bears its fence."""

    def __init__(self, means: Means, record: OrderRecord) -> None:
        self.means, self.record = means, record
        self._since = means.clock()

    def prolong(self) -> None:
        """Keep it over the next call. One that has hardly begun is long enough for that as it is.

        Raises:
            BusyError: it had run out; the next try takes the order up from where it stands.
        """
        means, record = self.means, self.record
        now = means.clock()
        if timedelta(0) <= now - self._since < timedelta(seconds=means.lease_seconds / 10):
            return
        with means.store.begin() as tx:
            fence = tx.orders.lease(record.id, means.owner(), now, means.lease_seconds)
            if fence is not None and fence != record.fence:
                tx.orders.free(record.id, fence)
        if fence != record.fence:
            raise BusyError("the order's lease ran out", order_no=record.order_no)
        self._since = now

    def give_up(self) -> None:
        """Let go of it, so that the next try need not wait for its end."""
        with suppress(TransientError), self.means.store.begin() as tx:
            tx.orders.free(self.record.id, self.record.fence)
