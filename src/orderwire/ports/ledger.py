"""The ledger of acknowledgements: those we owe a partner, and those we wait for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class LedgerSide(StrEnum):
    OWED = "owed"  # by us to the partner
    AWAITED = "awaited"  # by us from the partner


class LedgerState(StrEnum):
    OPEN = "open"
    LATE = "late"  # due, and noticed; it may still be met
    MET = "met"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One acknowledgement of one document."""

    id: str  # deterministic: see `entry_id`
    document_id: str  # owed: the document that was sent to us; awaited: ours, which went out
    partner: str
    side: LedgerSide
    kind: str  # CONTRL, ORDRSP, MDN
    ref: str  # interchange reference, order number or Message-ID: what the acknowledgement names
    opened_at: datetime
    due_at: datetime | None = None  # None: nobody waits, it came all the same
    state: LedgerState = LedgerState.OPEN
    order_no: str | None = None
    late_at: datetime | None = None  # when it was noticed to be late; stays when it is met after all
    met_at: datetime | None = None
    met_by: str | None = None  # document that acknowledges
    outcome: str | None = None  # accepted, rejected, received
    proof: str | None = None  # digest that a receipt must repeat


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """What `ledger list` searches by; None: any."""

    states: tuple[LedgerState, ...] = ()  # none named: any
    partner: str | None = None
    side: LedgerSide | None = None
    kind: str | None = None
    ref: str | None = None
    document_ids: tuple[str, ...] = ()  # none named: any
    partners: tuple[str, ...] = ()  # all that the looker may see; none named: any
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Met:
    """How an acknowledgement came."""

    at: datetime
    by: str | None  # document that acknowledges
    outcome: str = "received"


class Ledger(Protocol):
    def open(self, entry: LedgerEntry) -> None:
        """Insert; an entry of that id already there is left as it is: it may have been met already."""
        ...

    def get(self, entry_id: str) -> LedgerEntry | None: ...

    def meet(self, entry: LedgerEntry, met: Met) -> bool:
        """Have the entry met; insert it as met when it is not there yet. False when it was met before."""
        ...

    def overdue(self, now: datetime, limit: int = 100) -> Sequence[LedgerEntry]:
        """Return open entries whose due time has come, the oldest first."""
        ...

    def mark_late(self, entry_id: str, now: datetime) -> bool:
        """Compare and set from open to late; False when somebody was faster."""
        ...

    def find(self, query: LedgerQuery) -> Sequence[LedgerEntry]:
        """Return by due time, the earliest first; those without one last."""
        ...
