"""A worker: threads that run lanes, a breaker per lane, and the outbox sweep; started, and stopped gracefully."""

import threading
from collections.abc import Sequence

import structlog

from orderwire.errors import OrderwireError, OutageError, TransientError
from orderwire.pipeline.lane import Batch, Lane, Surroundings
from orderwire.pipeline.outbox import Dispatcher

log = structlog.get_logger(__name__)

#: Messages in hand while a lane comes back from an outage, before it takes all again.
RAMP = (1, 10)


class Worker:
    """Runs lanes until stopped."""

    def __init__(self, lanes: Sequence[Lane], around: Surroundings, dispatcher: Dispatcher) -> None:
        self._lanes, self._around, self._dispatcher = lanes, around, dispatcher
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        for lane in self._lanes:
            breaker = _Breaker(lane, self._around, self._stopping)
            for number in range(lane.threads):
                self._spawn(f"{lane.flow}-{number}", _LaneThread(lane, self._around, breaker, self._stopping).run)
        self._spawn("outbox", lambda: self._dispatcher.run(self._stopping))

    def stop(self, timeout_seconds: float = 25.0) -> bool:
        """Finish what is in hand; return whether everything was finished in time."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout_seconds)
        return not any(thread.is_alive() for thread in self._threads)

    def _spawn(self, name: str, run: object) -> None:
        thread = threading.Thread(target=run, name=name, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()


class _Breaker:
    """Shared by a lane's threads: open while the other side is down."""

    def __init__(self, lane: Lane, around: Surroundings, stopping: threading.Event) -> None:
        self._lane, self._around, self._stopping = lane, around, stopping
        self._lock = threading.Lock()
        self._open = False

    @property
    def open(self) -> bool:
        return self._open

    def trip(self, seconds: float) -> None:
        """Pause the lane, probe until the other side answers, then take up work with a ramp. One thread does it."""
        with self._lock:
            if self._open:
                return
            self._open = True
        log.warning("lane_paused", flow=self._lane.flow)
        self._around.meter.paused(self._lane.flow, open=True)
        self._around.transport.pause(self._lane.queue)
        while not self._stopping.wait(seconds) and not self._answers():
            pass
        self._open = False
        self._around.meter.paused(self._lane.flow, open=False)
        log.info("lane_resumed", flow=self._lane.flow)
        for prefetch in RAMP:
            self._around.transport.resume(self._lane.queue, prefetch)
            self._stopping.wait(min(seconds, 1.0))
            if self._open:
                return
        self._around.transport.resume(self._lane.queue)

    def _answers(self) -> bool:
        if self._lane.probe is None:
            return True
        try:
            self._lane.probe()
        except (OutageError, TransientError):
            return False
        return True


class _LaneThread:
    def __init__(self, lane: Lane, around: Surroundings, breaker: _Breaker, stopping: threading.Event) -> None:
        self._lane, self._around, self._breaker, self._stopping = lane, around, breaker, stopping

    def run(self) -> None:
        while not self._stopping.is_set():
            if self._breaker.open:
                self._stopping.wait(0.05)
                continue
            try:
                self._turn()
            except OrderwireError as error:
                log.warning("lane_disturbed", flow=self._lane.flow, code=error.code, reason=str(error))
                self._stopping.wait(0.5)
            except Exception:
                log.exception("lane_defect", flow=self._lane.flow)
                self._stopping.wait(0.5)

    def _turn(self) -> None:
        deliveries = self._around.transport.receive(self._lane.queue, self._lane.batch, 0.5)
        if not deliveries:
            return
        pause = Batch(self._lane, self._around, deliveries).run()
        if pause is not None:
            self._breaker.trip(pause.seconds)
