"""After a restore: what was on its way when the copy was taken is sent on its way again."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orderwire.errors import PermanentError
from orderwire.ports.clock import Clock
from orderwire.ports.store import Store

#: Numbers left out of every series: what went out after the copy was taken bore some of them.
GAP: Final = 10_000
#: Events in one transaction.
_CHUNK: Final = 2_000


@dataclass(frozen=True)
class Restoration:
    """Makes a store that was put back, or whose broker lost its queues, fit to go on. Safe to repeat."""

    store: Store
    sweep: Callable[[], int]  # publishes what is in the outbox
    consumers: Collection[str]  # under whose names the inbox marks what was done
    clock: Clock

    def settle(self, since: datetime, *, who: str, why: str) -> int:
        """Publish what was not, and again what was since and done by nobody; return how many events that were.

        A consumer that did one of them all the same finds its mark in the inbox, and drops it.

        Raises:
            PermanentError: the audit is not what was written; nothing was done.
        """
        with self.store.begin() as tx:
            broken = tx.audit.verify()
            if broken is not None:
                raise PermanentError("the audit was changed: look before anything goes on", entry=broken)
            tx.journal.skip_numbers(GAP)
            tx.audit.add(self.clock(), who, "settled", "store", why)
        reopened = _CHUNK
        while reopened == _CHUNK:
            with self.store.begin() as tx:
                reopened = tx.outbox.reopen(since, self.consumers, _CHUNK)
        return self.sweep()
