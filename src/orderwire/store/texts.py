"""The words of documents: FTS5 on SQLite, tsvector on PostgreSQL."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, cast, exists, func, literal_column, or_, select, text
from sqlalchemy import column as plain
from sqlalchemy import table as plain_table
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, insert
from sqlalchemy.types import Text

from orderwire.ports.search import Unread
from orderwire.store.console_tables import texts
from orderwire.store.statements import Statements
from orderwire.store.tables import counters, documents

#: The newest so many documents with the words are looked through for what else is asked.
MAX_HITS: Final = 300
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


def hits(dialect: str, words: Sequence[str], *, beginnings: bool) -> Select[Any]:
    """Select the ids of the newest documents with all these words, which are letters and digits only.

    Whole words come from the index as they are; beginnings have it put lists together, which costs by their length.
    """
    short = [word for word in words if not beginnings or len(word) < _PREFIX_FROM]
    if dialect == "sqlite":
        asked = " AND ".join(f'"{word}"{"" if word in short else "*"}' for word in words)
        newest = (
            select(_fts.c.rowid)
            .where(literal_column("text_index").op("MATCH")(asked))
            .order_by(_fts.c.rowid.desc())
            .limit(MAX_HITS)
            .subquery()
        )
        return select(texts.c.document_id).where(texts.c.seq.in_(select(newest.c.rowid)))
    asked = " & ".join(f"'{word}'{'' if word in short else ':*'}" for word in words)
    matches = texts.c.words.op("@@")(cast(asked, TSQUERY))
    newest = select(texts.c.document_id).where(matches).order_by(texts.c.seq.desc()).limit(MAX_HITS).subquery()
    return select(newest.c.document_id)
