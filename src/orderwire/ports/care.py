"""Care for the store: what may go when it is old enough, and what a person wants kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LegalHold:
    """Keeps everything of one correlation, whatever its age."""

    correlation_id: str
    who: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """A place among the documents that have ended, in order."""

    at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    conversations: int
    place: Ended | None  # where to go on; None: the end was reached


class Care(Protocol):
    def hold(self, hold: LegalHold) -> bool:
        """Insert; False when it is held already."""
        ...

    def unhold(self, correlation_id: str) -> bool: ...

    def held(self) -> Sequence[LegalHold]:
        """Return every legal hold, the oldest first."""
        ...

    def forget_events(self, before: datetime, limit: int) -> int:
        """Delete inbox marks and published events from before, at most so many of each; return how many."""
        ...

    def forget_exchanges(self, before: datetime, limit: int) -> int:
        """Delete exchanges with the ERP from before, at most so many, but none of a legal hold; return how many."""
        ...

    def forget_runs(self, before: datetime, limit: int) -> bool:
        """Delete so many messages of a run of replays that stands still and is from before; when none is left, the run.

        Return False when there is no such run. What a run did is in the audit.
        """
        ...

    def forget_documents(self, before: datetime, *, failed: bool, limit: int, after: Ended | None = None) -> Forgotten:
        """Delete conversations that ended before, with all that hangs on them: those among so many documents.

        The documents are those that ended first, or first after a place that was returned before.

        A conversation is every document of one correlation. It has failed when one of its documents was parked,
        rejected or discarded. Those with a legal hold, or with a document that has not come to an end, stay.
        """
        ...
