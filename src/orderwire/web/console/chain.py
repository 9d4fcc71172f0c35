"""How far an order has come: a link for each thing that must be done until its buyer knows, with the proof of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orderwire.pipeline.family import WRAPPINGS
from orderwire.ports.journal import Document, DocumentState, Step
from orderwire.ports.ledger import LedgerEntry, LedgerSide, LedgerState
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.ports.parking import Parked

#: Flow → the link that it works on.
_LINKS: Final[Mapping[str, str]] = {
    "decode": "Read",
    "fulfil": "Decided",
    "respond": "Answered",
    "deliver": "Answered",
}


@dataclass(frozen=True)
class Link:
    """`look` is ok, warn (it waits), bad (it stands still), or idle (it is not due, or not needed)."""

    name: str
    look: str
    text: str
    at: datetime | None = None
    document_id: str | None = None


@dataclass(frozen=True)
class Told:
    """What is known of an order."""

    family: Sequence[Document]
    steps: Sequence[Step]
    order: OrderRecord | None
    ledger: Sequence[LedgerEntry]
    parked: Sequence[Parked]


def chain(document: Document, told: Told) -> list[Link]:
    """Return the links for the message that the document is or belongs to; none where it is of several, or of none."""
    message = _message(document, told.family)
    if message is None:
        return []
    stuck = {_LINKS.get(one.flow): one for one in told.parked if one.state == "parked"}
    answers = [one for one in told.family if one.direction == "out" and one.parent_id == message.id]
    links = [_received(message), _read(message, told), _decided(message, told), _in_nav(message, told)]
    links += [_answered(message, answers, told), _acknowledged(answers, told)]
    return [_stuck(link, stuck[link.name]) if link.name in stuck else link for link in links]


def _stuck(link: Link, entry: Parked) -> Link:
    return Link(link.name, "bad", f"stands still: {entry.reason}", entry.last_at, entry.document_id)


def _message(document: Document, family: Sequence[Document]) -> Document | None:
    """Return the message of an order that a person means who opens this document."""
    by_id = {one.id: one for one in family}
    found: Document | None = document
    if document.direction == "out":
        found = by_id.get(document.parent_id or "")
    elif document.kind in WRAPPINGS:
        inside = [one for one in family if one.direction == "in" and one.order_no and one.kind not in WRAPPINGS]
        found = inside[0] if len({one.order_no for one in inside}) == 1 else None
    for _ in family:  # what was sent through again goes on under another id
        later = next((one for one in family if found is not None and one.replay_of == found.id), None)
        found = later or found
    return found if found is not None and found.order_no and found.kind not in WRAPPINGS else None


def _received(message: Document) -> Link:
    return Link("Received", "ok", f"{message.kind} by {message.channel}", message.received_at, message.id)


def _read(message: Document, told: Told) -> Link:
    first = _last(told.steps, {"read", "decoded"}, {message.id})
    return Link("Read", "ok", f"order {message.order_no}", first.at if first else message.received_at, message.id)


def _decided(message: Document, told: Told) -> Link:
    step = _last(told.steps, {"accepted", "changed", "rejected", "answered", "held"}, {message.id})
    order, at = told.order, step.at if step else None
    if order is None or order.outcome is None:
        return Link("Decided", *_pending(message))
    if order.state is OrderState.HELD:
        return Link("Decided", "warn", "held: a person decides", at)
    return Link("Decided", "warn" if order.outcome == "rejected" else "ok", order.outcome, at)


def _in_nav(message: Document, told: Told) -> Link:
    order = told.order
    step = _last(told.steps, {"order_created"}, {message.id})
    if order is not None and order.erp_no:
        return Link("In NAV", "ok", f"sales order {order.erp_no}", step.at if step else None)
    if order is not None and order.outcome == "rejected":
        return Link("In NAV", "idle", "nothing to be made")
    return Link("In NAV", "idle", "not yet")


def _answered(message: Document, answers: Sequence[Document], told: Told) -> Link:
    if not answers:
        by_api = message.channel == "api" and told.order is not None and told.order.response is not None
        return Link("Answered", *(("ok", "where it was asked, over REST") if by_api else ("idle", "not yet")))
    answer = max(answers, key=lambda one: (one.received_at, one.id))
    step = _last(told.steps, {"delivered", "handed_to_browser"}, {answer.id})
    if step is None:
        return Link("Answered", _pending(answer)[0], f"{answer.kind} waits to be sent", None, answer.id)
    via = str((step.detail or {}).get("via", ""))
    return Link("Answered", "ok", f"{answer.kind} sent {via}".rstrip(), step.at, answer.id)


def _acknowledged(answers: Sequence[Document], told: Told) -> Link:
    ids = {one.id for one in answers}
    awaited = [one for one in told.ledger if one.side is LedgerSide.AWAITED and one.document_id in ids]
    if awaited:
        return _receipt(max(awaited, key=lambda one: one.opened_at))
    said = _last(told.steps, {"answered"}, ids)
    if said is not None:
        return Link("Acknowledged", "ok", str((said.detail or {}).get("said", "")), said.at)
    return Link("Acknowledged", "idle", "none is awaited" if _last(told.steps, {"delivered"}, ids) else "not yet")


def _receipt(entry: LedgerEntry) -> Link:
    name, due = "Acknowledged", f", due {entry.due_at:%Y-%m-%d %H:%M}" if entry.due_at else ""
    match entry.state:
        case LedgerState.MET:
            look = "bad" if entry.outcome == "rejected" else "ok"
            return Link(name, look, f"{entry.kind}: {entry.outcome}", entry.met_at, entry.met_by)
        case LedgerState.LATE:
            return Link(name, "bad", f"{entry.kind} is late{due}")
        case _:
            return Link(name, "warn", f"{entry.kind} awaited{due}")


def _pending(document: Document) -> tuple[str, str]:
    if document.state is DocumentState.RETRYING:
        return "warn", f"retrying: {document.reason}"
    if document.state is DocumentState.DISCARDED:
        return "bad", "discarded"
    return "idle", "not yet"


def _last(steps: Iterable[Step], names: set[str], ids: set[str]) -> Step | None:
    found: Iterator[Step] = (step for step in steps if step.name in names and step.document_id in ids)
    return max(found, key=lambda step: step.at, default=None)
