"""A worker: threads that run lanes, a breaker per lane, and the outbox sweep; started, and stopped gracefully."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog

from orderwire.errors import OrderwireError, OutageError, TransientError
from orderwire.pipeline.lane import Batch, Lane, Surroundings
from orderwire.pipeline.outbox import Dispatcher, Sent
from orderwire.pipeline.overdue import Overdue

log = structlog.get_logger(__name__)

#: Messages in hand while a lane comes back from an outage, before it takes all again.
RAMP = (1, 10)
#: How long a thread waits for messages, and for its turn to wait for them.
RECEIVE_SECONDS: Final = 0.5
TURN_SECONDS: Final = 1.0
#: Threads of a lane that overlaps.
OVERLAPPING: Final = 4


class Worker:
    """Runs lanes until stopped."""

    def __init__(
        self,
        lanes: Sequence[Lane],
        around: Surroundings,
        dispatcher: Dispatcher,
        overdue: Overdue | None = None,
        chores: Mapping[str, Callable[[threading.Event], None]] | None = None,
    ) -> None:
        self._lanes, self._around, self._dispatcher, self._overdue = lanes, around, dispatcher, overdue
        self._chores = chores or {}  # by name, each until it is told to stop
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        for lane in self._lanes:
            breaker = Breaker(lane, self._around, self._stopping)
            for number, thread in enumerate(self._threads_of(lane, breaker)):
                self._spawn(f"{lane.flow}-{number}", thread.run)
            if lane.probe is not None:
                self._spawn(f"{lane.flow}-look", partial(breaker.look, lane.probe))
        self._spawn("outbox", lambda: self._dispatcher.run(self._stopping))
        if self._overdue is not None:
            self._spawn("overdue", partial(self._overdue.run, self._stopping))
        for name, chore in self._chores.items():
            self._spawn(name, partial(chore, self._stopping))

    def _threads_of(self, lane: Lane, breaker: "Breaker") -> Sequence["LaneThread"]:
        sent = self._dispatcher.sent
        if not lane.overlaps:
            return [LaneThread(lane, self._around, breaker, self._stopping, sent) for _ in range(lane.threads)]
        turns = Turns()
        return [
            OverlappingThread(lane, self._around, breaker, self._stopping, sent, turns=turns)
            for _ in range(OVERLAPPING)
        ]

    def stop(self, timeout_seconds: float = 25.0) -> bool:
        """Finish what is in hand; return whether everything was finished in time."""
        self._stopping.set()
        deadline = time.monotonic() + timeout_seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _spawn(self, name: str, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()


class Breaker:
    """Shared by a lane's threads: open while the other side is down."""

    def __init__(self, lane: Lane, around: Surroundings, stopping: threading.Event) -> None:
        self._lane, self._around, self._stopping = lane, around, stopping
        self._lock = threading.Lock()  # makes one of: open or not, and the queue paused or not
        self._open = False

    @property
    def open(self) -> bool:
        return self._open

    def look(self, probe: Callable[[], None]) -> None:
        """Look at the other side before its first message: what is wrong with it is said at start."""
        try:
            probe()
        except (OutageError, TransientError) as error:
            log.warning("other_side_away", flow=self._lane.flow, code=error.code, reason=str(error))
            self.trip(self._around.policy.pause_seconds, str(error))
        except Exception:
            log.exception("probe_failed", flow=self._lane.flow)

    def trip(self, seconds: float, reason: str = "") -> None:
        """Pause the lane, probe until the other side answers, then take up work with a ramp. One thread does it."""
        with self._lock:
            if self._open:
                return
            self._open = True
        flow, transport = self._lane.flow, self._around.transport
        log.warning("lane_paused", flow=flow)
        self._around.meter.paused(flow, open=True)
        self._around.pauses.began(flow, self._around.clock(), reason)
        with suppress(TransientError):  # the broker is away as well; the lane does not receive anyway
            transport.pause(self._lane.queue)
        while not self._stopping.wait(seconds) and not self._answers():
            pass
        with self._lock:
            self._open = False
        self._around.meter.paused(flow, open=False)
        self._around.pauses.ended(flow)
        log.info("lane_resumed", flow=flow)
        for prefetch in (*RAMP, None):
            self._resume(prefetch, min(seconds, 1.0))

    def _resume(self, prefetch: int | None, seconds: float) -> None:
        """Take from the queue again, and let it run a while; a broker that is away is asked until it is back."""
        while not self._stopping.is_set():
            try:
                with self._lock:
                    if self._open:  # tripped again meanwhile: that thread goes on
                        return
                    self._around.transport.resume(self._lane.queue, prefetch)
            except TransientError as error:
                log.warning("resume_postponed", flow=self._lane.flow, code=error.code)
                self._stopping.wait(seconds)
            else:
                if prefetch is not None:
                    self._stopping.wait(seconds)
                return

    def _answers(self) -> bool:
        """Whether the other side is there; what else is wrong with it, the messages will say."""
        if self._lane.probe is None:
            return True
        try:
            self._lane.probe()
        except (OutageError, TransientError):
            return False
        except Exception:
            log.exception("probe_failed", flow=self._lane.flow)
        return True


class LaneThread:
    """One thread of a lane. What it has sent is marked with somebody's next commit, or in a turn without messages."""

    def __init__(
        self, lane: Lane, around: Surroundings, breaker: Breaker, stopping: threading.Event, sent: Sent
    ) -> None:
        self._lane, self._around, self._breaker, self._stopping, self._sent = lane, around, breaker, stopping, sent
        self._disturbed: str | None = None  # the code of the trouble that has been told

    def run(self) -> None:
        self._run()
        with suppress(OrderwireError):  # the sweep publishes them once more, which does no harm
            self._mark()

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._breaker.open:
                self._stopping.wait(0.05)
                continue
            try:
                self.turn()
            except OrderwireError as error:
                self._tell(error)
                self._stopping.wait(0.5)
            except Exception:
                log.exception("lane_defect", flow=self._lane.flow)
                self._stopping.wait(0.5)
            else:
                self._disturbed = None

    def _tell(self, error: OrderwireError) -> None:
        """Log it once, not at every attempt: an outage of an hour is one line of each thread."""
        if error.code != self._disturbed:
            log.warning("lane_disturbed", flow=self._lane.flow, code=error.code, reason=str(error))
        self._disturbed = error.code

    def turn(self) -> None:
        """Work one batch, if there is one."""
        batch = self._taken()
        if batch is not None:
            batch.work()
            batch.commit()
            batch.send()
        self._end(batch)

    def _taken(self) -> Batch | None:
        deliveries = self._around.transport.receive(self._lane.queue, self._lane.batch, RECEIVE_SECONDS)
        return Batch(self._lane, self._around, deliveries, self._sent) if deliveries else None

    def _end(self, batch: Batch | None) -> None:
        if batch is None:
            self._mark()
        elif (pause := batch.end()) is not None:
            self._breaker.trip(pause.seconds, pause.reason)

    def _mark(self) -> None:
        self._sent.mark(self._around.store, self._around.clock)


@dataclass
class Turns:
    """What the threads of an overlapping lane take in turn: to take a batch, and to send what follows from it."""

    taking: threading.Lock = field(default_factory=threading.Lock)
    #: Set when the batch that was taken last has sent, or never will.
    last_sent: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.last_sent.set()


class OverlappingThread(LaneThread):
    """One of some threads of a lane: while one works, others wait for the database, and for the broker's confirms.

    Batches may be committed in another order than they were taken in, as those of two workers are; they send in order.
    """

    def __init__(
        self,
        lane: Lane,
        around: Surroundings,
        breaker: Breaker,
        stopping: threading.Event,
        sent: Sent,
        *,
        turns: Turns,
    ) -> None:
        super().__init__(lane, around, breaker, stopping, sent)
        self._turns = turns

    def turn(self) -> None:
        batch, before, mine = None, self._turns.last_sent, threading.Event()
        if self._turns.taking.acquire(timeout=TURN_SECONDS):
            try:
                batch = self._taken()
                if batch is not None:
                    before, self._turns.last_sent = self._turns.last_sent, mine
            finally:
                self._turns.taking.release()
        if batch is not None:
            try:
                batch.work()
                batch.commit()
                before.wait()
                batch.send()
            finally:
                mine.set()
        self._end(batch)
