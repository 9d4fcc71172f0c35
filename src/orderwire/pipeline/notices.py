"""Bringing notices to their receivers: tried again with growing pauses, and written down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from orderwire.config.alerts import AlertPlan
from orderwire.errors import DeliveryRefusedError, OrderwireError
from orderwire.pipeline.alerts import notice_of
from orderwire.ports.alerts import Messenger, Notice
from orderwire.ports.clock import Clock
from orderwire.ports.store import Store

log = structlog.get_logger(__name__)

#: Nobody else tries a notice while somebody may still be at it.
_IN_HAND: Final = timedelta(minutes=5)
_FIRST_PAUSE: Final = timedelta(seconds=30)
_LONGEST_PAUSE: Final = timedelta(hours=1)
_AT_ONCE: Final = 20
_MAX_PROBLEM_CHARS: Final = 300


@dataclass(frozen=True)
class Notices:
    """Safe in any number of processes: an attempt is claimed before it is made.

    Who dies between the other side's yes and our note of it lets the notice be sent again, under the same id.
    """

    store: Store
    messengers: Mapping[str, Messenger]  # by way: webhook, email
    plan: Callable[[], AlertPlan]
    clock: Clock

    def turn(self) -> bool:
        """Try what is due; return whether there may be more."""
        with self.store.read() as tx:
            due = tx.alerts.due(self.clock(), _AT_ONCE)
        for notice in due:
            with self.store.begin() as tx:
                ours = tx.alerts.claim(notice, self.clock() + _IN_HAND)
            if ours:
                self._try(notice)
        return len(due) == _AT_ONCE

    def trial(self, receiver: str) -> str | None:
        """Send a trial to a receiver now, and return what went wrong; None: the other side has taken it."""
        plan, now = self.plan(), self.clock()
        entry = {
            "what": "trial",
            "alert": "trial",
            "cause": "trial",
            "episode": 1,
            "severity": "ticket",
            "summary": "This is a trial: nothing is wrong",
            "action": "Nothing is to be done.",
        }
        notice = notice_of(receiver, [entry], plan, now)
        with self.store.begin() as tx:
            tx.alerts.tell(notice)
            tx.alerts.claim(notice, now + _IN_HAND)
        return self._try(notice, once=True)

    def _try(self, notice: Notice, *, once: bool = False) -> str | None:
        try:
            self._send(notice)
        except OrderwireError as error:
            problem = str(error)[:_MAX_PROBLEM_CHARS]
            due_at = None if once else self._next(notice)
            with self.store.begin() as tx:
                tx.alerts.failed(notice.id, problem, due_at)
            event = "notice_postponed" if due_at else "notice_given_up"
            log.warning(event, receiver=notice.receiver, code=error.code, reason=problem, attempt=notice.attempts + 1)
            return problem
        with self.store.begin() as tx:
            tx.alerts.sent(notice.id, self.clock())
        log.info("notice_sent", receiver=notice.receiver, alerts=len(notice.body["alerts"]))
        return None

    def _send(self, notice: Notice) -> None:
        plan = self.plan()
        receiver = plan.receivers.get(notice.receiver)
        if receiver is None:
            raise DeliveryRefusedError("alerts.yaml has no such receiver any more", receiver=notice.receiver)
        self.messengers[receiver.way].send(plan, notice)

    def _next(self, notice: Notice) -> datetime | None:
        now = self.clock()
        if now - notice.created_at >= timedelta(hours=self.plan().give_up_hours):
            return None
        doubled: int = 2 ** min(notice.attempts, 10)
        return now + min(_FIRST_PAUSE * doubled, _LONGEST_PAUSE)
