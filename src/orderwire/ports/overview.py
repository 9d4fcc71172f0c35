"""How things stand: counts, the pulse of the last hours, workers, and failures by their cause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from orderwire.ports.journal import Document, DocumentState
from orderwire.ports.parking import Parked

#: Figures over time come by five minutes.
PIECE_SECONDS: Final = 300

#: What somebody may see; empty: everything.
Scope = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StateCount:
    partner: str | None
    state: DocumentState
    count: int


@dataclass(frozen=True, slots=True)
class ParkedCount:
    partner: str | None
    flow: str
    count: int


@dataclass(frozen=True, slots=True)
class Beat:
    """What ended in one piece of time, of one partner: how many, and how long it took from taken in to ended."""

    start: datetime
    count: int
    mean_seconds: float
    worst_seconds: float
    partner: str | None = None


@dataclass(frozen=True, slots=True)
class FlowPiece:
    """What a flow was done with in one piece of time: how many messages, and how long since their events were made."""

    flow: str
    start: datetime
    count: int = 0
    seconds: float = 0.0  # of all together
    worst_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Retrying:
    """A document on the ladder."""

    document: Document
    next_at: datetime | None
    flow: str | None
    event_id: str | None  # what is to be worked on again


@dataclass(frozen=True, slots=True)
class WorkerRecord:
    """A process that works, as it last said itself."""

    id: str
    host: str
    pid: int
    version: str
    started_at: datetime
    seen_at: datetime
    #: Flow → since when its breaker is open, and why.
    paused: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Parked messages of one cause."""

    id: str
    code: str
    reason: str  # of the newest
    flow: str
    partner: str | None
    facts: Mapping[str, Any]
    count: int
    first_at: datetime
    last_at: datetime
    recent: int = 0  # of them, in the last hour
    assignee: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class GroupNote:
    """What people say of a cause."""

    id: str
    assignee: str | None
    note: str | None
    by: str
    at: datetime


class Overview(Protocol):
    def under_way(self, scope: Scope) -> Sequence[StateCount]:
        """Count documents that have not come to an end."""
        ...

    def ended(self, since: datetime, scope: Scope) -> Sequence[StateCount]: ...

    def parked(self, scope: Scope) -> Sequence[ParkedCount]: ...

    def pulse(self, since: datetime, bucket_seconds: int, scope: Scope) -> Sequence[Beat]:
        """Return what ended, but not by a person's hand, by time; a piece of time without any is left out."""
        ...

    def late(self, scope: Scope) -> Mapping[str, int]:
        """Count acknowledgements that are late, by partner."""
        ...

    def retrying(self, scope: Scope, limit: int) -> Sequence[Retrying]: ...

    def last_traffic(self, partner: str) -> Mapping[str, datetime]:
        """Return when something last came (`in`) and went (`out`)."""
        ...


class Workers(Protocol):
    def beat(self, worker: WorkerRecord) -> None:
        """Insert, or replace what this worker said before."""
        ...

    def tell(self, worker_id: str, pieces: Sequence[FlowPiece]) -> None:
        """Say what a worker's flows were done with; what it said of a piece before is replaced."""
        ...

    def flows(self, since: datetime) -> Sequence[FlowPiece]:
        """Return what all workers said of pieces from then on, together: one for each flow and start."""
        ...

    def forget_flows(self, before: datetime) -> None: ...

    def end(self, worker_id: str) -> None: ...

    def end_before(self, seen: datetime) -> None:
        """Forget workers that have not been heard of since."""
        ...

    def all(self) -> Sequence[WorkerRecord]: ...


class Failures(Protocol):
    """What is parked, by its cause."""

    def groups(self, scope: Scope, now: datetime) -> Sequence[FailureGroup]:
        """Return the groups, the one with the newest failure first."""
        ...

    def group(self, group_id: str, scope: Scope, now: datetime) -> FailureGroup | None: ...

    def members(self, group_id: str, scope: Scope, limit: int, after: str | None = None) -> Sequence[Parked]:
        """Return what is parked in a group, by id."""
        ...

    def trends(self, group_ids: Sequence[str], since: datetime, bucket_seconds: int) -> Mapping[str, Mapping[int, int]]:
        """Return how many came to each group, parked or settled since, by number of the piece of time after `since`."""
        ...

    def ids(self, wanted: "ParkedFilter") -> Sequence[str]:
        """Return the ids of all that is parked and matches, the oldest first."""
        ...

    def of_document(self, document_ids: Sequence[str]) -> Sequence[Parked]: ...

    def note(self, note: GroupNote) -> None: ...


@dataclass(frozen=True, slots=True)
class ParkedFilter:
    """Which parked messages are meant; None: any."""

    group_id: str | None = None
    code: str | None = None
    partner: str | None = None
    order_no: str | None = None
    flow: str | None = None
    scope: Scope = ()
    limit: int = 100_000
