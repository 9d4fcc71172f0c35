"""Where an order stands, by what journal and orders say."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from orderwire.canonical.change import OrderChange
from orderwire.canonical.envelope import content_hash
from orderwire.canonical.model import CARRIAGE
from orderwire.canonical.order import Channel
from orderwire.errors import DuplicateConflictError
from orderwire.ports.changes import ChangeRecord
from orderwire.ports.following import FollowedLine
from orderwire.ports.journal import Document, DocumentQuery, DocumentState
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.ports.store import Store, Transaction

#: Kind of the journal row of an API order; the file it came as has another.
_ORDER: Final = "order"
_CHANGE: Final = "change"
#: Also that a person is to decide is said at once.
_DECIDED: Final = frozenset({OrderState.ANSWERED, OrderState.HELD})
_FINISHED: Final = frozenset({DocumentState.DONE, DocumentState.REJECTED})


class State(StrEnum):
    WAITING = "waiting"  # taken in; the decision is still to come
    DECIDED = "decided"  # see the outcome
    PARKED = "parked"  # a person must act before it goes on
    REFUSED = "refused"  # could not be read as an order, or a person ended it
    REPLACED = "replaced"  # another order of this number came later


@dataclass(frozen=True, slots=True)
class Standing:
    """An order, as far as it has come."""

    state: State
    document: Document | None = None  # the message that asks for the order, or the file while it is not decoded
    record: OrderRecord | None = None
    lines: Sequence[FollowedLine] = ()  # of its sales order, as NAV showed them last
    change: ChangeRecord | None = None  # what is asked of it, where that is what is looked up

    @property
    def settled(self) -> bool:
        return self.state is not State.WAITING


@dataclass(frozen=True)
class Standings:
    """Looks orders up for one partner; what is another's does not exist."""

    store: Store

    def of_content(self, document_id: str, partner: str, order_no: str, content_hash: str) -> Standing:
        """Return where the order of this very content stands, which document `document_id` asks for."""
        with self.store.begin() as tx:
            document = _message(tx, document_id)
            record = _record(tx, partner, order_no)  # read last: a document is finished after its order
        if record is not None and record.content_hash != content_hash:
            record = None
        if record is None and document is not None and _answered(document):
            return Standing(State.REPLACED, document)
        return _standing(document, record)

    def of_change(self, document_id: str, change: OrderChange) -> Standing:
        """Return where the request stands which document `document_id` makes."""
        digest = content_hash(change, exclude=CARRIAGE)
        with self.store.begin() as tx:
            document = _message(tx, document_id, _CHANGE)
            record = _record(tx, change.partner, change.order_no)
            asked = [one for one in tx.changes.of_order(record.id) if one.id.endswith(digest)] if record else []
        found = asked[-1] if asked else None
        if found is not None and found.state is OrderState.ANSWERED:
            return Standing(State.DECIDED, document, record, change=found)
        return replace(_standing(document, None), record=record, change=found)

    def known(self, change: OrderChange) -> bool:
        """Whether the partner has the order, decided or not.

        Raises:
            DuplicateConflictError: another request has this number.
        """
        digest = content_hash(change, exclude=CARRIAGE)
        with self.store.begin() as tx:
            record = _record(tx, change.partner, change.order_no)
            others = tx.changes.of_order(record.id) if record else ()
        for other in others:
            asked = OrderChange.model_validate_json(other.request)
            if asked.change_no == change.change_no and not other.id.endswith(digest):
                raise DuplicateConflictError("a change of this number with other content came before")
        return record is not None

    def decided(self, partner: str, order_no: str, content_hash: str) -> Standing | None:
        """Return the order of this very content if it is decided."""
        with self.store.begin() as tx:
            record = _record(tx, partner, order_no)
        if record is None or record.content_hash != content_hash or record.state not in _DECIDED:
            return None
        return Standing(State.DECIDED, None, record)

    def of_id(self, some_id: str, partner: str) -> Standing | None:
        """Return the order by its own id, or by the id of the API document that asks for it."""
        with self.store.begin() as tx:
            record = tx.orders.get(some_id)
            if record is not None:
                return _with_lines(tx, record) if record.partner == partner else None
            file = tx.journal.get(some_id)
            if file is None or file.partner != partner or file.channel != Channel.API or file.direction != "in":
                return None
            document = _message(tx, some_id) or file
            record = _record(tx, partner, document.order_no) if document.order_no else None
            lines = _lines(tx, record)
        if record is not None and record.document_id != document.id and not _answered(document):
            record = None  # it is another document's, and this one came to nothing
        return replace(_standing(document, record), lines=lines if record else ())

    def all(self, partner: str, order_no: str | None, limit: int) -> list[Standing]:
        """Return the partner's orders, the newest first."""
        with self.store.begin() as tx:
            records = tx.orders.find(order_no=order_no, partner=partner, limit=limit)
            return [_with_lines(tx, record) for record in records]


def _with_lines(tx: Transaction, record: OrderRecord) -> Standing:
    return replace(_standing(tx.journal.get(record.document_id), record), lines=_lines(tx, record))


def _lines(tx: Transaction, record: OrderRecord | None) -> Sequence[FollowedLine]:
    return tx.following.lines(record.erp_no) if record and record.erp_no else ()


def _record(tx: Transaction, partner: str, order_no: str) -> OrderRecord | None:
    return next(iter(tx.orders.find(order_no=order_no, partner=partner, limit=1)), None)


def _message(tx: Transaction, file_id: str, kind: str = _ORDER) -> Document | None:
    """Return the message in a file, or the file itself while it is not decoded.

    Bytes that came before are not decoded again: their message is that of the first file.
    """
    rows = tx.journal.find(DocumentQuery(parent_id=file_id, direction="in"))
    row = next((row for row in rows if row.state is not DocumentState.REPLAYED), None)
    if row is None:
        return tx.journal.get(file_id)
    if row.kind == kind or row.code != "duplicate":
        return row
    same = DocumentQuery(partner=row.partner, control_ref=row.control_ref, kind=kind, direction="in")
    firsts = (first for first in tx.journal.find(same) if first.sha256 == row.sha256)
    return next((first for first in firsts if first.state is not DocumentState.REPLAYED), row)


def _answered(document: Document) -> bool:
    """Tell whether an answer was given to this message."""
    return document.kind == _ORDER and document.state in _FINISHED and document.code != "syntax"


def _standing(document: Document | None, record: OrderRecord | None) -> Standing:
    if record is not None and record.state in _DECIDED:
        return Standing(State.DECIDED, document, record)
    states = {
        DocumentState.PARKED: State.PARKED,
        DocumentState.REJECTED: State.REFUSED,
        DocumentState.DISCARDED: State.REFUSED,
    }
    return Standing(states.get(document.state, State.WAITING) if document else State.WAITING, document, record)
