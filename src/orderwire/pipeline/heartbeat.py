"""A worker says that it is alive, and which of its flows stand still."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from orderwire.pipeline.pauses import Pauses
from orderwire.ports.clock import Clock
from orderwire.ports.overview import WorkerRecord
from orderwire.ports.store import Store

#: How often a worker says so; silent for three times this, it is taken for dead.
BEAT_SECONDS: Final = 5.0
#: Workers that have been silent for so long are forgotten.
_FORGET: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Heartbeat:
    store: Store
    worker: WorkerRecord  # as it was at the start
    pauses: Pauses
    clock: Clock

    def beat(self) -> bool:
        now = self.clock()
        with self.store.begin() as tx:
            tx.workers.beat(replace(self.worker, seen_at=now, paused=self.pauses.all()))
            tx.workers.end_before(now - _FORGET)
        return False

    def stop(self) -> None:
        """Say that this worker has ended as it should."""
        with self.store.begin() as tx:
            tx.workers.end(self.worker.id)
