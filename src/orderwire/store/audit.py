"""The audit: what people did, each entry sealed with the digest of the one before."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.store import AuditEntry
from orderwire.store.columns import storable
from orderwire.store.rows import columns_of, record_of
from orderwire.store.statements import Statements
from orderwire.store.tables import audit

#: PostgreSQL's advisory lock for appending; SQLite has one writer anyway.
_LOCK_NO: Final = 0x0A0D1F
_FIRST: Final = "0" * 64

_LAST: Final = select(audit.c.seq, audit.c.digest).order_by(audit.c.seq.desc()).limit(1)
_ALL: Final = select(audit).order_by(audit.c.seq)
_ADD: Final = insert(audit)
_LOCK: Final = select(func.pg_advisory_xact_lock(bindparam("lock_no", _LOCK_NO)))


class SqlAudit:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def add(self, at: datetime, who: str, what: str, subject: str, why: str) -> None:
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(_LOCK)
        last = self._connection.execute(_LAST).one_or_none()
        seq, previous = (1, _FIRST) if last is None else (last.seq + 1, last.digest)
        words = tuple(storable(word) for word in (who, what, subject, why))
        values = dict(zip(("who", "what", "subject", "why"), words, strict=True))
        digest = _digest(previous, seq, at, words)
        self._connection.execute(_ADD, {**values, "seq": seq, "at": at, "previous": previous, "digest": digest})

    def find(
        self, *, who: str | None = None, subject: str | None = None, before: int | None = None, limit: int = 100
    ) -> list[AuditEntry]:
        statement = select(*columns_of(AuditEntry, audit)).order_by(audit.c.seq.desc()).limit(max(0, limit))
        asked = {"who": who, "subject": subject}
        statement = statement.where(*[audit.c[name] == value for name, value in asked.items() if value is not None])
        if before is not None:
            statement = statement.where(audit.c.seq < before)
        return [record_of(AuditEntry, row) for row in self._connection.execute(statement)]

    def verify(self) -> int | None:
        """Return the number of the first entry that is not what was written, or None.

        Entries cut off at the end leave no trace in the chain: keep the last digest elsewhere to see that.
        """
        previous = _FIRST
        for expected, row in enumerate(self._connection.execute(_ALL), start=1):
            digest = _digest(previous, row.seq, row.at, (row.who, row.what, row.subject, row.why))
            if row.seq != expected or row.previous != previous or row.digest != digest:
                return expected
            previous = row.digest
        return None


def _digest(previous: str, seq: int, at: datetime, words: tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps([previous, seq, at.astimezone(UTC).isoformat(), *words]).encode()).hexdigest()
