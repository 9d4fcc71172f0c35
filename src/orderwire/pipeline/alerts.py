"""The watch: what is wrong is told once, again after a while, and once more when it is over."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid5

import structlog

from orderwire.canonical.envelope import NAMESPACE
from orderwire.config.alerts import AlertPlan
from orderwire.pipeline.alert_conditions import Conditions, Observed
from orderwire.pipeline.alert_words import entry_of
from orderwire.ports.alerts import Alert, Notice
from orderwire.ports.clock import Clock
from orderwire.ports.store import Store, Transaction

log = structlog.get_logger(__name__)

_FORGET_AT_ONCE: Final = 200
#: Alerts in one notice; of more only the number is told.
_MAX_ALERTS: Final = 100


@dataclass(frozen=True)
class AlertWatch:
    """Safe in any number of processes: alert and notices are one transaction, and only who is first writes both."""

    store: Store
    conditions: Conditions
    plan: Callable[[], AlertPlan]
    clock: Clock
    keep_days: float

    def turn(self) -> bool:
        """Look once. Without receivers nobody wants to know, and nothing is looked for."""
        plan, now = self.plan(), self.clock()
        if not plan.receivers:
            return False
        observed = {one.cause: one for one in self.conditions.observe(plan.rules, now)}
        with self.store.begin() as tx:
            told = [
                *self._seen(tx, plan, [observed[cause] for cause in sorted(observed)], now),
                *self._lasting(tx, plan, observed, now),
            ]
            for notice in notices_of(told, plan, now):
                tx.alerts.tell(notice)
            forgotten = tx.alerts.forget(now - timedelta(days=self.keep_days), _FORGET_AT_ONCE)
        for alert, what in told:
            log.warning("alert_told", what=what, alert=alert.kind.value, cause=alert.cause, count=alert.count)
        return forgotten >= _FORGET_AT_ONCE

    def _seen(
        self, tx: Transaction, plan: AlertPlan, observed: Sequence[Observed], now: datetime
    ) -> list[tuple[Alert, str]]:
        """Begin what is new, in one order everywhere, so that two processes do not wait for each other."""
        told = []
        for one in observed:
            severity = plan.rules.of(one.kind).severity
            alert = Alert(
                one.cause, one.kind, severity, one.since or now, now, now, one.partner, 1, one.count, one.facts
            )
            episode = tx.alerts.begin(alert)
            if episode is None:
                tx.alerts.see(alert)
            else:
                told.append((replace(alert, episode=episode), "raised"))
        return told

    def _lasting(
        self, tx: Transaction, plan: AlertPlan, observed: Mapping[str, Observed], now: datetime
    ) -> list[tuple[Alert, str]]:
        """Remind of what lasts, and end what nobody has seen for a while."""
        remind_before, over_before = (
            now - timedelta(hours=plan.remind_hours),
            now - timedelta(minutes=plan.clear_minutes),
        )
        told = []
        for alert in tx.alerts.all():
            if alert.cause not in observed:
                if alert.seen_at <= over_before and tx.alerts.end(alert, now):
                    told.append((replace(alert, ended_at=now), "ended"))
            elif alert.told_at <= remind_before and alert.quiet_by is None and tx.alerts.remind(alert, now):
                told.append((replace(alert, told_at=now), "reminder"))
        return told


def notices_of(told: Sequence[tuple[Alert, str]], plan: AlertPlan, now: datetime) -> list[Notice]:
    """Return one notice for each receiver that wants any of it, however much there is."""
    by_receiver: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for alert, what in told:
        for name, receiver in plan.receivers.items():
            if receiver.wants(alert.kind, alert.severity, alert.partner):
                by_receiver[name].append(entry_of(alert, what, plan))
    return [notice_of(name, entries, plan, now) for name, entries in by_receiver.items()]


def notice_of(receiver: str, entries: Sequence[Mapping[str, Any]], plan: AlertPlan, now: datetime) -> Notice:
    """Return the notice of some entries; the same again has the same id."""
    parts = [f"{one['cause']}:{one['episode']}:{one['what']}" for one in entries]
    notice_id = str(uuid5(NAMESPACE, "\n".join(["notice", receiver, now.isoformat(), *parts])))
    body: dict[str, Any] = {
        "id": notice_id,
        "from": plan.name,
        "at": now.isoformat(),
        "alerts": list(entries[:_MAX_ALERTS]),
    }
    if len(entries) > _MAX_ALERTS:
        body["more"] = len(entries) - _MAX_ALERTS
    return Notice(notice_id, receiver, body, now, now)
