"""The documents that belong together: of a message what came of it alone, of a file the whole conversation."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from orderwire.ports.journal import Document, DocumentQuery
from orderwire.ports.store import Transaction

#: What brings messages, and is none.
WRAPPINGS: Final = frozenset({"file", "interchange"})
#: What went out for a file as a whole, e.g. a CONTRL for each of its interchanges, that is looked at.
_MAX_RECEIPTS: Final = 20


@dataclass(frozen=True, slots=True)
class Family:
    documents: Sequence[Document]  # the oldest first
    whole: bool  # of a file: of all its messages
    more: bool  # there are more than these, which are the newest


def family_of(tx: Transaction, document: Document, limit: int) -> Family:
    """Return a document's family. A file's is its conversation; a message's has no other message of the file."""
    message = _message(tx, document)
    whole = message.direction == "out" or message.kind in WRAPPINGS
    if whole:
        found = tx.journal.find(DocumentQuery(correlation_id=document.correlation_id, limit=limit + 1))
    else:
        found = _following(tx, message, limit + 1)
    around = [document] if whole else [document, message, *_file(tx, message)]
    family = {one.id: one for one in (*found[:limit], *around)}
    return Family(sorted(family.values(), key=_place), whole, len(found) > limit)


def _message(tx: Transaction, document: Document) -> Document:
    """Return the message that a document came of: what brought it is a file, or nothing."""
    while document.parent_id is not None:
        parent = tx.journal.get(document.parent_id)
        if parent is None or parent.kind in WRAPPINGS:
            break
        document = parent
    return document


def _following(tx: Transaction, message: Document, limit: int) -> list[Document]:
    """Return the message, what it replayed, what it was replayed as, and all that came of any of these."""
    found = {one.id: one for one in _earlier(tx, message)}
    latest = [message]
    while latest and len(found) < limit:
        found |= {one.id: one for one in latest}
        ids = [one.id for one in latest]
        latest = [one for one in tx.journal.replacing(ids) if one.id not in found]
    latest = list(found.values())
    while latest and len(found) < limit:
        latest = [one for one in tx.journal.children([one.id for one in latest], limit) if one.id not in found]
        found |= {one.id: one for one in latest}
    return sorted(found.values(), key=_place, reverse=True)


def _earlier(tx: Transaction, message: Document) -> list[Document]:
    earlier: list[Document] = []
    while message.replay_of is not None and (before := tx.journal.get(message.replay_of)) is not None:
        earlier.append(before)
        message = before
    return earlier


def _file(tx: Transaction, message: Document) -> list[Document]:
    """Return the file that brought a message, and what acknowledged it; of several one does not know which."""
    file = tx.journal.get(message.parent_id) if message.parent_id else None
    if file is None:
        return []
    sent = tx.journal.find(DocumentQuery(parent_id=file.id, direction="out", limit=_MAX_RECEIPTS))
    kinds = Counter(one.kind for one in sent)
    return [file, *(one for one in sent if kinds[one.kind] == 1)]


def _place(document: Document) -> tuple[object, ...]:
    return document.received_at, document.direction, document.message_no or 0, document.id
