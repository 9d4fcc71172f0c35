"""One message of a batch, and what has been found out about it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Final

from orderwire.canonical.envelope import Event
from orderwire.errors import OrderwireError
from orderwire.pipeline.recovery import Decision, Discard, Park, Pause, Retry
from orderwire.pipeline.work import Commit
from orderwire.ports.exchange import Tape
from orderwire.ports.queue import Delivery

#: What the meter calls the outcomes.
_OUTCOMES: Final[Mapping[type[Decision], str]] = {
    Retry: "retried",
    Park: "parked",
    Pause: "paused",
    Discard: "discarded",
}


@dataclass(slots=True)
class Item:
    """`commit` is what its work left to be written; `error` and `decision` say what became of it instead."""

    delivery: Delivery
    commit: Commit | None = None
    error: OrderwireError | None = None
    decision: Decision | None = None
    events: list[Event] = field(default_factory=list)
    seconds: float = 0.0
    tape: Tape | None = None  # None: its flow asks nobody else
    traceparent: str | None = None

    def taping(self) -> AbstractContextManager[None]:
        """Take down what is exchanged inside."""
        return nullcontext() if self.tape is None else self.tape.running()

    @property
    def outcome(self) -> str:
        return _OUTCOMES[type(self.decision)] if self.decision else "done"

    def drop(self, reason: str, events: Sequence[Event] = ()) -> None:
        """Leave it: it was done before. `events` are still owed."""
        self.commit, self.error, self.decision, self.events = None, None, Discard(reason), list(events)
