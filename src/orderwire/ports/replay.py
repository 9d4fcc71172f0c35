"""Runs of replays: a frozen list of parked messages, sent through again at a pace, each once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class RunState(StrEnum):
    """Where a run stands."""

    FROZEN = "frozen"  # the list stands; nothing is done
    TRYING = "trying"  # the dry run is under way
    TRIED = "tried"
    RUNNING = "running"
    CANCELLED = "cancelled"  # a person stopped it; what was not sent stays parked, and it can go on
    STOPPED = "stopped"  # too many failed again; likewise
    DONE = "done"  # each message has its outcome


class ItemState(StrEnum):
    """What became of one message."""

    WAITING = "waiting"  # parked still
    SENT = "sent"  # in flight
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # parked again
    SKIPPED = "skipped"  # somebody else had it, or it cannot be replayed


@dataclass(frozen=True, slots=True)
class Run:
    id: str
    created_at: datetime
    who: str
    why: str
    wanted: Mapping[str, Any]  # the filter, as it was asked for
    digest: str  # of the list: what was asked for is what is done
    state: RunState
    total: int
    rate: float  # messages a second, at most
    ramp: tuple[int, ...]  # size of each step; the last goes on
    stop_on: int  # so many failures in one step stop the run; 0: none does
    step: int = 0  # how many steps have begun
    step_until: int = 0  # position at which this step ends
    next_at: datetime | None = None  # nothing is sent before
    started_at: datetime | None = None
    finished_at: datetime | None = None
    note: str | None = None  # why it stands where it stands


@dataclass(frozen=True, slots=True)
class RunItem:
    run_id: str
    position: int
    parked_id: str
    state: ItemState = ItemState.WAITING
    document_id: str | None = None  # of a sent follow-up none: what became of it is asked by its event
    event_id: str | None = None
    sent_at: datetime | None = None
    ended_at: datetime | None = None
    detail: str | None = None
    trial: Mapping[str, Any] | None = None  # what the dry run said
    trial_result: str | None = None  # passes | fails


class Runs(Protocol):
    def add(self, run: Run, parked_ids: Sequence[str]) -> bool:
        """Insert; False when there is a run of that id."""
        ...

    def get(self, run_id: str) -> Run | None: ...

    def all(self, limit: int = 50) -> Sequence[Run]:
        """Return the newest first."""
        ...

    def active(self) -> Sequence[Run]:
        """Return runs that a worker has to advance, the oldest first, and those with messages still in flight."""
        ...

    def move(self, run_id: str, states: Sequence[RunState], to: RunState, **changes: object) -> bool:
        """Compare and set: False when the run stands in none of these states any more."""
        ...

    def save(self, run_id: str, fence: int, **changes: object) -> bool:
        """Set columns of `Run` by name; False when the fence is no longer ours."""
        ...

    def lease(self, run_id: str, owner: str, now: datetime, seconds: float) -> int | None:
        """Take or prolong the run's lease and return the fence; None while another's runs."""
        ...

    def held(self, run_id: str, fence: int) -> Run | None:
        """Return the run if the lease is still ours, and keep the row locked until the transaction ends."""
        ...

    def items(
        self, run_id: str, *, state: ItemState | None = None, after: int = 0, limit: int = 100
    ) -> Sequence[RunItem]:
        """Return by position, those after a position."""
        ...

    def untried(self, run_id: str, limit: int) -> Sequence[RunItem]:
        """Return items without a trial, by position."""
        ...

    def forget_trials(self, run_id: str) -> None:
        """Make every item untried again."""
        ...

    def set_item(self, run_id: str, position: int, **changes: object) -> None: ...

    def counts(self, run_id: str) -> Mapping[ItemState, int]: ...

    def failed_between(self, run_id: str, first: int, last: int) -> int:
        """Count items that failed again, from position `first` up to `last`."""
        ...

    def last_end(self, run_id: str) -> datetime | None:
        """Return when a message of the run ended last."""
        ...

    def trials(self, run_id: str) -> Mapping[str, int]:
        """Count trials by how they ended."""
        ...
