"""What is wrong now: one observation for each cause, by what the store and this process know."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from orderwire.config.alerts import AlertKind, Rules
from orderwire.ports.journal import DocumentQuery, DocumentState
from orderwire.ports.ledger import LedgerQuery, LedgerState
from orderwire.ports.overview import WorkerRecord
from orderwire.ports.store import Store, Transaction

#: A worker says every few seconds that it lives; one that has been silent for so long is gone.
SILENT: Final = timedelta(minutes=1)
#: Rows that are counted; beyond, the count says no more.
_MANY: Final = 1000
#: Facts of a failure that name a place in the standard or in NAV, never a value.
_PLACES: Final = ("segment", "operation")


@dataclass(frozen=True, slots=True)
class Observed:
    """One cause of trouble, as it is now."""

    cause: str
    kind: AlertKind
    partner: str | None = None
    count: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    since: datetime | None = None  # None: it is not known since when


@dataclass(frozen=True, slots=True)
class Trouble:
    """What this process knows beside the store: a certificate that ends, a file that is wrong."""

    kind: AlertKind
    name: str  # sets two of one kind apart
    facts: Mapping[str, Any]
    partner: str | None = None


@dataclass(frozen=True, slots=True)
class _At:
    """When it is looked, and by which rules."""

    rules: Rules
    now: datetime
    worked_at: datetime  # this process saw a worker alive, or began

    def after(self, kind: AlertKind) -> timedelta:
        return timedelta(minutes=self.rules.of(kind).after_minutes)


def _parked(tx: Transaction, at: _At) -> Iterator[Observed]:
    before = at.now - at.after(AlertKind.PARKED)
    for group in tx.failures.groups((), at.now):
        if group.first_at <= before:
            facts = {"code": group.code, "flow": group.flow, **_places(group.facts), "group": group.id}
            yield Observed(f"parked:{group.id}", AlertKind.PARKED, group.partner, group.count, facts)


def _workers(tx: Transaction, at: _At) -> Iterator[Observed]:
    workers = tx.workers.all()
    if alive := _alive(workers, at.now):
        yield from _paused(alive, at)
        return
    since = max([at.worked_at, *(worker.seen_at for worker in workers)])
    if at.now - since >= at.after(AlertKind.WORKERS):
        yield Observed("workers", AlertKind.WORKERS, since=since)


def _retrying(tx: Transaction, at: _At) -> Iterator[Observed]:
    before = at.now - at.after(AlertKind.RETRYING)
    query = DocumentQuery(state=DocumentState.RETRYING, before=before, limit=_MANY)
    codes = Counter(document.code or "unknown" for document in tx.journal.find(query))
    for code, count in codes.items():
        yield Observed(f"retrying:{code}", AlertKind.RETRYING, None, count, {"code": code})


def _late(tx: Transaction, at: _At) -> Iterator[Observed]:
    before = at.now - at.after(AlertKind.LATE)
    entries = tx.ledger.find(LedgerQuery(states=(LedgerState.LATE,), limit=_MANY))
    late = [entry for entry in entries if (entry.late_at or at.now) <= before]
    for (partner, side, kind), count in Counter((one.partner, one.side.value, one.kind) for one in late).items():
        cause, facts = f"late:{partner}:{side}:{kind}", {"side": side, "kind": kind}
        yield Observed(cause, AlertKind.LATE, partner, count, facts)


def _outbox(tx: Transaction, at: _At) -> Iterator[Observed]:
    for event in tx.outbox.unsent(before=at.now - at.after(AlertKind.OUTBOX), limit=1):
        yield Observed("outbox", AlertKind.OUTBOX, since=event.time)


def _alive(workers: Sequence[WorkerRecord], now: datetime) -> list[WorkerRecord]:
    return [worker for worker in workers if now - worker.seen_at < SILENT]


def _paused(workers: Sequence[WorkerRecord], at: _At) -> Iterator[Observed]:
    """Yield the flows that stand still, since the first worker's breaker opened."""
    since: dict[str, datetime] = {}
    for worker in workers:
        for flow, why in worker.paused.items():
            began = _instant(why) or worker.seen_at
            since[flow] = min(began, since.get(flow, began))
    for flow, began in since.items():
        if at.now - began >= at.after(AlertKind.PAUSED):
            yield Observed(f"paused:{flow}", AlertKind.PAUSED, facts={"flow": flow}, since=began)


def _instant(why: Any) -> datetime | None:
    return datetime.fromisoformat(why["since"]) if isinstance(why, Mapping) and "since" in why else None


def _places(facts: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(facts[name])[:100] for name in _PLACES if name in facts}


_LOOKS: Final = (_parked, _workers, _retrying, _late, _outbox)


@dataclass(frozen=True)
class Conditions:
    """Looks at everything that may be wrong; reads only."""

    store: Store
    troubles: Callable[[], Sequence[Trouble]]
    started: datetime  # of this process
    _worked: list[datetime] = field(default_factory=list)  # when it last saw a worker alive

    def observe(self, rules: Rules, now: datetime) -> list[Observed]:
        """Return what is wrong, and has been for as long as its rule says."""
        with self.store.read() as tx:
            if _alive(tx.workers.all(), now):
                self._worked[:] = [now]
            at = _At(rules, now, max([self.started, *self._worked]))
            found = [one for look in _LOOKS for one in look(tx, at)]
        found += [
            Observed(f"{one.kind.value}:{one.partner or ''}:{one.name}", one.kind, one.partner, None, one.facts)
            for one in self.troubles()
        ]
        return [one for one in found if rules.of(one.kind).tell]
