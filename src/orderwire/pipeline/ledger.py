"""The ledger: acknowledgements that we owe, and those that come (flow `ledger`), with their due times."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from orderwire.canonical.acknowledgement import Acknowledgement, Verdict
from orderwire.canonical.envelope import Event, EventType, event_id
from orderwire.canonical.order import Channel
from orderwire.config.channels import DueProfile
from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.errors import ConfigurationError, UnknownPartnerError
from orderwire.pipeline.work import Commit, body_of
from orderwire.ports.clock import Clock
from orderwire.ports.intake import Delivered
from orderwire.ports.journal import Document, DocumentQuery, Step
from orderwire.ports.ledger import LedgerEntry, LedgerSide, Met
from orderwire.ports.store import Transaction

#: Kinds of ours that are acknowledgements themselves, and so are not acknowledged.
_FINAL: Final = frozenset({"CONTRL", "APERAK", "MDN"})
#: RFF 1153 of an APERAK → how the journal finds a document of ours by it; the surest goes first.
_NUMBERS: Final[tuple[tuple[str, Callable[[str], DocumentQuery]], ...]] = (
    ("ACW", lambda number: DocumentQuery(control_ref=number)),
    ("IV", lambda number: DocumentQuery(erp_no=number, kind="INVOIC")),
    ("DQ", lambda number: DocumentQuery(erp_no=number, kind="DESADV")),
    ("AAK", lambda number: DocumentQuery(erp_no=number, kind="DESADV")),
    ("DM", lambda number: DocumentQuery(erp_no=number)),
    ("ON", lambda number: DocumentQuery(order_no=number, kind="ORDRSP")),
)
#: Kinds of ours that answer an order.
_ANSWERS: Final = frozenset({"ORDRSP", "ConfirmationRequest", "StatusUpdateRequest"})
#: What asks for an answer of ours.
_REQUESTS: Final = frozenset(
    {EventType.ORDER_RECEIVED, EventType.ORDER_CHANGE_REQUESTED, EventType.ORDER_CANCEL_REQUESTED}
)


@dataclass(frozen=True)
class Bookkeeping:
    """Handler of acknowledgement.received."""

    clock: Clock

    def __call__(self, event: Event) -> Commit:
        def commit(tx: Transaction) -> list[Event]:
            self._acknowledged(tx, event)
            return []

        return commit

    def _acknowledged(self, tx: Transaction, event: Event) -> None:
        """Match what the partner acknowledges with what we sent, by its reference."""
        told: Acknowledgement = body_of(event)
        now, verdict = self.clock(), told.verdict.value
        document = _sent(tx, told)
        if document is None:
            refs = {"ref": told.control_ref, **told.references}
            tx.journal.step(Step(event.documentid, now, "acknowledgement_unmatched", event.id, refs))
            return
        entry = _of(document, LedgerSide.AWAITED, "CONTRL", document.received_at)
        tx.ledger.meet(entry, Met(now, event.documentid, verdict))
        detail = {"verdict": verdict, "by": event.documentid}
        tx.journal.step(Step(document.id, now, "acknowledged", event.id, detail))
        if told.verdict is Verdict.REJECTED:
            faults = [fault.text or fault.code for fault in told.faults] or ["the partner gave no reason"]
            tx.journal.update(document.id, code="refused_by_partner", reason=faults[0])


def owe(tx: Transaction, event: Event, partners: Partners, since: datetime) -> None:
    """Write down what we owe a partner from `since` because of an event: a CONTRL that is ready, an order to answer."""
    due = _due_of(partners, event.partner)
    if event.type is EventType.DOCUMENT_READY and due.contrl_minutes is not None:
        document = tx.journal.get(event.documentid)
        if document is not None and document.kind == "CONTRL":
            tx.ledger.open(_due(_of(document, LedgerSide.OWED, "CONTRL", since), due.contrl_minutes))
    if event.type in _REQUESTS and due.ordrsp_minutes is not None:
        order = body_of(event)
        kind = _answer_of(order.channel, partners, event.partner)
        if kind is not None:
            partner, ref = order.partner, order.order_no
            entry = _entry(event.documentid, LedgerSide.OWED, kind, partner=partner, ref=ref, since=since)
            tx.ledger.open(_due(entry, due.ordrsp_minutes, ref))


def settle(tx: Transaction, document: Document, delivered: Delivered, due: DueProfile, now: datetime) -> None:
    """Write down what the delivery of a document means: ours is given, the partner's is awaited from now."""
    met = Met(now, document.id)
    if document.kind == "CONTRL" and due.contrl_minutes is not None:
        tx.ledger.meet(_of(document, LedgerSide.OWED, "CONTRL", document.received_at), met)
    if document.kind in _ANSWERS and document.parent_id is not None and due.ordrsp_minutes is not None:
        partner, ref, since = document.partner or "", document.order_no or "", document.received_at
        entry = _entry(document.parent_id, LedgerSide.OWED, document.kind, partner=partner, ref=ref, since=since)
        tx.ledger.meet(entry, met)
    if delivered.receipt is not None and due.their_mdn_minutes is not None:
        partner, ref = document.partner or "", delivered.receipt.ref
        entry = _entry(document.id, LedgerSide.AWAITED, "MDN", partner=partner, ref=ref, since=now)
        tx.ledger.open(_due(entry, due.their_mdn_minutes, document.order_no, delivered.receipt.proof))
    if document.channel == Channel.EDI.value and document.kind not in _FINAL and due.their_contrl_minutes is not None:
        tx.ledger.open(_due(_of(document, LedgerSide.AWAITED, "CONTRL", now), due.their_contrl_minutes))


def _due_of(partners: Partners, key: str | None) -> DueProfile:
    """Return when a partner's acknowledgements are late; those of an unknown one are as by default."""
    profile = _profile(partners, key)
    return DueProfile() if profile is None else profile.due


def _answer_of(channel: Channel, partners: Partners, key: str | None) -> str | None:
    """Return the kind of document that answers an order of this channel; None: the partner gets none."""
    if channel is Channel.EDI:
        return "ORDRSP"
    profile = _profile(partners, key) if channel is Channel.PUNCHOUT else None
    return profile.cxml.answer if profile is not None and profile.cxml is not None else None


def _profile(partners: Partners, key: str | None) -> PartnerProfile | None:
    try:
        return partners.get(key or "")
    except (UnknownPartnerError, ConfigurationError):  # that is told where it matters
        return None


def entry_id(document_id: str, side: LedgerSide, kind: str) -> str:
    """Return the id of the one entry of that kind for a document."""
    return event_id(document_id, 0, f"{side.value}:{kind}")


def _sent(tx: Transaction, told: Acknowledgement) -> Document | None:
    """Return the newest document of ours that can be acknowledged and goes by a number that is named."""
    for query in _queries(told):
        found = tx.journal.find(replace(query, partner=told.partner, direction="out"))
        document = next((document for document in found if document.kind not in _FINAL), None)
        if document is not None:
            return document
    return None


def _queries(told: Acknowledgement) -> Iterator[DocumentQuery]:
    if told.control_ref:
        yield DocumentQuery(control_ref=told.control_ref)
    for qualifier, asked in _NUMBERS:
        if number := told.references.get(qualifier):
            yield asked(number)


def _of(document: Document, side: LedgerSide, kind: str, since: datetime) -> LedgerEntry:
    ref = document.control_ref or document.id
    return _entry(document.id, side, kind, partner=document.partner or "", ref=ref, since=since)


def _entry(document_id: str, side: LedgerSide, kind: str, *, partner: str, ref: str, since: datetime) -> LedgerEntry:
    return LedgerEntry(entry_id(document_id, side, kind), document_id, partner, side, kind, ref, since)


def _due(entry: LedgerEntry, minutes: int, order_no: str | None = None, proof: str | None = None) -> LedgerEntry:
    due_at = entry.opened_at + timedelta(minutes=minutes)
    return replace(entry, due_at=due_at, order_no=order_no or entry.order_no, proof=proof)
