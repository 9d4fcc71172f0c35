"""One look at what was posted: each shipment and each invoice is told of once, whatever order they were posted in.

Numbers are drawn before they are committed, so a document may appear before one that is already known. A look therefore
reads on from a mark that lies behind, and the inbox says which documents are known; the mark follows once every posting
of its time must be done. A sweep by posting date finds what another number series hid from that.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from orderwire.canonical.envelope import Event, EventType, event_id
from orderwire.canonical.invoice import Invoice
from orderwire.canonical.shipment import Shipment
from orderwire.errors import MappingError
from orderwire.pipeline.follow_bodies import Facts, to_invoice, to_shipment
from orderwire.pipeline.follow_lines import (
    after_posting,
    before_posting,
    delivered_after,
    planned_lines,
    standing_lines,
    standing_posting,
)
from orderwire.pipeline.follow_subject import Subject, entered, journal_entered, may_be_ours, ours
from orderwire.pipeline.follow_watch import Looked, Watch
from orderwire.pipeline.parking import Failure, park
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.erp import ErpItem
from orderwire.ports.follow import OpenOrder, Posted, PostedKind
from orderwire.ports.following import Cursor, FollowedLine, FollowedState
from orderwire.ports.journal import Document, DocumentState, Step
from orderwire.ports.store import Transaction

_EVENTS: Final = {
    PostedKind.SHIPMENT: EventType.SHIPMENT_POSTED,
    PostedKind.INVOICE: EventType.INVOICE_POSTED,
}
_BODIES: Final[Mapping[PostedKind, Callable[[Posted, Facts], Shipment | Invoice | None]]] = {
    PostedKind.SHIPMENT: to_shipment,
    PostedKind.INVOICE: to_invoice,
}
_FLOW: Final = "follow"


@dataclass(frozen=True)
class PostedLook:
    """Looks at one kind of posted document."""

    watch: Watch
    kind: PostedKind

    def look(self, fence: int) -> Looked:
        """Tell of what is new, no more than `rows` documents. Raises as `Follower`, and LeaseLostError."""
        cursor = self.watch.cursor(self.kind.value)
        if cursor is None:
            return self._begin(fence)
        rows = self.watch.rules.rows
        if cursor.resume is None:
            cursor = replace(cursor, turned_at=self.watch.clock())  # a new look begins
        after = cursor.mark if cursor.resume is None else cursor.resume
        documents = self.watch.follower.posted(self.kind, after=after, limit=rows)
        cursor = _moved(cursor, documents, after, rows, self.watch.rules.overlap_seconds)
        return Looked(self._tell(fence, documents, cursor), more=cursor.resume is not None)

    def sweep(self, fence: int) -> Looked:
        """Look through the last days when it is time to. Raises as `look`."""
        rules, now = self.watch.rules, self.watch.clock()
        cursor = self.watch.cursor(self._sweep)
        due = timedelta(seconds=rules.sweep_seconds)
        if (
            cursor is None
            or cursor.ahead_at is None
            or (cursor.resume is None and now - (cursor.turned_at or now) < due)
        ):
            return Looked([])
        begun = cursor.ahead_at.date() + timedelta(days=1)  # what was posted before the first look is nobody's news
        since = max(begun, now.date() - timedelta(days=rules.sweep_days))
        documents = self.watch.follower.posted(self.kind, after=cursor.resume or "", limit=rules.rows, since=since)
        resume = documents[-1].no if len(documents) >= rules.rows else None
        cursor = replace(cursor, resume=resume, turned_at=now)
        return Looked(self._tell(fence, documents, cursor), more=resume is not None)

    @property
    def _sweep(self) -> str:
        return f"{self.kind.value}.sweep"

    def _begin(self, fence: int) -> Looked:
        """Begin where NAV stands: what was posted before is not told of."""
        last, now = self.watch.follower.last_posted(self.kind), self.watch.clock()
        with self.watch.store.begin() as tx:
            tx.following.hold(fence)
            tx.following.save_cursor(Cursor(self.kind.value, mark=last, ahead=last, ahead_at=now, turned_at=now))
            tx.following.save_cursor(Cursor(self._sweep, ahead_at=now, turned_at=now))
        return Looked([])

    def _tell(self, fence: int, documents: Sequence[Posted], cursor: Cursor) -> list[Event]:
        """Commit the events of new documents, the orders they are about, and the cursor, all at once."""
        watch, consumer = self.watch, f"{_FLOW}.{self.kind.value}"
        with watch.store.begin() as tx:
            known = tx.inbox.seen(consumer, [document.no for document in documents])
        fresh = [standing_posting(document) for document in documents if document.no not in known]
        around = self._around(fresh)
        told: list[Event] = []
        with watch.store.begin() as tx:
            tx.following.hold(fence)
            for order_no, group in _by_order(fresh).items():
                told += _Telling(self, tx, around, order_no).tell(group)
            tx.following.save_cursor(cursor)
        return told

    def _around(self, fresh: Sequence[Posted]) -> "_Around":
        """Ask NAV for the orders and items that the documents name: later than the documents, so they count them."""
        order_nos = {document.order_no for document in fresh if document.order_no}
        item_nos = {line.item_no for document in fresh for line in document.lines if line.kind == "Item"}
        watch = self.watch
        standing = watch.follower.orders_by_no(order_nos) if order_nos else {}
        items = watch.erp.items(item_nos) if item_nos else {}
        return _Around(standing, items, watch.clock())


@dataclass(frozen=True)
class _Around:
    standing: Mapping[str, OpenOrder]
    items: Mapping[str, ErpItem]
    now: datetime


def _moved(cursor: Cursor, documents: Sequence[Posted], after: str, rows: int, overlap_seconds: float) -> Cursor:
    """Return the cursor after a look: cut, it goes on; at its end the mark may follow."""
    if len(documents) >= rows:
        return replace(cursor, resume=documents[-1].no)
    last = documents[-1].no if documents else after
    began, overlap = cursor.turned_at, timedelta(seconds=overlap_seconds)
    if cursor.ahead_at is not None and began is not None and began - cursor.ahead_at < overlap:
        return replace(cursor, resume=None)
    return replace(cursor, mark=cursor.ahead, ahead=last, ahead_at=began, resume=None)


def _by_order(documents: Iterable[Posted]) -> Mapping[str, list[Posted]]:
    groups: defaultdict[str, list[Posted]] = defaultdict(list)
    for document in documents:
        groups[document.order_no or f"{document.kind.value} {document.no}"].append(document)
    return groups


class _Telling:
    """New documents of one sales order."""

    def __init__(self, look: PostedLook, tx: Transaction, around: _Around, order_no: str) -> None:
        self._look, self._tx, self._around, self._order_no = look, tx, around, order_no
        self._standing = around.standing.get(order_no)

    def tell(self, documents: Sequence[Posted]) -> list[Event]:
        subject = self._subject(documents[0])
        if subject is not None and subject.record is None and may_be_ours(self._tx, subject):
            return []  # its order is being worked on: the next look finds it
        if subject is None:
            for document in documents:
                self._know(document)
            return []
        journal_entered(self._tx, subject, self._around.now)
        lines = self._lines(subject)
        delivered = before_posting(lines, documents, still_open=self._standing is not None)
        told: list[Event] = []
        for document in documents:
            facts = Facts(subject, lines, self._around.items, delivered, self._look.watch.currency)
            told += self._one(document, facts)
            if self._standing is None:
                lines = after_posting(lines, document)
            if document.kind is PostedKind.SHIPMENT:
                delivered = delivered_after(delivered, lines, document)
        if documents[0].order_no:
            seen_at = self._around.now
            self._tx.following.put(subject.followed(FollowedState.OPEN, seen_at), lines)
        return told

    def _subject(self, document: Posted) -> Subject | None:
        partners = self._look.watch.partners
        record = self._tx.orders.by_erp_no([self._order_no]).get(self._order_no)
        if record is not None:
            return ours(record, partners)
        customer_no = document.customer_no or (self._standing.customer_no if self._standing else "")
        return entered(self._order_no, document.external_document_no, customer_no, partners.all())

    def _lines(self, subject: Subject) -> list[FollowedLine]:
        """Return the order's lines: as they stand in NAV, else as they were last seen, else as they were made."""
        planned = planned_lines(self._order_no, subject.plan) if subject.plan else []
        known = list(self._tx.following.lines(self._order_no))
        return standing_lines(self._standing, [*known, *planned]) if self._standing else known or planned

    def _one(self, document: Posted, facts: Facts) -> list[Event]:
        """Tell of a document. One that cannot be said is parked, and tried again as long as it is looked at."""
        tx, now, subject = self._tx, self._around.now, facts.subject
        source = subject.source(tx)
        try:
            body = _BODIES[document.kind](document, facts)
        except MappingError as error:
            return self._parked(document, subject, source, error)
        self._know(document)
        detail = {"no": document.no, "erp_no": document.order_no}
        if body is None:
            tx.journal.step(Step(subject.document_id, now, f"{document.kind.value}_passed_over", None, detail))
            return []
        kind = _EVENTS[document.kind]
        event = next_event(kind, body, source, now, subject=subject.order_no, step=f"{kind.value}:{document.no}")
        tx.journal.step(Step(subject.document_id, now, f"{document.kind.value}_posted", event.id, detail))
        tx.outbox.add(event, cause=None)
        tx.parked.settle(self._parked_id(document), "released", "told of")
        return [event]

    def _know(self, document: Posted) -> None:
        self._tx.inbox.mark(f"{_FLOW}.{document.kind.value}", [document.no], self._around.now)

    def _parked_id(self, document: Posted) -> str:
        return event_id(_document_id(document), 0, f"parked:{_FLOW}")

    def _parked(self, document: Posted, subject: Subject, source: Source, error: MappingError) -> list[Event]:
        tx, now = self._tx, self._around.now
        earlier = tx.parked.get(self._parked_id(document))
        if earlier is not None:
            if earlier.state != "parked":  # a person decided
                self._know(document)
            return []
        tx.journal.add(
            Document(
                id=_document_id(document),
                direction="in",
                channel="erp",
                kind=document.kind.value,
                state=DocumentState.RECEIVED,
                correlation_id=source.correlation_id,
                received_at=now,
                parent_id=subject.document_id,
                partner=subject.partner.key,
                order_no=subject.order_no,
                erp_no=document.order_no or None,
                name=document.no,
            )
        )
        own = source._replace(document_id=_document_id(document))
        event = park(tx, own, Failure(error, _FLOW), now)
        tx.outbox.add(event, cause=None)
        return [event]


def _document_id(document: Posted) -> str:
    return event_id(f"erp:{document.kind.value}:{document.no}", 0, "posted")
