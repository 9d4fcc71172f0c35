"""Many pieces of work, one at a time, switched at every step boundary by a seeded die; any of them may die there."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

from fakes.world import Crash
from orderwire.ports.store import Store, Transaction


class Task:
    """A piece of work in a thread that runs only when it is told to."""

    def __init__(self, run: Callable[[], None]) -> None:
        self._run = run
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.finished = self.doomed = False
        self.defect: BaseException | None = None

    def _work(self) -> None:
        self._go.acquire()
        try:
            self._run()
        except Crash:
            pass
        except BaseException as error:  # noqa: BLE001  told to the test, in its own thread
            self.defect = error
        self.finished = True
        self._back.release()

    def resume(self) -> None:
        """Let it run up to its next step."""
        if not self._thread.is_alive():
            self._thread.start()
        self._go.release()
        self._back.acquire()

    def pause(self) -> None:
        """Wait, in its own thread, for the next turn."""
        self._back.release()
        self._go.acquire()
        if self.doomed:
            raise Crash


class Interleaving:
    """Runs tasks, one step of one of them at a time."""

    def __init__(self, die: Random) -> None:
        self._die = die
        self._running: Task | None = None
        self.tasks: list[Task] = []
        self.crashes = 0
        #: Tasks that wait for an answer, and for how many turns yet.
        self._stalled: dict[Task, int] = {}
        #: Tasks that have not had a turn since these were noted.
        self.still: set[Task] = set()

    def start(self, run: Callable[[], None]) -> None:
        self.tasks.append(Task(run))

    def step(self, *_what: object) -> None:
        """Give the turn back: called by the work at its step boundaries. Outside of tasks it does nothing."""
        if self._running is not None:
            self._running.pause()

    def stall(self, turns: int) -> None:
        """Let one task wait while the others go on."""
        if self.tasks:
            self._stalled[self._die.choice(self.tasks)] = turns

    def _next(self) -> Task:
        self._stalled = {task: left - 1 for task, left in self._stalled.items() if left > 0 and task in self.tasks}
        task = self._die.choice([task for task in self.tasks if task not in self._stalled] or self.tasks)
        self.still.discard(task)
        return task

    def turn(self, crash_rate: float) -> None:
        """Let one task go on, or die.

        Raises:
            BaseException: what a task raised that is not a crash.
        """
        task = self._next()
        task.doomed = self._die.random() < crash_rate
        self.crashes += task.doomed
        self._running = task
        task.resume()
        self._running = None
        if task.finished:
            self.tasks.remove(task)
        if task.defect is not None:
            raise task.defect


class SteppedStore:
    """A store whose transactions have a step boundary before and after them."""

    def __init__(self, store: Store, step: Callable[[], None]) -> None:
        self._store, self._step = store, step

    @contextmanager
    def begin(self, *, lasting: bool = True) -> Iterator[Transaction]:
        self._step()
        with self._store.begin(lasting=lasting) as tx:
            yield tx
        self._step()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        self._step()
        with self._store.read() as tx:
            yield tx
        self._step()

    def next_sequence(self) -> int:
        self._step()
        number = self._store.next_sequence()
        self._step()
        return number

    def migrate(self) -> None:
        self._store.migrate()

    def close(self) -> None:
        self._store.close()
