"""Stock that moved is told of, and partners get reports in their own numbers and units."""

from decimal import Decimal
from typing import Any

import pytest

from fakes.follower import FakeFollower
from fakes.world import World
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.inventory import FigureKind
from orderwire.config.follow import FollowSettings
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

    def look(self, seconds: float = 30) -> list[Event]:
        self.world.clock.sleep(seconds)
        with self.world.store.begin() as tx:
            fence = tx.following.lease("f", self.world.clock(), 600)
        assert fence is not None
        return self.stock.look(fence).told


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
