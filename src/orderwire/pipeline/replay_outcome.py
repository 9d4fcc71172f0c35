"""What became of replayed messages, by what the journal says of the documents that took their place."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from orderwire.pipeline.parking import follow_up_id
from orderwire.ports.journal import Document, DocumentQuery, DocumentState
from orderwire.ports.replay import ItemState, RunItem
from orderwire.ports.store import Transaction

if TYPE_CHECKING:
    from orderwire.ports.parking import Parked

#: A message's state and why, once it is known.
Outcome = tuple[ItemState, str | None]


class Outcomes:
    """Looks many sent messages up at once: a run may have thousands in flight, and is looked at twice a second."""

    def __init__(self, tx: Transaction, items: Sequence[RunItem]) -> None:
        self._tx = tx
        self._worked_off = tx.inbox.seen("respond", [item.event_id or "" for item in items if item.document_id is None])
        ids = [item.document_id for item in items if item.document_id is not None]
        self._documents = {document.id: document for document in tx.journal.these(ids)}
        self._later: defaultdict[str | None, list[Document]] = defaultdict(list)
        for document in tx.journal.replacing(ids):
            self._later[document.replay_of].append(document)
        files = {document.parent_id for document in self._documents.values() if not self._later[document.id]}
        self._failures: defaultdict[str | None, list[Parked]] = defaultdict(list)
        for entry in tx.failures.of_document([file_id for file_id in files if file_id is not None]):
            self._failures[entry.document_id].append(entry)

    def of(self, item: RunItem) -> Outcome | None:
        """Return what became of a sent message; None: it is in flight, or on the ladder."""
        if item.document_id is None:
            return self._of_follow_up(item.event_id or "")
        document = self._documents.get(item.document_id)
        if document is None:
            return ItemState.SKIPPED, "the document is gone"
        if document.parent_id is None or document.direction == "out":
            return self._of_whole(document)
        return self._of_part(document, item)

    def _of_follow_up(self, event_id: str) -> Outcome | None:
        """Of what has no document of its own: flow `respond` has worked it off, or parked it again."""
        if event_id not in self._worked_off:
            return None
        entry = self._tx.parked.get(follow_up_id(event_id))
        return (ItemState.FAILED, f"{entry.code}: {entry.reason}") if entry else (ItemState.SUCCEEDED, "told")

    def _of_whole(self, document: Document) -> Outcome | None:
        """A file that was decoded again, or a document of ours that was sent again: the row itself went anew."""
        if document.state is not DocumentState.DONE or document.direction == "out":
            return _of([document])
        messages = self._tx.journal.find(DocumentQuery(parent_id=document.id, direction="in", limit=10_000))
        return _of([document, *(message for message in messages if message.epoch == document.epoch)])

    def _of_part(self, document: Document, item: RunItem) -> Outcome | None:
        """A message, or an interchange: later rows took its place."""
        later = self._later[document.id]
        if document.kind == "interchange" and not later:
            asked = DocumentQuery(parent_id=document.parent_id, direction="in", limit=10_000)
            same = [row for row in self._tx.journal.find(asked) if row.control_ref == document.control_ref]
            later = [row for row in same if row.epoch == document.epoch + 1]
        if later:
            return _of(later)
        for entry in self._failures[document.parent_id]:  # decoding itself failed
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
