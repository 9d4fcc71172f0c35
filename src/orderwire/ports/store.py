"""The database as the pipeline sees it: one transaction, a few tables, no SQL."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

from orderwire.canonical.envelope import Event
from orderwire.canonical.stock import StockKey
from orderwire.ports.access import Attempts, Sessions, Tokens, Users
from orderwire.ports.alerts import Alerts
from orderwire.ports.care import Care
from orderwire.ports.exchange import Exchanges
from orderwire.ports.following import Following
from orderwire.ports.ledger import Ledger
from orderwire.ports.punchout import Punchouts
from orderwire.ports.replay import Runs

if TYPE_CHECKING:  # they speak of documents, which are below
    from orderwire.ports.overview import Failures, Overview, Workers
    from orderwire.ports.search import Search, TextIndex

if TYPE_CHECKING:
    from orderwire.ports.changes import Changes


class DocumentState(StrEnum):
    """Where a document stands. The last five are ends: every document comes to one of them."""

    RECEIVED = "received"  # archived, waits for its flow
    WAITING = "waiting"  # decoded; its order is being fulfilled
    RETRYING = "retrying"  # on the ladder
    HELD = "held"  # a person decides
    DONE = "done"
    REJECTED = "rejected"  # refused, and the sender was told
    PARKED = "parked"  # failed, and a person must act
    REPLAYED = "replayed"  # a later document took its place
    DISCARDED = "discarded"  # a person ended it, with a reason

    @property
    def is_end(self) -> bool:
        return self in _ENDS


_ENDS: Final = frozenset(
    {
        DocumentState.DONE,
        DocumentState.REJECTED,
        DocumentState.PARKED,
        DocumentState.REPLAYED,
        DocumentState.DISCARDED,
    }
)


@dataclass(frozen=True, slots=True)
class Document:
    """A row of the journal: one file, one message of it, or one answer."""

    id: str
    direction: str  # in | out
    channel: str
    kind: str  # file, ORDERS, CONTRL, ORDRSP …
    state: DocumentState
    correlation_id: str
    received_at: datetime
    parent_id: str | None = None  # the file a message came in, the document an answer is for
    replay_of: str | None = None
    epoch: int = 0
    partner: str | None = None
    sender: str | None = None
    control_ref: str | None = None
    message_ref: str | None = None
    message_no: int | None = None
    order_no: str | None = None
    erp_no: str | None = None
    sha256: str | None = None  # raw bytes in the archive
    name: str | None = None
    test: bool = False
    code: str | None = None  # why it stands where it stands
    reason: str | None = None
    attempts: int = 0
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a document; append-only."""

    document_id: str
    at: datetime
    name: str  # past tense: received, decoded, hold_granted, order_created, delivered, parked …
    event_id: str | None = None
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DocumentQuery:
    """What `orders list`, `messages list` and the console search by; None: any."""

    state: DocumentState | None = None
    partner: str | None = None
    order_no: str | None = None
    erp_no: str | None = None
    control_ref: str | None = None
    kind: str | None = None
    direction: str | None = None
    parent_id: str | None = None
    correlation_id: str | None = None
    replay_of: str | None = None
    limit: int = 100
    before: datetime | None = None  # paging: received earlier than
    before_id: str | None = (
        None  # with `before`, the last row seen: of those received at that instant, the ones after it
    )


class OrderState(StrEnum):
    """How far fulfilment has come: each is committed before the next step begins."""

    NEW = "new"  # nothing decided; NAV was never called to write
    HELD = "held"  # a person decides; nothing is held of stock, and nothing stands in NAV
    INTENDED = "intended"  # lines decided, holds stand; NAV may have been called
    CREATED = "created"  # the sales order stands in NAV; the check after create is due
    ANSWERED = "answered"  # decided for good: `response` is the answer


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """One purchase order of one partner: unique by both."""

    id: str
    partner: str
    order_no: str
    content_hash: str  # of the canonical order, channel aside
    document_id: str  # journal row of the message that made it
    state: OrderState
    order: str  # canonical JSON
    created_at: datetime
    revision: int = 0  # counts accepted re-sendings after a rejection
    draft: str | None = None  # JSON: decided lines and the sales order to be made
    erp_no: str | None = None
    response: str | None = None  # canonical JSON of the answer
    outcome: str | None = None
    released: str | None = None  # by whom, and why: what held it holds it no more
    fence: int = 0  # grows with every lease


@dataclass(frozen=True, slots=True)
class Hold:
    """Stock that an order through us has taken or is about to take, in base units."""

    order_id: str
    line_no: str
    key: StockKey
    quantity: Decimal
    backordered: Decimal = Decimal(0)  # of the quantity: stands in NAV on purpose, without stock to cover it


@dataclass(frozen=True, slots=True)
class HoldRecord:
    """A hold as it stands: pending until NAV has the order, then confirmed; or released."""

    line_no: str
    item_no: str
    location: str
    variant: str
    quantity: Decimal
    backordered: Decimal | None
    state: str
    created_at: datetime
    ended_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Backorders:
    """What other orders left uncovered on purpose, in base units, as a stock reading may know it."""

    seen: Decimal = Decimal(0)  # the reading has seen it
    in_flight: Decimal = Decimal(0)  # it may have


@dataclass(frozen=True, slots=True)
class Parked:
    """An entry of the parking lot."""

    id: str
    document_id: str | None
    order_no: str | None
    partner: str | None
    flow: str
    code: str
    reason: str
    facts: Mapping[str, Any]
    fingerprint: str  # equal for equal causes
    body: bytes  # the event as it was on the wire
    attempts: int
    first_at: datetime
    last_at: datetime
    state: str = "parked"  # parked | replayed | released | discarded
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Outcome of claiming a duplicate key."""

    new: bool
    document_id: str  # of the first claimant
    same_content: bool


class Archive(Protocol):
    """Raw bytes by their SHA-256. Written once, never changed."""

    def put(self, content: bytes) -> str: ...

    def get(self, sha256: str) -> bytes:
        """Raises KeyError when there are none."""
        ...


class Journal(Protocol):
    def add(self, document: Document) -> None:
        """Insert; a row of that id already there is left as it is (work done twice has the same ids)."""
        ...

    def get(self, document_id: str) -> Document | None: ...

    def update(self, document_id: str, **changes: object) -> None:
        """Set columns of `Document` by name; an end state also sets `finished_at` from `at`, given in `changes`."""
        ...

    def find(self, query: DocumentQuery) -> list[Document]:
        """Return the newest first."""
        ...

    def these(self, document_ids: Collection[str]) -> list[Document]:
        """Return those there are."""
        ...

    def replacing(self, document_ids: Collection[str]) -> list[Document]:
        """Return the documents that took their place when they were replayed, the newest first."""
        ...

    def step(self, step: Step) -> None: ...

    def steps(self, correlation_id: str) -> list[Step]:
        """Return every step of every document of one correlation, oldest first."""
        ...

    def claim(self, key: str, sha256: str, document_id: str) -> Claim:
        """Claim a duplicate key for a document. Repeating one's own claim is `new` again."""
        ...

    def next_number(self, name: str) -> int:
        """Draw the next number of a gapless series, e.g. control references to one partner; rolled back with us."""
        ...

    def skip_numbers(self, count: int) -> None:
        """Leave so many numbers out of every series."""
        ...


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

    def unsent(self, *, cause: str | None = None, before: datetime | None = None, limit: int = 500) -> list[Event]:
        """Return unsent events in order of insertion: of one cause, or older than an instant."""
        ...

    def reopen(self, since: datetime, consumers: Collection[str], limit: int) -> int:
        """Make unsent what was sent since, and is in nobody's inbox, at most so many; return how many."""
        ...

    def waiting(self) -> int:
        """Count the unsent events."""
        ...

    def mark_sent(self, event_ids: Collection[str], at: datetime) -> None: ...


class Orders(Protocol):
    def open(self, record: OrderRecord) -> OrderRecord:
        """Insert, or return the row that has this partner and order number, locked until the transaction ends."""
        ...

    def get(self, order_id: str) -> OrderRecord | None: ...

    def find(self, *, order_no: str | None = None, partner: str | None = None, limit: int = 100) -> list[OrderRecord]:
        """Return the newest first."""
        ...

    def by_erp_no(self, erp_nos: Collection[str]) -> Mapping[str, OrderRecord]:
        """Return the orders whose sales orders have these numbers."""
        ...

    def lease(self, order_id: str, owner: str, now: datetime, seconds: float) -> int | None:
        """Take or prolong the order's lock and return the fence; None while another owner's lease runs."""
        ...

    def save(self, order_id: str, fence: int, **changes: object) -> None:
        """Set columns of `OrderRecord` by name.

        Raises:
            LeaseLostError: the fence is no longer ours.
        """
        ...

    def free(self, order_id: str, fence: int) -> None:
        """Give the lease up early; nothing happens if it is no longer ours."""
        ...


class Holds(Protocol):
    """Stock holds: see section 6 of the design."""

    def lock(self, keys: Collection[StockKey]) -> None:
        """Lock the items' rows, in sorted order, until the transaction ends."""
        ...

    def lease_item(self, key: StockKey, owner: str, now: datetime, seconds: float) -> bool:
        """Take the item's lease for the check after create; False while another owner's runs."""
        ...

    def free_item(self, key: StockKey, owner: str) -> None: ...

    def unsettled(self, keys: Collection[StockKey], reading: int, *, but: str) -> Mapping[StockKey, Decimal]:
        """Return, per key with any, the sum of holds that a reading drawn at `reading` may not have seen.

        Those not yet confirmed in NAV, and those confirmed after `reading`; the holds of order `but` are left out.
        A hold that names no location counts for each, and one that does counts for all locations together.
        """
        ...

    def add(self, holds: Sequence[Hold], at: datetime) -> None:
        """Insert pending holds; those of that order and line that are not confirmed are replaced."""
        ...

    def confirm(self, order_id: str, sequence: int) -> None: ...

    def back_order(self, order_id: str, line_no: str, quantity: Decimal, sequence: int) -> None:
        """Say how much of a line's confirmed holds is uncovered from `sequence` on: a NAV user got the stock."""
        ...

    def cover(self, order_id: str, line_no: str, quantity: Decimal) -> None:
        """Say that no more than `quantity` of a line's confirmed holds is uncovered any more."""
        ...

    def backorders(self, key: StockKey, *, since: int, reading: int, but: str) -> Backorders:
        """Return what other orders than `but` left uncovered, but what was so before the number `since`.

        A reading drawn at `reading` has seen what is confirmed by then; what is pending or came later is in flight.
        """
        ...

    def of(self, order_id: str, limit: int) -> Sequence[HoldRecord]:
        """Return an order's holds, in the order in which they were taken."""
        ...

    def release(self, order_id: str, reason: str) -> None:
        """End an order's pending holds: NAV has proved that no sales order stands, or a person decided."""
        ...


class ParkingLot(Protocol):
    def add(self, entry: Parked) -> None:
        """Insert; an entry of that id already there gets `last_at`, `attempts` and the reason."""
        ...

    def get(self, parked_id: str) -> Parked | None: ...

    def find(
        self,
        *,
        state: str | None = "parked",
        code: str | None = None,
        partner: str | None = None,
        order_no: str | None = None,
        limit: int = 100,
    ) -> list[Parked]:
        """Return the newest first."""
        ...

    def settle(self, parked_id: str, state: str, note: str) -> bool:
        """Compare and set from `parked` to `state`; False when somebody was faster."""
        ...


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

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what was done inside when it raises; the transaction goes on."""
        ...


class Store(Protocol):
    """SQLite or PostgreSQL. Thread-safe. Raises UnavailableError when the database cannot be reached."""

    def begin(self) -> AbstractContextManager[Transaction]:
        """Open a transaction: committed on leaving, rolled back when the block raises."""
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
