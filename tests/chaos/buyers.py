"""Buyers that order without a pause, by file, by EDIFACT over HTTP and by REST, and repeat themselves when in doubt."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import httpx

from chaos.town import FOLDERS, KEYS, POSTS, SHOP, STOCK, Town
from services.edifact import Order, interchange

#: Orders under way, over all buyers, at which they wait: the backlog at the end is to be worked off soon.
MOST_UNDER_WAY: Final = 150
#: The share of files and calls that are sent once more, as they were.
TWICE: Final = 0.08
_PAUSE_SECONDS: Final = (0.3, 0.9)
_AGAIN_SECONDS: Final = 0.5
#: A repeated call may be told that the first one is being worked on.
_TAKEN: Final = frozenset({200, 201, 202})


@dataclass(frozen=True)
class Sent:
    """One purchase order that was handed over for good: the file is in the folder, or a call was answered."""

    partner: str
    order: Order
    content: bytes


@dataclass
class Sale:
    """All that was sent."""

    sent: list[Sent] = field(default_factory=list)
    repeated: int = 0
    refused: list[str] = field(default_factory=list)  # answers that nobody expects
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, sent: list[Sent]) -> None:
        with self._lock:
            self.sent += sent

    def repeat(self) -> None:
        with self._lock:
            self.repeated += 1


class Buyers:
    """One thread for each partner, until stopped."""

    def __init__(self, town: Town, seed: int) -> None:
        self.sale = Sale()
        self.seen: list[tuple[float, int]] = []  # when (monotonic), and how many orders were decided by then
        self._town, self._stopping = town, threading.Event()
        self._decided = 0
        ways: dict[str, Callable[[str, Random], None]] = dict.fromkeys(FOLDERS, self._drop)
        ways |= {POSTS[0]: self._post, SHOP: self._call}
        dice = {key: Random(f"{seed}/{key}") for key in ways}  # noqa: S311  a test's die
        self._threads = [
            threading.Thread(target=self._buy, args=(key, way, dice[key]), name=f"buyer-{key}")
            for key, way in ways.items()
        ]
        self._threads.append(threading.Thread(target=self._count, name="buyers-count"))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each end what it is about, until it is answered."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _count(self) -> None:
        while not self._stopping.wait(0.25):
            self._decided = max(self._decided, self._town.decided())
            self.seen.append((time.monotonic(), self._decided))

    def _buy(self, partner: str, way: Callable[[str, Random], None], die: Random) -> None:
        while not self._stopping.wait(die.uniform(*_PAUSE_SECONDS)):
            if len(self.sale.sent) - self._decided < MOST_UNDER_WAY:
                way(partner, die)

    def _orders(self, partner: str, die: Random, most: int = 3) -> list[Order]:
        first = time.monotonic_ns()
        return [Order(f"{partner.upper()}-{first + n}", _lines(die)) for n in range(die.randint(1, most))]

    def _drop(self, partner: str, die: Random) -> None:
        """Put a file into the folder, whole."""
        orders = self._orders(partner, die)
        content = _file(FOLDERS[partner][0], orders)
        for time_ in range(1 + (die.random() < TWICE)):
            inbox = self._town.folder / "var" / "partners" / partner / "in"
            inbox.mkdir(parents=True, exist_ok=True)
            _put(inbox, f"{orders[0].order_no}-{time_}.edi", content)
            if time_:
                self.sale.repeat()
        self.sale.add([Sent(partner, order, content) for order in orders])

    def _post(self, partner: str, die: Random) -> None:
        orders = self._orders(partner, die)
        content = _file(POSTS[1], orders)
        self._until_taken(partner, f"/edi/{partner}", content, {}, die)
        self.sale.add([Sent(partner, order, content) for order in orders])

    def _call(self, partner: str, die: Random) -> None:
        [order] = self._orders(partner, die, most=1)
        body = {
            "order_no": order.order_no,
            "lines": [{"item_no": item_no, "quantity": quantity, "unit": "PCE"} for item_no, quantity in order.lines],
        }
        content = httpx.Request("POST", "http://shop", json=body).content
        headers = {"Content-Type": "application/json", "Idempotency-Key": order.order_no}
        self._until_taken(partner, "/api/v1/orders", content, headers, die)
        self.sale.add([Sent(partner, order, content)])

    def _until_taken(self, partner: str, path: str, content: bytes, headers: dict[str, str], die: Random) -> None:
        """Say the same again until there is an answer, and now and then once more."""
        url = f"http://127.0.0.1:{self._town.web_port}{path}"
        left = 1 + (die.random() < TWICE)
        said = False
        while left:
            try:
                reply = httpx.post(url, content=content, headers={"X-Api-Key": KEYS[partner], **headers}, timeout=15)
            except httpx.HTTPError:
                time.sleep(_AGAIN_SECONDS)
            else:
                if reply.status_code in _TAKEN:
                    left -= 1
                elif reply.status_code < 500:  # it will not be another answer the next time
                    self.sale.refused.append(f"{path}: {reply.status_code} {reply.text[:200]}")
                    return
                else:
                    time.sleep(_AGAIN_SECONDS)
            if said:
                self.sale.repeat()
            said = True


def _lines(die: Random) -> list[tuple[str, int]]:
    return [(item_no, die.randint(1, 5)) for item_no in die.sample(sorted(STOCK), die.randint(1, 2))]


def _file(gln: str, orders: list[Order]) -> bytes:
    return interchange(gln, orders[0].order_no[-14:], orders)


def _put(inbox: Path, name: str, content: bytes) -> None:
    unfinished = inbox / f".{name}"
    unfinished.write_bytes(content)
    unfinished.rename(inbox / name)
