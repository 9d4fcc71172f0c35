"""A lane: one flow's messages, from receive to ack.

Take a batch; do each message's outside work; commit inbox, state and outbox of all of them in one transaction with a
savepoint each; publish what follows, with confirms; ack. A crash anywhere brings the messages back, and the inbox and
the order's own row make the second time harmless.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from orderwire.canonical.envelope import Event
from orderwire.errors import BusyError, OrderwireError, TransientError
from orderwire.pipeline.parking import Failure, as_orderwire_error, park
from orderwire.pipeline.record import park_dead
from orderwire.pipeline.recovery import Decision, Discard, Park, Pause, Retry, RetryPolicy, decide
from orderwire.pipeline.work import Commit, Handler, Source
from orderwire.ports.clock import Checkpoint, Clock
from orderwire.ports.meter import Meter
from orderwire.ports.queue import Delivery, Transport
from orderwire.ports.store import DocumentState, Step, Store, Transaction

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Lane:
    """What a flow is made of. `probe` returns when the other side answers again; None: this flow never pauses."""

    flow: str
    queue: str
    handler: Handler
    threads: int = 1
    batch: int = 250
    probe: Callable[[], None] | None = None


@dataclass(frozen=True)
class Surroundings:
    """What every lane of a process shares."""

    store: Store
    transport: Transport
    policy: RetryPolicy
    clock: Clock
    meter: Meter
    checkpoint: Checkpoint


@dataclass
class _Item:
    """One message of a batch, and what has been found out about it."""

    delivery: Delivery
    commit: Commit | None = None
    error: OrderwireError | None = None
    decision: Decision | None = None
    events: list[Event] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def outcome(self) -> str:
        return type(self.decision).__name__.lower() if self.decision else "done"


class Batch:
    """One batch of one lane."""

    def __init__(self, lane: Lane, around: Surroundings, deliveries: Sequence[Delivery]) -> None:
        self._lane, self._around = lane, around
        self._items = [_Item(delivery) for delivery in deliveries]

    def run(self) -> Pause | None:
        """Process the batch; a Pause says that the other side is down and the batch's rest was given back.

        Raises:
            TransientError: the store or the broker is away; everything unfinished was given back.
        """
        try:
            fresh = self._unseen()
            for item in fresh:
                self._work(item)
            self._commit()
            self._around.checkpoint(f"after_commit.{self._lane.flow}")
            self._publish()
            self._around.checkpoint(f"after_publish.{self._lane.flow}")
        except TransientError:
            self._around.transport.release([item.delivery for item in self._items])
            raise
        return self._finish()

    def _unseen(self) -> list[_Item]:
        """Set aside what was committed before: only its unsent events are still owed."""
        ids = {item.delivery.event.id for item in self._items if item.delivery.event}
        with self._around.store.begin() as tx:
            seen = tx.inbox.seen(self._lane.flow, ids) if ids else set()
            for item in self._items:
                if item.delivery.event and item.delivery.event.id in seen:
                    item.decision = Discard("seen before")
                    item.events = list(tx.outbox.unsent(cause=item.delivery.event.id))
        return [item for item in self._items if item.decision is None]

    def _work(self, item: _Item) -> None:
        started = time.perf_counter()
        event = item.delivery.event
        try:
            if event is None or item.delivery.dead_from is not None:
                item.commit = lambda tx: park_dead(tx, item.delivery, self._around.clock)
            else:
                with structlog.contextvars.bound_contextvars(correlation_id=event.correlationid, flow=self._lane.flow):
                    item.commit = self._lane.handler(event)
        except Exception as error:  # noqa: BLE001  the one place: whatever a handler raises becomes a decision
            self._decide(item, error)
        item.seconds = time.perf_counter() - started

    def _decide(self, item: _Item, error: Exception) -> None:
        item.error = as_orderwire_error(error)
        item.decision = decide(
            error,
            attempt=item.delivery.attempt,
            policy=self._around.policy,
            jitter=random.random(),  # noqa: S311  no secret
        )
        if not isinstance(error, OrderwireError):
            log.error("handler_defect", flow=self._lane.flow, exc_info=error)

    def _commit(self) -> None:
        with self._around.store.begin() as tx:
            for item in self._items:
                self._commit_one(tx, item)

    def _commit_one(self, tx: Transaction, item: _Item) -> None:
        if item.commit is not None:
            try:
                with tx.savepoint():
                    self._store(tx, item, item.commit(tx))
            except Exception as error:  # noqa: BLE001  the other half of the one place
                self._decide(item, error)
        if item.decision is not None and item.error is not None:
            with tx.savepoint():
                self._note_failure(tx, item, item.error, item.decision)

    def _store(self, tx: Transaction, item: _Item, events: Sequence[Event]) -> None:
        """Mark the inbox and fill the outbox, in the savepoint of the work itself."""
        event = item.delivery.event
        if event is not None and not tx.inbox.mark(self._lane.flow, event.id, self._around.clock()):
            raise BusyError("another worker committed this message meanwhile", event_id=event.id)
        for following in events:
            tx.outbox.add(following, cause=event.id if event else None)
        item.events = list(events)

    def _note_failure(self, tx: Transaction, item: _Item, error: OrderwireError, decision: Decision) -> None:
        event, now = item.delivery.event, self._around.clock()
        if event is None:
            return
        match decision:
            case Park():
                failure = Failure(error, self._lane.flow, item.delivery.body, item.delivery.attempt)
                self._store(tx, item, [park(tx, Source.of(event), failure, now)])
            case Retry(delay_seconds=delay):
                tx.journal.update(
                    event.documentid,
                    state=DocumentState.RETRYING,
                    code=error.code,
                    reason=str(error),
                    attempts=item.delivery.attempt + 1,
                )
                due = now + timedelta(seconds=delay)
                detail = {"code": error.code, "reason": str(error), "next": due.isoformat(), "flow": self._lane.flow}
                tx.journal.step(Step(event.documentid, now, "retry_scheduled", event.id, detail))
            case Discard(reason=reason):
                self._store(tx, item, [])
                tx.journal.step(Step(event.documentid, now, "discarded", event.id, {"reason": reason}))
            case Pause():
                pass

    def _publish(self) -> None:
        events = [event for item in self._items for event in item.events]
        if not events:
            return
        self._around.transport.publish(events)
        with self._around.store.begin() as tx:
            tx.outbox.mark_sent([event.id for event in events], self._around.clock())

    def _finish(self) -> Pause | None:
        """Ack what is done, put on the ladder what wants another try, give back what met an outage."""
        pause = None
        done, back = [], []
        for item in self._items:
            self._count(item)
            match item.decision:
                case Retry(delay_seconds=delay):
                    self._around.transport.retry(item.delivery, delay)
                case Pause():
                    pause = item.decision
                    back.append(item.delivery)
                case _:
                    done.append(item.delivery)
        self._around.transport.ack(done)
        self._around.transport.release(back)
        return pause

    def _count(self, item: _Item) -> None:
        meter, flow = self._around.meter, self._lane.flow
        meter.handled(flow, item.outcome, item.seconds)
        match item.decision:
            case Retry():
                meter.retried(flow)
            case Park(code=code):
                meter.parked(flow, code)
            case _:
                pass
