"""The follower's turns: one worker at a time, through outages, without noise."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest
import structlog

from fakes.follower import FakeFollower, a_posting
from fakes.world import World
from orderwire.canonical.envelope import Event
from orderwire.config.follow import FollowSettings
from orderwire.errors import ContractError, OrderwireError, OutageError
from orderwire.pipeline.follow import Follow
from orderwire.pipeline.follow_orders import OrdersLook
from orderwire.pipeline.follow_watch import Looked, Watch
from orderwire.ports.meter import NoMeter


class Heard:
    """Whoever listens."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, events: Sequence[Event]) -> None:
        self.events += events


def follow_of(world: World, nav: FakeFollower, heard: Heard, owner: str = "a", **rules: Any) -> Follow:
    watch = Watch(
        world.store, nav, world.erp, world.partners, world.clock, owner, FollowSettings(stock=True, **rules), "EUR"
    )
    return Follow(watch, heard, NoMeter())


def test_a_poll_looks_at_every_list(world: World) -> None:
    """What is new is announced as soon as it is committed, and on while there is more."""
    nav, heard = FakeFollower(), Heard()
    follow = follow_of(world, nav, heard, rows=2)
    assert follow.poll() is not None
    nav.post(*(a_posting(f"S-{number}") for number in range(5)))
    polled = follow.poll()
    assert polled is not None
    assert (polled.told["shipments"], polled.problems) == (5, {})
    assert set(polled.told) == {"shipments", "shipments swept", "invoices", "invoices swept", "orders", "stock"}
    assert len(heard.events) == 5


def test_lists_can_be_left_out(world: World) -> None:
    """What the settings do not want is not asked for."""
    nav = FakeFollower()
    follow = follow_of(world, nav, Heard(), shipments=False, invoices=False, orders=False)
    polled = follow.poll()
    assert polled is not None
    assert set(polled.told) == {"stock"}


def test_one_worker_follows_at_a_time(world: World) -> None:
    """The second one waits until the first gives up, or has been silent for the length of its lease."""
    nav, heard = FakeFollower(), Heard()
    first, second = (follow_of(world, nav, heard, owner, lease_seconds=60) for owner in ("a", "b"))
    assert first.poll() is not None
    assert second.poll() is None
    world.clock.sleep(61)
    assert second.poll() is not None
    assert first.poll() is None


def test_a_follower_that_stops_lets_another_go_on(world: World) -> None:
    """Nobody needs to wait for the end of its lease."""
    nav = FakeFollower()
    first = follow_of(world, nav, Heard(), "a", poll_seconds=0.01)
    stopping = threading.Event()
    thread = threading.Thread(target=first.run, args=(stopping,))
    thread.start()
    while not nav.asked:
        thread.join(0.01)
    stopping.set()
    thread.join(10)
    assert follow_of(world, nav, Heard(), "b").poll() is not None


def test_an_outage_is_waited_out_without_noise(world: World) -> None:
    """NAV away is said once, the other lists are not asked, and it goes on where it was."""
    nav, heard = FakeFollower(), Heard()
    follow = follow_of(world, nav, heard)
    follow.poll()
    nav.post(a_posting("S-1"))
    nav.away = OutageError("NAV does not answer")
    with structlog.testing.capture_logs() as logs:
        nav.asked.clear()
        for _ in range(3):
            polled = follow.poll()
            assert polled is not None
            assert set(polled.problems) == {"shipments"}
        assert len(nav.asked) == 3
        nav.away = None
        follow.poll()
    assert [entry["event"] for entry in logs] == ["follow_waits", "follow_resumed"]
    assert len(heard.events) == 1


def test_a_page_that_lacks_something_stops_only_its_list(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others go on."""
    nav = FakeFollower()
    follow = follow_of(world, nav, Heard())

    def lacking(*_: object, **__: object) -> None:
        raise ContractError("NAV's web service lacks what we need", service="PostedSalesInvoice")

    monkeypatch.setattr(nav, "orders_by_no", lacking)
    monkeypatch.setattr(nav, "open_orders", lacking)
    polled = follow.poll()
    assert polled is not None
    assert set(polled.problems) == {"orders"}
    assert {"shipments", "invoices", "stock"} <= set(polled.told)


def test_a_look_that_was_done_in_part_is_told_with_its_problem(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it could do counts; what was in the way is said once, and once that it is not any more."""
    follow = follow_of(world, FakeFollower(), Heard())
    lacks: list[OrderwireError | None] = [ContractError("lacks"), ContractError("lacks"), None]
    monkeypatch.setattr(OrdersLook, "look", lambda *_: Looked([], problem=lacks.pop(0)))
    with structlog.testing.capture_logs() as logs:
        polls = [follow.poll() for _ in range(3)]
    assert [set(polled.problems) for polled in polls if polled] == [{"orders"}, {"orders"}, set()]
    assert all("orders" in polled.told for polled in polls if polled)
    assert [entry["event"] for entry in logs] == ["follow_waits", "follow_resumed"]
