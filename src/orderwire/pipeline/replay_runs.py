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
MIN_RATE: Final = 0.1
MAX_RATE: Final = 10_000.0
MAX_STEP: Final = 10_000
_MAX_STEPS: Final = 100
_STARTABLE: Final = (RunState.FROZEN, RunState.TRIED, RunState.TRYING)
_RESUMABLE: Final = (RunState.CANCELLED, RunState.STOPPED)


@dataclass(frozen=True)
class Pace:
    """How fast a run goes, and what stops it."""

    rate: float = DEFAULT_RATE  # messages a second, at most
    ramp: tuple[int, ...] = DEFAULT_RAMP
    stop_on: int = 1  # failures in one step; 0: none stops it

    def __post_init__(self) -> None:
        if not MIN_RATE <= self.rate <= MAX_RATE:  # nor is it NaN
            raise ConfigurationError(f"the rate is from {MIN_RATE} to {MAX_RATE:.0f} a second")
        if not 0 < len(self.ramp) <= _MAX_STEPS or not all(0 < size <= MAX_STEP for size in self.ramp):
            raise ConfigurationError(f"the ramp is at most {_MAX_STEPS} step sizes from 1 to {MAX_STEP}")
        if not 0 <= self.stop_on <= MAX_STEP:
            raise ConfigurationError(f"failures that stop a run are counted from 1 to {MAX_STEP}; 0: none does")


@dataclass(frozen=True)
class ReplayRuns:
    """The desk. A worker does the work."""

    store: Store
    clock: Clock

    def freeze(
        self, wanted: ParkedFilter | Sequence[str], pace: Pace, *, who: str, why: str, run_id: str | None = None
    ) -> Run:
        """Write down which messages are meant, as of now; asked twice the same with one `run_id`, it is one run.

        Raises:
            ConfigurationError: nothing that is parked matches.
            AlreadyDoneError: the run of this `run_id` was asked for otherwise.
        """
        with self.store.begin() as tx:
            known = tx.runs.get(run_id) if run_id else None
            ids = tx.failures.ids(wanted) if isinstance(wanted, ParkedFilter) else list(dict.fromkeys(wanted))
            run = self._run(run_id or str(uuid4()), wanted, ids, pace, (who, why))
            if known is None and not ids:
                raise ConfigurationError("nothing that is parked matches")
            if known is None and tx.runs.add(run, ids):
                what = f"{len(ids)} messages, digest {run.digest}: {why}"
                tx.audit.add(self.clock(), who, "run frozen", run.id, what)
                return run
            return _same(known or _known(tx, run.id), run)

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
        named = {name: _stored(value) for name, value in asked.items() if value and name != "limit"}
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


def _same(known: Run, asked: Run) -> Run:
    """Return the run that is there, when it is what is asked for; a filter may find other messages by now."""
    names = ("wanted", "rate", "ramp", "stop_on", "why", *(("digest",) if "ids" in asked.wanted else ()))
    if any(getattr(known, name) != getattr(asked, name) for name in names):
        raise AlreadyDoneError(
            "this form has frozen another list, pace or reason already: open the page again for a run of its own",
            run_id=known.id,
        )
    return known


def _stored(value: object) -> object:
    """Return a value of a filter as the store gives it back."""
    return list(value) if isinstance(value, tuple) else value
