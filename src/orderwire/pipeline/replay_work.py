"""Runs of replays as workers advance them: under a lease, each message by compare-and-set, each with its outcome.

All that a run knows is in the store. A worker that dies leaves its lease to run out, and another goes on; a message
is settled, put into the outbox and marked as sent in one transaction, so nothing is sent twice or forgotten.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog

from orderwire.canonical.envelope import Event
from orderwire.errors import OrderwireError, TransientError
from orderwire.pipeline.parking import as_orderwire_error
from orderwire.pipeline.replay import Replays
from orderwire.pipeline.replay_outcome import Outcome, Outcomes
from orderwire.pipeline.trial import FAILS, Trials
from orderwire.pipeline.work import is_follow_up
from orderwire.ports.clock import Clock
from orderwire.ports.replay import ItemState, Run, RunItem, RunState
from orderwire.ports.store import Store, Transaction

log = structlog.get_logger(__name__)

#: A run is another worker's after so long without a turn of ours.
LEASE_SECONDS: Final = 10.0
#: How often there is a turn.
TURN_SECONDS: Final = 0.5
#: Dry runs and messages sent in one turn, and outcomes looked at in one go.
_TRIALS: Final = 50
_SENDS: Final = 200
_OUTCOMES: Final = 1000
#: A step in which nothing has ended for so long, because messages are on the ladder, holds the next one up no longer.
_PATIENCE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class RunWork:
    """Advances runs. Safe in any number of workers."""

    store: Store
    replays: Replays
    trials: Trials
    announce: Callable[[Sequence[Event]], None]
    owner: str
    clock: Clock

    def turn(self) -> bool:
        """Advance every run by a bit, and tell whether there is more to do at once."""
        with self.store.read() as tx:
            active = tx.runs.active()
        more = [self._advanced(run) for run in active]
        return any(more)

    def _advanced(self, run: Run) -> bool:
        """Advance a run; one that meets a defect stands, and says so, and the others go on."""
        try:
            return self._advance(run)
        except TransientError:
            raise
        except Exception as error:
            log.exception("run_defect", run_id=run.id)
            with self.store.begin() as tx:
                self._end(tx, run, RunState.STOPPED, str(as_orderwire_error(error)))
            return False

    def _advance(self, run: Run) -> bool:
        with self.store.begin() as tx:
            fence = tx.runs.lease(run.id, self.owner, self.clock(), LEASE_SECONDS)
        if fence is None:
            return False
        if run.state is RunState.TRYING:
            return self._try(run, fence)
        self._look(run, fence)
        return run.state is RunState.RUNNING and self._step(run.id, fence)

    def _try(self, run: Run, fence: int) -> bool:
        with self.store.read() as tx:
            items = tx.runs.untried(run.id, _TRIALS)
            trials = [(item, self._trial(tx, item.parked_id)) for item in items]
        with self.store.begin() as tx:
            if tx.runs.held(run.id, fence) is None:
                return False
            for item, trial in trials:
                tx.runs.set_item(run.id, item.position, trial=trial, trial_result=trial["result"])
            if len(items) < _TRIALS:
                tx.runs.move(run.id, (RunState.TRYING,), RunState.TRIED)
        return len(items) == _TRIALS

    def _trial(self, tx: Transaction, parked_id: str) -> dict[str, Any]:
        try:
            return self.trials.of_parked_in(tx, parked_id)
        except TransientError:
            raise
        except Exception as error:
            told = as_orderwire_error(error)  # of a defect, too: tried again and again, it would end no other way
            if told is not error:
                log.exception("trial_defect", parked_id=parked_id)
            return {"parked_id": parked_id, "result": FAILS, "error": str(told), "messages": []}

    def _look(self, run: Run, fence: int) -> None:
        """Write down what became of what was sent, some at a time."""
        after: int | None = 0
        while after is not None:
            with self.store.read() as tx:
                sent = tx.runs.items(run.id, state=ItemState.SENT, after=after, limit=_OUTCOMES)
                outcomes = Outcomes(tx, sent)
                ended = [(item, outcome) for item in sent if (outcome := outcomes.of(item)) is not None]
            self._settle(run, fence, ended)
            after = sent[-1].position if len(sent) == _OUTCOMES else None

    def _settle(self, run: Run, fence: int, ended: Sequence[tuple[RunItem, Outcome]]) -> None:
        if not ended:
            return
        with self.store.begin() as tx:
            if tx.runs.held(run.id, fence) is None:
                return
            for item, (state, detail) in ended:
                tx.runs.set_item(run.id, item.position, state=state, detail=detail, ended_at=self.clock())

    def _step(self, run_id: str, fence: int) -> bool:
        """Send what the pace allows, in one transaction, and publish it."""
        events: list[Event] = []
        with self.store.begin() as tx:
            run = tx.runs.held(run_id, fence)
            if run is None or run.state is not RunState.RUNNING or not self._may_send(tx, run, fence):
                return False
            run = tx.runs.get(run_id) or run  # its step may have moved on
            due = min(_SENDS, max(1, int(run.rate * TURN_SECONDS)))
            waiting = tx.runs.items(run_id, state=ItemState.WAITING, limit=due)
            items = [item for item in waiting if item.position <= run.step_until]
            for item in items:
                events += self._send(tx, run, item)
            next_at = self.clock() + timedelta(seconds=len(items) / run.rate)
            tx.runs.save(run_id, fence, next_at=next_at)
        self.announce(events)
        return bool(items) and run.rate * TURN_SECONDS >= _SENDS

    def _may_send(self, tx: Transaction, run: Run, fence: int) -> bool:
        """Tell whether it is time; begin the next step when this one has ended, or end the run."""
        now = self.clock()
        if run.next_at is not None and now < run.next_at:
            return False
        waiting = tx.runs.items(run.id, state=ItemState.WAITING, limit=1)
        if waiting and waiting[0].position <= run.step_until:
            return True
        sent = tx.runs.items(run.id, state=ItemState.SENT, limit=1)
        if self._failed_again(tx, run):
            return False
        if not waiting:
            if not sent:
                self._end(tx, run, RunState.DONE, None)
            return False
        if sent and run.next_at is not None:
            moved = max(run.next_at, tx.runs.last_end(run.id) or run.next_at)
            if now - moved < _PATIENCE:
                return False
        size = run.ramp[min(run.step, len(run.ramp) - 1)]
        until = waiting[0].position + size - 1
        tx.runs.save(run.id, fence, step=run.step + 1, step_until=until)
        return True

    def _failed_again(self, tx: Transaction, run: Run) -> bool:
        """Stop the run when too many of its last step failed again."""
        if not run.stop_on or not run.step:
            return False
        size = run.ramp[min(run.step - 1, len(run.ramp) - 1)]
        failed = tx.runs.failed_between(run.id, run.step_until - size + 1, run.step_until)
        waiting = tx.runs.items(run.id, state=ItemState.WAITING, limit=1)
        if failed < run.stop_on or not waiting:
            return False
        self._end(tx, run, RunState.STOPPED, f"{failed} of the last step failed again")
        return True

    def _end(self, tx: Transaction, run: Run, state: RunState, note: str | None) -> None:
        now = self.clock()
        if tx.runs.move(run.id, (RunState.TRYING, RunState.RUNNING), state, finished_at=now, note=note):
            tx.audit.add(now, run.who, f"run {state.value}", run.id, note or run.why)
            log.info("replay_run_ended", run_id=run.id, state=state.value, total=run.total)

    def _send(self, tx: Transaction, run: Run, item: RunItem) -> list[Event]:
        now = self.clock()
        try:
            with tx.savepoint():
                entry = tx.parked.get(item.parked_id)
                event = self.replays.replay_in(tx, item.parked_id, who=run.who, why=f"run {run.id}: {run.why}")
                document_id = entry.document_id if entry and not is_follow_up(event) else None
                tx.runs.set_item(
                    run.id, item.position, state=ItemState.SENT, event_id=event.id, sent_at=now, document_id=document_id
                )
        except TransientError:
            raise
        except OrderwireError as error:
            tx.runs.set_item(run.id, item.position, state=ItemState.SKIPPED, detail=error.message, ended_at=now)
            return []
        return [event]
