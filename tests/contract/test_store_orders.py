"""The store's contract: orders and holds. One suite over both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from threading import Barrier, Event
from typing import Any

import pytest

from fakes.desk import ORDER, leave_parked
from fakes.documents import WoundClock, change_event
from fakes.world import World
from orderwire.canonical.change import LineAction, LineChange, OrderChange
from orderwire.canonical.order import Channel, Purpose
from orderwire.canonical.stock import StockKey
from orderwire.errors import AlreadyDoneError, InDoubtError, LeaseLostError, OutOfOrderError
from orderwire.pipeline.abandon import abandon
from orderwire.pipeline.held import HeldOrders
from orderwire.ports.erp import ErpCustomer
from orderwire.ports.orders import OrderRecord, OrderState
from orderwire.store import SqlStore
from orderwire.store.orders import SqlOrders
from records import DRILL, HAMMER, NOON, a_hold, an_order, later


@pytest.fixture
def opened(store: SqlStore) -> SqlStore:
    """A store with two orders."""
    with store.begin() as tx:
        tx.orders.open(an_order())
        tx.orders.open(an_order(id="order-2", partner="toolbox", created_at=later(1)))
    return store


def test_open_returns_the_first(opened: SqlStore) -> None:
    """A partner has one order of a number: opening it again returns the row that stands."""
    with opened.begin() as tx:
        again = tx.orders.open(an_order(id="order-3", content_hash="other"))

        assert again == an_order()
        assert tx.orders.get("order-3") is None


def test_order_comes_back_whole(store: SqlStore) -> None:
    """Every field of an order comes back equal."""
    full = OrderRecord(
        id="order-1",
        partner="baumarkt",
        order_no="4500012345",
        content_hash="c0ffee",
        document_id="document-1",
        state=OrderState.ANSWERED,
        order='{"note": "größe"}',
        created_at=NOON,
        revision=1,
        draft="{}",
        erp_no="OW-1",
        response="{}",
        outcome="accepted",
        fence=7,
    )
    with store.begin() as tx:
        assert tx.orders.open(full) == full
        assert tx.orders.get("order-1") == full


def test_open_races(store: SqlStore) -> None:
    """Of many that open one order at once, all get the same row."""
    start = Barrier(8)

    def open_order(number: int) -> str:
        start.wait()
        with store.begin() as tx:
            return tx.orders.open(an_order(id=f"order-{number}")).id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(open_order, range(8)))) == 1


def test_open_holds_the_row(opened: SqlStore) -> None:
    """Who opens an order that is open in another transaction waits for that one's end, and sees what it did."""
    inside, waiting = Event(), Event()

    def first() -> None:
        with opened.begin() as tx:
            tx.orders.open(an_order())
            inside.set()
            waiting.wait(0.2)
            tx.orders.save("order-1", 0, state=OrderState.INTENDED)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(first)
        inside.wait()
        with opened.begin() as tx:
            seen = tx.orders.open(an_order()).state
        done.result()

    assert seen is OrderState.INTENDED


def test_find_orders(opened: SqlStore) -> None:
    """Orders are found by number and partner, newest first."""
    with opened.begin() as tx:
        assert [record.id for record in tx.orders.find()] == ["order-2", "order-1"]
        assert [record.id for record in tx.orders.find(limit=1)] == ["order-2"]
        assert [record.id for record in tx.orders.find(order_no="4500012345")] == ["order-2", "order-1"]
        assert [record.id for record in tx.orders.find(partner="baumarkt")] == ["order-1"]
        assert tx.orders.find(order_no="4711") == []


def test_lease(opened: SqlStore) -> None:
    """One owner at a time: prolonging keeps the fence, taking over after its end raises it."""
    with opened.begin() as tx:
        assert tx.orders.lease("order-1", "a", NOON, 10) == 1
        assert tx.orders.lease("order-1", "b", later(9), 10) is None
        assert tx.orders.lease("order-1", "a", later(9), 10) == 1
        assert tx.orders.lease("order-1", "b", later(18), 10) is None
        assert tx.orders.lease("order-1", "b", later(19), 10) == 2
        assert tx.orders.lease("order-1", "b", later(30), 10) == 3
        assert tx.orders.lease("nobody's", "a", NOON, 10) is None
        assert tx.orders.lease("order-2", "a", NOON, 10) == 1


def test_leases_race(opened: SqlStore) -> None:
    """Of many that want the lease at once, exactly one gets it."""
    start = Barrier(8)

    def lease(number: int) -> int | None:
        start.wait()
        with opened.begin() as tx:
            return tx.orders.lease("order-1", f"worker-{number}", NOON, 10)

    with ThreadPoolExecutor(8) as pool:
        fences = list(pool.map(lease, range(8)))

    assert sorted(fences, key=lambda fence: fence is None) == [1, *[None] * 7]


def test_a_freed_lease_is_free(opened: SqlStore) -> None:
    """A lease that was given up is there for the next, with a new fence; giving up another's does nothing."""
    with opened.begin() as tx:
        assert tx.orders.lease("order-1", "a", NOON, 10) == 1
        tx.orders.free("order-1", 0)
        assert tx.orders.lease("order-1", "b", NOON, 10) is None
        tx.orders.free("order-1", 1)
        assert tx.orders.lease("order-1", "b", NOON, 10) == 2
        tx.orders.free("order-1", 1)
        assert tx.orders.lease("order-1", "a", NOON, 10) is None


def test_finishing_saves_and_frees(opened: SqlStore) -> None:
    """What was decided is saved and the lease is there for the next; a worker that lost its own finishes nothing."""
    with opened.begin() as tx:
        tx.orders.lease("order-1", "a", NOON, 10)
        tx.orders.finish("order-1", 1, state=OrderState.ANSWERED, erp_no="OW-1")
        assert tx.orders.lease("order-1", "b", NOON, 10) == 2
        with pytest.raises(LeaseLostError):
            tx.orders.finish("order-1", 1, state=OrderState.HELD)
        assert tx.orders.lease("order-1", "a", NOON, 10) is None

        record = tx.orders.get("order-1")
    assert record is not None
    assert (record.state, record.erp_no) == (OrderState.ANSWERED, "OW-1")


def test_save_after_take_over_is_refused(opened: SqlStore) -> None:
    """A worker that lost its lease saves nothing."""
    with opened.begin() as tx:
        stale = tx.orders.lease("order-1", "a", NOON, 10)
        fresh = tx.orders.lease("order-1", "b", later(20), 10)
    assert (stale, fresh) == (1, 2)

    with pytest.raises(LeaseLostError), opened.begin() as tx:
        tx.orders.save("order-1", 1, state=OrderState.CREATED, erp_no="OW-1")
    with opened.begin() as tx:
        with pytest.raises(LeaseLostError):
            tx.orders.save("order-1", 1)
        tx.orders.save("order-1", 2, state=OrderState.INTENDED, draft="{}")
        tx.orders.save("order-1", 2)

        assert tx.orders.get("order-1") == an_order(state=OrderState.INTENDED, draft="{}", fence=2)


@pytest.mark.parametrize("name", ["id", "partner", "order_no", "fence", "lease_owner", "colour"])
def test_save_refuses_other_columns(opened: SqlStore, name: str) -> None:
    """What makes an order itself is never changed, and a misspelt column is a bug."""
    with opened.begin() as tx, pytest.raises(TypeError, match=name):
        tx.orders.save("order-1", 0, **{name: "x"})


def test_unsettled_counts_what_a_reading_may_not_have_seen(opened: SqlStore) -> None:
    """Pending holds count, and those confirmed after the reading; not one's own, not older, not released ones."""
    with opened.begin() as tx:
        tx.holds.add([a_hold("1.5"), a_hold("7", line_no="20", key=HAMMER)], NOON)
        tx.holds.add([a_hold("2", order_id="order-2")], NOON)

        assert tx.holds.unsettled([DRILL, HAMMER], 10, but="") == {DRILL: Decimal("3.5"), HAMMER: Decimal(7)}
        assert tx.holds.unsettled([DRILL, HAMMER], 10, but="order-1") == {DRILL: Decimal(2)}
        assert tx.holds.unsettled([], 10, but="") == {}

        tx.holds.confirm("order-1", 11)
        tx.holds.confirm("order-1", 99)
        assert tx.holds.unsettled([DRILL], 10, but="") == {DRILL: Decimal("3.5")}
        assert tx.holds.unsettled([DRILL], 11, but="") == {DRILL: Decimal(2)}

        tx.holds.release("order-1", "too late: it is confirmed")
        tx.holds.release("order-2", "no order stands in NAV")
        assert tx.holds.unsettled([DRILL], 10, but="") == {DRILL: Decimal("1.5")}


def test_holds_of_other_places_do_not_count(opened: SqlStore) -> None:
    """A hold counts for its location and variant only."""
    west, red = StockKey(item_no="1002", location="WEST"), StockKey(item_no="1002", location="EAST", variant="RED")
    with opened.begin() as tx:
        tx.holds.add([a_hold("1", key=HAMMER), a_hold("2", key=west, line_no="20")], NOON)

        assert tx.holds.unsettled([HAMMER, red], 0, but="") == {HAMMER: Decimal(1)}


def test_a_hold_without_a_location_counts_everywhere(opened: SqlStore) -> None:
    """It may take the pieces of any location, and the sum over all locations sees each location's holds."""
    east, west, all_of_it = (StockKey(item_no="1002", location=name) for name in ("EAST", "WEST", ""))
    with opened.begin() as tx:
        tx.holds.add([a_hold("1", key=east), a_hold("2", key=all_of_it, line_no="20")], NOON)

        assert tx.holds.unsettled([east, west, all_of_it], 0, but="") == {
            east: Decimal(3), west: Decimal(2), all_of_it: Decimal(3),
        }  # fmt: skip


def test_a_line_is_held_once(opened: SqlStore) -> None:
    """Holding a line again replaces what it held, on whatever item, but not what is confirmed."""
    with opened.begin() as tx:
        tx.holds.add([a_hold("5"), a_hold("6", line_no="20")], NOON)
        tx.holds.add([a_hold("3", key=HAMMER)], NOON)
        tx.holds.confirm("order-1", 1)
        tx.holds.add([a_hold("2"), a_hold("1")], NOON)
        tx.holds.add([a_hold("4")], NOON)
        tx.holds.add([], NOON)

        assert tx.holds.unsettled([DRILL, HAMMER], 1, but="") == {DRILL: Decimal(4)}
        assert tx.holds.unsettled([DRILL, HAMMER], 0, but="") == {DRILL: Decimal(10), HAMMER: Decimal(3)}


def test_sums_are_exact(opened: SqlStore) -> None:
    """Quantities add up to the last digit, however large or small."""
    quantities = ["0.1", "0.2", "999999999999999999", "0.000001", "1E+3", "123456789012345678.654321"]
    with opened.begin() as tx:
        tx.holds.add([a_hold(each, line_no=str(number)) for number, each in enumerate(quantities)], NOON)
        sums = tx.holds.unsettled([DRILL], 0, but="")

    assert sums == {DRILL: Decimal("1123456789012346677.954322")}


def test_many_items_at_once(opened: SqlStore) -> None:
    """An order of thousands of lines is locked, held and summed like a short one."""
    keys = [StockKey(item_no=f"{number:05}") for number in range(2000)]
    with opened.begin() as tx:
        tx.holds.lock([])
        tx.holds.lock(keys)
        tx.holds.add([a_hold(line_no=key.item_no, key=key) for key in keys], NOON)

        assert len(tx.holds.unsettled(keys, 0, but="")) == 2000


def test_holds_are_granted_one_order_after_the_other(opened: SqlStore) -> None:
    """Under the items' locks no two orders grant the same piece, whatever order they name the items in: no deadlock."""
    keys = [DRILL, HAMMER, StockKey(item_no="1003")]
    with opened.begin() as tx:
        for number in range(24):
            tx.orders.open(an_order(id=f"o-{number}", order_no=f"o-{number}"))

    def grant(number: int) -> bool:
        mine = keys if number % 2 else keys[::-1]
        with opened.begin() as tx:
            tx.holds.lock(mine)
            held = tx.holds.unsettled(mine, 0, but=f"o-{number}")
            if held.get(DRILL, Decimal(0)) >= 10:
                return False
            tx.holds.add([a_hold(order_id=f"o-{number}", line_no=key.item_no, key=key) for key in mine], NOON)
            return True

    with ThreadPoolExecutor(8) as pool:
        granted = list(pool.map(grant, range(24)))

    assert granted.count(True) == 10
    with opened.begin() as tx:
        assert tx.holds.unsettled(keys, 0, but="") == dict.fromkeys(keys, Decimal(10))


def test_item_lease(store: SqlStore) -> None:
    """One order at a time checks an item after create; its own lease it may prolong, another's it cannot free."""
    with store.begin() as tx:
        assert tx.holds.lease_item(DRILL, "a", NOON, 10)
        assert tx.holds.lease_item(DRILL, "a", later(5), 10)
        assert not tx.holds.lease_item(DRILL, "b", later(12), 10)
        assert tx.holds.lease_item(HAMMER, "b", NOON, 10)
        tx.holds.free_item(DRILL, "b")
        assert not tx.holds.lease_item(DRILL, "b", later(12), 10)
        assert tx.holds.lease_item(DRILL, "b", later(15), 10)
        tx.holds.free_item(DRILL, "b")
        assert tx.holds.lease_item(DRILL, "a", later(15), 10)


def test_item_leases_race(store: SqlStore) -> None:
    """Of many that want an item's lease at once, exactly one gets it."""
    start = Barrier(8)

    def lease(number: int) -> bool:
        start.wait()
        with store.begin() as tx:
            return tx.holds.lease_item(DRILL, f"worker-{number}", NOON, 10)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lease, range(8))).count(True) == 1


def test_holds_of_an_order_are_listed(opened: SqlStore) -> None:
    """In the order in which they were taken, with how they stand; another order's are not."""
    with opened.begin() as tx:
        tx.holds.add([a_hold("1.5"), a_hold("7", line_no="20", key=HAMMER, backordered=Decimal(2))], NOON)
        tx.holds.add([a_hold("2", order_id="order-2")], NOON)
        tx.holds.release("order-1", "NAV has none")

    with opened.read() as tx:
        first, second = tx.holds.of("order-1", 10)
        assert len(tx.holds.of("order-1", 1)) == 1

    assert (first.line_no, first.item_no, first.quantity, first.backordered) == ("10", "1001", Decimal("1.5"), None)
    assert (second.location, second.backordered) == ("EAST", Decimal(2))
    assert (first.state, first.reason, first.created_at) == ("released", "NAV has none", NOON)


# On PostgreSQL somebody else may have got further between a look at an order and its lease.

on_postgresql = pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)


@pytest.fixture
def world(store: SqlStore) -> World:
    return World(store, WoundClock())


def just_before_the_lease(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Have somebody else do something, from beginning to end, right before the next lease of an order is taken."""
    lease, acts = SqlOrders.lease, [act]

    def late(orders: SqlOrders, order_id: str, owner: str, now: datetime, seconds: float) -> int | None:
        if acts:
            acts.pop()()
        return lease(orders, order_id, owner, now, seconds)

    monkeypatch.setattr(SqlOrders, "lease", late)


def a_change(quantity: str) -> OrderChange:
    line = LineChange(line_no="1", action=LineAction.CHANGED, quantity=Decimal(quantity))
    return OrderChange(order_no="PO-1", partner="baumarkt", channel=Channel.EDI, lines=(line,))


@on_postgresql
@pytest.mark.parametrize(("first", "second"), [("refuse", "release"), ("release", "refuse")])
def test_two_people_decide_one_held_order(
    world: World, monkeypatch: pytest.MonkeyPatch, first: str, second: str
) -> None:
    """The second, who saw it held, is told that it is not any more; of what he wanted nothing happens."""
    world.erp.customers["C10000"] = ErpCustomer("C10000", "Baumarkt", "All")
    world.place(ORDER)
    desk, order_id = HeldOrders(world.store, lambda _events: None, world.clock), world.record_id(ORDER)
    asked: list[str] = []
    just_before_the_lease(monkeypatch, lambda: asked.append(getattr(desk, first)(order_id, who="anna", why="")))

    with pytest.raises(AlreadyDoneError):
        getattr(desk, second)(order_id, who="bert", why="")

    assert [event.id for event in world.read(lambda tx: tx.outbox.unsent())] == asked
    assert world.record(ORDER).state is (OrderState.NEW if first == "release" else OrderState.ANSWERED)


@on_postgresql
def test_an_order_is_answered_as_a_person_gives_it_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands by then is not given up: the order's row stays as the worker left it."""
    world.erp.fail("create_order", InDoubtError("no answer"))
    with pytest.raises(InDoubtError):
        world.place(ORDER)
    leave_parked(world, "parked", "fulfil", ORDER)
    [entry] = world.read(lambda tx: tx.parked.find())
    left: list[OrderRecord] = []

    def finish() -> None:
        world.place(ORDER)
        left.append(world.record(ORDER))

    just_before_the_lease(monkeypatch, finish)

    with world.store.begin() as tx:
        abandon(tx, entry, "given up", world.clock())

    assert [world.record(ORDER).draft] == [record.draft for record in left]
    with world.store.begin() as tx:
        assert tx.orders.lease(world.record_id(ORDER), "the next", world.clock(), 1) is not None


@on_postgresql
def test_a_change_is_answered_as_a_person_gives_it_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps its answer, and is not decided a second time when it comes again."""
    world.place(ORDER)
    event = change_event(a_change("9"))
    world.journal(event.documentid)
    world.erp.fail("change_order", InDoubtError("no answer"), after=True)
    with pytest.raises(InDoubtError):
        world.fulfil(event)
    leave_parked(world, event.documentid, "fulfil")
    [entry] = world.read(lambda tx: tx.parked.find())
    just_before_the_lease(monkeypatch, lambda: world.commit(world.fulfil(event)))

    with world.store.begin() as tx:
        abandon(tx, entry, "given up", world.clock())

    [change] = world.read(lambda tx: tx.changes.of_order(world.record_id(ORDER)))
    assert (change.state, change.outcome) == (OrderState.ANSWERED, "accepted")
    with world.store.begin() as tx:
        assert tx.orders.lease(world.record_id(ORDER), "the next", world.clock(), 1) is not None


@on_postgresql
def test_a_change_comes_to_two_workers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second gives the first one's answer; what was changed since is not changed back."""
    world.place(ORDER)
    event, later_event = change_event(a_change("9")), change_event(a_change("5"), "later")
    answers: list[Any] = []

    def change_twice() -> None:
        for each in (event, later_event):
            [answer] = world.commit(world.fulfil(each))
            answers.append(answer.data["response"])

    just_before_the_lease(monkeypatch, change_twice)

    [again] = world.commit(world.fulfil(event))

    assert again.data["response"] == answers[0]
    assert [line.quantity for order in world.erp.orders.values() for line in order.lines] == [5]
    with world.store.begin() as tx:
        assert tx.orders.lease(world.record_id(ORDER), "the next", world.clock(), 1) is not None


@on_postgresql
def test_a_held_order_is_released_as_its_buyer_cancels_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cancellation waits for what comes of the order."""
    world.erp.customers["C10000"] = ErpCustomer("C10000", "Baumarkt", "All")
    world.place(ORDER)
    desk = HeldOrders(world.store, lambda _events: None, world.clock)
    just_before_the_lease(monkeypatch, lambda: desk.release(world.record_id(ORDER), who="anna", why=""))

    with pytest.raises(OutOfOrderError):
        world.fulfil(change_event(a_change("1").model_copy(update={"purpose": Purpose.CANCEL, "lines": ()})))
