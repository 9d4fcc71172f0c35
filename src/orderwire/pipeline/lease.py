"""The lease of an order: whoever has it works on the order, and nobody else does."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from orderwire.errors import BusyError, InDoubtError, TransientError, UnavailableError
from orderwire.pipeline.means import Means
from orderwire.ports.orders import OrderRecord


class Lease:
    """An order's lease that we have; `record` bears its fence.

    `intended`: a write to NAV may or may not have happened; while stock is held for it, other orders wait.
    """

    def __init__(self, means: Means, record: OrderRecord, *, intended: bool) -> None:
        self.means, self.record, self.intended = means, record, intended
        self._since = means.clock()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let go of it when the work fails, so that the next try need not wait for its end.

        Raises:
            InDoubtError: instead of UnavailableError, where an intent stands: nobody is to wait for that longer than
                for other doubts.
        """
        try:
            yield
        except UnavailableError as error:
            self._give_up()
            if not self.intended:
                raise
            raise InDoubtError(f"the write may have happened, and {error.message}", **error.facts) from error
        except Exception:
            self._give_up()
            raise

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

    def _give_up(self) -> None:
        with suppress(TransientError), self.means.store.begin() as tx:
            tx.orders.free(self.record.id, self.record.fence)
