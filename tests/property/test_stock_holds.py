"""Stock holds under every interleaving the die finds: crashes, lost replies, and NAV users buying in between."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final

import pytest

from fakes.documents import a_line, an_order, order_event
from fakes.rush import ITEMS, Rush
from fakes.transport import a_delivery
from fakes.world import World, make_template
from orderwire.canonical.order import PurchaseOrder
from orderwire.canonical.response import OrderOutcome
from orderwire.config.profile import ShortagePolicy
from orderwire.errors import BusyError, ErpRefusedError, InDoubtError, OutageError

SEEDS: Final = range(30)
#: A partner of each policy.
PARTNERS: Final = {policy.value: policy for policy in ShortagePolicy}
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
