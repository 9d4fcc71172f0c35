"""A lane: one flow's messages, from receive to ack.

Take a batch; do each message's outside work; commit inbox, state and outbox of all of them in one transaction; publish
what follows, with confirms; ack. After a crash they come back; the inbox makes it harmless.
"""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from orderwire.canonical.envelope import Event
from orderwire.errors import AlreadyDoneError, OrderwireError, TransientError
from orderwire.pipeline.item import Item
from orderwire.pipeline.outbox import Sent
from orderwire.pipeline.parking import Failure, as_orderwire_error, park
from orderwire.pipeline.pauses import Pauses
from orderwire.pipeline.pulse import Pulse
from orderwire.pipeline.record import nameless, park_dead
from orderwire.pipeline.recovery import Discard, Park, Pause, Retry, RetryPolicy, decide
from orderwire.pipeline.work import Handler, Source, traced
from orderwire.ports.clock import Checkpoint, Clock
from orderwire.ports.exchange import Tape
from orderwire.ports.journal import Step
from orderwire.ports.meter import Meter
from orderwire.ports.queue import Confirmation, Delivery, Transport
from orderwire.ports.store import Store, Transaction
from orderwire.ports.tracing import NO_TRACER, Tracer

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Lane:
    """What a flow is made of. `probe` returns when the other side answers again; None: this flow never pauses.

    A flow that asks nobody else `overlaps`: while one batch is worked on, those before it are committed, and confirmed
    by the broker. What follows from them is sent in the order in which they were taken. Since its work does nothing
    outside, only a message that fails or cannot be committed is looked for among those that were done before.
    """

    flow: str
    queue: str
    handler: Handler
    threads: int = 1
    batch: int = 250
    probe: Callable[[], None] | None = None
    overlaps: bool = False


@dataclass(frozen=True)
class Surroundings:
    """What every lane of a process shares."""

    store: Store
    transport: Transport
    policy: RetryPolicy
    clock: Clock
    meter: Meter
    checkpoint: Checkpoint
    pauses: Pauses = field(default_factory=Pauses)
    pulse: Pulse = field(default_factory=Pulse)
    tracer: Tracer = NO_TRACER


class _SplitError(Exception):
    """One of a batch is in the way: its transaction is undone, and each meets its own error."""


class Batch:
    """One batch of one lane."""

    def __init__(self, lane: Lane, around: Surroundings, deliveries: Sequence[Delivery], sent: Sent) -> None:
        """What `sent` holds is marked in this batch's commit; what this one sends is put there, for another's."""
        self._lane, self._around, self._sent = lane, around, sent
        self._items = [Item(delivery, tape=None if lane.overlaps else Tape()) for delivery in deliveries]
        self._confirmation: Confirmation | None = None

    def run(self) -> Pause | None:
        """Process the batch; a Pause says that the other side is down and the batch's rest was given back.

        Raises:
            TransientError: the store or the broker is away; everything unfinished was given back.
        """
        self.work()
        self.commit()
        self.send()
        return self.end()

    def work(self) -> None:
        """Do each message's outside work. Raises as `run` does."""
        with self._given_back():
            bound = structlog.contextvars.bound_contextvars(correlation_id=None, flow=self._lane.flow)
            with self._around.meter.working(self._lane.flow, len(self._items)), bound:
                self._work_off(self._items if self._lane.overlaps else self._unseen(self._items))
                if self._lane.overlaps:
                    self._unseen([item for item in self._items if item.error is not None])

    def commit(self) -> None:
        """Commit. Raises as `run` does."""
        with self._given_back():
            self._commit()
            self._around.checkpoint(f"after_commit.{self._lane.flow}")

    def send(self) -> None:
        """Send what follows. Raises as `run` does."""
        with self._given_back():
            if events := [event for item in self._items for event in item.events]:
                self._confirmation = self._around.transport.send(events)

    def end(self) -> Pause | None:
        """Wait until the broker has all that follows, and settle the batch."""
        with self._given_back():
            if self._confirmation is not None:
                self._confirmation()
            self._sent.add(event.id for item in self._items for event in item.events)
            self._around.checkpoint(f"after_publish.{self._lane.flow}")
            return self._finish()

    @contextmanager
    def _given_back(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            with suppress(TransientError):  # the broker is away: it gives them to somebody by itself
                self._around.transport.release([item.delivery for item in self._items])
            raise

    def _consumer(self, item: Item) -> str:
        """Name this lane in the inbox: an event may die in several queues, and each death is news."""
        return self._lane.flow if item.delivery.dead_from is None else f"{self._lane.flow} {item.delivery.dead_from}"

    def _unseen(self, items: Sequence[Item]) -> list[Item]:
        """Set aside what was committed before, of which only the unsent events are still owed; give the others."""
        by_consumer: defaultdict[str, dict[str, Item]] = defaultdict(dict)
        for item in items:
            event = item.delivery.event
            if event is not None and by_consumer[self._consumer(item)].setdefault(event.id, item) is not item:
                item.drop("twice in one batch")
        if by_consumer:
            with self._around.store.read() as tx:
                for consumer, known in by_consumer.items():
                    seen = tx.inbox.seen(consumer, list(known))
                    owed = tx.outbox.owed(seen)
                    for event_id in seen:
                        known[event_id].drop("seen before", owed.get(event_id, ()))
        return [item for item in items if item.decision is None]

    def _work_off(self, items: Sequence[Item]) -> None:
        """Do each message's outside work; once the other side is down, the rest is not tried."""
        down: Pause | None = None
        for item in items:
            if down is None:
                self._work(item)
                down = item.decision if isinstance(item.decision, Pause) else None
            else:
                item.decision = down

    def _work(self, item: Item) -> None:
        started = time.perf_counter()
        event = item.delivery.event
        try:
            if event is None or item.delivery.dead_from is not None:
                item.commit = lambda tx: park_dead(tx, item.delivery, self._around.clock)
            else:
                structlog.contextvars.bind_contextvars(correlation_id=event.correlationid)
                span = self._around.tracer.handled(self._lane.flow, event, item.delivery.attempt)
                with item.taping(), span as item.traceparent:
                    item.commit = self._lane.handler(event)
        except Exception as error:  # noqa: BLE001  the one place: whatever a handler raises becomes a decision
            self._decide(item, error)
        item.seconds = time.perf_counter() - started

    def _decide(self, item: Item, error: Exception) -> None:
        item.error, item.events = as_orderwire_error(error), []
        item.decision = decide(
            error,
            attempt=item.delivery.attempt,
            policy=self._around.policy,
            jitter=random.random(),  # noqa: S311  no secret
        )
        event = item.delivery.event
        told = log.bind(flow=self._lane.flow, correlation_id=event.correlationid if event else None)
        if isinstance(item.decision, Pause):
            told.warning("other_side_away", code=item.error.code, reason=str(item.error))
        if not isinstance(error, OrderwireError):
            told.error("handler_defect", exc_info=error)

    def _commit(self) -> None:
        worked = sorted([item for item in self._items if item.commit is not None], key=_partner)
        if not self._committed_at_once(worked):
            unseen = self._unseen(worked) if self._lane.overlaps else worked
            with self._transaction() as tx:
                for item in unseen:
                    self._commit_one(tx, item)

    def _committed_at_once(self, items: Sequence[Item]) -> bool:
        """Commit them in one go, which is how it goes nearly always; False: one is in the way, nothing was done."""
        try:
            with self._transaction() as tx:
                self._commit_together(tx, items)
        except _SplitError as split:
            log.debug("batch_split", flow=self._lane.flow, error=type(split.__cause__).__name__)
            return False
        return True

    @contextmanager
    def _transaction(self) -> Iterator[Transaction]:
        """Mark what was sent before, let the block commit the work, and write down what failed."""
        with self._sent.taken() as event_ids, self._around.store.begin() as tx:
            tx.outbox.mark_sent(event_ids, self._around.clock())
            yield tx
            for item in self._items:
                if item.error is not None:
                    self._note(tx, item, item.error)
                if item.tape is not None and item.delivery.event is not None:
                    item.tape.keep(tx, item.delivery.event.documentid, again=item.error is not None)

    def _commit_together(self, tx: Transaction, items: Sequence[Item]) -> None:
        by_consumer: defaultdict[str, list[str]] = defaultdict(list)
        for item in items:
            if item.delivery.event is not None:
                by_consumer[self._consumer(item)].append(item.delivery.event.id)
        try:
            for consumer, ids in by_consumer.items():
                self._mark(tx, consumer, ids)
            for item in items:
                self._fill(tx, item, item.commit(tx) if item.commit else ())
            tx.flush()
        except Exception as error:
            raise _SplitError from error

    def _commit_one(self, tx: Transaction, item: Item) -> None:
        try:
            with tx.savepoint():
                self._store(tx, item, item.commit(tx) if item.commit else ())
        except Exception as error:  # noqa: BLE001  the other half of the one place
            self._decide(item, error)

    def _store(self, tx: Transaction, item: Item, events: Sequence[Event]) -> None:
        """Mark the inbox and fill the outbox, in the savepoint of the work itself."""
        event = item.delivery.event
        if event is not None:
            self._mark(tx, self._consumer(item), [event.id])
        self._fill(tx, item, events)

    def _mark(self, tx: Transaction, consumer: str, event_ids: Sequence[str]) -> None:
        if not tx.inbox.mark(consumer, event_ids, self._around.clock()):
            raise AlreadyDoneError("another worker committed this message meanwhile", event_id=event_ids[0])

    def _fill(self, tx: Transaction, item: Item, events: Sequence[Event]) -> None:
        event = item.delivery.event
        item.events = [traced(following, item.traceparent) for following in events]
        for following in item.events:
            tx.outbox.add(following, cause=event.id if event else None)

    def _note(self, tx: Transaction, item: Item, error: OrderwireError) -> None:
        """Write the failure down; one that cannot be written as it is becomes a plain one, so that it is seen."""
        try:
            with tx.savepoint():
                self._note_failure(tx, item, error)
        except TransientError:
            raise
        except AlreadyDoneError as done:
            item.drop(done.message)
        except Exception as obstacle:
            log.exception("failure_not_noted", flow=self._lane.flow)
            plain = OrderwireError(f"the failure could not be written down: {type(obstacle).__name__}")
            item.decision = Park(plain.code)
            with tx.savepoint():
                self._note_failure(tx, item, plain)

    def _note_failure(self, tx: Transaction, item: Item, error: OrderwireError) -> None:
        event, now = item.delivery.event, self._around.clock()
        match item.decision:
            case Park():
                source = Source.of(event) if event else nameless(item.delivery.body)
                failure = Failure(error, self._lane.flow, item.delivery.body, item.delivery.attempt, event)
                self._store(tx, item, [park(tx, source, failure, now)])
            case Retry(delay_seconds=delay) if event is not None:
                self._note_retry(tx, event, error, item.delivery.attempt, delay)
            case Discard(reason=reason) if event is not None:
                tx.inbox.mark(self._consumer(item), [event.id], now)
                tx.journal.step(Step(event.documentid, now, "discarded", event.id, {"reason": reason}))

    def _note_retry(self, tx: Transaction, event: Event, error: OrderwireError, attempt: int, delay: float) -> None:
        now = self._around.clock()
        tx.journal.retry(event.documentid, code=error.code, reason=str(error), attempts=attempt + 1)
        due = now + timedelta(seconds=self._around.transport.waits(delay))
        detail = {"code": error.code, "reason": str(error), "next": due.isoformat(), "flow": self._lane.flow}
        tx.journal.step(Step(event.documentid, now, "retry_scheduled", event.id, detail))

    def _finish(self) -> Pause | None:
        """Ack what is done, give back what met an outage, put on the ladder what wants another try."""
        self._count()
        pause = None
        done, back = [], []
        for item in self._items:
            match item.decision:
                case Retry():
                    pass
                case Pause():
                    pause = item.decision
                    back.append(item.delivery)
                case _:
                    done.append(item.delivery)
        self._around.transport.ack(done)
        self._around.transport.release(back)
        for item in self._items:
            if isinstance(item.decision, Retry):
                self._around.transport.retry(item.delivery, item.decision.delay_seconds)
        return pause

    def _count(self) -> None:
        meter, flow, now = self._around.meter, self._lane.flow, self._around.clock()
        handled: defaultdict[str, list[float]] = defaultdict(list)
        ended: list[float] = []
        for item in self._items:
            handled[item.outcome].append(item.seconds)
            match item.decision:
                case None if item.delivery.event is not None:
                    ended.append((now - item.delivery.event.time).total_seconds())
                case Retry():
                    meter.retried(flow)
                case Park(code=code):
                    meter.parked(flow, code)
        for outcome, seconds in handled.items():
            meter.handled(flow, outcome, seconds)
        meter.ended(flow, ended)
        self._around.pulse.ended(flow, now, ended)


def _partner(item: Item) -> str:
    """Batches take the locks of partners' number series in one order, so that two never wait for each other."""
    event = item.delivery.event
    return (event.partner if event else None) or ""
