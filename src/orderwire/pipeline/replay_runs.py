"""Runs of replays as people handle them: freeze a list, try it dry, start, cancel, take it up again."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import uuid4

from orderwire.errors import AlreadyDoneError, ConfigurationError
from orderwire.ports.clock import Clock
from orderwire.ports.overview import ParkedFilter
from orderwire.ports.replay import Run, RunState
from orderwire.ports.store import Store, Transaction

#: Messages in each step, the last size for all that follow: a mistake shows while it is small.
DEFAULT_RAMP: Final = (1, 5, 20, 100)
DEFAULT_RATE: Final = 50.0
MAX_RATE: Final = 10_000.0
_MAX_STEP: Final = 10_000
_STARTABLE: Final = (RunState.FROZEN, RunState.TRIED, RunState.TRYING)
_RESUMABLE: Final = (RunState.CANCELLED, RunState.STOPPED)


@dataclass(frozen=True)
class Pace:
    """How fast a run goes, and what stops it."""

    rate: float = DEFAULT_RATE  # messages a second, at most
    ramp: tuple[int, ...] = DEFAULT_RAMP
    stop_on: int = 1  # failures in one step; 0: none stops it

    def __post_init__(self) -> None:
        if not 0 < self.rate <= MAX_RATE:
            raise ConfigurationError(f"the rate is above 0 and at most {MAX_RATE:.0f} a second")
        if not self.ramp or not all(0 < size <= _MAX_STEP for size in self.ramp):
            raise ConfigurationError(f"the ramp is step sizes from 1 to {_MAX_STEP}")
        if self.stop_on < 0:
            raise ConfigurationError("failures that stop a run are counted from 1; 0: none does")


@dataclass(frozen=True)
class ReplayRuns:
    """The desk. A worker does the work."""

    store: Store
    clock: Clock

    def freeze(
        self, wanted: ParkedFilter | Sequence[str], pace: Pace, *, who: str, why: str, run_id: str | None = None
    ) -> Run:
        """Write down which messages are meant, as of now; done twice with one `run_id`, it is one run.

        Raises:
            ConfigurationError: nothing that is parked matches.
        """
        with self.store.begin() as tx:
            ids = tx.failures.ids(wanted) if isinstance(wanted, ParkedFilter) else list(dict.fromkeys(wanted))
            if not ids:
                raise ConfigurationError("nothing that is parked matches")
            run = self._run(run_id or str(uuid4()), wanted, ids, pace, (who, why))
            if tx.runs.add(run, ids):
                what = f"{len(ids)} messages, digest {run.digest}: {why}"
                tx.audit.add(self.clock(), who, "run frozen", run.id, what)
                return run
            return _known(tx, run.id)

    def try_out(self, run_id: str, *, who: str) -> None:
        """Have every message tried dry, by what stands in the maps and code lists now.

        Raises:
            AlreadyDoneError: the run has begun.
        """
        with self.store.begin() as tx:
            self._move(tx, run_id, (RunState.FROZEN, RunState.TRIED), RunState.TRYING, (who, "run tried"))
            tx.runs.forget_trials(run_id)

    def start(self, run_id: str, *, who: str) -> None:
        """Send what waits, or go on where a run was stopped.

        Raises:
            AlreadyDoneError: somebody has started it, or it is done.
        """
        with self.store.begin() as tx:
            now, run = self.clock(), _known(tx, run_id)
            fresh: dict[str, Any] = {"started_at": now} if run.started_at is None else {}
            again = {"step": 0, "step_until": 0, "next_at": None, "note": None, "finished_at": None}
            moved = tx.runs.move(run_id, (*_STARTABLE, *_RESUMABLE), RunState.RUNNING, **again, **fresh)
            if not moved:
                raise AlreadyDoneError("the run is under way already, or done", run_id=run_id)
            tx.audit.add(now, who, "run resumed" if run.state in _RESUMABLE else "run started", run_id, run.why)

    def cancel(self, run_id: str, *, who: str) -> None:
        """Send no more: what was not sent stays parked.

        Raises:
            AlreadyDoneError: the run is not under way.
        """
        active = (RunState.TRYING, RunState.RUNNING)
        with self.store.begin() as tx:
            self._move(tx, run_id, active, RunState.CANCELLED, (who, "run cancelled"), note=f"cancelled by {who}")

    def _move(
        self, tx: Transaction, run_id: str, states: Sequence[RunState], to: RunState, act: tuple[str, str],
        **changes: object,
    ) -> None:  # fmt: skip
        run = _known(tx, run_id)
        if not tx.runs.move(run_id, states, to, **changes):
            raise AlreadyDoneError(f"the run is {run.state.value}", run_id=run_id)
        tx.audit.add(self.clock(), *act, run_id, run.why)

    def _run(
        self, run_id: str, wanted: ParkedFilter | Sequence[str], ids: Sequence[str], pace: Pace, by: tuple[str, str]
    ) -> Run:
        asked = asdict(wanted) if isinstance(wanted, ParkedFilter) else {"ids": len(ids)}
        named = {name: value for name, value in asked.items() if value and name != "limit"}
        digest = hashlib.sha256("\n".join(ids).encode()).hexdigest()
        return Run(
            run_id, self.clock(), by[0], by[1], named, digest, RunState.FROZEN, len(ids), pace.rate, pace.ramp,
            pace.stop_on,
        )  # fmt: skip


def _known(tx: Transaction, run_id: str) -> Run:
    run = tx.runs.get(run_id)
    if run is None:
        raise AlreadyDoneError("no run of that id", run_id=run_id)
    return run
