"""What became of a replayed message, by what the journal says of the documents that took its place."""

from collections.abc import Iterable

from orderwire.ports.replay import ItemState, RunItem
from orderwire.ports.store import Document, DocumentQuery, DocumentState, Transaction

#: A message's state and why, once it is known.
Outcome = tuple[ItemState, str | None]


def outcome_of(tx: Transaction, item: RunItem) -> Outcome | None:
    """Return what became of a sent message; None: it is in flight, or on the ladder."""
    document = tx.journal.get(item.document_id) if item.document_id else None
    if document is None:
        return ItemState.SKIPPED, "the document is gone"
    if document.parent_id is None or document.direction == "out":
        return _of_whole(tx, document)
    return _of_part(tx, document, item)


def _of_whole(tx: Transaction, document: Document) -> Outcome | None:
    """A file that was decoded again, or a document of ours that was sent again: the row itself went the way anew."""
    if document.state is not DocumentState.DONE or document.direction == "out":
        return _of([document])
    messages = tx.journal.find(DocumentQuery(parent_id=document.id, direction="in", limit=10_000))
    return _of([document, *(message for message in messages if message.epoch == document.epoch)])


def _of_part(tx: Transaction, document: Document, item: RunItem) -> Outcome | None:
    """A message, or an interchange: later rows took its place."""
    later = tx.journal.find(DocumentQuery(replay_of=document.id))
    if document.kind == "interchange" and not later:
        rows = tx.journal.find(DocumentQuery(parent_id=document.parent_id, direction="in", limit=10_000))
        same = [row for row in rows if row.control_ref == document.control_ref]
        later = [row for row in same if row.epoch == document.epoch + 1]
    if later:
        return _of(later)
    for entry in tx.failures.of_document([document.parent_id or ""]):  # decoding itself failed
        if item.sent_at is not None and entry.last_at >= item.sent_at:
            return ItemState.FAILED, f"{entry.code}: {entry.reason}"
    return None


def _of(documents: Iterable[Document]) -> Outcome | None:
    """Sum up: one that is under way keeps all open, one that failed makes the whole fail."""
    rows = list(documents)
    failed = next((row for row in rows if row.state is DocumentState.PARKED), None)
    if failed is not None:
        return ItemState.FAILED, f"{failed.code}: {failed.reason}"
    if any(not row.state.is_end and row.state is not DocumentState.HELD for row in rows):
        return None
    last = rows[-1]
    return ItemState.SUCCEEDED, " ".join(word for word in (last.state.value, last.erp_no) if word)
