"""What a flow does with one event: outside work first, then one commit in the batch's transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from orderwire.canonical.envelope import BODIES, Event, EventType, event_id
from orderwire.canonical.model import prover
from orderwire.ports.store import Transaction

#: Writes the outcome in the given transaction, and returns the events that follow from it.
Commit = Callable[[Transaction], Sequence[Event]]
#: Does the outside work of one event; pure flows do none.
Handler = Callable[[Event], Commit]

_proven = prover(Event)

#: What a buyer is told of by a document of its own, perhaps long after the order was answered.
_TOLD: Final = frozenset(
    {
        EventType.ORDER_ACCEPTED,
        EventType.ORDER_CHANGED,
        EventType.ORDER_REJECTED,
        EventType.SHIPMENT_POSTED,
        EventType.INVOICE_POSTED,
        EventType.STOCK_REPORTED,
    }
)


class Source(NamedTuple):
    """Where an event comes from: the document it speaks of and what led to it."""

    document_id: str
    correlation_id: str
    partner: str | None = None
    epoch: int = 0
    test: bool = False
    cause: str | None = None

    @classmethod
    def of(cls, event: Event, document_id: str | None = None) -> "Source":
        """Continue from `event`, about the same document or another one of the same correlation."""
        return cls(
            document_id or event.documentid, event.correlationid, event.partner, event.epoch, event.test, event.id
        )


def next_event(
    kind: EventType,
    body: BaseModel,
    source: Source,
    now: datetime,
    *,
    subject: str | None = None,
    step: str | None = None,
) -> Event:
    """Make the event of a step; doing the step again makes the same id. `step` sets two of one type apart."""
    data = body.model_dump(mode="json", exclude_none=True)
    return event_of(kind, data, source, now, subject=subject, step=step)


def event_of(
    kind: EventType,
    data: dict[str, Any],
    source: Source,
    now: datetime,
    *,
    subject: str | None = None,
    step: str | None = None,
) -> Event:
    """Make it of data that is JSON already. All it has comes from what was validated before, or is our own."""
    return _proven(
        {
            "id": event_id(source.document_id, source.epoch, step or kind.value),
            "source": "orderwire",
            "type": kind,
            "subject": subject,
            "time": now,
            "data": data,
            "documentid": source.document_id,
            "correlationid": source.correlation_id,
            "causationid": source.cause,
            "partner": source.partner,
            "epoch": source.epoch,
            "test": source.test,
        }
    )


def is_answer(event: Event) -> bool:
    """Tell whether it is the decision by which its document ends."""
    return event.id == event_id(event.documentid, event.epoch, "answered")


def is_follow_up(event: Event) -> bool:
    """Tell whether it stands for itself: many hang on one order's document, and its raw bytes do not lead to them."""
    return event.type in _TOLD and not is_answer(event)


def traced(event: Event, traceparent: str | None) -> Event:
    """Let an event carry the trace of what made it on; None: there is none."""
    return event if traceparent is None else event.model_copy(update={"traceparent": traceparent})


def body_of(event: Event) -> Any:
    """Return the event's data as its model."""
    return BODIES[event.type].model_validate(event.data)
