"""Alerts: what is wrong now, by its cause; and notices, which tell people of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from orderwire.config.alerts import AlertKind, AlertPlan


@dataclass(frozen=True, slots=True)
class Alert:
    """One cause of trouble. It lasts until nobody sees it any more; when it comes back, that is another episode."""

    cause: str  # equal for the same trouble: paused:fulfil
    kind: AlertKind
    severity: str
    since: datetime  # told from when on it is so
    seen_at: datetime  # when it was last seen to be so
    told_at: datetime  # when people were told last
    partner: str | None = None
    episode: int = 1
    count: int | None = None  # of what it is about; None: that cannot be counted
    facts: Mapping[str, Any] = field(default_factory=dict)  # codes, flows, days: no payload, no person
    ended_at: datetime | None = None
    quiet_by: str | None = None  # who asked for no more reminders


class NoticeState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Notice:
    """What one receiver is told at one time. Sent again, it has the same id."""

    id: str
    receiver: str
    body: Mapping[str, Any]  # JSON; see docs/how-to/be-told-of-trouble.md
    created_at: datetime
    due_at: datetime
    attempts: int = 0
    state: NoticeState = NoticeState.WAITING
    sent_at: datetime | None = None
    problem: str | None = None  # of the last attempt


class Alerts(Protocol):
    """Safe in any number of processes: of two that find the same, one is told that it was first."""

    def begin(self, alert: Alert) -> int | None:
        """Insert, or begin another episode of one that has ended; return its number, or None: it lasts already."""
        ...

    def see(self, alert: Alert) -> None:
        """Note that it still is so, with its count and facts as they are now."""
        ...

    def remind(self, alert: Alert, now: datetime) -> bool:
        """Compare and set `told_at`; False: somebody was faster, or it has ended."""
        ...

    def end(self, alert: Alert, now: datetime) -> bool:
        """Compare and set `ended_at`; False: somebody was faster, or has seen it again since."""
        ...

    def quiet(self, cause: str, who: str) -> bool:
        """Ask for no more reminders in this episode; False: there is no such alert now."""
        ...

    def all(self, *, ended: bool = False, limit: int = 1000) -> Sequence[Alert]:
        """Return those that last, the oldest first; or also those that have ended."""
        ...

    def tell(self, notice: Notice) -> None:
        """Insert; one of that id already there is left as it is."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Notice]:
        """Return notices that wait and whose time has come, the oldest first."""
        ...

    def claim(self, notice: Notice, until: datetime) -> bool:
        """Compare and count an attempt; nobody else makes one before `until`. False: somebody was faster."""
        ...

    def sent(self, notice_id: str, now: datetime) -> None: ...

    def failed(self, notice_id: str, problem: str, due_at: datetime | None) -> None:
        """Note a failure; `due_at`: when it is tried again, None: never."""
        ...

    def notices(self, limit: int) -> Sequence[Notice]:
        """Return the newest first."""
        ...

    def forget(self, before: datetime, limit: int) -> int:
        """Delete notices that do not wait, and alerts that ended, from before; return how many."""
        ...


class Messenger(Protocol):
    """Brings a notice to a receiver."""

    def send(self, plan: AlertPlan, notice: Notice) -> None:
        """Return when the other side has taken it.

        Raises:
            UnavailableError: no answer, or one that says later.
            DeliveryRefusedError: it said no, or what is needed to ask is missing.
        """
        ...
