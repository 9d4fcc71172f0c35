"""A worker says that it is alive, which of its flows stand still, and what they were done with."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from orderwire.pipeline.pauses import Pauses
from orderwire.pipeline.pulse import Pulse
from orderwire.ports.clock import Clock
from orderwire.ports.overview import WorkerRecord
from orderwire.ports.store import Store

#: How often a worker says so; silent for three times this, it is taken for dead.
BEAT_SECONDS: Final = 5.0
#: Workers that have been silent for so long are forgotten.
_FORGET: Final = timedelta(hours=1)
_FORGET_FLOWS: Final = timedelta(days=2)


@dataclass(frozen=True)
class Heartbeat:
    store: Store
    worker: WorkerRecord  # as it was at the start
    pauses: Pauses
    clock: Clock
    pulse: Pulse = field(default_factory=Pulse)

    def beat(self) -> bool:
        now, pieces = self.clock(), self.pulse.pieces()
        with self.store.begin() as tx:
            tx.workers.beat(replace(self.worker, seen_at=now, paused=self.pauses.all()))
            tx.workers.tell(self.worker.id, pieces)
            tx.workers.end_before(now - _FORGET)
            tx.workers.forget_flows(now - _FORGET_FLOWS)
        self.pulse.told(pieces, now)
        return False

    def stop(self) -> None:
        """Say that this worker has ended as it should."""
        with self.store.begin() as tx:
            tx.workers.tell(self.worker.id, self.pulse.pieces())
            tx.workers.end(self.worker.id)
