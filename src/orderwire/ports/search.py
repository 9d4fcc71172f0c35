"""Finding documents and orders among millions, and by what is written in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from orderwire.ports.journal import Document, DocumentState
from orderwire.ports.orders import OrderRecord


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of results ended: the next one begins after it."""

    at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; None or empty: any. `partners` is all that the looker may see; empty: everything."""

    number: str | None = None  # an order number, ours or NAV's, a reference, a sender, a document's id
    words: tuple[str, ...] = ()  # written in the document, or in the file it came in: all of them
    beginnings: bool = False  # of words of three characters and more
    state: DocumentState | None = None
    partner: str | None = None
    kind: str | None = None
    direction: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    partners: tuple[str, ...] = ()
    after: Place | None = None
    limit: int = 50

    @property
    def narrowed(self) -> bool:
        """Whether something is asked for that a whole file does not have."""
        return any((self.state, self.kind, self.direction, self.partner, self.partners))


@dataclass(frozen=True, slots=True)
class Found:
    """`looked_through` is set when not all that bear the number or have the words were looked at, but so many."""

    documents: list[Document]
    looked_through: int | None = None


@dataclass(frozen=True, slots=True)
class SavedSearch:
    user: str
    name: str
    query: str  # as it stands in the page's address


class Search(Protocol):
    """Every answer comes by an index, the newest first."""

    def documents(self, wanted: Wanted) -> Found: ...

    def orders(self, wanted: Wanted, outcome: str | None = None) -> list[OrderRecord]: ...

    def saved(self, user: str) -> list[SavedSearch]:
        """Return a user's searches, by name."""
        ...

    def save(self, search: SavedSearch) -> None:
        """Keep a search; one of that name is replaced."""
        ...

    def forget(self, user: str, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Unread:
    """A document whose words nobody has looked at yet."""

    document_id: str
    sha256: str
    received_at: datetime


class TextIndex(Protocol):
    """Words by document, written behind the work and not in it."""

    def unread(self, limit: int) -> Sequence[Unread]:
        """Return documents that are not in it, the oldest first."""
        ...

    def put(self, document_id: str, words: Iterable[str]) -> None: ...

    def read_up_to(self, at: datetime) -> None:
        """Remember that all documents received well before then are in it."""
        ...
