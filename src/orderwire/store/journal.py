"""The journal: documents, their steps, duplicate keys and number series."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, and_, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.clock import Clock
from orderwire.ports.journal import Claim, Document, DocumentQuery, DocumentState, Step
from orderwire.store.inserts import Insertion
from orderwire.store.rows import checked, columns_of, names_of, portions, record_of, row_of
from orderwire.store.statements import Statements
from orderwire.store.tables import claims, counters, documents, steps

#: A key that is longer is claimed by its digest: PostgreSQL indexes no long ones.
_MAX_KEY_CHARS: Final = 255
#: What a query may ask for by plain equality.
_EQUALITIES: Final = (
    "state",
    "partner",
    "order_no",
    "erp_no",
    "control_ref",
    "kind",
    "direction",
    "parent_id",
    "correlation_id",
    "replay_of",
)

# PostgreSQL's construct serves both: SQLite took ON CONFLICT over from there, and SQLAlchemy compiles it alike.
_ADD: Final = Insertion(insert(documents).on_conflict_do_nothing(), names_of(Document))
_DOCUMENT: Final = select(*columns_of(Document, documents))
_GET: Final = _DOCUMENT.where(documents.c.id == bindparam("key"))
_UPDATE: Final = update(documents).where(documents.c.id == bindparam("key"))
# Another worker may end the document while this statement waits for its row: the condition is looked at then.
_RETRY: Final = update(documents).where(
    documents.c.id == bindparam("key"), documents.c.state.not_in([state for state in DocumentState if state.is_end])
)
_STEP: Final = Insertion(insert(steps).inline(), names_of(Step))
_STEPS: Final = (
    select(*columns_of(Step, steps))
    .join(documents, documents.c.id == steps.c.document_id)
    .where(documents.c.correlation_id == bindparam("key"))
    .order_by(steps.c.at, steps.c.seq)
)
_STEPS_OF: Final = select(*columns_of(Step, steps)).order_by(steps.c.at, steps.c.seq)
_CLAIM: Final = insert(claims).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
_CLAIMED: Final = select(claims.c.document_id, claims.c.sha256).where(claims.c.key == bindparam("claimed"))
_NEXT: Final = (
    insert(counters)
    .on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
    .returning(counters.c.value)
)


class SqlJournal:
    def __init__(self, connection: Statements, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def add(self, document: Document) -> None:
        self._connection.later(_ADD, row_of(document))

    def get(self, document_id: str) -> Document | None:
        row = self._connection.run(_GET, {"key": document_id}).one_or_none()
        return None if row is None else record_of(Document, row)

    def update(self, document_id: str, **changes: object) -> None:
        at = changes.pop("at", None)
        values = checked(Document, changes, fixed=["id"])
        if "state" in values:
            values.setdefault("finished_at", self._finish(DocumentState(values["state"]), at))
        if values:
            self._connection.run(_UPDATE, {"key": document_id, **values})

    def retry(self, document_id: str, *, code: str, reason: str, attempts: int) -> None:
        changes = checked(Document, {"code": code, "reason": reason, "attempts": attempts}, fixed=["id"])
        self._connection.execute(_RETRY.values(state=DocumentState.RETRYING, **changes), {"key": document_id})

    def _finish(self, state: DocumentState, at: object) -> datetime | None:
        if not state.is_end:
            return None
        return at if isinstance(at, datetime) else self._clock()

    def find(self, query: DocumentQuery) -> list[Document]:
        statement = (
            _DOCUMENT.where(*_conditions(query))
            .order_by(documents.c.received_at.desc(), documents.c.id.desc())
            .limit(max(0, query.limit))
        )
        return [record_of(Document, row) for row in self._connection.execute(statement)]

    def these(self, document_ids: Collection[str]) -> list[Document]:
        return self._listed(documents.c.id, document_ids)

    def replacing(self, document_ids: Collection[str]) -> list[Document]:
        found = self._listed(documents.c.replay_of, document_ids)
        return sorted(found, key=lambda document: (document.received_at, document.id), reverse=True)

    def children(self, document_ids: Collection[str], limit: int) -> list[Document]:
        last = _DOCUMENT.order_by(documents.c.received_at.desc(), documents.c.id.desc()).limit(limit)
        rows = [
            record_of(Document, row)
            for some in portions(document_ids)
            for row in self._connection.execute(last.where(documents.c.parent_id.in_(some)))
        ]
        return sorted(rows, key=lambda document: (document.received_at, document.id), reverse=True)[:limit]

    def _listed(self, column: Column[Any], values: Collection[str]) -> list[Document]:
        rows = (row for some in portions(values) for row in self._connection.execute(_DOCUMENT.where(column.in_(some))))
        return [record_of(Document, row) for row in rows]

    def step(self, step: Step) -> None:
        self._connection.later(_STEP, row_of(step))

    def steps(self, correlation_id: str) -> list[Step]:
        return [record_of(Step, row) for row in self._connection.run(_STEPS, {"key": correlation_id})]

    def steps_of(self, document_ids: Collection[str]) -> list[Step]:
        found = [
            record_of(Step, row)
            for some in portions(document_ids)
            for row in self._connection.execute(_STEPS_OF.where(steps.c.document_id.in_(some)))
        ]
        return sorted(found, key=lambda step: step.at)

    def claim(self, key: str, sha256: str, document_id: str) -> Claim:
        key = key if len(key) <= _MAX_KEY_CHARS else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
        values = {"key": key, "sha256": sha256, "document_id": document_id, "created_at": self._clock()}
        if self._connection.run(_CLAIM, values).rowcount == 1:
            return Claim(new=True, document_id=document_id, same_content=True)
        first = self._connection.run(_CLAIMED, {"claimed": key}).one()
        return Claim(
            new=first.document_id == document_id, document_id=first.document_id, same_content=first.sha256 == sha256
        )

    def next_number(self, name: str) -> int:
        return int(self._connection.run(_NEXT, {"name": name, "value": 1}).scalar_one())

    def skip_numbers(self, count: int) -> None:
        series = update(counters).where(counters.c.name.contains(":"))  # the store's own counters have none
        self._connection.execute(series.values(value=counters.c.value + count))


def _conditions(query: DocumentQuery) -> list[ColumnElement[Any]]:
    asked = [documents.c[name] == value for name in _EQUALITIES if (value := getattr(query, name)) is not None]
    if query.before is None:
        return asked
    earlier = documents.c.received_at < query.before
    if query.before_id is None:
        return [*asked, earlier]
    beside = and_(documents.c.received_at == query.before, documents.c.id < query.before_id)
    return [*asked, or_(earlier, beside)]
