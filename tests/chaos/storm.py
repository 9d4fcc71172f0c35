"""The storm: a shuffled deck of faults, dealt by a few hands at once, each part of the town hit by one at a time."""

import threading
import time
from collections import Counter, defaultdict
from random import Random
from typing import Final

from chaos.faults import FAULTS, Fault
from chaos.town import Town

#: Faults that hold at once, at most.
HANDS: Final = 2
_PAUSE_SECONDS: Final = (0.2, 2.0)


class Storm:
    """Inflicts faults until stopped."""

    def __init__(self, town: Town, seed: int) -> None:
        self.struck: Counter[str] = Counter()
        self.mended: list[tuple[str, float]] = []  # which, and when (monotonic)
        self.failed: list[str] = []  # faults that could not be inflicted or mended
        self._town, self._die = town, Random(seed)  # noqa: S311  a test's die
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._deck: list[Fault] = []
        self._hit: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._hands = [threading.Thread(target=self._deal, name=f"storm-{number}") for number in range(HANDS)]

    def start(self) -> None:
        for hand in self._hands:
            hand.start()

    def stop(self) -> None:
        """Mend what holds, and return when all is mended."""
        self._stopping.set()
        for hand in self._hands:
            hand.join()
        for proxy in self._town.proxies:
            proxy.heal()

    def _deal(self) -> None:
        while not self._stopping.is_set():
            drawn = self._draw()
            if drawn is None:
                time.sleep(0.1)
                continue
            fault, die = drawn
            try:
                fault.run(self._town, die)
            except Exception as error:  # noqa: BLE001  the run goes on, and ends red
                self.failed.append(f"{fault.name}: {error!r}")
            finally:
                self.mended.append((fault.name, time.monotonic()))
                self._hit[fault.hits].release()
            self._stopping.wait(die.uniform(*_PAUSE_SECONDS))

    def _draw(self) -> tuple[Fault, Random] | None:
        """Take the next card whose part of the town is whole, and a die for it; None: all that is left is being hit."""
        with self._lock:
            if not self._deck:
                self._deck = list(FAULTS)
                self._die.shuffle(self._deck)
            for fault in self._deck:
                if self._hit[fault.hits].acquire(blocking=False):
                    self._deck.remove(fault)
                    self.struck[fault.name] += 1
                    return fault, Random(self._die.random())  # noqa: S311  a test's die
        return None
