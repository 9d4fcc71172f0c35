"""An order on its way: what happens when the process dies, or NAV does not answer, at each step."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from fakes.documents import a_line, an_order, order_event
from fakes.world import Crash, World, crash_at
from orderwire.canonical.order import PurchaseOrder
from orderwire.canonical.response import OrderOutcome
from orderwire.canonical.stock import StockKey
from orderwire.config.profile import ShortagePolicy
from orderwire.errors import (
    BusyError,
    ContractError,
    DuplicateConflictError,
    ErpRefusedError,
    InDoubtError,
    LeaseLostError,
    OutageError,
    UnavailableError,
    UnsettledError,
)
from orderwire.ports.erp import SalesLineDraft
from orderwire.ports.exchange import Tape, taped
from orderwire.ports.orders import OrderState

DRILL = StockKey(item_no="1001")
ORDER = an_order(a_line("1001", "2"))


def die_at(operation: str) -> Callable[[str], None]:
    """Return a watch over NAV's calls that dies at one of them."""
    return crash_at(operation)


def crashed(world: World, *, checkpoint: str | None = None, operation: str | None = None) -> None:
    """Have a worker die with the order in hand, and another one take its place, after the lease."""
    if checkpoint:
        world.checkpoint = crash_at(checkpoint)
    if operation:
        world.erp.passing(die_at(operation))
    with pytest.raises(Crash):
        world.place(ORDER)
    world.checkpoint = lambda _name: None
    world.erp.passing(lambda _operation: None)
    world.worker = "worker-2"


def taping(name: str) -> None:
    """Be NAV's wire: every call is an exchange."""
    with taped("Nav", name, b"<ask/>"):
        pass


@pytest.mark.parametrize(
    ("dies_at", "kept"), [("create_order", ["stock"]), ("stock", []), ("stock again", ["stock", "create_order"])]
)
def test_what_was_said_to_nav_is_kept_with_the_step_that_it_led_to(world: World, dies_at: str, kept: list[str]) -> None:
    """A worker that dies takes no exchange with it whose step stands in the journal."""
    event, asked = order_event(ORDER), Counter[str]()
    world.journal(event.documentid, partner="baumarkt")

    def wire(name: str) -> None:
        asked[name] += 1
        if name == dies_at or (f"{name} again" == dies_at and asked[name] == 2):
            raise Crash(name)
        if not name.endswith(" done"):
            taping(name)

    world.erp.passing(wire)
    with pytest.raises(Crash), Tape().running():
        world.fulfil(event)

    found = world.read(lambda tx: tx.exchanges.of([event.documentid], 10))
    assert [one.operation for _, one in found if one.operation in {"stock", "create_order"}] == kept


def test_dead_workers_order_is_busy_until_its_lease_ends(world: World) -> None:
    """A crash leaves the lease behind; nobody takes the order over before it has run out."""
    crashed(world, checkpoint="after_intent")

    with pytest.raises(BusyError):
        world.place(ORDER)
    world.clock.sleep(91)

    assert world.place(ORDER).outcome is OrderOutcome.ACCEPTED


@pytest.mark.parametrize(
    ("checkpoint", "operation", "state"),
    [
        (None, "stock", OrderState.NEW),
        ("after_intent", None, OrderState.INTENDED),
        (None, "create_order", OrderState.INTENDED),
        (None, "create_order done", OrderState.INTENDED),
        ("after_reply", None, OrderState.INTENDED),
    ],
)
def test_crash_and_take_over(world: World, checkpoint: str | None, operation: str | None, state: OrderState) -> None:
    """Wherever a worker dies, the next one makes one sales order of it, and no hold stays behind."""
    crashed(world, checkpoint=checkpoint, operation=operation)
    assert world.record(ORDER).state is state
    world.clock.sleep(91)

    answer = world.place(ORDER)

    assert answer.outcome is OrderOutcome.ACCEPTED
    assert [answer.erp_no] == list(world.erp.orders)
    assert world.pending() == 0
    assert world.erp.available("1001") == 98


def test_crash_after_the_order_stands(world: World) -> None:
    """Created and confirmed, an order is not made again: what stands in NAV is read, checked and answered."""
    calls = []

    def second_stock_reading(operation: str) -> None:
        calls.append(operation)
        if calls.count("stock") == 2:
            raise Crash

    world.erp.passing(second_stock_reading)
    with pytest.raises(Crash):
        world.place(ORDER)
    world.erp.passing(lambda _operation: None)
    assert world.record(ORDER).state is OrderState.CREATED
    world.clock.sleep(91)

    assert world.place(ORDER).outcome is OrderOutcome.ACCEPTED
    assert world.erp.calls["create_order"] == 1


@pytest.mark.parametrize("after", [False, True])
def test_lost_reply(world: World, after: bool) -> None:  # noqa: FBT001  whether NAV had committed
    """A time-out is read back at once: what stands is taken, what does not is made by the next try."""
    world.erp.fail("create_order", InDoubtError("no answer in time"), after=after)

    if not after:
        with pytest.raises(InDoubtError):
            world.place(ORDER)
        assert world.pending() == 2  # it may still come
    answer = world.place(ORDER)

    assert [answer.erp_no] == list(world.erp.orders)
    assert world.pending() == 0


def test_order_found_by_the_next_try(world: World) -> None:
    """What NAV committed late, after our first look, is found before anything is made."""
    world.erp.fail("create_order", InDoubtError("no answer in time"), after=True)
    world.erp.fail("find_order", OutageError("NAV is down"))
    with pytest.raises(OutageError):
        world.place(ORDER)

    answer = world.place(ORDER)

    assert [answer.erp_no] == list(world.erp.orders)
    assert world.erp.calls["create_order"] == 1


def test_a_read_back_without_an_answer_is_a_doubt(world: World) -> None:
    """Others wait for the stock that is held: NAV or a database that does not answer makes them wait no longer."""
    world.erp.fail("create_order", InDoubtError("no answer in time"))
    for _ in range(2):
        world.erp.fail("find_order", UnavailableError("NAV did not answer", service="SalesOrder"), times=3)
        with pytest.raises(InDoubtError, match="may have happened, and NAV did not answer") as doubt:
            world.place(ORDER)
        assert doubt.value.facts == {"service": "SalesOrder"}
        assert world.pending() == 2

    assert world.place(ORDER).outcome is OrderOutcome.ACCEPTED


@pytest.mark.parametrize("reading", [1, 2], ids=["before the intent", "once it stands"])
def test_a_reading_without_an_answer_is_no_doubt(world: World, reading: int) -> None:
    """While no stock is held nobody waits for the order, and it may wait for NAV as long as others."""
    away = [UnavailableError("NAV did not answer")] * 3
    readings = Counter[str]()

    def watch(operation: str) -> None:
        readings[operation] += 1
        if operation == "stock" and readings[operation] >= reading and away:
            raise away.pop()

    world.erp.passing(watch)
    with pytest.raises(UnavailableError):
        world.place(ORDER)

    assert world.pending() == 0
    assert world.place(ORDER).outcome is OrderOutcome.ACCEPTED


def test_deadlock_is_tried_again_at_once(world: World) -> None:
    """NAV's lock or deadlock says that nothing was done: a moment later it is tried again."""
    world.erp.fail("create_order", BusyError("deadlock"), times=2)

    assert world.place(ORDER).outcome is OrderOutcome.ACCEPTED


def test_deadlock_that_goes_on(world: World) -> None:
    """Three in a row are for the ladder; the hold stays, for the next try needs it."""
    world.erp.fail("create_order", BusyError("deadlock"), times=3)

    with pytest.raises(BusyError):
        world.place(ORDER)

    assert world.erp.calls["create_order"] == 3
    assert world.pending() == 2


def test_outage_keeps_hold_and_intent(world: World) -> None:
    """When NAV is down nothing was done, and all is taken up when it is back."""
    world.erp.fail("create_order", OutageError("NAV is down"))
    with pytest.raises(OutageError):
        world.place(ORDER)
    assert (world.pending(), world.erp.calls["find_order"]) == (2, 0)
    world.worker = "worker-2"

    assert world.place(ORDER).outcome is OrderOutcome.ACCEPTED


def test_defect_of_the_service_gives_the_stock_back(world: World) -> None:
    """A service that lacks something cannot make the order: once NAV shows none, the hold ends."""
    world.erp.fail("create_order", ContractError("the page has no lines"))

    with pytest.raises(ContractError):
        world.place(ORDER)

    assert world.pending() == 0
    assert world.record(ORDER).state is OrderState.NEW


def test_stranger_under_our_number_at_take_over(world: World) -> None:
    """If NAV shows another order under our number, ours does not stand: its hold ends."""
    world.erp.fail("create_order", OutageError("NAV is down"))
    with pytest.raises(OutageError):
        world.place(ORDER)
    world.erp.fail("find_order", DuplicateConflictError("another order has this number"))

    with pytest.raises(DuplicateConflictError):
        world.place(ORDER)

    assert world.pending() == 0


def test_stranger_under_our_number_once_created(world: World) -> None:
    """A created order that turns into another one is for a person; its state stays."""
    world.erp.passing(_fail_second_stock_reading(world))
    with pytest.raises(OutageError):
        world.place(ORDER)
    world.erp.fail("find_order", DuplicateConflictError("another order has this number"))

    with pytest.raises(DuplicateConflictError):
        world.place(ORDER)

    assert world.record(ORDER).state is OrderState.CREATED


def test_numbered_by_nav(world: World) -> None:
    """With NAV's own numbers a double would not be refused: we look before every try."""
    world.own_number = False
    world.erp.fail("create_order", InDoubtError("no answer in time"), after=True)

    answer = world.place(ORDER)

    assert answer.erp_no == "SO00001"
    assert world.erp.calls["find_order"] == 2
    assert len(world.erp.orders) == 1


def test_order_that_stands_already_under_navs_number(world: World) -> None:
    """Found under the customer and the buyer's number, it is taken and not made again."""
    world.own_number = False
    world.place(ORDER)
    world.forget(ORDER)

    answer = world.place(ORDER)

    assert answer.erp_no == "SO00001"
    assert world.erp.calls["create_order"] == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (an_order(a_line("1001"), order_no="P" * 35 + "-1"), an_order(a_line("1002"), order_no="P" * 35 + "-2")),
        (an_order(a_line("1001")), an_order(a_line("1001"), partner="shop")),
    ],
    ids=["alike in 35 characters", "of two partners with one customer"],
)
def test_an_order_of_another_is_not_taken_for_ours(world: World, first: PurchaseOrder, second: PurchaseOrder) -> None:
    """Numbered by NAV and called the same, the second is a person's business, and not told as made."""
    world.own_number = False
    world.profile(key="shop")
    world.place(first)

    with pytest.raises(DuplicateConflictError):
        world.place(second)

    assert len(world.erp.orders) == 1


@pytest.mark.parametrize(
    "change", [lambda line: replace(line, unit="PCS"), lambda line: replace(line, item_no="1002")], ids=["unit", "item"]
)
def test_what_nav_made_otherwise_is_not_told_as_ordered(
    world: World, change: Callable[[SalesLineDraft], SalesLineDraft]
) -> None:
    """NAV may commit a line before its unit or item is right, and fault then: nothing is told until it is put right."""
    order = an_order(a_line("1001", "5", "CT"))
    world.erp.spoil(change)

    with pytest.raises(ErpRefusedError) as refused:
        world.place(order)

    [no] = world.erp.orders
    assert refused.value.facts["no"] == no
    assert world.record(order).state is OrderState.INTENDED
    assert world.pending("1001") == 30

    del world.erp.orders[no]  # a person deletes it, and replays
    answer = world.place(order)
    assert (answer.outcome, answer.lines[0].confirmed_base) == (OrderOutcome.ACCEPTED, Decimal(30))


def test_deleted_before_it_was_answered(world: World) -> None:
    """An order that a NAV user deleted is answered with what stands: nothing."""
    world.erp.passing(_fail_second_stock_reading(world))
    with pytest.raises(OutageError):
        world.place(ORDER)
    world.erp.edit(next(iter(world.erp.orders)), {10000: 0})

    answer = world.place(ORDER)

    assert (answer.outcome, answer.erp_no) == (OrderOutcome.REJECTED, None)
    assert answer.lines[0].reason == "changed_in_erp"


def test_shipped_before_it_was_answered(world: World) -> None:
    """An order that NAV has shipped meanwhile is answered as made."""
    world.erp.passing(_fail_second_stock_reading(world))
    with pytest.raises(OutageError):
        world.place(ORDER)
    world.erp.post(next(iter(world.erp.orders)))

    answer = world.place(ORDER)

    assert answer.outcome is OrderOutcome.ACCEPTED
    assert answer.lines[0].confirmed == ORDER.lines[0].quantity


def test_lease_that_ran_out_under_way(world: World) -> None:
    """A worker that was too slow touches NAV no more, and lets the order go."""
    world.erp.passing(lambda operation: world.clock.sleep(100) if operation == "stock done" else None)

    with pytest.raises(BusyError):
        world.place(ORDER)

    assert world.erp.calls["create_order"] == 0
    world.worker = "worker-2"
    world.erp.passing(lambda _operation: None)
    assert world.place(ORDER).outcome is OrderOutcome.ACCEPTED


def test_order_taken_over_meanwhile(world: World) -> None:
    """The slow worker finds its fence gone, and cannot write over the one that took over."""
    hurried: list[str] = []

    def take_over(operation: str) -> None:
        if operation == "create_order" and not hurried:
            hurried.append(operation)
            world.clock.sleep(100)
            world.worker = "worker-2"
            world.place(ORDER)
            world.worker = "worker-1"

    world.erp.passing(take_over)

    with pytest.raises(LeaseLostError):
        world.place(ORDER)

    assert len(world.erp.orders) == 1
    assert world.record(ORDER).state is OrderState.ANSWERED


def test_other_worker_has_it_before_the_call(world: World) -> None:
    """A lease taken over before the call keeps the slow worker from calling."""

    def lose(operation: str) -> None:
        if operation == "stock done":
            world.clock.sleep(100)
            with world.store.begin() as tx:
                tx.orders.lease(world.record_id(ORDER), "worker-2", world.clock(), 90)

    world.erp.passing(lose)

    with pytest.raises(LeaseLostError):
        world.place(ORDER)


def test_lease_lost_between_intent_and_call(world: World) -> None:
    """Between the intent and the call as well."""

    def lose(name: str) -> None:
        if name == "after_intent":
            world.clock.sleep(100)
            with world.store.begin() as tx:
                tx.orders.lease(world.record_id(ORDER), "worker-2", world.clock(), 90)

    world.checkpoint = lose

    with pytest.raises(BusyError):
        world.place(ORDER)

    assert world.erp.calls["create_order"] == 0


def test_store_away_while_letting_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error that stopped the work is told, not that the lease could not be given up."""

    def away(_self: object, order_id: str, fence: int) -> None:
        raise UnavailableError("the database did not answer", order_id=order_id, fence=fence)

    monkeypatch.setattr("orderwire.store.orders.SqlOrders.free", away)
    world.erp.fail("customer", OutageError("NAV is down"))

    with pytest.raises(OutageError):
        world.place(ORDER)


def test_holds_count_until_confirmed(world: World) -> None:
    """From the intent to the confirmation a hold counts, and for a reading drawn before the confirmation after it."""
    readings = []
    world.checkpoint = lambda name: readings.append((name, world.store.next_sequence(), world.pending()))

    world.place(ORDER)

    assert [(name, pending) for name, _, pending in readings] == [("after_intent", 2), ("after_reply", 2)]
    before = readings[-1][1]
    assert world.read(lambda tx: tx.holds.unsettled([DRILL], before, but=""))[DRILL] == 2
    after = world.store.next_sequence()
    assert world.read(lambda tx: tx.holds.unsettled([DRILL], after, but="")) == {}


def test_reading_is_drawn_before_nav_is_asked(world: World) -> None:
    """A hold confirmed while NAV was answering counts: the reading may not have seen it."""
    other = an_order(a_line("1003", "3"), order_no="PO-2")
    placed: list[str] = []

    def meanwhile(operation: str) -> None:
        if operation == "stock done" and not placed:
            placed.append(operation)
            world.worker = "worker-2"
            world.place(other)
            world.worker = "worker-1"

    world.erp.passing(meanwhile)

    answer = world.place(an_order(a_line("1003", "5")))

    assert answer.lines[0].reason == "out_of_stock"  # 5 were free when it read, 2 when it decided
    assert world.erp.calls["create_order"] == 1
    assert world.erp.available("1003") == 2


def test_unsettled_by_a_dead_order(world: World) -> None:
    """A hold of unknown fate makes a shortage uncertain, and nobody is refused for it."""
    world.profile(ShortagePolicy.PART_DELIVERY)
    world.erp.fail("create_order", InDoubtError("no answer in time"))
    with pytest.raises(InDoubtError):
        world.place(an_order(a_line("1003", "5"), order_no="PO-2"))

    with pytest.raises(UnsettledError):
        world.place(an_order(a_line("1003", "1")))


def _fail_second_stock_reading(world: World) -> Callable[[str], None]:
    """Return a watch that makes the check after create fail, once the order stands."""

    def watch(operation: str) -> None:
        if operation == "create_order done":
            world.erp.fail("stock", OutageError("NAV is down"))

    return watch
