"""Retention: what is old enough goes, class by class and a few hundred rows at a time."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from orderwire.ports.care import Ended, LegalHold
from orderwire.ports.clock import Clock
from orderwire.ports.store import Store

log = structlog.get_logger(__name__)

#: Rows looked at in one transaction, so that nobody waits long.
CHUNK: Final = 200


@dataclass(frozen=True)
class Retention:
    """How long each class is kept, in days; None: for ever."""

    store: Store
    clock: Clock
    events_days: float
    exchanges_days: float | None = None
    done_days: float | None = None
    failed_days: float | None = None
    _places: dict[bool, Ended] = field(default_factory=dict, init=False)  # how far the walk through each class has come

    def turn(self) -> bool:
        """Delete one chunk of each class; return whether there is more."""
        now = self.clock()
        events_before = now - timedelta(days=self.events_days)
        with self.store.begin() as tx:
            events = tx.care.forget_events(events_before, CHUNK)
            runs = tx.care.forget_runs(events_before, CHUNK)
        exchanges = self._exchanges(now)
        done = self._documents(now, self.done_days, failed=False)
        failed = self._documents(now, self.failed_days, failed=True)
        if events or exchanges or done or failed:
            log.info("forgotten", events=events, exchanges=exchanges, done=done, failed=failed)
        return runs or bool(self._places) or max(events, exchanges) >= CHUNK

    def _exchanges(self, now: datetime) -> int:
        if self.exchanges_days is None:
            return 0
        with self.store.begin() as tx:
            return tx.care.forget_exchanges(now - timedelta(days=self.exchanges_days), CHUNK)

    def _documents(self, now: datetime, days: float | None, *, failed: bool) -> int:
        if days is None:
            return 0
        with self.store.begin() as tx:
            before, after = now - timedelta(days=days), self._places.pop(failed, None)
            forgotten = tx.care.forget_documents(before, failed=failed, limit=CHUNK, after=after)
        if forgotten.place is not None:
            self._places[failed] = forgotten.place
        return forgotten.conversations


@dataclass(frozen=True)
class LegalHolds:
    """Keeps a conversation whatever its age, and lets it go again; both stand in the audit."""

    store: Store
    clock: Clock

    def hold(self, correlation_id: str, *, who: str, why: str) -> bool:
        """Return False when it is held already."""
        now = self.clock()
        with self.store.begin() as tx:
            new = tx.care.hold(LegalHold(correlation_id, who, why, now))
            if new:
                tx.audit.add(now, who, "hold", correlation_id, why)
            return new

    def unhold(self, correlation_id: str, *, who: str, why: str) -> bool:
        """Return False when it was not held."""
        with self.store.begin() as tx:
            was = tx.care.unhold(correlation_id)
            if was:
                tx.audit.add(self.clock(), who, "unhold", correlation_id, why)
            return was
