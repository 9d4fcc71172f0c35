"""The outbox: events committed with the work that made them, until they are published."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Executable, bindparam, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from orderwire.canonical.envelope import Event
from orderwire.errors import LimitError
from orderwire.ports.queue import MAX_EVENT_BYTES
from orderwire.store.inserts import Insertion
from orderwire.store.rows import portions
from orderwire.store.statements import Statements
from orderwire.store.tables import inbox, outbox

_ADD: Final = Insertion(insert(outbox).on_conflict_do_nothing().inline(), ("event_id", "cause", "time", "event"))
_UNSENT: Final = select(outbox.c.event).where(outbox.c.sent_at.is_(None)).order_by(outbox.c.seq)
_OWED: Final[Mapping[str, Executable]] = {
    "sqlite": select(outbox.c.cause, outbox.c.event)
    .where(outbox.c.sent_at.is_(None), outbox.c.cause.in_(text("SELECT value FROM json_each(:ids)")))
    .order_by(outbox.c.seq)
    .limit(bindparam("most")),
    "postgresql": text(
        "SELECT cause, event FROM outbox WHERE sent_at IS NULL AND cause = ANY (CAST(:ids AS TEXT[]))"
        " ORDER BY seq LIMIT :most"
    ),
}
_AGAIN: Final = update(outbox).where(outbox.c.event_id == bindparam("key")).values(sent_at=None)
_WAITING: Final = select(func.count()).select_from(outbox).where(outbox.c.sent_at.is_(None))
#: PostgreSQL goes through the places in their order, so that two dispatchers lock the rows they share in one; the limit
#: lets it ask the index for each of them, whatever its statistics say.
_SENT: Final[Mapping[str, Executable]] = {
    "sqlite": update(outbox)
    .where(outbox.c.sent_at.is_(None), outbox.c.event_id.in_(text("SELECT value FROM json_each(:ids)")))
    .values(sent_at=bindparam("at")),
    "postgresql": text(
        "UPDATE outbox SET sent_at = :at WHERE ctid = ANY (ARRAY ("
        "SELECT found.place FROM unnest(CAST(:ids AS TEXT[])) AS sent (event_id) CROSS JOIN LATERAL"
        " (SELECT ctid AS place FROM outbox WHERE event_id = sent.event_id AND sent_at IS NULL LIMIT 1) AS found))"
    ),
}


class SqlOutbox:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def add(self, event: Event, *, cause: str | None) -> None:
        content = event.to_json()
        size = len(content)
        if size > MAX_EVENT_BYTES:
            raise LimitError("the event is larger than a broker takes", event_id=event.id, limit=MAX_EVENT_BYTES)
        self._connection.later(_ADD, (event.id, cause, event.time, content.decode()), size)

    def unsent(self, *, before: datetime | None = None, limit: int = 500) -> list[Event]:
        statement = _UNSENT.limit(max(0, limit))
        if before is not None:
            statement = statement.where(outbox.c.time < before)
        return [Event.model_validate_json(event) for event in self._connection.execute(statement).scalars()]

    def owed(self, causes: Collection[str], limit: int = 500) -> Mapping[str, Sequence[Event]]:
        found: defaultdict[str, list[Event]] = defaultdict(list)
        if causes:
            values = {"ids": self._connection.listed(causes), "most": limit}
            for cause, event in self._connection.run(_OWED[self._connection.dialect.name], values):
                found[cause].append(Event.model_validate_json(event))
        return found

    def reopen(self, since: datetime, consumers: Collection[str], limit: int) -> int:
        done = exists().where(inbox.c.event_id == outbox.c.event_id, inbox.c.consumer.in_(sorted(consumers)))
        lost = select(outbox.c.seq).where(outbox.c.sent_at >= since, ~done).order_by(outbox.c.seq).limit(limit)
        seqs = self._connection.execute(lost).scalars().all()
        for some in portions(seqs):
            self._connection.execute(update(outbox).where(outbox.c.seq.in_(some)).values(sent_at=None))
        return len(seqs)

    def again(self, event_id: str) -> bool:
        return self._connection.run(_AGAIN, {"key": event_id}).rowcount == 1

    def waiting(self) -> int:
        return int(self._connection.run(_WAITING).scalar_one())

    def mark_sent(self, event_ids: Collection[str], at: datetime) -> None:
        if event_ids:
            values = {"at": at, "ids": self._connection.listed(event_ids)}
            self._connection.run(_SENT[self._connection.dialect.name], values)
