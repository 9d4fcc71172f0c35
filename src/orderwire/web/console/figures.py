"""Figures of flows and of partners: what waits, what is done, and how the last hours went."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orderwire.ports.journal import DocumentState
from orderwire.ports.overview import (
    PIECE_SECONDS,
    Beat,
    FlowPiece,
    ParkedCount,
    Retrying,
    StateCount,
    WorkerRecord,
)
from orderwire.ports.queue import QueueDepth
from orderwire.queue.topology import Topology
from orderwire.web.console import charts


@dataclass(frozen=True)
class Course:
    """How some hours went, by pieces of time. `means` has None where nothing ended."""

    counts: Sequence[float]
    means: Sequence[float | None]
    worst: float | None

    @classmethod
    def of_beats(cls, beats: Iterable[Beat], since: datetime, now: datetime) -> "Course":
        """Put pieces together; those before `since` are left out."""
        size = int((now - since).total_seconds() // PIECE_SECONDS) + 1
        counts, seconds, worst = [0.0] * size, [0.0] * size, 0.0
        for beat in beats:
            number = int((beat.start - since).total_seconds() // PIECE_SECONDS)
            if 0 <= number < size:
                counts[number] += beat.count
                seconds[number] += beat.count * beat.mean_seconds
                worst = max(worst, beat.worst_seconds)
        means = [total / count if count else None for total, count in zip(seconds, counts, strict=True)]
        return cls(counts, means, worst if any(counts) else None)

    @property
    def total(self) -> int:
        return int(sum(self.counts))

    @property
    def mean(self) -> float | None:
        seconds = sum(count * (mean or 0) for count, mean in zip(self.counts, self.means, strict=True))
        return seconds / self.total if self.total else None

    def drawn(self, name: str) -> dict[str, Any]:
        """Return the course as a row shows it."""
        return {
            "total": self.total,
            "mean": self.mean,
            "worst": self.worst,
            "throughput": charts.bars(self.counts, f"{name}: ended by five minutes, {self.total} in all", "spark"),
            "critical": charts.line(self.means, f"{name}: mean seconds by five minutes", "spark"),
        }


@dataclass(frozen=True)
class Standing:
    """What is known of flows."""

    depths: Mapping[str, QueueDepth]
    parked: Mapping[str, int]
    workers: Sequence[WorkerRecord]  # that are alive
    retrying: Sequence[Retrying]
    pieces: Sequence[FlowPiece]


@dataclass(frozen=True)
class Traffic:
    """What is known of partners."""

    under_way: Sequence[StateCount]
    ended: Sequence[StateCount]
    parked: Sequence[ParkedCount]
    beats: Sequence[Beat]
    late: Mapping[str, int]


def flows_of(topology: Topology, standing: Standing, since: datetime, now: datetime) -> list[dict[str, Any]]:
    """Return a row for each flow."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = []
    for flow in topology.flows:
        depth = standing.depths.get(topology.work_queue(flow.name))
        pauses = [worker.paused[flow.name] for worker in standing.workers if flow.name in worker.paused]
        first = min(pauses, key=lambda pause: str(pause["since"]), default=None)
        retrying = [one for one in standing.retrying if one.flow == flow.name]
        pieces = [piece for piece in standing.pieces if piece.flow == flow.name]
        beats = [Beat(one.start, one.count, one.seconds / one.count, one.worst_seconds) for one in pieces if one.count]
        rows.append(
            {
                "flow": flow.name,
                "waiting": depth.ready if depth else None,
                "in_flight": depth.unacked if depth else None,
                "retrying": len(retrying),
                "next_at": min((one.next_at for one in retrying if one.next_at), default=None),
                "parked": standing.parked.get(flow.name, 0),
                "done": sum(piece.count for piece in pieces if piece.start >= midnight),
                "course": Course.of_beats(beats, since, now).drawn(flow.name),
                "paused_since": datetime.fromisoformat(first["since"]) if first else None,
                "paused_because": first["reason"] if first else None,
            }
        )
    return rows


def partners_of(traffic: Traffic, since: datetime, now: datetime) -> list[dict[str, Any]]:
    """Return a row for each partner that has anything, those with parked messages first."""
    rows: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in traffic.under_way:
        column = one.state.value if one.state in {DocumentState.RETRYING, DocumentState.HELD} else "waiting"
        rows[one.partner or ""][column] += one.count
    for one in traffic.ended:
        rows[one.partner or ""][one.state.value] += one.count
    for entry in traffic.parked:
        rows[entry.partner or ""]["parked_now"] += entry.count
    for partner, count in traffic.late.items():
        rows[partner]["late"] = count
    beats: defaultdict[str, list[Beat]] = defaultdict(list)
    for beat in traffic.beats:
        beats[beat.partner or ""].append(beat)
    columns = ("waiting", "retrying", "held", "parked_now", "late", "done", "rejected")
    return [
        {
            "partner": partner or None,
            "course": Course.of_beats(beats[partner], since, now).drawn(partner or "not known"),
            **{column: counts[column] for column in columns},
        }
        for partner, counts in sorted(rows.items(), key=lambda row: (-row[1]["parked_now"], row[0]))
    ]
