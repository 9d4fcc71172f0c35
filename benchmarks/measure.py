"""Measurements: interleaved repetitions, ratios with their spread, peak memory."""

import gc
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    """One line of build/bench.json. `ours` and `peer_value` are in `unit`; a ratio above 1 is in our favour."""

    group: str
    name: str
    unit: str
    ours: float
    peer: str
    peer_value: float
    ratio: float

    def as_json(self) -> dict[str, str | float]:
        return asdict(self)


@dataclass(frozen=True)
class Spread:
    """Seconds of CPU time of each repetition."""

    seconds: tuple[float, ...]

    @property
    def best(self) -> float:
        return min(self.seconds)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def interleave(work: dict[str, Callable[[], int]], repetitions: int) -> dict[str, Spread]:
    """Run every piece of work in turn, `repetitions` times, so that a slow moment of the machine hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    counts: dict[str, set[int]] = {name: set() for name in work}
    for repetition in range(repetitions):
        for name, run in work.items():
            gc.collect()
            begin = time.process_time()
            counts[name].add(run())
            seconds[name].append(time.process_time() - begin)
        print(f"  repetition {repetition + 1} of {repetitions}", file=sys.stderr, flush=True)
    for name, seen in counts.items():
        if len(seen) != 1:
            raise SystemExit(f"{name}: not the same work in each repetition: {sorted(seen)}")
    return {name: Spread(tuple(each)) for name, each in seconds.items()}


def ratios(ours: Spread, peer: Spread) -> tuple[float, float, float]:
    """Return the ratio of the medians, and the least and greatest of the repetitions side by side."""
    pairs = [theirs / mine for mine, theirs in zip(ours.seconds, peer.seconds, strict=True)]
    return peer.median / ours.median, min(pairs), max(pairs)


def peak_mb() -> float:
    """Return this process's peak resident memory in MB; on Linux without what it inherited from its parent."""
    status = Path("/proc/self/status")
    if status.is_file():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
