"""The embedded transport's tables, and every statement on them."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from orderwire.queue.codec import ATTEMPT, UNREADABLE, Wire

#: A message is two rows, so that leasing one does not write its body again.
SCHEMA: Final = (
    """
    CREATE TABLE IF NOT EXISTS transport_queue (
        name TEXT PRIMARY KEY,
        delivery_limit INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS transport_owner (
        owner TEXT PRIMARY KEY,
        lease_until REAL NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS transport_message (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue TEXT NOT NULL,
        attempt INTEGER NOT NULL DEFAULT 0,
        owner TEXT,
        fence INTEGER NOT NULL DEFAULT 0,
        deaths INTEGER NOT NULL DEFAULT 0,
        rung TEXT,
        visible_at REAL,
        dead_from TEXT
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS transport_content (
        id INTEGER PRIMARY KEY,
        properties TEXT NOT NULL,
        body BLOB NOT NULL
    )
    """,
    "CREATE INDEX IF NOT EXISTS transport_ready ON transport_message (queue, id) WHERE owner IS NULL AND rung IS NULL",
    "CREATE INDEX IF NOT EXISTS transport_waiting ON transport_message (visible_at) WHERE rung IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS transport_leased ON transport_message (owner) WHERE owner IS NOT NULL",
    """
    CREATE TRIGGER IF NOT EXISTS transport_forget AFTER DELETE ON transport_message
    BEGIN DELETE FROM transport_content WHERE id = OLD.id; END
    """,
)
#: How many bytes one lease takes at most, its first message aside.
LEASE_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Lease:
    """A message in hand: ours while nobody else has raised the fence."""

    id: int
    fence: int
    wire: Wire
    dead_from: str | None


def create(connection: sqlite3.Connection, limits: Mapping[str, int]) -> None:
    for statement in SCHEMA:
        connection.execute(statement)
    connection.executemany("INSERT OR IGNORE INTO transport_queue VALUES (?, ?)", limits.items())


def declared(connection: sqlite3.Connection) -> dict[str, int] | None:
    """Return the delivery limit of every queue; None: there are no tables."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'transport_queue'").fetchone() is None:
        return None
    return dict(connection.execute("SELECT name, delivery_limit FROM transport_queue"))


def insert(connection: sqlite3.Connection, queue: str, wire: Wire) -> None:
    added = connection.execute("INSERT INTO transport_message (queue) VALUES (?)", (queue,))
    properties = json.dumps([wire.headers, wire.message_id, wire.type, wire.content_type])
    connection.execute("INSERT INTO transport_content VALUES (?, ?, ?)", (added.lastrowid, properties, wire.body))


def is_any(connection: sqlite3.Connection, queue: str, now: float) -> bool:
    """Whether something is ready there, or has become due anywhere."""
    query = """
        SELECT EXISTS (SELECT 1 FROM transport_message WHERE queue = ? AND owner IS NULL AND rung IS NULL)
            OR EXISTS (SELECT 1 FROM transport_message WHERE rung IS NOT NULL AND visible_at <= ?)
    """
    return bool(connection.execute(query, (queue, now)).fetchone()[0])


def wake(connection: sqlite3.Connection, now: float) -> None:
    """Make ready what has become due."""
    connection.execute("UPDATE transport_message SET rung = NULL WHERE rung IS NOT NULL AND visible_at <= ?", (now,))


def lease(connection: sqlite3.Connection, queue: str, limit: int, owner: str) -> list[Lease]:
    """Take the oldest that are ready."""
    query = """
        SELECT m.id, m.fence + 1, m.attempt, m.dead_from, CAST(c.properties AS BLOB), CAST(c.body AS BLOB)
        FROM transport_message AS m LEFT JOIN transport_content AS c ON c.id = m.id
        WHERE m.queue = ? AND m.owner IS NULL AND m.rung IS NULL ORDER BY m.id LIMIT ?
    """
    taken: list[Lease] = []
    size = 0
    for number, fence, attempt, dead_from, properties, body in connection.execute(query, (queue, limit)):
        size += len(body or b"")
        if taken and size > LEASE_BYTES:
            break
        taken.append(Lease(number, fence, _wire(properties or b"", body or b"", attempt), dead_from))
    connection.executemany(
        "UPDATE transport_message SET owner = ?, fence = fence + 1 WHERE id = ?", [(owner, one.id) for one in taken]
    )
    return taken


def forget(connection: sqlite3.Connection, leases: Iterable[Lease], owner: str) -> None:
    connection.executemany(
        "DELETE FROM transport_message WHERE id = ? AND fence = ? AND owner = ?", _keys(leases, owner)
    )


def free(connection: sqlite3.Connection, leases: Iterable[Lease], owner: str) -> None:
    """Give back to the place where it was."""
    connection.executemany(
        "UPDATE transport_message SET owner = NULL WHERE id = ? AND fence = ? AND owner = ?", _keys(leases, owner)
    )


def delay(connection: sqlite3.Connection, lease: Lease, owner: str, rung: str, visible_at: float) -> None:
    """Count an attempt, and hide it until then."""
    connection.execute(
        """
        UPDATE transport_message SET owner = NULL, deaths = 0, attempt = attempt + 1, rung = ?, visible_at = ?
        WHERE id = ? AND fence = ? AND owner = ?
        """,
        (rung, visible_at, lease.id, lease.fence, owner),
    )


def renew(connection: sqlite3.Connection, owner: str, lease_until: float) -> None:
    connection.execute("INSERT OR REPLACE INTO transport_owner VALUES (?, ?)", (owner, lease_until))


def resign(connection: sqlite3.Connection, owner: str) -> None:
    """Give back all that is in hand, and be no owner any more."""
    connection.execute("UPDATE transport_message SET owner = NULL WHERE owner = ?", (owner,))
    connection.execute("DELETE FROM transport_owner WHERE owner = ?", (owner,))


def owners(connection: sqlite3.Connection) -> list[tuple[str, float]]:
    return list(connection.execute("SELECT owner, lease_until FROM transport_owner"))


def reclaim(connection: sqlite3.Connection, owner: str, lease_until: float, dead: str) -> None:
    """Take everything from an owner who has not renewed meanwhile; what was taken too often goes to the dead."""
    gone = connection.execute("DELETE FROM transport_owner WHERE owner = ? AND lease_until = ?", (owner, lease_until))
    if gone.rowcount == 0:
        return
    connection.execute("UPDATE transport_message SET deaths = deaths + 1 WHERE owner = ?", (owner,))
    connection.execute(
        """
        UPDATE transport_message SET dead_from = queue, queue = ?, deaths = 0
        WHERE owner = ? AND deaths > (SELECT delivery_limit FROM transport_queue WHERE name = queue)
        """,
        (dead, owner),
    )
    connection.execute("UPDATE transport_message SET owner = NULL WHERE owner = ?", (owner,))


def counts(connection: sqlite3.Connection) -> dict[str, tuple[int, int]]:
    """Return how many are ready and in hand, per queue; the ones that wait stand at their rung."""
    query = """
        SELECT coalesce(rung, queue), sum(owner IS NULL), sum(owner IS NOT NULL) FROM transport_message GROUP BY 1
    """
    return {name: (ready, unacked) for name, ready, unacked in connection.execute(query)}


def _keys(leases: Iterable[Lease], owner: str) -> Sequence[tuple[int, int, str]]:
    return [(one.id, one.fence, owner) for one in leases]


def _wire(properties: bytes, body: bytes, attempt: int) -> Wire:
    """Read a message; what others wrote into the file may be anything."""
    try:
        headers, message_id, kind, content_type = json.loads(properties)
        return Wire({**headers, ATTEMPT: attempt}, body, message_id, kind, content_type)
    except (TypeError, ValueError, RecursionError):
        return Wire({UNREADABLE: "not the JSON of a message", ATTEMPT: attempt}, body)
