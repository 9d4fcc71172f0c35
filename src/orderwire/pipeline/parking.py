"""Put a failure into the parking lot: journal row, entry, event, in the caller's transaction."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from orderwire.canonical.document import MessageParked
from orderwire.canonical.envelope import Event, EventType, event_id
from orderwire.errors import OrderwireError
from orderwire.pipeline.work import Source, is_follow_up, next_event
from orderwire.ports.journal import DocumentState, Step
from orderwire.ports.parking import Parked
from orderwire.ports.store import Transaction

_PARTICULARS = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")

#: Where a follow-up has its own number.
_NUMBERS: Final = ("shipment_no", "invoice_no", "report_no")
#: A library's sentence may hold a whole document.
_MAX_DEFECT_CHARS: Final = 500


def fingerprint(code: str, reason: str, facts: dict[str, object], partner: str | None) -> str:
    """Return what groups equal causes: the code, the sentence without its particulars, the place, the partner."""
    place = "/".join(str(facts[name]) for name in ("segment", "path", "operation", "unit") if name in facts)
    return f"{code}|{_PARTICULARS.sub('#', reason)}|{place}|{partner or ''}"


def as_orderwire_error(error: Exception) -> OrderwireError:
    """Return the error itself, or one of ours for a defect of our own."""
    if isinstance(error, OrderwireError):
        return error
    return OrderwireError(f"defect in Orderwire: {type(error).__name__}: {str(error)[:_MAX_DEFECT_CHARS]}")


@dataclass(frozen=True, slots=True)
class Failure:
    """What failed, where, and for the how manieth time."""

    error: OrderwireError
    flow: str
    body: bytes = b""  # the event as it was on the wire
    attempt: int = 0
    event: Event | None = None


def park(tx: Transaction, source: Source, failure: Failure, now: datetime) -> Event:
    """Park what `source` speaks of, and return the event that says so.

    A follow-up is kept as the event that it is, and the order that it hangs on stays as it is.
    """
    error, flow = failure.error, failure.flow
    follow_up = failure.event if failure.event is not None and is_follow_up(failure.event) else None
    document = tx.journal.get(source.document_id)
    parked_id = follow_up_id(follow_up.id) if follow_up else _entry_id(tx, source, flow, now)
    facts = {name: str(value) for name, value in error.facts.items()} | (_named(follow_up) if follow_up else {})
    partner = (document.partner if document else None) or source.partner
    order_no = document.order_no if document else None
    tx.parked.add(
        Parked(
            id=parked_id,
            document_id=document.id if document else None,
            order_no=order_no,
            partner=partner,
            flow=flow,
            code=error.code,
            reason=error.message,
            facts=facts,
            fingerprint=fingerprint(error.code, error.message, dict(error.facts), partner),
            body=follow_up.to_json() if follow_up else failure.body,
            attempts=failure.attempt + 1,
            first_at=now,
            last_at=now,
        )
    )
    if document is not None:
        if follow_up is None:
            ended = {"attempts": failure.attempt + 1, "finished_at": now}
            tx.journal.update(document.id, state=DocumentState.PARKED, code=error.code, reason=str(error), **ended)
        detail = {"code": error.code, "reason": str(error), **facts}
        tx.journal.step(Step(document.id, now, "parked", source.cause, detail))
    told = MessageParked(
        parked_id=parked_id,
        document_id=document.id if document else None,
        partner=partner,
        order_no=order_no,
        flow=flow,
        code=error.code,
        reason=str(error),
    )
    step = f"parked:{parked_id}:event"
    return next_event(EventType.MESSAGE_PARKED, told, source, now, subject=order_no, step=step)


def _named(follow_up: Event) -> dict[str, str]:
    number = next((follow_up.data[name] for name in _NUMBERS if name in follow_up.data), None)
    return {"event": follow_up.type.value} | ({} if number is None else {"number": str(number)})


def follow_up_id(cause: str) -> str:
    """Return the id of the entry of a parked follow-up, an event of this id."""
    return event_id(cause, 0, "parked")


def follow_up_of(entry: Parked) -> Event | None:
    """Return the follow-up that is parked; None: it is a document."""
    try:
        event = Event.model_validate_json(entry.body)
    except ValidationError:
        return None
    return event if is_follow_up(event) else None


def _entry_id(tx: Transaction, source: Source, flow: str, now: datetime) -> str:
    """Return the entry's id: the same for the same trouble, until a person has settled it."""
    entry_id = event_id(source.document_id, source.epoch, f"parked:{flow}")
    earlier = tx.parked.get(entry_id)
    if earlier is None or earlier.state == "parked":
        return entry_id
    return event_id(source.document_id, source.epoch, f"parked:{flow}:{now.isoformat()}")
