"""Stock that moved is told of, and partners get reports in their own numbers and units."""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fakes.follower import FakeFollower
from fakes.world import World
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.inventory import FigureKind
from orderwire.canonical.stock import StockFigure, StockKey
from orderwire.config.follow import FollowSettings
from orderwire.errors import ContractError, OrderwireError, OutageError
from orderwire.pipeline.follow_stock import StockLook
from orderwire.pipeline.follow_watch import Watch
from orderwire.pipeline.work import body_of

DRILL = {("buyer", "TB-DRILL"): "1001", ("gtin", "4099999001019"): "1001", ("buyer", "TB-HAMMER"): "1002"}


class Looks:
    def __init__(self, world: World, **rules: Any) -> None:
        self.world, self.nav = world, FakeFollower()
        self.nav.item_list = ["1001", "1002", "1003"]
        watch = Watch(world.store, self.nav, world.erp, world.partners, world.clock, "f", FollowSettings(**rules))
        self.stock = StockLook(watch)
        self.problem: OrderwireError | None = None

    def look(self, seconds: float = 30) -> list[Event]:
        self.world.clock.sleep(seconds)
        with self.world.store.begin() as tx:
            fence = tx.following.lease("f", self.world.clock(), 600)
        assert fence is not None
        looked = self.stock.look(fence)
        self.problem = looked.problem
        return looked.told


def test_only_what_moved_is_told(world: World) -> None:
    """The first figure of an item is no news; afterwards each move is, also one to and fro."""
    looks = Looks(world)
    assert looks.look() == []
    assert looks.look() == []
    world.erp.buy("1002", 3)
    (event,) = looks.look()
    assert (event.type, event.subject, body_of(event).available) == (EventType.STOCK_CHANGED, "1002", Decimal(297))
    assert looks.look() == []
    world.erp.buy("1002", -3)
    (back,) = looks.look()
    assert back.id != event.id


def test_a_long_list_is_read_in_turn(world: World) -> None:
    """One look reads a part of the items, and nobody forgets the others."""
    looks = Looks(world, rows=2)
    looks.look()
    looks.look()
    world.erp.buy("1003", 1)
    world.erp.buy("1001", 1)
    told = [event.subject for _ in range(2) for event in looks.look()]
    assert told == ["1001", "1003"]


def test_a_partner_is_told_what_moved_of_its_items(world: World) -> None:
    """A report on change names the partner's numbers, in its unit, and never less than nothing."""
    world.profile(items=DRILL, inventory={})
    looks = Looks(world)
    looks.look()
    world.erp.buy("1001", 500)
    world.erp.buy("1003", 1)

    *changed, report = looks.look()

    assert [event.type for event in changed] == [EventType.STOCK_CHANGED] * 2
    body = body_of(report)
    assert (report.type, body.partner, body.reported_on) == (
        EventType.STOCK_REPORTED, "baumarkt", world.clock().date(),
    )  # fmt: skip
    (line,) = body.lines
    assert [each.value for each in line.item_ids] == ["TB-DRILL", "4099999001019"]
    (figure,) = line.figures
    assert (figure.kind, figure.quantity, figure.unit) == (FigureKind.ACTUAL, Decimal(0), "PCE")


def test_a_partner_is_told_of_all_items_by_schedule(world: World) -> None:
    """Every so many hours, whatever moved, under a new number."""
    world.profile(items=DRILL, inventory={"every_hours": 6})
    looks = Looks(world)
    (first,) = looks.look()
    assert looks.look(3600) == []
    (second,) = looks.look(6 * 3600)
    assert [len(body_of(event).lines) for event in (first, second)] == [2, 2]
    assert body_of(first).report_no != body_of(second).report_no


@pytest.mark.parametrize("profile", [{"inventory": None, "items": DRILL}, {"inventory": {}, "items": {}}])
def test_nobody_else_gets_a_report(world: World, profile: dict[str, Any]) -> None:
    """Neither who wants none, nor who has no items listed."""
    world.profile(**profile)
    looks = Looks(world)
    looks.look()
    world.erp.buy("1001", 1)
    assert [event.type for event in looks.look()] == [EventType.STOCK_CHANGED]


def test_an_outage_loses_no_report(world: World) -> None:
    """NAV may go away between the figures and the partner's report: the next look finds the same move."""
    world.profile(items=DRILL, inventory={})
    looks = Looks(world)
    looks.look()
    world.erp.buy("1001", 5)
    asked: list[str] = []

    def away_at_the_second(operation: str) -> None:
        asked.append(operation)
        if asked.count("stock") == 2:
            raise OutageError("NAV does not answer")

    world.erp.passing(away_at_the_second)
    with pytest.raises(OutageError):
        looks.look()

    assert [event.type for event in looks.look()] == [EventType.STOCK_CHANGED, EventType.STOCK_REPORTED]
    assert looks.look() == []


@pytest.mark.parametrize("inventory", [{}, {"every_hours": 1}], ids=["on change", "by schedule"])
def test_a_report_that_cannot_be_made_keeps_no_other_back(
    world: World, monkeypatch: pytest.MonkeyPatch, inventory: dict[str, Any]
) -> None:
    """Stock of a location that NAV does not show is said, and the others get theirs; it is made up for once it can."""
    looks = Looks(world)
    looks.look()
    world.profile(key="a", location="BLUE", items=DRILL, inventory=inventory)
    world.profile(key="b", items=DRILL, inventory=inventory)
    world.erp.buy("1001", 5)
    stock = world.erp.stock

    def without_places(keys: Collection[StockKey], until: date | None = None) -> Mapping[StockKey, StockFigure]:
        if any(key.location for key in keys):
            raise ContractError("stock of one location: no service")
        return stock(keys, until)

    monkeypatch.setattr(world.erp, "stock", without_places)

    assert [event.partner for event in looks.look()] == [None, "b"]
    assert str(looks.problem) == "stock of one location: no service (partner=a)"
    monkeypatch.undo()
    (made_up_for,) = looks.look()
    assert (made_up_for.partner, len(body_of(made_up_for).lines)) == ("a", 2)
    assert looks.look() == []
    assert looks.problem is None
