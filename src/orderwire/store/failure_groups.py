"""Parked messages by their cause."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.overview import FailureGroup, GroupNote, ParkedFilter, Scope
from orderwire.ports.parking import Parked
from orderwire.store.console_tables import group_notes
from orderwire.store.overview import within
from orderwire.store.rows import columns_of, portions, record_of, values_of
from orderwire.store.statements import Statements
from orderwire.store.tables import parked

#: "Recent", for the count beside the whole.
_RECENT: Final = timedelta(hours=1)
#: Causes shown at once.
_MAX_GROUPS: Final = 500
#: Messages that trends are made of.
_MAX_TREND: Final = 50_000
_note: Final = insert(group_notes)
_NOTE: Final = _note.on_conflict_do_update(
    index_elements=["id"], set_={name: _note.excluded[name] for name in ("assignee", "note", "by", "at")}
)


class SqlFailures:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def groups(self, scope: Scope, now: datetime) -> Sequence[FailureGroup]:
        return self._groups(scope, now, None)

    def group(self, group_id: str, scope: Scope, now: datetime) -> FailureGroup | None:
        return next(iter(self._groups(scope, now, group_id)), None)

    def _groups(self, scope: Scope, now: datetime, group_id: str | None) -> Sequence[FailureGroup]:
        """Count by an index alone, then look at one message of each group."""
        seen = within(parked.c.partner, scope)
        asked = [parked.c.state == "parked", *seen]
        if group_id is not None:
            asked.append(parked.c.group_id == group_id)
        last = func.max(parked.c.last_at).label("last")
        counted = (
            select(parked.c.group_id, func.count().label("count"), last)
            .where(*asked)
            .group_by(parked.c.group_id)
            .order_by(last.desc())
            .limit(_MAX_GROUPS)
            .subquery()
        )
        other = parked.alias("other")
        same = [other.c.group_id == counted.c.group_id, *within(other.c.partner, scope)]
        mine = select(other.c.id).where(other.c.state == "parked", *same).order_by(other.c.last_at.desc()).limit(1)
        newest = mine.correlate(counted).scalar_subquery()
        first = select(func.min(other.c.first_at)).where(*same).correlate(counted).scalar_subquery()
        joined = counted.join(parked, parked.c.id == newest).outerjoin(
            group_notes, group_notes.c.id == counted.c.group_id
        )
        statement = (
            select(*counted.c, first, group_notes.c.assignee, group_notes.c.note, *columns_of(Parked, parked))
            .select_from(joined)
            .order_by(counted.c.last.desc())
        )
        recent, rows = self._recent(scope, now), self._connection.execute(statement).all()
        return [_group(row, recent.get(row[0], 0)) for row in rows]

    def _recent(self, scope: Scope, now: datetime) -> Mapping[str, int]:
        statement = (
            select(parked.c.group_id, func.count())
            .where(parked.c.state == "parked", parked.c.last_at >= now - _RECENT, *within(parked.c.partner, scope))
            .group_by(parked.c.group_id)
        )
        rows: Any = self._connection.execute(statement)
        return {row[0]: row[1] for row in rows}

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

    def trends(self, group_ids: Sequence[str], since: datetime, bucket_seconds: int) -> Mapping[str, Mapping[int, int]]:
        statement = (
            select(parked.c.group_id, parked.c.first_at)
            .where(parked.c.group_id.in_(group_ids), parked.c.first_at >= since)
            .limit(_MAX_TREND)
        )
        counts: dict[str, Counter[int]] = {group_id: Counter() for group_id in group_ids}
        rows: Any = self._connection.execute(statement)
        for group_id, at in rows:
            counts[group_id][int((at - since).total_seconds() // bucket_seconds)] += 1
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


def _group(row: Any, recent: int) -> FailureGroup:
    group_id, count, last, first, assignee, note, *fields = row
    entry = Parked(*fields)
    return FailureGroup(
        group_id, entry.code, entry.reason, entry.flow, entry.partner, entry.facts, count, first, last, recent,
        assignee, note,
    )  # fmt: skip
