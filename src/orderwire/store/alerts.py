"""Alerts and notices: every change is a comparison and a setting in one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.alerts import Alert, Notice, NoticeState
from orderwire.store.alert_tables import alerts, notices
from orderwire.store.rows import columns_of, record_of, values_of
from orderwire.store.statements import Statements

_add: Final = insert(alerts)
_AGAIN: Final = {
    column.name: _add.excluded[column.name] for column in alerts.c if column.name not in {"cause", "episode"}
}
_BEGIN: Final = _add.on_conflict_do_update(
    index_elements=["cause"],
    set_={**_AGAIN, "episode": alerts.c.episode + 1},
    where=alerts.c.ended_at.is_not(None),
).returning(alerts.c.episode)
_lasting: Final = update(alerts).where(alerts.c.cause == bindparam("of"), alerts.c.ended_at.is_(None))
_ALERT: Final = select(*columns_of(Alert, alerts))
_TELL: Final = insert(notices).on_conflict_do_nothing()
_NOTICE: Final = select(*columns_of(Notice, notices))
_CLAIM: Final = update(notices).where(
    notices.c.id == bindparam("of"),
    notices.c.state == NoticeState.WAITING,
    notices.c.attempts == bindparam("seen"),
)


class SqlAlerts:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def begin(self, alert: Alert) -> int | None:
        episode = self._connection.execute(_BEGIN, values_of(alert)).scalar_one_or_none()
        return None if episode is None else int(episode)

    def see(self, alert: Alert) -> None:
        values = {"seen_at": alert.seen_at, "count": alert.count, "facts": alert.facts, "severity": alert.severity}
        self._connection.execute(_lasting, {"of": alert.cause, **values})

    def remind(self, alert: Alert, now: datetime) -> bool:
        return self._set(alert, {"told_at": now}, alerts.c.told_at == alert.told_at)

    def end(self, alert: Alert, now: datetime) -> bool:
        return self._set(alert, {"ended_at": now}, alerts.c.seen_at == alert.seen_at)

    def _set(self, alert: Alert, values: dict[str, Any], as_seen: Any) -> bool:
        same = _lasting.where(alerts.c.episode == alert.episode, as_seen)
        return bool(self._connection.execute(same, {"of": alert.cause, **values}).rowcount == 1)

    def quiet(self, cause: str, who: str) -> bool:
        return bool(self._connection.execute(_lasting, {"of": cause, "quiet_by": who}).rowcount == 1)

    def all(self, *, ended: bool = False, limit: int = 1000) -> Sequence[Alert]:
        statement = _ALERT if ended else _ALERT.where(alerts.c.ended_at.is_(None))
        rows = self._connection.execute(statement.order_by(alerts.c.since, alerts.c.cause).limit(limit))
        return [record_of(Alert, row) for row in rows]

    def tell(self, notice: Notice) -> None:
        self._connection.execute(_TELL, values_of(notice))

    def due(self, now: datetime, limit: int) -> Sequence[Notice]:
        waiting = _NOTICE.where(notices.c.state == NoticeState.WAITING, notices.c.due_at <= now)
        rows = self._connection.execute(waiting.order_by(notices.c.due_at, notices.c.id).limit(limit))
        return [record_of(Notice, row) for row in rows]

    def claim(self, notice: Notice, until: datetime) -> bool:
        values = {"of": notice.id, "seen": notice.attempts, "attempts": notice.attempts + 1, "due_at": until}
        return bool(self._connection.execute(_CLAIM, values).rowcount == 1)

    def sent(self, notice_id: str, now: datetime) -> None:
        done = update(notices).where(notices.c.id == notice_id)
        self._connection.execute(done.values(state=NoticeState.SENT, sent_at=now, problem=None))

    def failed(self, notice_id: str, problem: str, due_at: datetime | None) -> None:
        waits = update(notices).where(notices.c.id == notice_id, notices.c.state == NoticeState.WAITING)
        then = {"state": NoticeState.GIVEN_UP} if due_at is None else {"due_at": due_at}
        self._connection.execute(waits.values(problem=problem, **then))

    def notices(self, limit: int) -> Sequence[Notice]:
        newest = _NOTICE.order_by(notices.c.created_at.desc(), notices.c.id).limit(limit)
        return [record_of(Notice, row) for row in self._connection.execute(newest)]

    def forget(self, before: datetime, limit: int) -> int:
        told = select(notices.c.id).where(notices.c.created_at < before, notices.c.state != NoticeState.WAITING)
        gone = self._connection.execute(delete(notices).where(notices.c.id.in_(told.limit(limit)))).rowcount
        over = select(alerts.c.cause).where(alerts.c.ended_at < before).limit(limit)
        return gone + self._connection.execute(delete(alerts).where(alerts.c.cause.in_(over))).rowcount
