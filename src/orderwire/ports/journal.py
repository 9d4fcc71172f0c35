"""Documents as the journal keeps them, their raw bytes, and what happened to each."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol


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


class Document(NamedTuple):
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


class Step(NamedTuple):
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

    def retry(self, document_id: str, *, code: str, reason: str, attempts: int) -> None:
        """Say that it is tried again later; one that has ended, even this moment elsewhere, stays as it is."""
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

    def children(self, document_ids: Collection[str], limit: int) -> list[Document]:
        """Return what they brought or what answered them, the newest first."""
        ...

    def step(self, step: Step) -> None: ...

    def steps(self, correlation_id: str) -> list[Step]:
        """Return every step of every document of one correlation, oldest first."""
        ...

    def steps_of(self, document_ids: Collection[str]) -> list[Step]:
        """Return every step of these documents, oldest first."""
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
