"""A journal of a million rows: a quarter of a million orders over ninety days, with what came and went for each."""

import random
import sqlite3
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from orderwire.config.settings import Settings, StoreSettings
from orderwire.pipeline.indexing import words_of
from orderwire.store import SqlStore, open_store
from orderwire.store.parked import group_id

#: Rows of one order: the file, its message, our acknowledgement, our answer.
FAMILY: Final = 4
DAYS: Final = 90
PARTNERS: Final = tuple(f"partner{number:03}" for number in range(120))
CAUSES: Final = 40
#: A row by its columns.
Row = dict[str, Any]
_SIZE: Final = 5000


def make(folder: Path, rows: int, now: datetime) -> SqlStore:
    """Fill a new store on SQLite, and return it."""
    file = folder / "orderwire.db"
    store = open_store(Settings(store=StoreSettings(url=SecretStr(f"sqlite:///{file}"))))
    store.migrate()
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -200000")
    orders = rows // FAMILY
    for start in range(0, orders, _SIZE):
        connection.execute("BEGIN")
        _batch(connection, range(start, min(orders, start + _SIZE)), orders, now)
        connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return store


def _batch(connection: sqlite3.Connection, numbers: range, orders: int, now: datetime) -> None:
    made: dict[str, list[Row]] = {}
    for number in numbers:
        for table, row in _family(number, orders, now):
            made.setdefault(table, []).append(row)
    for table, rows in made.items():
        columns = ", ".join(f'"{name}"' for name in rows[0])
        marks = ", ".join(f":{name}" for name in rows[0])
        connection.executemany(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608  our own names


def _family(number: int, orders: int, now: datetime) -> Iterator[tuple[str, Row]]:
    chance = random.Random(number)
    partner = PARTNERS[min(int(chance.expovariate(0.08)), len(PARTNERS) - 1)]
    at = now - timedelta(days=DAYS) * (1 - number / orders)
    received, ended = _micro(at), _micro(at + timedelta(seconds=chance.expovariate(0.5)))
    order_no, erp_no, file = f"PO-{number:07}", f"OW{number:014}", f"file-{number:07}"
    state = "parked" if number % 50 == 0 else "rejected" if number % 97 == 0 else "done"
    content, digest = _content(order_no, partner, chance)
    packed = zlib.compress(content, 1)
    yield "blobs", {"sha256": digest, "content": packed, "packed": 1, "size": len(content), "created_at": received}
    known = {"correlation_id": file, "received_at": received, "finished_at": ended, "sha256": digest}
    yield "documents", _document(file, "in", "file", "done", **known)
    known |= {"partner": partner, "order_no": order_no, "control_ref": f"ICR{number:08}"}
    message = f"message-{number:07}"
    erp = {"erp_no": erp_no if state == "done" else None, "sender": f"{partner}:14"}
    yield "documents", _document(message, "in", "ORDERS", state, parent_id=file, **known, **erp)
    for kind in ("CONTRL", "ORDRSP"):
        yield "documents", _document(f"{kind}-{number:07}", "out", kind, "done", parent_id=message, **known)
    yield "texts", {"seq": number + 1, "document_id": file}
    yield "text_index", {"rowid": number + 1, "words": " ".join(words_of(content))}
    for step, name in enumerate(("received", "decoded", "order_created")):
        yield "steps", {"seq": number * 3 + step + 1, "document_id": message, "at": received, "name": name}
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
    bad = state == "parked"
    names = ("parent_id", "partner", "sender", "control_ref", "order_no", "erp_no", "sha256")
    return {
        "id": document_id, "direction": direction, "channel": "edi", "kind": kind, "state": state, "epoch": 0,
        "test": 0, "attempts": 0, "code": "mapping" if bad else None, "reason": "no unit of measure" if bad else None,
        **dict.fromkeys(names), **facts,
    }  # fmt: skip


def _order(number: int, partner: str, order_no: str, erp_no: str | None, at: int) -> Row:
    return {
        "id": f"order-{number:07}", "partner": partner, "order_no": order_no, "content_hash": f"{number:064}",
        "document_id": f"message-{number:07}", "state": "answered" if erp_no else "new", "order": "{}",
        "created_at": at, "revision": 0, "erp_no": erp_no, "outcome": "accepted" if erp_no else None, "fence": 0,
    }  # fmt: skip


def _parked(number: int, partner: str, order_no: str, at: int) -> Row:
    cause = f"mapping|no unit|{number // 50 % CAUSES}"
    return {
        "id": f"parked-{number:07}", "document_id": f"message-{number:07}", "order_no": order_no, "partner": partner,
        "flow": "fulfil", "code": "mapping", "reason": "no unit of measure", "facts": '{"unit": "DZN"}',
        "fingerprint": cause, "group_id": group_id(cause), "body": b"{}", "attempts": 1, "first_at": at, "last_at": at,
        "state": "parked",
    }  # fmt: skip


def _micro(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
