"""Deletes what is old enough, some rows at a time, and keeps what is held."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, Table, and_, bindparam, case, delete, exists, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.care import Ended, Forgotten, LegalHold
from orderwire.ports.journal import DocumentState
from orderwire.ports.replay import RunState
from orderwire.store.care_tables import legal_holds
from orderwire.store.console_tables import run_items, runs, texts
from orderwire.store.punchout_tables import cart_lines, carts, punchout_sessions
from orderwire.store.rows import columns_of, portions, record_of, values_of
from orderwire.store.statements import Statements
from orderwire.store.tables import (
    blobs,
    documents,
    exchanges,
    inbox,
    ledger,
    outbox,
    parked,
    steps,
)

_FAILED: Final = (DocumentState.PARKED, DocumentState.REJECTED, DocumentState.DISCARDED)
_MOVING: Final = (RunState.TRYING, RunState.RUNNING)
_HOLD: Final = insert(legal_holds).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
_HELD: Final = select(*columns_of(LegalHold, legal_holds)).order_by(legal_holds.c.at)


class SqlCare:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def hold(self, hold: LegalHold) -> bool:
        return bool(self._connection.execute(_HOLD, values_of(hold)).rowcount == 1)

    def unhold(self, correlation_id: str) -> bool:
        statement = delete(legal_holds).where(legal_holds.c.correlation_id == correlation_id)
        return bool(self._connection.execute(statement).rowcount == 1)

    def held(self) -> Sequence[LegalHold]:
        return [record_of(LegalHold, row) for row in self._connection.execute(_HELD)]

    def forget_events(self, before: datetime, limit: int) -> int:
        marks = select(inbox.c.consumer, inbox.c.event_id).where(inbox.c.at < before).limit(limit)
        rows = self._connection.execute(marks).all()
        by_key = delete(inbox).where(inbox.c.consumer == bindparam("by"), inbox.c.event_id == bindparam("key"))
        if rows:
            self._connection.execute(by_key, [{"by": row.consumer, "key": row.event_id} for row in rows])
        # The oldest are looked at, whatever became of them: a search for those that were sent would read the table.
        oldest = select(outbox.c.seq, outbox.c.sent_at).order_by(outbox.c.seq).limit(limit)
        seqs = [seq for seq, at in self._connection.execute(oldest) if at is not None and at < before]
        self._delete(outbox, "seq", seqs)
        return len(rows) + len(seqs)

    def forget_exchanges(self, before: datetime, limit: int) -> int:
        kept = exists().where(
            documents.c.id == exchanges.c.document_id, legal_holds.c.correlation_id == documents.c.correlation_id
        )
        old = select(exchanges.c.document_id, exchanges.c.id).where(exchanges.c.at < before, ~kept)
        rows = self._connection.execute(old.order_by(exchanges.c.at).limit(limit)).all()
        by_key = delete(exchanges).where(
            exchanges.c.document_id == bindparam("document"), exchanges.c.id == bindparam("key")
        )
        if rows:
            self._connection.execute(by_key, [{"document": row.document_id, "key": row.id} for row in rows])
        return len(rows)

    def forget_runs(self, before: datetime, limit: int) -> bool:
        old = select(runs.c.id).where(runs.c.created_at < before, runs.c.state.not_in(_MOVING)).limit(1)
        run_id = self._connection.execute(old).scalar()
        if run_id is None:
            return False
        of_it = select(run_items.c.position).where(run_items.c.run_id == run_id).limit(limit)
        positions = self._connection.execute(of_it).scalars().all()
        mine = and_(run_items.c.run_id == run_id, run_items.c.position.in_(positions))
        self._connection.execute(delete(run_items).where(mine))
        if len(positions) < limit:
            self._connection.execute(delete(runs).where(runs.c.id == run_id))
        return True

    def forget_documents(self, before: datetime, *, failed: bool, limit: int, after: Ended | None = None) -> Forgotten:
        seen = self._connection.execute(_ended(before, after).limit(limit)).all()
        correlations = sorted({row.correlation_id for row in seen})
        gone = 0
        for looked_at in portions(correlations):
            some = self._connection.execute(_whole(looked_at, before, failed=failed)).scalars().all()
            gone += len(some)
            of_these = select(documents.c.id, documents.c.sha256).where(documents.c.correlation_id.in_(some))
            rows = self._connection.execute(of_these).all()
            self._forget([row.id for row in rows])
            self._forget_raw(sorted({row.sha256 for row in rows if row.sha256}), before)
        place = Ended(seen[-1].finished_at, seen[-1].id) if len(seen) == limit else None
        return Forgotten(gone, place)

    def _forget(self, document_ids: Sequence[str]) -> None:
        if self._connection.dialect.name == "sqlite":
            for ids in portions(document_ids):
                seqs = self._connection.execute(select(texts.c.seq).where(texts.c.document_id.in_(ids))).scalars().all()
                for seq in seqs:
                    self._connection.execute(text("DELETE FROM text_index WHERE rowid = :seq"), {"seq": seq})
        for table in (texts, steps, exchanges, parked, ledger):
            self._delete(table, "document_id", document_ids)
        self._forget_visits(document_ids)
        self._delete(documents, "id", document_ids)

    def _forget_visits(self, document_ids: Sequence[str]) -> None:
        """Delete punch-out sessions with their carts: they belong to the document of their set-up."""
        for some in portions(document_ids):
            sessions = select(punchout_sessions.c.id).where(punchout_sessions.c.document_id.in_(some))
            theirs = select(carts.c.id).where(carts.c.session_id.in_(sessions))
            self._connection.execute(delete(cart_lines).where(cart_lines.c.cart_id.in_(theirs)))
            self._connection.execute(delete(carts).where(carts.c.session_id.in_(sessions)))
            self._connection.execute(delete(punchout_sessions).where(punchout_sessions.c.document_id.in_(some)))

    def _forget_raw(self, sha256s: Sequence[str], before: datetime) -> None:
        """Delete raw bytes that no other document has. Who archives them again meanwhile makes them young."""
        for some in portions(sha256s):
            used = exists().where(documents.c.sha256 == blobs.c.sha256)
            self._connection.execute(delete(blobs).where(blobs.c.sha256.in_(some), blobs.c.created_at < before, ~used))

    def _delete(self, table: Table, column: str, values: Sequence[Any]) -> None:
        for some in portions(values):
            self._connection.execute(delete(table).where(table.c[column].in_(some)))


def _ended(before: datetime, after: Ended | None) -> Select[Any]:
    """Select documents by when they ended: the index is walked, since a search would read the whole table."""
    place = (documents.c.finished_at, documents.c.id)
    statement = select(documents.c.correlation_id, *place).where(documents.c.finished_at < before).order_by(*place)
    if after is None:
        return statement
    later = or_(documents.c.finished_at > after.at, documents.c.id > after.id)
    return statement.where(documents.c.finished_at >= after.at, later)


def _whole(correlations: Sequence[str], before: datetime, *, failed: bool) -> Select[tuple[str]]:
    """Select those of which every document has ended before, of one class, that nobody holds."""
    young = or_(documents.c.finished_at.is_(None), documents.c.finished_at >= before)
    wrong = documents.c.state.in_(_FAILED)
    held = exists().where(legal_holds.c.correlation_id == documents.c.correlation_id)
    youngest, worst = (func.max(case((one, 1), else_=0)) for one in (young, wrong))
    return (
        select(documents.c.correlation_id)
        .where(documents.c.correlation_id.in_(correlations), ~held)
        .group_by(documents.c.correlation_id)
        .having(youngest == 0, worst == int(failed))
    )
