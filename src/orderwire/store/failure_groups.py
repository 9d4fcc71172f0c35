"""Parked messages by their cause."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.overview import FailureGroup, GroupNote, ParkedFilter, Scope
from orderwire.ports.store import Parked
from orderwire.store.console_tables import group_notes
from orderwire.store.overview import within
from orderwire.store.rows import columns_of, portions, record_of, values_of
from orderwire.store.statements import Statements
from orderwire.store.tables import parked

#: "Recent", for the count beside the whole.
_RECENT: Final = timedelta(hours=1)
#: Causes shown at once.
_MAX_GROUPS: Final = 500
#: Rows of one group that its trend is made of.
_MAX_TREND: Final = 50_000
_note: Final = insert(group_notes)
_NOTE: Final = _note.on_conflict_do_update(
    index_elements=["id"], set_={name: _note.excluded[name] for name in ("assignee", "note", "by", "at")}
)


class SqlFailures:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def groups(self, scope: Scope, now: datetime) -> Sequence[FailureGroup]:
        last = func.max(parked.c.last_at).label("last")
        statement = (
            select(parked.c.group_id, func.count(), last)
            .where(parked.c.state == "parked", *within(parked.c.partner, scope))
            .group_by(parked.c.group_id)
            .order_by(last.desc())
            .limit(_MAX_GROUPS)
        )
        recent = self._recent(scope, now)
        rows: Any = self._connection.execute(statement).all()
        return [self._group(key, count, last, recent.get(key, 0), scope) for key, count, last in rows]

    def group(self, group_id: str, scope: Scope, now: datetime) -> FailureGroup | None:
        statement = (
            select(parked.c.group_id, func.count(), func.max(parked.c.last_at).label("last"))
            .where(parked.c.state == "parked", parked.c.group_id == group_id, *within(parked.c.partner, scope))
            .group_by(parked.c.group_id)
        )
        row: Any = self._connection.execute(statement).one_or_none()
        if row is None:
            return None
        return self._group(group_id, row[1], row[2], self._recent(scope, now).get(group_id, 0), scope)

    def _recent(self, scope: Scope, now: datetime) -> Mapping[str, int]:
        statement = (
            select(parked.c.group_id, func.count())
            .where(parked.c.state == "parked", parked.c.last_at >= now - _RECENT, *within(parked.c.partner, scope))
            .group_by(parked.c.group_id)
        )
        rows: Any = self._connection.execute(statement)
        return {row[0]: row[1] for row in rows}

    def _group(self, group_id: str, count: int, last: datetime, recent: int, scope: Scope) -> FailureGroup:
        seen = within(parked.c.partner, scope)
        members = and_(parked.c.state == "parked", parked.c.group_id == group_id, *seen)
        newest = self._connection.execute(
            select(*columns_of(Parked, parked)).where(members).order_by(parked.c.last_at.desc()).limit(1)
        ).one()
        entry = record_of(Parked, newest)
        first = self._connection.execute(
            select(func.min(parked.c.first_at)).where(parked.c.group_id == group_id, *seen)
        )
        noted = self._connection.execute(select(group_notes).where(group_notes.c.id == group_id)).one_or_none()
        return FailureGroup(
            group_id, entry.code, entry.reason, entry.flow, entry.partner, entry.facts, count,
            first.scalar_one(), last, recent, noted.assignee if noted else None, noted.note if noted else None,
        )  # fmt: skip

    def members(self, group_id: str, scope: Scope, limit: int, after: str | None = None) -> Sequence[Parked]:
        statement = (
            select(*columns_of(Parked, parked))
            .where(parked.c.state == "parked", parked.c.group_id == group_id, *within(parked.c.partner, scope))
            .order_by(parked.c.id)
            .limit(limit)
        )
        if after is not None:
            statement = statement.where(parked.c.id > after)
        return [record_of(Parked, row) for row in self._connection.execute(statement)]

    def trend(self, group_id: str, since: datetime, bucket_seconds: int) -> Mapping[int, int]:
        statement = (
            select(parked.c.first_at).where(parked.c.group_id == group_id, parked.c.first_at >= since).limit(_MAX_TREND)
        )
        counts: dict[int, int] = {}
        for at in self._connection.execute(statement).scalars():
            bucket = int((at - since).total_seconds() // bucket_seconds)
            counts[bucket] = counts.get(bucket, 0) + 1
        return counts

    def ids(self, wanted: ParkedFilter) -> Sequence[str]:
        asked = [
            parked.c[name] == value
            for name in ("group_id", "code", "partner", "order_no", "flow")
            if (value := getattr(wanted, name)) is not None
        ]
        statement = (
            select(parked.c.id)
            .where(parked.c.state == "parked", *asked, *within(parked.c.partner, wanted.scope))
            .order_by(parked.c.first_at, parked.c.id)
            .limit(wanted.limit)
        )
        return self._connection.execute(statement).scalars().all()

    def of_document(self, document_ids: Sequence[str]) -> Sequence[Parked]:
        found = []
        for some in portions(document_ids):
            statement = select(*columns_of(Parked, parked)).where(parked.c.document_id.in_(some))
            found += [record_of(Parked, row) for row in self._connection.execute(statement)]
        return sorted(found, key=lambda entry: entry.first_at)

    def note(self, note: GroupNote) -> None:
        self._connection.execute(_NOTE, values_of(note))
