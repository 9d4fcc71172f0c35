"""Requests that come all at once, five workers, and a die that decides who goes on and what goes wrong."""

from collections import Counter, deque
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Final

from fakes.documents import order_event
from fakes.interleaving import Interleaving, SteppedStore
from fakes.transport import FakeTransport, a_delivery
from fakes.world import World
from orderwire.canonical.envelope import Event
from orderwire.canonical.order import PurchaseOrder
from orderwire.canonical.response import AnsweredOrder, LineOutcome, OrderResponse
from orderwire.canonical.stock import StockKey
from orderwire.errors import OrderwireError
from orderwire.pipeline.lane import Batch, Lane, Surroundings
from orderwire.pipeline.outbox import Sent
from orderwire.pipeline.recovery import RetryPolicy
from orderwire.ports.queue import Delivery

if TYPE_CHECKING:
    from datetime import datetime

ITEMS: Final = ("1003", "1006")
WORKERS: Final = 5
PATIENCE: Final = 20_000  # turns; a run takes some hundreds
#: Nothing parks here: what is tried are the holds, not anybody's patience.
ENDLESS: Final = RetryPolicy(max_attempts=1000, first_delay_seconds=5, max_delay_seconds=60, pause_seconds=5)
MOST_CRASHES: Final = 8


class Rush:
    """Orders that come all at once, five workers, and a die that decides who goes on and what goes wrong."""

    def __init__(self, world: World, seed: int, *, crash_rate: float = 0.0) -> None:
        self.world, self.die, self.crash_rate = world, Random(seed), crash_rate  # noqa: S311  a test's die
        self.interleaving = Interleaving(self.die)
        self.waiting: deque[tuple[Delivery, datetime]] = deque()
        self.answers: dict[str, OrderResponse] = {}
        self.parked: list[Event] = []
        self.steps: Counter[str] = Counter()
        self._real = world.store
        world.store = SteppedStore(world.store, self._step)  # type: ignore[assignment]
        world.erp.passing(self.interleaving.step)
        world.checkpoint = self.interleaving.step

    def _step(self) -> None:
        self.interleaving.step()

    def add(self, order: PurchaseOrder) -> None:
        self.ask(order_event(order))

    def ask(self, event: Event) -> None:
        """Put a request into the queue."""
        self.waiting.append((a_delivery(event), self.world.clock()))

    def run(self) -> None:
        """Until every request is answered."""
        for _ in range(PATIENCE):
            if not self.turn():
                return
        raise AssertionError("it does not come to an end")

    def turn(self) -> bool:
        """Let one piece of work go on; False: nothing is left to do."""
        self._start_work()
        if not self.interleaving.tasks and not self.waiting:
            return False
        if not self.interleaving.tasks:
            self.world.clock.now = max(self.world.clock.now, min(due for _, due in self.waiting))
            return True
        self.disturb()
        self.interleaving.turn(self.crash_rate if self.interleaving.crashes < MOST_CRASHES else 0)
        self.world.clock.sleep(0.1)
        return True

    def disturb(self) -> None:
        """What others do between two turns."""

    def _start_work(self) -> None:
        while len(self.interleaving.tasks) < WORKERS:
            due = [entry for entry in self.waiting if entry[1] <= self.world.clock()]
            if not due:
                return
            entry = self.die.choice(due)
            self.waiting.remove(entry)
            self._start(entry[0])

    def _start(self, delivery: Delivery) -> None:
        self.steps["tries"] += 1
        worker = f"worker-{self.steps['tries']}"
        transport = FakeTransport()
        around = Surroundings(
            self.world.store,
            transport,
            ENDLESS,
            self.world.clock,
            self.world.around.meter,
            self.interleaving.step,
        )
        flow = self.world.fulfil_of(worker, sleep=self.interleaving.step)

        def work() -> None:
            try:
                sent = Sent()
                Batch(Lane("fulfil", "q", flow), around, [delivery], sent).run()
                sent.mark(around.store, around.clock)
            except OrderwireError:
                pass
            finally:
                self._settle(delivery, transport)

        self.interleaving.start(work)

    def _settle(self, delivery: Delivery, transport: FakeTransport) -> None:
        for event in transport.published:
            self._note(event)
        if transport.acked:
            return
        if transport.retried:
            [(retried, delay)] = transport.retried
            again = a_delivery(retried.event, retried.attempt + 1) if retried.event else retried
            self.waiting.append((again, self.world.clock.after(delay)))
        else:  # released, or the process died: the broker brings it back
            self.waiting.append((delivery, self.world.clock.after(1)))

    def _note(self, event: Event) -> None:
        if event.type.value == "message.parked":
            self.parked.append(event)
            return
        answer = AnsweredOrder.model_validate(event.data).response
        assert self.answers.setdefault(f"{answer.partner}/{answer.order_no}", answer) == answer

    def leave(self) -> None:
        """Take the step boundaries away again."""
        self.world.store = self._real
        self.world.erp.passing(lambda _operation: None)
        self.world.checkpoint = lambda _name: None

    def end(self) -> None:
        """Check what must hold at the end, whatever happened."""
        self.leave()
        assert [event.data["reason"] for event in self.parked] == []
        self._nav_stands_as_answered()
        for item_no in ITEMS:
            key = StockKey(item_no=item_no)
            assert self.world.erp.available(item_no) + self._uncovered(item_no) >= 0, f"{item_no} is oversold"
            assert self.world.pending(item_no) == 0
            assert self.leasable(key)

    def leasable(self, key: StockKey) -> bool:
        with self.world.store.begin() as tx:
            return tx.holds.lease_item(key, "anybody", self.world.clock(), 1)

    def _nav_stands_as_answered(self) -> None:
        orders = {order.no: order for order in self.world.erp.orders.values()}
        told = {answer.erp_no: answer for answer in self.answers.values() if answer.erp_no}
        assert orders.keys() == told.keys()
        for no, answer in told.items():
            promised = sorted(
                (line.substitute_no or line.item_no, line.confirmed_base + line.backordered)
                for line in answer.lines
                if line.outcome is not LineOutcome.REJECTED
            )
            assert sorted((line.item_no, line.quantity) for line in orders[no].lines) == promised

    def _uncovered(self, item_no: str) -> Decimal:
        lines = [line for answer in self.answers.values() for line in answer.lines]
        return sum((line.backordered for line in lines if (line.substitute_no or line.item_no) == item_no), Decimal(0))
