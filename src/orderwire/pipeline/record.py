"""Flow `record`: what nobody else consumes is journalled; what the broker gave up is parked."""

import hashlib
from dataclasses import dataclass

from orderwire.canonical.envelope import Event
from orderwire.errors import DeadLetterError
from orderwire.pipeline.parking import Failure, park
from orderwire.pipeline.work import Commit, Source
from orderwire.ports.clock import Clock
from orderwire.ports.journal import Step
from orderwire.ports.queue import Delivery
from orderwire.ports.store import Transaction


@dataclass(frozen=True)
class Record:
    """Handler of the events that are told to other systems only."""

    clock: Clock

    def __call__(self, event: Event) -> Commit:
        def commit(tx: Transaction) -> list[Event]:
            tx.journal.step(Step(event.documentid, self.clock(), f"published {event.type.value}", event.id))
            return []

        return commit


def nameless(body: bytes) -> Source:
    """Return where a message comes from that is no event: its own bytes."""
    sha256 = hashlib.sha256(body).hexdigest()
    return Source(sha256, sha256)


def park_dead(tx: Transaction, delivery: Delivery, clock: Clock) -> list[Event]:
    """Park a message that no lane can work on, with its bytes."""
    event = delivery.event
    error = DeadLetterError(
        delivery.malformed or "the broker moved this message to the dead letters",
        queue=delivery.dead_from or delivery.queue,
    )
    tx.archive.put(delivery.body)
    source = Source.of(event) if event else nameless(delivery.body)
    failure = Failure(error, delivery.dead_from or delivery.queue, delivery.body, delivery.attempt, event)
    return [park(tx, source, failure, clock())]
