"""The database as the pipeline sees it: one transaction, a few tables, no SQL."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from orderwire.canonical.envelope import Event
from orderwire.ports.access import Attempts, Sessions, Tokens, Users
from orderwire.ports.alerts import Alerts
from orderwire.ports.care import Care
from orderwire.ports.exchange import Exchanges
from orderwire.ports.following import Following
from orderwire.ports.holds import Holds
from orderwire.ports.journal import Archive, Journal
from orderwire.ports.ledger import Ledger
from orderwire.ports.orders import Orders
from orderwire.ports.parking import ParkingLot
from orderwire.ports.punchout import Punchouts
from orderwire.ports.replay import Runs

if TYPE_CHECKING:
    from orderwire.ports.changes import Changes
    from orderwire.ports.overview import Failures, Overview, Workers
    from orderwire.ports.search import Search, TextIndex


class Inbox(Protocol):
    def seen(self, consumer: str, event_ids: Collection[str]) -> set[str]: ...

    def mark(self, consumer: str, event_ids: Collection[str], at: datetime) -> bool:
        """Mark them; return False when one was marked before."""
        ...


class Outbox(Protocol):
    """Events that are committed but perhaps not yet published. `cause` is the event that led to them."""

    def add(self, event: Event, *, cause: str | None) -> None:
        """Insert; an event of that id already there is left as it is.

        Raises:
            LimitError: larger than a broker takes.
        """
        ...

    def unsent(self, *, before: datetime | None = None, limit: int = 500) -> list[Event]:
        """Return unsent events in order of insertion, all or those older than an instant."""
        ...

    def owed(self, causes: Collection[str], limit: int = 500) -> Mapping[str, Sequence[Event]]:
        """Return unsent events by cause, in order of insertion; at most so many in all."""
        ...

    def reopen(self, since: datetime, consumers: Collection[str], limit: int) -> int:
        """Make unsent what was sent since, and is in nobody's inbox, at most so many; return how many."""
        ...

    def again(self, event_id: str) -> bool:
        """Make an event unsent; False: it is not there any more."""
        ...

    def waiting(self) -> int:
        """Count the unsent events."""
        ...

    def mark_sent(self, event_ids: Collection[str], at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What somebody did, to what, and why."""

    seq: int
    at: datetime
    who: str
    what: str
    subject: str
    why: str
    digest: str


class Audit(Protocol):
    def find(
        self, *, who: str | None = None, subject: str | None = None, before: int | None = None, limit: int = 100
    ) -> list[AuditEntry]:
        """Return the newest first, those before a number."""
        ...

    def verify(self) -> int | None:
        """Return the number of the first entry that is not what was written, or None."""
        ...

    def add(self, at: datetime, who: str, what: str, subject: str, why: str) -> None:
        """Append to the hash chain."""
        ...


class Transaction(Protocol):
    """One transaction, and the tables in it."""

    @property
    def archive(self) -> Archive: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def changes(self) -> "Changes": ...
    @property
    def holds(self) -> Holds: ...
    @property
    def parked(self) -> ParkingLot: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def following(self) -> Following: ...
    @property
    def punchouts(self) -> Punchouts: ...
    @property
    def users(self) -> Users: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def search(self) -> "Search": ...
    @property
    def texts(self) -> "TextIndex": ...
    @property
    def overview(self) -> "Overview": ...
    @property
    def failures(self) -> "Failures": ...
    @property
    def workers(self) -> "Workers": ...
    @property
    def care(self) -> Care: ...
    @property
    def exchanges(self) -> Exchanges: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def alerts(self) -> Alerts: ...

    def next_sequence(self) -> int:
        """Draw from the sequence of `Store.next_sequence`; a number of a transaction that fails may come again."""
        ...

    def flush(self) -> None:
        """Send what waits to the database, so that what is wrong with it is raised here."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what was done inside when it raises; the transaction goes on."""
        ...


class Store(Protocol):
    """SQLite or PostgreSQL. Thread-safe. Raises UnavailableError when the database cannot be reached."""

    def begin(self, *, lasting: bool = True) -> AbstractContextManager[Transaction]:
        """Open a transaction: committed on leaving, rolled back when the block raises.

        Unless `lasting`, nobody waits until it is on the disk: the machine's end may undo it, but never without what
        was committed after it. That is for steps that nothing outside follows from before one that lasts.
        """
        ...

    def read(self) -> AbstractContextManager[Transaction]:
        """Open a transaction that sees one moment, writes nothing, and holds nobody up: for people who look."""
        ...

    def next_sequence(self) -> int:
        """Draw from the database's one sequence, outside any transaction: later draws are larger."""
        ...

    def migrate(self) -> None:
        """Bring the schema to this version. Safe to repeat, and from several processes at once."""
        ...

    def close(self) -> None: ...
