"""A journal of a million rows: a quarter of a million orders over ninety days, with what came and went for each."""

import random
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import psycopg
from psycopg import sql

from orderwire.pipeline.indexing import words_of
from orderwire.store.parked import group_id

#: Rows of one order: the file, its message, our acknowledgement, our answer.
FAMILY: Final = 4
DAYS: Final = 90
PARTNERS: Final = tuple(f"partner{number:03}" for number in range(120))
CAUSES: Final = 40
#: A row by its columns; `words` are those of a text.
Row = dict[str, Any]
#: Puts rows of one table in.
Put = Callable[[str, Sequence[Row]], None]
_SIZE: Final = 5000
#: What is made anew at the end, because that is faster: every index that no constraint needs.
_INDEXES: Final = (
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
    "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
)


def fill(url: str, rows: int, now: datetime) -> None:
    """Fill a migrated and empty store."""
    if url.startswith("sqlite"):
        _fill_sqlite(url.removeprefix("sqlite:///"), rows, now)
    else:
        _fill_postgresql(url, rows, now)


def _fill_sqlite(file: str, rows: int, now: datetime) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")

        def put(table: str, made: Sequence[Row]) -> None:
            if table == "texts":
                words = [{"rowid": row["seq"], "words": " ".join(row["words"])} for row in made]
                put("text_index", words)
                made = [{"seq": row["seq"], "document_id": row["document_id"]} for row in made]
            columns = ", ".join(f'"{name}"' for name in made[0])
            marks = ", ".join(f":{name}" for name in made[0])
            statement = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608  our own names
            connection.executemany(statement, [_plain(row) for row in made])

        for batch in _batches(rows, now):
            connection.execute("BEGIN")
            for table, made in batch.items():
                put(table, made)
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _plain(row: Row) -> Row:
    """Write instants as SQLite has them."""
    epoch, micro = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
    return {name: (value - epoch) // micro if isinstance(value, datetime) else value for name, value in row.items()}


def _fill_postgresql(url: str, rows: int, now: datetime) -> None:
    with psycopg.connect(url, autocommit=True) as connection:

        def put(table: str, made: Sequence[Row]) -> None:
            columns = sql.SQL(", ").join(sql.Identifier(name) for name in made[0])
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
            with connection.cursor() as cursor, cursor.copy(statement) as copy:
                for row in made:
                    copy.write_row([_vector(value) if name == "words" else value for name, value in row.items()])

        indexes = connection.execute(_INDEXES).fetchall()
        for name, _definition in indexes:
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        for batch in _batches(rows, now):
            with connection.transaction():
                for table, made in batch.items():
                    put(table, made)
        connection.execute("SET maintenance_work_mem = '256MB'")
        for _name, definition in indexes:
            connection.execute(definition)
        for table in ("texts", "steps"):
            statement = "SELECT setval(pg_get_serial_sequence({table}, 'seq'), (SELECT max(seq) FROM {name}))"
            connection.execute(sql.SQL(statement).format(table=sql.Literal(table), name=sql.Identifier(table)))
        connection.execute("VACUUM ANALYZE")  # as autovacuum does in production


def _vector(words: Sequence[str]) -> str:
    return " ".join(f"'{word}'" for word in words)


def _batches(rows: int, now: datetime) -> Iterator[Mapping[str, Sequence[Row]]]:
    """Yield rows by table, so many orders at a time."""
    orders = rows // FAMILY
    for start in range(0, orders, _SIZE):
        made: dict[str, dict[Any, Row]] = {}
        for number in range(start, min(orders, start + _SIZE)):
            for table, row in _family(number, orders, now):
                made.setdefault(table, {})[next(iter(row.values()))] = row
        yield {table: list(by_key.values()) for table, by_key in made.items()}


def _family(number: int, orders: int, now: datetime) -> Iterator[tuple[str, Row]]:
    chance = random.Random(number)
    partner = PARTNERS[min(int(chance.expovariate(0.08)), len(PARTNERS) - 1)]
    at = now - timedelta(days=DAYS) * (1 - number / orders)
    received, ended = at, at + timedelta(seconds=chance.expovariate(0.5))
    order_no, erp_no, file = f"PO-{number:07}", f"OW{number:014}", f"file-{number:07}"
    state = "parked" if number % 50 == 0 else "rejected" if number % 97 == 0 else "done"
    content, digest = _content(order_no, partner, chance)
    packed = zlib.compress(content, 1)
    yield "blobs", {"sha256": digest, "content": packed, "packed": True, "size": len(content), "created_at": received}
    known = {"correlation_id": file, "received_at": received, "finished_at": ended, "sha256": digest}
    yield "documents", _document(file, "in", "file", "done", **known)
    known |= {"partner": partner, "order_no": order_no, "control_ref": f"ICR{number:08}"}
    message = f"message-{number:07}"
    erp = {"erp_no": erp_no if state == "done" else None, "sender": f"{partner}:14"}
    yield "documents", _document(message, "in", "ORDERS", state, parent_id=file, **known, **erp)
    for kind in ("CONTRL", "ORDRSP"):
        yield "documents", _document(f"{kind}-{number:07}", "out", kind, "done", parent_id=message, **known)
    yield "texts", {"seq": number + 1, "document_id": file, "words": list(words_of(content))}
    for step, name in enumerate(("received", "decoded", "order_created")):
        yield "steps", {"seq": number * 3 + step + 1, "document_id": message, "at": received, "name": name}
    yield "ledger", _acknowledgement(number, partner, order_no, received)
    yield "audit", _deed(number, received)
    yield "orders", _order(number, partner, order_no, erp_no if state != "parked" else None, received)
    if state == "parked":
        yield "parked", _parked(number, partner, order_no, received)


def _content(order_no: str, partner: str, chance: random.Random) -> tuple[bytes, str]:
    lines = "".join(
        f"LIN+{line}++{chance.randrange(4_000_000_000_000, 4_000_000_900_000)}:SRV'"
        f"QTY+21:{chance.randrange(1, 500)}:PCE'"
        f"IMD+F++:::{chance.choice(('Drill', 'Hammer', 'Screw', 'Saw'))} {chance.randrange(1000)}'"
        for line in range(1, 6)
    )
    head = (
        f"UNB+UNOC:3+{partner}:14+4099998000013:14+261121:0800+{order_no}'UNH+1+ORDERS:D:96A:UN'BGM+220+{order_no}+9'"
    )
    content = f"{head}{lines}UNS+S'UNT+20+1'UNZ+1+{order_no}'".encode()
    return content, sha256(content).hexdigest()


def _document(document_id: str, direction: str, kind: str, state: str, **facts: Any) -> Row:
    code, reason = ("mapping", "no unit of measure") if state == "parked" else (None, None)
    names = ("parent_id", "partner", "sender", "control_ref", "order_no", "erp_no", "sha256")
    return {
        "id": document_id, "direction": direction, "channel": "edi", "kind": kind, "state": state, "epoch": 0,
        "test": False, "attempts": 0, "code": code, "reason": reason,
        **dict.fromkeys(names), **facts,
    }  # fmt: skip


def _order(number: int, partner: str, order_no: str, erp_no: str | None, at: datetime) -> Row:
    return {
        "id": f"order-{number:07}", "partner": partner, "order_no": order_no, "content_hash": f"{number:064}",
        "document_id": f"message-{number:07}", "state": "answered" if erp_no else "new", "order": "{}",
        "created_at": at, "revision": 0, "erp_no": erp_no, "outcome": "accepted" if erp_no else None, "fence": 0,
    }  # fmt: skip


def _acknowledgement(number: int, partner: str, order_no: str, at: datetime) -> Row:
    late = number % 5000 == 0
    return {
        "id": f"owed-{number:07}", "document_id": f"file-{number:07}", "partner": partner, "side": "owed",
        "kind": "CONTRL", "ref": f"ICR{number:08}", "opened_at": at, "due_at": at + timedelta(hours=1),
        "state": "late" if late else "met", "order_no": order_no, "met_at": None if late else at,
    }  # fmt: skip


def _deed(number: int, at: datetime) -> Row:
    return {
        "seq": number + 1, "at": at, "who": f"operator{number % 9}", "what": "replayed",
        "subject": f"parked-{number:07}", "why": "the unit is known now", "previous": "0" * 64, "digest": "0" * 64,
    }  # fmt: skip


def _parked(number: int, partner: str, order_no: str, at: datetime) -> Row:
    cause = f"mapping|no unit|{number // 50 % CAUSES}"
    return {
        "id": f"parked-{number:07}", "document_id": f"message-{number:07}", "order_no": order_no, "partner": partner,
        "flow": "fulfil", "code": "mapping", "reason": "no unit of measure", "facts": '{"unit": "DZN"}',
        "fingerprint": cause, "group_id": group_id(cause), "body": b"{}", "attempts": 1, "first_at": at, "last_at": at,
        "state": "parked",
    }  # fmt: skip
