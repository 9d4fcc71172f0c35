"""Is it believable? An answer that says that nearly all stock is gone at once is held until a person has looked."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final, Generic, TypeVar

import structlog

from orderwire.config.nav import NavStockSettings
from orderwire.errors import ImplausibleError

log = structlog.get_logger(__name__)

K = TypeVar("K", bound=Hashable)

#: Inventory by what was asked; None: NAV does not know it.
Inventories = Mapping[K, Decimal | None]
#: Entries kept; the oldest goes first.
CAPACITY: Final = 50_000
#: How long everything is believed after somebody said so.
ACCEPTED_SECONDS: Final = 3600.0


class Acceptance:
    """A file whose age says when somebody last vouched for the stock figures; of this machine's processes."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._file, self._now = folder / "nav-stock-accepted", now

    def __call__(self) -> bool:
        """Whether what NAV says of stock is to be believed, whatever it is."""
        try:
            return 0 <= self._now() - self._file.stat().st_mtime < ACCEPTED_SECONDS
        except OSError:
            return False

    def give(self) -> None:
        """Believe everything for `ACCEPTED_SECONDS`."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.touch()


class Plausibility(Generic[K]):
    """Remembers what had stock when it was last seen. Thread-safe.

    A single item may sell out at any time. So when something that had stock has none, others that had stock are asked
    for as well: only if nearly all of them have none either is the answer held.
    """

    def __init__(self, settings: NavStockSettings, accepted: Callable[[], bool]) -> None:
        self._settings, self._accepted = settings, accepted
        self._lock = threading.Lock()
        self._stocked: OrderedDict[K, bool] = OrderedDict()

    def judge(self, told: Inventories[K], ask: Callable[[Collection[K]], Inventories[K]]) -> None:
        """Believe an answer, or hold it; `ask` reads the control sample.

        Raises:
            ImplausibleError: it is held.
        """
        if self._settings.hold_sudden_loss:
            lost, sample = self._losses(told, ask)
            implausible = sample >= self._settings.sudden_loss_sample and (
                lost * 100 >= sample * self._settings.sudden_loss_percent
            )
            if implausible and not self._accepted():
                log.error("stock_held", gone=lost, of=sample)
                raise ImplausibleError("nearly all stock is gone at once", gone=lost, of=sample)
        self._remember(told)

    def _losses(self, told: Inventories[K], ask: Callable[[Collection[K]], Inventories[K]]) -> tuple[int, int]:
        """Return how many have no stock any more, of how many that had some when last seen."""
        with self._lock:
            had = [key for key in told if self._stocked.get(key)]
            new = [key for key, inventory in told.items() if key not in self._stocked and inventory is not None]
        if not any(_is_gone(told[key]) for key in had):
            # Nothing is known of them: only if not one of many has any is that strange.
            gone = sum(_is_gone(told[key]) for key in new)
            return (gone, len(new)) if gone == len(new) and not had else (0, 0)
        control = self._control(told)
        answers = {**{key: told[key] for key in had}, **(ask(control) if control else {})}
        judged = [answers.get(key) for key in (*had, *control)]
        return sum(map(_is_gone, judged)), len(judged)

    def _control(self, told: Inventories[K]) -> list[K]:
        """Return the last seen of those that had stock, besides the ones asked for anyway."""
        with self._lock:
            others = (key for key, stocked in reversed(self._stocked.items()) if stocked and key not in told)
            return [key for key, _ in zip(others, range(self._settings.sudden_loss_sample), strict=False)]

    def _remember(self, told: Inventories[K]) -> None:
        with self._lock:
            for key, inventory in told.items():
                if inventory is not None or key in self._stocked:
                    self._stocked[key] = not _is_gone(inventory)
                    self._stocked.move_to_end(key)
            while len(self._stocked) > CAPACITY:
                self._stocked.popitem(last=False)


def _is_gone(inventory: Decimal | None) -> bool:
    return inventory is None or inventory <= 0
