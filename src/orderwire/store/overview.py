"""How things stand: counts that read indexes, and workers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Integer, bindparam, cast, delete, func, select, type_coerce, union_all
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.journal import Document, DocumentState
from orderwire.ports.ledger import LedgerState
from orderwire.ports.overview import Beat, FlowPiece, ParkedCount, Retrying, Scope, StateCount, WorkerRecord
from orderwire.store.console_tables import flow_pieces, workers
from orderwire.store.rows import columns_of, record_of, values_of
from orderwire.store.statements import Statements
from orderwire.store.tables import documents, ledger, parked, steps

_UNDER_WAY: Final = [state for state in DocumentState if not state.is_end]
#: A person ended these, days after they were parked: that is no time that a document took.
_BY_PEOPLE: Final = (DocumentState.DISCARDED, DocumentState.REPLAYED)
#: Steps that say when the next try is due.
_TRIES: Final = ("retry_scheduled", "sent_again")
_MICROSECONDS: Final = 1_000_000
_beat: Final = insert(workers)
_BEAT: Final = _beat.on_conflict_do_update(
    index_elements=["id"], set_={name: _beat.excluded[name] for name in ("seen_at", "paused")}
)
_tell: Final = insert(flow_pieces)
_TELL: Final = _tell.on_conflict_do_update(
    index_elements=["start", "flow", "worker"],
    set_={name: _tell.excluded[name] for name in ("count", "seconds", "worst_seconds")},
)
_FLOWS: Final = (
    select(
        flow_pieces.c.flow,
        flow_pieces.c.start,
        func.sum(flow_pieces.c.count),
        func.sum(flow_pieces.c.seconds),
        func.max(flow_pieces.c.worst_seconds),
    )
    .where(flow_pieces.c.start >= bindparam("since"))
    .group_by(flow_pieces.c.flow, flow_pieces.c.start)
    .order_by(flow_pieces.c.start)
)


class SqlOverview:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def under_way(self, scope: Scope) -> Sequence[StateCount]:
        one_state = [
            select(documents.c.partner, documents.c.state, func.count())
            .where(documents.c.state == state, *within(documents.c.partner, scope))
            .group_by(documents.c.partner, documents.c.state)
            for state in _UNDER_WAY
        ]
        counted = union_all(*one_state)
        rows: Any = self._connection.execute(counted)
        return [StateCount(*row) for row in rows]

    def ended(self, since: datetime, scope: Scope) -> Sequence[StateCount]:
        # By an expression, or SQLite walks a whole index that is in this order, instead of the few that ended.
        partner = func.coalesce(documents.c.partner, "")
        statement = (
            select(partner, documents.c.state, func.count())
            .where(documents.c.finished_at >= since, *within(documents.c.partner, scope))
            .group_by(partner, documents.c.state)
        )
        rows: Any = self._connection.execute(statement)
        return [StateCount(key or None, state, count) for key, state, count in rows]

    def parked(self, scope: Scope) -> Sequence[ParkedCount]:
        statement = (
            select(parked.c.partner, parked.c.flow, func.count())
            .where(parked.c.state == "parked", *within(parked.c.partner, scope))
            .group_by(parked.c.partner, parked.c.flow)
        )
        rows: Any = self._connection.execute(statement)
        return [ParkedCount(*row) for row in rows]

    def pulse(self, since: datetime, bucket_seconds: int, scope: Scope) -> Sequence[Beat]:
        took, number = self._took(), self._seconds(since) / bucket_seconds
        whole = number if self._connection.dialect.name == "sqlite" else func.floor(number)  # where a cast rounds
        bucket = cast(whole, Integer).label("bucket")
        statement = (
            select(bucket, func.count(), func.avg(took), func.max(took), documents.c.partner)
            .where(documents.c.finished_at >= since, *within(documents.c.partner, scope))
            .where(documents.c.kind != "file", documents.c.state.not_in(_BY_PEOPLE))  # a file's messages take the time
            .group_by(bucket, documents.c.partner)
            .order_by(bucket)
        )
        start = since.timestamp()
        rows: Any = self._connection.execute(statement)
        return [
            Beat(
                datetime.fromtimestamp(start + number * bucket_seconds, since.tzinfo),
                count,
                float(mean),
                float(worst),
                partner,
            )
            for number, count, mean, worst, partner in rows
        ]

    def _seconds(self, since: datetime) -> Any:
        """Return the seconds from an instant to a document's end, as an expression."""
        if self._connection.dialect.name == "sqlite":
            return (type_coerce(documents.c.finished_at, BigInteger) - _microseconds(since)) / float(_MICROSECONDS)
        return func.extract("epoch", documents.c.finished_at - since)

    def _took(self) -> Any:
        """Return the seconds from taken in to ended, as an expression."""
        if self._connection.dialect.name == "sqlite":
            begin, end = (type_coerce(documents.c[name], BigInteger) for name in ("received_at", "finished_at"))
            return (end - begin) / float(_MICROSECONDS)
        return func.extract("epoch", documents.c.finished_at - documents.c.received_at)

    def late(self, scope: Scope) -> Mapping[str, int]:
        statement = (
            select(ledger.c.partner, func.count())
            .where(ledger.c.state == LedgerState.LATE, *within(ledger.c.partner, scope))
            .group_by(ledger.c.partner)
        )
        rows: Any = self._connection.execute(statement)
        return dict(rows.all())

    def retrying(self, scope: Scope, limit: int) -> Sequence[Retrying]:
        statement = (
            select(*columns_of(Document, documents))
            .where(documents.c.state == DocumentState.RETRYING, *within(documents.c.partner, scope))
            .order_by(documents.c.received_at)
            .limit(limit)
        )
        found = [record_of(Document, row) for row in self._connection.execute(statement)]
        return [self._next_try(document) for document in found]

    def _next_try(self, document: Document) -> Retrying:
        statement = (
            select(steps.c.detail, steps.c.event_id)
            .where(steps.c.document_id == document.id, steps.c.name.in_(_TRIES))
            .order_by(steps.c.seq.desc())
            .limit(1)
        )
        last = self._connection.execute(statement).one_or_none()
        detail = (last.detail if last else None) or {}
        due = detail.get("next")
        at = datetime.fromisoformat(due) if due else None
        return Retrying(document, at, detail.get("flow"), last.event_id if last else None)

    def last_traffic(self, partner: str) -> Mapping[str, datetime]:
        last = {}
        for direction in ("in", "out"):
            statement = (
                select(documents.c.received_at)
                .where(documents.c.partner == partner, documents.c.direction == direction)
                .order_by(documents.c.received_at.desc())
                .limit(1)
            )
            at = self._connection.execute(statement).scalar()
            if at is not None:
                last[direction] = at
        return last


class SqlWorkers:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def beat(self, worker: WorkerRecord) -> None:
        self._connection.execute(_BEAT, values_of(worker))

    def tell(self, worker_id: str, pieces: Sequence[FlowPiece]) -> None:
        if pieces:
            self._connection.execute(_TELL, [{"worker": worker_id, **values_of(piece)} for piece in pieces])

    def flows(self, since: datetime) -> Sequence[FlowPiece]:
        return [record_of(FlowPiece, row) for row in self._connection.execute(_FLOWS, {"since": since})]

    def forget_flows(self, before: datetime) -> None:
        self._connection.execute(delete(flow_pieces).where(flow_pieces.c.start < before))

    def end(self, worker_id: str) -> None:
        self._connection.execute(delete(workers).where(workers.c.id == worker_id))

    def end_before(self, seen: datetime) -> None:
        self._connection.execute(delete(workers).where(workers.c.seen_at < seen))

    def all(self) -> Sequence[WorkerRecord]:
        statement = select(*columns_of(WorkerRecord, workers)).order_by(workers.c.host, workers.c.started_at)
        return [record_of(WorkerRecord, row) for row in self._connection.execute(statement)]


def _microseconds(at: datetime) -> int:
    return int(at.timestamp() * _MICROSECONDS)


def within(partner: Column[Any], scope: Scope) -> list[Any]:
    """Return the condition that keeps to what somebody may see."""
    return [partner.in_(scope)] if scope else []
