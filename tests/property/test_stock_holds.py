"""Stock holds under every interleaving the die finds: crashes, lost replies, and NAV users buying in between."""

from collections import Counter, deque
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from fakes.documents import a_line, an_order, order_event
from fakes.interleaving import Interleaving, SteppedStore
from fakes.transport import FakeTransport, a_delivery
from fakes.world import World, make_template
from orderwire.canonical.envelope import Event
from orderwire.canonical.order import PurchaseOrder
from orderwire.canonical.response import AnsweredOrder, LineOutcome, OrderOutcome, OrderResponse
from orderwire.canonical.stock import StockKey
from orderwire.config.partners import ShortagePolicy
from orderwire.errors import BusyError, ErpRefusedError, InDoubtError, OrderwireError, OutageError
from orderwire.pipeline.lane import Batch, Lane, Surroundings
from orderwire.pipeline.recovery import RetryPolicy
from orderwire.ports.queue import Delivery

if TYPE_CHECKING:
    from datetime import datetime

SEEDS: Final = range(30)
#: A partner of each policy.
PARTNERS: Final = {policy.value: policy for policy in ShortagePolicy}
ITEMS: Final = ("1003", "1006")
WORKERS: Final = 5
PATIENCE: Final = 20_000  # turns; a run takes some hundreds
#: Nothing parks here: what is tried are the holds, not anybody's patience.
ENDLESS: Final = RetryPolicy(max_attempts=1000, first_delay_seconds=5, max_delay_seconds=60, pause_seconds=5)
#: What NAV does wrong: in which call, how, and whether it had done what was asked all the same.
TROUBLES: Final = (
    ("create_order", InDoubtError("no answer in time"), False),
    ("create_order", InDoubtError("no answer in time"), True),
    ("create_order", BusyError("deadlock"), False),
    ("create_order", ErpRefusedError("a message box"), True),
    ("find_order", OutageError("NAV is down"), False),
    ("set_quantities", InDoubtError("no answer in time"), False),
    ("set_quantities", InDoubtError("no answer in time"), True),
)
MOST_TROUBLE: Final = 12
MOST_CRASHES: Final = 8


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def world(template: Path, tmp_path: Path) -> Iterator[World]:
    with World.opened(template, tmp_path) as opened:
        for policy in PARTNERS.values():
            opened.profile(policy, key=policy.value, substitutes={"1003": "1006"})
        opened.erp.inventory |= {"1003": Decimal(8), "1006": Decimal(6)}
        yield opened


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
        self.waiting.append((a_delivery(order_event(order)), self.world.clock()))

    def run(self) -> None:
        """Until every order is answered."""
        for _ in range(PATIENCE):
            self._start_work()
            if not self.interleaving.tasks and not self.waiting:
                return
            if not self.interleaving.tasks:
                self.world.clock.now = max(self.world.clock.now, min(due for _, due in self.waiting))
                continue
            self.disturb()
            self.interleaving.turn(self.crash_rate if self.interleaving.crashes < MOST_CRASHES else 0)
            self.world.clock.sleep(0.1)
        raise AssertionError("it does not come to an end")

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
                Batch(Lane("fulfil", "q", flow), around, [delivery]).run()
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

    def end(self) -> None:
        """Check what must hold at the end, whatever happened."""
        self.world.store = self._real
        self.world.erp.passing(lambda _operation: None)
        self.world.checkpoint = lambda _name: None
        assert [event.data["reason"] for event in self.parked] == []
        self._nav_stands_as_answered()
        for item_no in ITEMS:
            key = StockKey(item_no=item_no)
            assert self.world.erp.available(item_no) + self._uncovered(item_no) >= 0, f"{item_no} is oversold"
            assert self.world.pending(item_no) == 0
            assert self._lease(key)

    def _lease(self, key: StockKey) -> bool:
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


class Hostile(Rush):
    """NAV loses replies, refuses and locks; its users buy whatever they see."""

    trouble = 0

    def disturb(self) -> None:
        erp, chance = self.world.erp, self.die.random()
        if chance < 0.02:
            item_no = self.die.choice(ITEMS)
            there = int(erp.available(item_no))
            if there > 0:
                erp.buy(item_no, self.die.randint(1, there))
        elif chance < 0.07 and self.trouble < MOST_TROUBLE:
            self.trouble += 1
            operation, error, after = self.die.choice(TROUBLES)
            erp.fail(operation, error, after=after)


def single_pieces(count: int) -> Iterator[PurchaseOrder]:
    for number in range(count):
        partner = list(PARTNERS)[number % len(PARTNERS)]
        yield an_order(a_line("1006", "1"), order_no=f"PO-{number}", partner=partner)


def mixed_orders(die: Random, count: int) -> Iterator[PurchaseOrder]:
    for number in range(count):
        lines = [a_line(die.choice(ITEMS), str(die.randint(1, 3))) for _ in range(die.randint(1, 2))]
        yield an_order(*lines, order_no=f"PO-{number}", partner=die.choice(list(PARTNERS)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("crash_rate", [0.0, 0.01])
def test_every_piece_is_sold_once(world: World, seed: int, crash_rate: float) -> None:
    """With nobody else buying, 14 orders of a piece get exactly the 6 there are: none too many, none left."""
    rush = Rush(world, seed, crash_rate=crash_rate)
    for order in single_pieces(14):
        rush.add(order)

    rush.run()
    rush.end()

    confirmed = sum(line.confirmed for answer in rush.answers.values() for line in answer.lines)
    assert confirmed == 6
    assert len(rush.answers) == 14
    assert world.erp.available("1006") + rush._uncovered("1006") == 0


@pytest.mark.parametrize(
    ("seed", "checks_stock"), [*((seed, False) for seed in SEEDS), *((seed, True) for seed in SEEDS[:10])]
)
def test_nothing_is_promised_twice(world: World, seed: int, *, checks_stock: bool) -> None:
    """Crashes, lost replies and NAV's own users: every promise is covered, or its buyer was told otherwise."""
    world.erp.checks_stock = checks_stock
    rush = Hostile(world, seed, crash_rate=0.01)
    for order in mixed_orders(rush.die, 12):
        rush.add(order)

    rush.run()
    rush.end()

    assert len(rush.answers) == 12


@pytest.mark.parametrize("seed", SEEDS)
def test_order_that_comes_twice(world: World, seed: int) -> None:
    """Each order comes as two documents at once, under crashes: one sales order, one answer."""
    rush = Rush(world, seed, crash_rate=0.02)
    orders = list(single_pieces(4))
    for order in orders:
        rush.add(order)
        rush.waiting.append((a_delivery(order_event(order, f"again-{order.order_no}")), world.clock()))

    rush.run()
    rush.end()

    assert len(world.erp.orders) == 4
    assert {answer.outcome for answer in rush.answers.values()} == {OrderOutcome.ACCEPTED}
