"""The follower: looks at NAV in turns and tells of what happened there. Of many workers one does it at a time."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from orderwire.canonical.envelope import Event
from orderwire.errors import LeaseLostError, OrderwireError, OutageError, TransientError
from orderwire.pipeline.follow_orders import OrdersLook
from orderwire.pipeline.follow_posted import PostedLook
from orderwire.pipeline.follow_stock import StockLook
from orderwire.pipeline.follow_watch import Looked, Watch
from orderwire.ports.follow import PostedKind
from orderwire.ports.meter import Meter

log = structlog.get_logger(__name__)

#: One look at one list.
Look = Callable[[int], Looked]
#: Looks in one poll at a list that still has more, so that no list keeps the others waiting.
_LOOKS_AT_ONCE: Final = 10


@dataclass(frozen=True)
class Polled:
    """What came of one poll: events told by list, and what was in the way, by list."""

    told: dict[str, int]
    problems: dict[str, OrderwireError]


class Follow:
    """Polls until stopped; safe to run in any number of workers."""

    def __init__(self, watch: Watch, announce: Callable[[Sequence[Event]], None], meter: Meter) -> None:
        self._watch, self._announce, self._meter = watch, announce, meter
        self._troubles: dict[str, str] = {}

    def run(self, stopping: threading.Event) -> None:
        """Poll until told to stop, then let another worker go on at once."""
        while not stopping.wait(self._watch.rules.poll_seconds):
            try:
                self.poll(stopping)
            except LeaseLostError:
                log.info("follow_lost")
            except TransientError as error:
                log.warning("follow_postponed", code=error.code)
            except Exception:
                log.exception("follow_failed")  # the next poll may do better
        self._let_go()

    def poll(self, stopping: threading.Event | None = None) -> Polled | None:
        """Look at each list once, and on where there is more; None while another worker follows.

        Raises:
            TransientError: the store is away.
        """
        polled = Polled({}, {})
        for name, look in self._looks().items():
            fence = self._lease()
            if fence is None:
                return None
            try:
                self._look(name, look, fence, polled, stopping)
            except LeaseLostError:
                raise
            except OrderwireError as error:
                polled.problems[name] = error
                if isinstance(error, OutageError | TransientError):
                    break  # NAV is away: the other lists need not ask
        self._note(polled)
        return polled

    def _looks(self) -> dict[str, Look]:
        watch, looks = self._watch, dict[str, Look]()
        for kind, wanted in (
            (PostedKind.SHIPMENT, watch.rules.shipments),
            (PostedKind.INVOICE, watch.rules.invoices),
        ):
            if wanted:
                posted = PostedLook(watch, kind)
                looks |= {f"{kind.value}s": posted.look, f"{kind.value}s swept": posted.sweep}
        if watch.rules.orders:
            looks["orders"] = OrdersLook(watch).look
        if watch.rules.stock:
            looks["stock"] = StockLook(watch).look
        return looks

    def _look(self, name: str, look: Look, fence: int, polled: Polled, stopping: threading.Event | None) -> None:
        told = 0
        for _ in range(_LOOKS_AT_ONCE):
            began = time.time()
            looked = look(fence)
            if looked.told:
                self._announce(looked.told)
                told += len(looked.told)
            if looked.problem is not None:
                polled.problems[name] = looked.problem
            if not looked.more:
                self._meter.followed(name, told, began)
                break
            if stopping is not None and stopping.is_set():
                break
        polled.told[name] = told

    def _lease(self) -> int | None:
        watch = self._watch
        with watch.store.begin() as tx:
            return tx.following.lease(watch.owner, watch.clock(), watch.rules.lease_seconds)

    def _let_go(self) -> None:
        """Give the lease up, if it is ours."""
        try:
            fence = self._lease()
            if fence is not None:
                with self._watch.store.begin() as tx:
                    tx.following.free(fence)
        except TransientError as error:
            log.warning("follow_not_released", code=error.code)

    def _note(self, polled: Polled) -> None:
        """Say once what is in the way, and once that it is not any more."""
        troubles = {name: str(error) for name, error in polled.problems.items()}
        for name, text in troubles.items():
            if self._troubles.get(name) != text:
                log.warning("follow_waits", list=name, code=polled.problems[name].code, reason=text)
        for name in self._troubles.keys() & (polled.told.keys() - troubles.keys()):
            log.info("follow_resumed", list=name)
        self._troubles = {
            **{name: text for name, text in self._troubles.items() if name not in polled.told},
            **troubles,
        }
