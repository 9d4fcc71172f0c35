"""Fulfilling: NAV's price is not the buyer's."""

from decimal import Decimal
from typing import Any

import pytest

from fakes.documents import a_line, an_order
from fakes.world import World
from orderwire.canonical.order import PurchaseOrder
from orderwire.canonical.response import LineOutcome, OrderOutcome
from orderwire.config.profile import ShortagePolicy
from orderwire.errors import (
    ErpRefusedError,
    InDoubtError,
)

D = Decimal


def priced(price: str) -> PurchaseOrder:
    """Return an order whose first line is at another price than NAV's 9.90."""
    prices: dict[str, Any] = {"net_price": D(price), "unit": "PCE"}
    return an_order(a_line("1001", "4", **prices), a_line("1002", "1", net_price=D("9.90"), unit="PCE"))


@pytest.mark.parametrize(
    ("policy", "outcome", "reason", "left"),
    [
        ("accept", LineOutcome.ACCEPTED, None, ["1001", "1002"]),
        ("flag", LineOutcome.CHANGED, "price_differs", ["1001", "1002"]),
        ("reject", LineOutcome.REJECTED, "price_differs", ["1002"]),
    ],
)
def test_another_price(world: World, policy: str, outcome: LineOutcome, reason: str | None, left: list[str]) -> None:
    """NAV's price is read back and held against the buyer's: taken, told, or the line is taken out again."""
    world.profile(price_policy=policy, price_tolerance_percent="1")

    answer = world.place(priced("9.50"))

    assert [(line.outcome, line.reason) for line in answer.lines] == [(outcome, reason), (LineOutcome.ACCEPTED, None)]
    assert [line.item_no for order in world.erp.orders.values() for line in order.lines] == left


def test_another_price_and_all_or_nothing(world: World) -> None:
    """Then no line stands."""
    world.profile(ShortagePolicy.REJECT_ORDER, price_policy="reject", price_tolerance_percent="0")

    answer = world.place(priced("9.50"))

    assert (answer.outcome, answer.reason) == (OrderOutcome.REJECTED, "all_or_nothing")
    assert [line.reason for line in answer.lines] == ["price_differs", "order_refused"]
    assert not world.erp.orders


def test_another_price_that_nav_keeps(world: World) -> None:
    """NAV does not give the line back, so it stands, and the buyer is told of the price."""
    world.profile(price_policy="reject", price_tolerance_percent="0")
    world.erp.fail("set_quantities", ErpRefusedError("released"))

    [line, _] = world.place(priced("9.50")).lines

    assert (line.outcome, line.reason, line.confirmed) == (LineOutcome.CHANGED, "price_differs", D(4))


def test_another_price_over_a_crash(world: World) -> None:
    """The reason outlives the worker that took the line out."""
    world.profile(price_policy="reject", price_tolerance_percent="0")
    world.erp.fail("set_quantities", InDoubtError("no answer"), after=True)
    with pytest.raises(InDoubtError):
        world.place(priced("9.50"))

    [line, _] = world.place(priced("9.50")).lines

    assert (line.outcome, line.reason) == (LineOutcome.REJECTED, "price_differs")
