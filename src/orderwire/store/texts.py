"""The words of documents: FTS5 on SQLite, tsvector on PostgreSQL."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, cast, exists, func, literal_column, or_, select, text
from sqlalchemy import column as plain
from sqlalchemy import table as plain_table
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, insert
from sqlalchemy.types import Text

from orderwire.ports.search import Unread, Wanted
from orderwire.store.console_tables import texts
from orderwire.store.statements import Statements
from orderwire.store.tables import counters, documents

#: The newest so many documents with the words are looked through for what else is asked.
MAX_HITS: Final = 300
#: Documents are read in the order they were received in, but for this.
_STRAYING: Final = timedelta(minutes=10)
#: So many documents beside the days that are asked for tell where those days begin and end: most have no words.
_AROUND: Final = 200
_ENDLESS: Final = 2**62
#: Shorter words must stand there as they are, longer ones may be a beginning.
_PREFIX_FROM: Final = 3
#: Transactions that were under way when the last look was taken have ended after this.
_OVERLAP: Final = timedelta(minutes=2)
#: In `counters`: up to when everything is in the index, in seconds since 1970.
_READ_UP_TO: Final = "texts_read_up_to"

_fts: Final = plain_table("text_index", plain("rowid"), plain("words"))
_NEXT: Final = insert(texts).on_conflict_do_nothing().returning(texts.c.seq)
_mark: Final = insert(counters)
_MARK: Final = _mark.on_conflict_do_update(index_elements=["name"], set_={"value": _mark.excluded["value"]})


class SqlTextIndex:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def unread(self, limit: int) -> Sequence[Unread]:
        seconds = self._connection.execute(select(counters.c.value).where(counters.c.name == _READ_UP_TO)).scalar()
        since = datetime.fromtimestamp(seconds or 0, UTC) - (_OVERLAP if seconds else timedelta(0))
        whole = or_(documents.c.parent_id.is_(None), documents.c.direction == "out")  # a message's words are its file's
        known = exists().where(texts.c.document_id == documents.c.id)
        statement = (
            select(documents.c.id, documents.c.sha256, documents.c.received_at)
            .where(documents.c.received_at >= since, documents.c.sha256.is_not(None), whole, ~known)
            .order_by(documents.c.received_at, documents.c.id)
            .limit(limit)
        )
        return [Unread(*row) for row in self._connection.execute(statement)]

    def put(self, document_id: str, words: Iterable[str]) -> None:
        lexemes = list(words)
        if self._connection.dialect.name == "sqlite":
            seq = self._connection.execute(_NEXT, {"document_id": document_id}).scalar()
            if seq is not None:
                values = {"seq": seq, "words": " ".join(lexemes)}
                self._connection.execute(text("INSERT INTO text_index (rowid, words) VALUES (:seq, :words)"), values)
            return
        vector = func.array_to_tsvector(cast(lexemes, ARRAY(Text)))
        statement = insert(texts).values(document_id=document_id, words=vector).on_conflict_do_nothing()
        self._connection.execute(statement)

    def read_up_to(self, at: datetime) -> None:
        self._connection.execute(_MARK, {"name": _READ_UP_TO, "value": int(at.timestamp())})


def hits(dialect: str, wanted: Wanted) -> Select[Any]:
    """Select the ids of the newest documents with all these words, which are letters and digits only: one too many.

    Whole words come from the index as they are; beginnings have it put lists together, which costs by their length.
    """
    words = [(word, wanted.beginnings and len(word) >= _PREFIX_FROM) for word in wanted.words]
    newest = select(texts.c.document_id).order_by(texts.c.seq.desc()).limit(MAX_HITS + 1)
    if dialect == "sqlite":
        asked = " AND ".join(f'"{word}"{"*" if begins else ""}' for word, begins in words)
        matches = literal_column("text_index").op("MATCH")(asked)
        found = select(_fts.c.rowid).where(matches, *_days(_fts.c.rowid, wanted)).order_by(_fts.c.rowid.desc())
        return newest.where(texts.c.seq.in_(select(found.limit(MAX_HITS + 1).subquery())))
    asked = " & ".join(f"'{word}'{':*' if begins else ''}" for word, begins in words)
    return newest.where(texts.c.words.op("@@")(cast(asked, TSQUERY)), *_days(texts.c.seq, wanted))


def _days(seq: Any, wanted: Wanted) -> list[Any]:
    """Narrow to what was read for the days that are asked for, and a bit more: documents are read as they come."""
    days = []
    if wanted.since is not None:
        before = documents.c.received_at < wanted.since - _STRAYING
        last = _some(select(documents.c.id).where(before).order_by(documents.c.received_at.desc()))
        days.append(seq > func.coalesce(select(func.max(texts.c.seq)).where(last).scalar_subquery(), 0))
    if wanted.until is not None:
        after = documents.c.received_at >= wanted.until + _STRAYING
        first = _some(select(documents.c.id).where(after).order_by(documents.c.received_at))
        days.append(seq < func.coalesce(select(func.min(texts.c.seq)).where(first).scalar_subquery(), _ENDLESS))
    return days


def _some(around: Select[Any]) -> Any:
    return texts.c.document_id.in_(select(around.limit(_AROUND).subquery()))
