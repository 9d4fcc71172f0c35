"""One chaos run: load under faults, healing, draining, counting."""

import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chaos.buyers import Buyers
from chaos.evidence import Counters, Evidence, count, gather
from chaos.storm import Storm
from chaos.town import Town, open_town
from orderwire.canonical.response import OrderOutcome

#: What of a run's minutes is for starting, healing and draining; and the shortest storm.
AROUND_SECONDS: Final = 75
LEAST_SECONDS: Final = 30
#: When nothing has moved for so long after all was mended, it will not: rungs, leases and time-outs are shorter.
STILL_SECONDS: Final = 90
TELL_SECONDS: Final = 10
#: Cases of a kind that are told one by one.
MOST_TOLD: Final = 20
_UNDER_WAY: Final = "SELECT count(*) FROM documents WHERE state IN ('received', 'waiting', 'retrying')"
_UNSENT: Final = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"
_HOLDS: Final = "SELECT count(*) FROM holds WHERE ended_at IS NULL"


@dataclass(frozen=True)
class Report:
    """What was done, and what came of it."""

    seed: int
    storm_seconds: float
    faults: Counter[str]
    orders: int
    repeated: int
    outcomes: Counter[str]
    longest_recovery_seconds: float
    drain_seconds: float
    counters: Counters

    def lines(self) -> list[str]:
        """Return it as text; the last line is the verdict."""
        outcomes = ", ".join(f"{number} {outcome}" for outcome, number in sorted(self.outcomes.items()))
        faults = ", ".join(f"{name} {number}" for name, number in sorted(self.faults.items()))
        counters = self.counters
        cases = (case for kind in counters.kinds for case in _some(kind))
        recovery = f"longest recovery {self.longest_recovery_seconds:.1f} s"
        return [
            f"seed={self.seed}",
            f"faults in {self.storm_seconds:.0f} s: {sum(self.faults.values())} ({faults})",
            f"orders: {self.orders} sent ({outcomes}); {self.repeated} files and calls sent more than once",
            f"{recovery}; drained {self.drain_seconds:.1f} s after the last fault was mended",
            *(f"  {case}" for case in cases),
            str(counters),
        ]


def run(folder: Path, minutes: float, seed: int, say: Callable[[str], None] = lambda _line: None) -> Report:
    """Do it, and count."""
    say(f"seed={seed}: starting three broker nodes, PostgreSQL, NAV, one serve and two workers")
    with open_town(folder) as town:
        buyers, storm = Buyers(town, seed), Storm(town, seed)
        buyers.start()
        storm.start()
        seconds = max(LEAST_SECONDS, 60 * minutes - AROUND_SECONDS)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(min(TELL_SECONDS, until - time.monotonic()))
            say(f"{len(buyers.sale.sent)} orders sent, {town.decided()} decided, {storm.struck.total()} faults")
        storm.stop()
        healed = time.monotonic()
        buyers.stop()
        say("healed; draining")
        left = drain(town, say)
        drained = time.monotonic() - healed
        town.stop_supervising()
        evidence = gather(town, buyers.sale, left, town.crashes + storm.failed)
        return Report(
            seed,
            seconds,
            storm.struck,
            len(evidence.sent),
            buyers.sale.repeated,
            _outcomes(evidence),
            longest_recovery(storm.mended, buyers.seen),
            drained,
            count(evidence),
        )


def _some(cases: list[str]) -> list[str]:
    """Return as many as one reads, and how many more there are."""
    return [*cases[:MOST_TOLD], f"… and {len(cases) - MOST_TOLD} more"] if len(cases) > MOST_TOLD else cases


def drain(town: Town, say: Callable[[str], None]) -> dict[str, int]:
    """Wait until nothing is under way, or until nothing moves any more; return what still is there."""
    inboxes = list((town.folder / "var" / "partners").glob("*/in"))
    for claimed in (one for inbox in inboxes for one in inbox.glob(".claimed/*")):
        os.utime(claimed, (0, 0))  # the minute passes after which files of a process that died are taken up again
    before: dict[str, int] = {}
    moved = told = time.monotonic()
    while True:
        left = _left(town, inboxes)
        if left != before:
            before, moved = left, time.monotonic()
        if not any(left.values()):
            return left
        if time.monotonic() > moved + STILL_SECONDS:
            return left | _queues(town)
        if time.monotonic() > told + TELL_SECONDS:
            told = time.monotonic()
            say(f"left: {left}")
        time.sleep(0.5)


def _left(town: Town, inboxes: list[Path]) -> dict[str, int]:
    left = {
        "documents under way": int(town.ask(_UNDER_WAY)[0][0]),
        "unsent events": int(town.ask(_UNSENT)[0][0]),
        "stock holds": int(town.ask(_HOLDS)[0][0]),
        "files in inboxes": sum(len([*inbox.glob("*.edi"), *inbox.glob(".claimed/*")]) for inbox in inboxes),
    }
    return left if any(left.values()) else left | _queues(town)


def _queues(town: Town) -> dict[str, int]:
    """Return how many messages there are in each queue, in hand or not; empty ones aside."""
    for node in town.cluster.nodes:
        try:
            listed = node.control("list_queues", "--no-table-headers", "name", "messages")
        except subprocess.SubprocessError:  # busy: another may say
            continue
        numbers = (line.split() for line in listed.splitlines())
        return {parts[0]: int(parts[1]) for parts in numbers if len(parts) == 2 and parts[1] not in {"0", "messages"}}
    return {"no node tells": 1}


def _outcomes(evidence: Evidence) -> Counter[str]:
    outcomes = [evidence.answers.get((sent.partner, sent.order.order_no)) for sent in evidence.sent]
    return Counter(str(OrderOutcome(answer.outcome)) for answer in outcomes if answer)


def longest_recovery(mended: list[tuple[str, float]], seen: list[tuple[float, int]]) -> float:
    """Return the longest time from the mending of a fault to the next decided order that was seen."""
    longest = 0.0
    for _name, at in mended:
        before = max((number for when, number in seen if when <= at), default=0)
        after = next((when for when, number in seen if when > at and number > before), None)
        longest = max(longest, after - at if after else 0.0)
    return longest
