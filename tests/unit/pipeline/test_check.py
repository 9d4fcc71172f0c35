"""The check after create: who gives way to NAV's own users, by how much, and what the buyer is told."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from fakes.documents import a_line, an_order
from fakes.world import Crash, World, crash_at
from orderwire.canonical.order import PurchaseOrder
from orderwire.canonical.response import LineOutcome, OrderOutcome, OrderResponse
from orderwire.canonical.stock import StockKey
from orderwire.config.profile import ShortagePolicy
from orderwire.errors import ErpRefusedError, InDoubtError, OutageError, StockTakenError, UnsettledError

LEVEL = StockKey(item_no="1003")  # 5 free
D = Decimal


def buying(world: World, quantity: int, item_no: str = "1003") -> None:
    """Have a NAV user buy between our reading and our order."""
    bought: list[str] = []

    def watch(operation: str) -> None:
        if operation == "create_order" and not bought:
            bought.append(operation)
            world.erp.buy(item_no, quantity)

    world.erp.passing(watch)


def in_nav(world: World) -> list[tuple[str, Decimal]]:
    return [(line.item_no, line.quantity) for order in world.erp.orders.values() for line in order.lines]


@pytest.mark.parametrize(
    ("policy", "outcome", "confirmed", "backordered", "stands"),
    [
        (ShortagePolicy.REJECT_LINE, LineOutcome.REJECTED, 0, 0, []),
        (ShortagePolicy.SUBSTITUTE, LineOutcome.REJECTED, 0, 0, []),
        (ShortagePolicy.REJECT_ORDER, LineOutcome.REJECTED, 0, 0, []),
        (ShortagePolicy.PART_DELIVERY, LineOutcome.CHANGED, 3, 0, [3]),
        (ShortagePolicy.BACK_ORDER, LineOutcome.BACKORDERED, 3, 1, [4]),
    ],
)
def test_cut_by_policy(
    world: World, policy: ShortagePolicy, outcome: LineOutcome, confirmed: int, backordered: int, stands: list[int]
) -> None:
    """A NAV user bought 2 of the 5 that we granted 4 of: one is missing, and the policy says what becomes of it."""
    world.profile(policy)
    buying(world, 2)

    answer = world.place(an_order(a_line("1003", "4")))

    [line] = answer.lines
    assert (line.outcome, line.reason) == (outcome, "taken_meanwhile")
    assert (line.confirmed, line.backordered) == (D(confirmed), D(backordered))
    assert in_nav(world) == [("1003", D(quantity)) for quantity in stands]
    assert (answer.erp_no is None) == (not stands)
    assert world.record(an_order(a_line("1003", "4"))).erp_no == answer.erp_no


@pytest.mark.parametrize(
    ("policy", "outcome", "confirmed", "backordered", "stands"),
    [
        (ShortagePolicy.REJECT_LINE, LineOutcome.REJECTED, 0, 0, []),
        (ShortagePolicy.PART_DELIVERY, LineOutcome.CHANGED, 3, 0, [3]),
        (ShortagePolicy.BACK_ORDER, LineOutcome.BACKORDERED, 3, 1, [4]),
    ],
)
def test_where_nav_checks_stock_it_is_decided_again(
    world: World, policy: ShortagePolicy, outcome: LineOutcome, confirmed: int, backordered: int, stands: list[int]
) -> None:
    """NAV finds at the last moment that a user took 2 of the 5: nothing is made, and the order decided anew."""
    world.profile(policy)
    world.erp.checks_stock = True
    buying(world, 2)

    answer = world.place(an_order(a_line("1003", "4")))

    [line] = answer.lines
    assert (line.outcome, line.confirmed, line.backordered) == (outcome, D(confirmed), D(backordered))
    assert in_nav(world) == [("1003", D(quantity)) for quantity in stands]
    assert world.erp.calls["set_quantities"] == 0
    assert world.erp.calls["stock"] == 2, "decided twice, and never checked after"
    assert world.pending("1003") == 0


def test_where_nav_checks_stock_nothing_is_asked_afterwards(world: World) -> None:
    """One reading and one call make an order; it has NAV's prices."""
    world.profile()
    world.erp.checks_stock = True

    answer = world.place(an_order(a_line("1003", "4")))

    assert (answer.outcome, answer.lines[0].unit_price) == (OrderOutcome.ACCEPTED, D("9.90"))
    assert (world.erp.calls["stock"], world.erp.calls["create_order"]) == (1, 1)


def test_stock_that_is_taken_each_time_waits_on_the_ladder(world: World) -> None:
    """Whoever always comes too late gives up for now, with no hold left behind."""
    world.profile()
    world.erp.checks_stock = True
    world.erp.fail("create_order", StockTakenError("NAV has less stock left"), times=3)

    with pytest.raises(StockTakenError):
        world.place(an_order(a_line("1003", "4")))

    assert world.pending("1003") == 0
    assert world.place(an_order(a_line("1003", "4"))).outcome is OrderOutcome.ACCEPTED


@pytest.mark.parametrize("policy", [ShortagePolicy.REJECT_LINE, ShortagePolicy.PART_DELIVERY])
def test_nothing_is_cut_when_there_is_enough(world: World, policy: ShortagePolicy) -> None:
    """What others buy is no matter while it does not touch what we granted."""
    world.profile(policy)
    buying(world, 1)

    assert world.place(an_order(a_line("1003", "4"))).outcome is OrderOutcome.ACCEPTED
    assert world.erp.calls["set_quantities"] == 0


def test_everything_was_taken(world: World) -> None:
    """With nothing left, part delivery refuses the line and no sales order stands."""
    world.profile(ShortagePolicy.PART_DELIVERY)
    buying(world, 5)

    answer = world.place(an_order(a_line("1003", "4")))

    assert (answer.outcome, answer.reason, answer.erp_no) == (OrderOutcome.REJECTED, "nothing_to_deliver", None)
    assert not world.erp.orders


def test_last_line_gives_way_first(world: World) -> None:
    """Of several lines of an item the last one is cut, and lines of other items are left alone."""
    world.profile(ShortagePolicy.PART_DELIVERY)
    buying(world, 3)

    answer = world.place(an_order(a_line("1003", "2"), a_line("1002", "1"), a_line("1003", "2")))

    assert [line.confirmed for line in answer.lines] == [2, 1, 0]
    assert in_nav(world) == [("1003", D(2)), ("1002", D(1))]


def test_two_items_were_taken(world: World) -> None:
    """Each item is settled for itself."""
    world.profile(ShortagePolicy.PART_DELIVERY)
    bought: list[str] = []

    def watch(operation: str) -> None:
        if operation == "create_order" and not bought:
            bought.append(operation)
            world.erp.buy("1003", 2)
            world.erp.buy("1006", 39)

    world.erp.passing(watch)

    answer = world.place(an_order(a_line("1003", "4"), a_line("1006", "3")))

    assert [line.confirmed for line in answer.lines] == [3, 1]


def test_all_or_nothing_names_the_line_at_fault(world: World) -> None:
    """Under all-or-nothing the line whose stock was taken says so, the others say that it is because of it."""
    world.profile(ShortagePolicy.REJECT_ORDER)
    buying(world, 2)

    answer = world.place(an_order(a_line("1003", "4"), a_line("1002", "1"), a_line("1006", "1")))

    assert (answer.outcome, answer.reason) == (OrderOutcome.REJECTED, "all_or_nothing")
    assert [line.reason for line in answer.lines] == ["taken_meanwhile", "order_refused", "order_refused"]
    assert not world.erp.orders


def test_cartons_are_cut_whole(world: World) -> None:
    """One piece missing costs a carton."""
    world.profile(ShortagePolicy.PART_DELIVERY)
    buying(world, 101 - 12, "1001")

    [line] = world.place(an_order(a_line("1001", "2", "CT"))).lines

    assert (line.confirmed, line.confirmed_base) == (D(1), D(6))


@pytest.mark.parametrize(
    ("policy", "confirmed", "backordered"),
    [(ShortagePolicy.REJECT_LINE, 3, 1), (ShortagePolicy.PART_DELIVERY, 3, 1), (ShortagePolicy.REJECT_ORDER, 3, 1)],
)
def test_cut_that_nav_refuses(world: World, policy: ShortagePolicy, confirmed: int, backordered: int) -> None:
    """What NAV will not cut stands, so the buyer is told that it is on back-order: never that it is refused."""
    world.profile(policy)
    buying(world, 2)
    world.erp.fail("set_quantities", ErpRefusedError("the order is released"))

    answer = world.place(an_order(a_line("1003", "4"), a_line("1002", "1")))

    assert answer.outcome is OrderOutcome.CHANGED
    assert answer.reason is None
    assert (answer.lines[0].confirmed, answer.lines[0].backordered) == (D(confirmed), D(backordered))
    assert (answer.lines[0].outcome, answer.lines[1].outcome) == (LineOutcome.BACKORDERED, LineOutcome.ACCEPTED)
    assert in_nav(world) == [("1003", D(4)), ("1002", D(1))]


def test_part_of_a_part_that_nav_refuses_to_cut(world: World) -> None:
    """Only what stands in NAV can be on back-order there: not the part that was refused before."""
    world.profile(ShortagePolicy.PART_DELIVERY)
    buying(world, 2)
    world.erp.fail("set_quantities", ErpRefusedError("the order is released"))

    [line] = world.place(an_order(a_line("1003", "9"))).lines

    assert (line.confirmed, line.backordered) == (D(3), D(2))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("policy", [ShortagePolicy.PART_DELIVERY, ShortagePolicy.REJECT_LINE])
def test_cut_of_unknown_fate(world: World, policy: ShortagePolicy, after: bool) -> None:  # noqa: FBT001
    """A cut whose reply was lost is looked at again, and neither forgotten nor done twice."""
    world.profile(policy)
    buying(world, 2)
    world.erp.fail("set_quantities", InDoubtError("no answer in time"), after=after)
    order = an_order(a_line("1003", "4"))
    with pytest.raises(InDoubtError):
        world.place(order)

    [line] = world.place(order).lines

    left = 3 if policy is ShortagePolicy.PART_DELIVERY else 0
    assert (line.confirmed, line.reason) == (D(left), "taken_meanwhile")
    assert in_nav(world) == ([("1003", D(3))] if left else [])


def test_all_or_nothing_cut_of_unknown_fate(world: World) -> None:
    """An order that was withdrawn as a whole is answered so after a crash, too."""
    world.profile(ShortagePolicy.REJECT_ORDER)
    buying(world, 2)
    world.erp.fail("set_quantities", InDoubtError("no answer in time"), after=True)
    order = an_order(a_line("1003", "4"), a_line("1002", "1"))
    with pytest.raises(InDoubtError):
        world.place(order)

    answer = world.place(order)

    assert (answer.outcome, answer.reason) == (OrderOutcome.REJECTED, "all_or_nothing")


def test_changed_by_a_nav_user(world: World) -> None:
    """A line that a NAV user lowered is confirmed as it stands there, and the reason says who did it."""
    order = an_order(a_line("1001", "4"), a_line("1002", "2"))
    changed_before_the_check(world, order, {10000: 1, 20000: 0})

    answer = world.place(order)

    assert [(line.outcome, line.confirmed, line.reason) for line in answer.lines] == [
        (LineOutcome.CHANGED, D(1), "changed_in_erp"),
        (LineOutcome.REJECTED, D(0), "changed_in_erp"),
    ]


def test_back_order_lowered_by_a_nav_user(world: World) -> None:
    """Of a lowered line, stock covers what it covered, and the rest stays on back-order."""
    world.profile(ShortagePolicy.BACK_ORDER)
    order = an_order(a_line("1003", "9"))
    changed_before_the_check(world, order, {10000: 7})

    [line] = world.place(order).lines

    assert (line.confirmed, line.backordered, line.outcome) == (D(5), D(2), LineOutcome.BACKORDERED)


def test_own_back_order_is_no_shortage(world: World) -> None:
    """What this order itself has on back-order is not missing."""
    world.profile(ShortagePolicy.BACK_ORDER)

    [line] = world.place(an_order(a_line("1003", "9"))).lines

    assert (line.confirmed, line.backordered, line.reason) == (D(5), D(4), "back_ordered")


def test_back_order_of_another_cuts_nobody(world: World) -> None:
    """An order that came between with a back-order takes nothing from us, though NAV's figure is below zero."""
    world.profile(ShortagePolicy.BACK_ORDER, key="bricolage", customer_no="C20000")
    between(world, an_order(a_line("1003", "100"), order_no="PO-2", partner="bricolage"))

    answer = world.place(an_order(a_line("1003", "4")))

    assert world.erp.available("1003") == 5 - 4 - 100
    assert answer.outcome is OrderOutcome.ACCEPTED


@pytest.mark.parametrize(("buy", "confirmed"), [(0, 4), (3, 1)])
def test_back_order_of_another_at_one_location(world: World, buy: int, confirmed: int) -> None:
    """The figure of all locations has it in it, too: it cuts nobody, and hides no buyer."""
    world.profile(ShortagePolicy.PART_DELIVERY)
    world.profile(ShortagePolicy.BACK_ORDER, key="bricolage", customer_no="C20000", location="BLUE")
    between(world, an_order(a_line("1003", "100"), order_no="PO-2", partner="bricolage"), buy=buy)

    [line] = world.place(an_order(a_line("1003", "4"))).lines

    assert line.confirmed == confirmed


def test_back_order_of_another_hides_no_buyer(world: World) -> None:
    """With a NAV user beside it, what it took is missing: of 5, we have 4, the other 1, and it buys 3."""
    world.profile(ShortagePolicy.PART_DELIVERY)
    world.profile(ShortagePolicy.BACK_ORDER, key="bricolage", customer_no="C20000")
    between(world, an_order(a_line("1003", "100"), order_no="PO-2", partner="bricolage"), buy=3)

    [line] = world.place(an_order(a_line("1003", "4"))).lines

    assert line.confirmed == 1


def test_old_back_order_is_no_excuse(world: World) -> None:
    """A back-order from before our reading was in the figure we granted on: it does not cover for a NAV user now."""
    world.profile(ShortagePolicy.PART_DELIVERY)
    world.profile(ShortagePolicy.BACK_ORDER, key="bricolage", customer_no="C20000")
    world.place(an_order(a_line("1003", "15"), order_no="PO-2", partner="bricolage"))  # 10 on back-order
    world.erp.inventory["1003"] += 14  # 4 free
    buying(world, 2)

    [line] = world.place(an_order(a_line("1003", "4"))).lines

    assert line.confirmed == 2


def test_back_order_under_way_is_waited_for(world: World) -> None:
    """Whether NAV's figure has seen another's back-order is not guessed."""
    world.profile(ShortagePolicy.BACK_ORDER, key="bricolage", customer_no="C20000")
    other = an_order(a_line("1003", "100"), order_no="PO-2", partner="bricolage")
    between(world, other, until="after_intent", buy=5)

    with pytest.raises(UnsettledError):
        world.place(an_order(a_line("1003", "4")))

    world.clock.sleep(100)
    finished = world.place(other)
    assert finished.lines[0].backordered == 100 - finished.lines[0].confirmed
    answer = world.place(an_order(a_line("1003", "4")))
    assert answer.lines[0].reason == "taken_meanwhile"


def test_back_order_settles_while_waited_for(world: World) -> None:
    """Once the other's back-order is confirmed, the figure is read again and nothing is cut."""
    world.profile(ShortagePolicy.BACK_ORDER, key="bricolage", customer_no="C20000")
    other = an_order(a_line("1003", "100"), order_no="PO-2", partner="bricolage")
    between(world, other, until="after_reply")
    waited: list[bool] = []

    def settle(_seconds: float) -> None:
        world.clock.sleep(100)
        if not waited:
            waited.append(True)
            world.place(other)

    answer = world.place(an_order(a_line("1003", "4")), sleep=settle)

    assert waited
    assert answer.outcome is OrderOutcome.ACCEPTED


def test_two_orders_do_not_both_give_way(world: World) -> None:
    """One NAV user, two of our orders: the first to check gives way, the second keeps all it was granted."""
    world.profile(ShortagePolicy.BACK_ORDER)
    other = an_order(a_line("1003", "2"), order_no="PO-2")
    answers: list[OrderResponse] = []

    def run_other() -> None:
        world.worker = "worker-2"
        buying(world, 2)
        world.place(other, answers=answers)
        world.worker = "worker-1"

    world.erp.passing(_once("create_order done", run_other))

    first = world.place(an_order(a_line("1003", "3")))

    assert first.outcome is OrderOutcome.ACCEPTED
    assert [(line.confirmed, line.backordered) for line in answers[0].lines] == [(D(0), D(2))]
    assert world.erp.available("1003") == -2


def test_item_in_another_check(world: World) -> None:
    """While another order's check has the item for longer than the limit, this one comes again later."""
    with world.store.begin() as tx:
        tx.holds.lease_item(LEVEL, "worker-2", world.clock(), 1000)
    buying(world, 2)

    with pytest.raises(UnsettledError):
        world.place(an_order(a_line("1003", "4")))

    world.clock.sleep(1000)
    assert world.place(an_order(a_line("1003", "4"))).lines[0].reason == "taken_meanwhile"


def test_solved_before_our_turn(world: World) -> None:
    """What another order has given up meanwhile is not cut a second time."""
    with world.store.begin() as tx:
        tx.holds.lease_item(LEVEL, "worker-2", world.clock(), 1000)
    buying(world, 2)

    def give_way(seconds: float) -> None:
        world.clock.sleep(seconds)
        world.erp.buy("1003", -2)
        with world.store.begin() as tx:
            tx.holds.free_item(LEVEL, "worker-2")

    assert world.place(an_order(a_line("1003", "4")), sleep=give_way).outcome is OrderOutcome.ACCEPTED


def test_item_is_free_after_a_crash_elsewhere(world: World) -> None:
    """The item's lease ends with the check, however it ends."""
    buying(world, 2)
    world.erp.fail("set_quantities", OutageError("NAV is down"))
    with pytest.raises(OutageError):
        world.place(an_order(a_line("1003", "4")))

    assert world.read(lambda tx: tx.holds.lease_item(LEVEL, "anybody", world.clock(), 1))


def between(world: World, other: PurchaseOrder, *, until: str | None = None, buy: int = 0) -> None:
    """Have another order run between our order in NAV and our check; `until`: it dies at that checkpoint."""
    world.erp.passing(_once("create_order done", lambda: _run_other(world, other, until, buy)))


def _once(operation: str, then: Callable[[], None]) -> Callable[[str], None]:
    done: list[str] = []

    def watch(passing: str) -> None:
        # Ours is confirmed at the reading that follows the call, so that the other one may decide.
        if passing == operation and not done:
            done.append(passing)
        elif passing == "stock" and len(done) == 1:
            done.append(passing)
            then()

    return watch


def _run_other(world: World, other: PurchaseOrder, until: str | None, buy: int) -> None:
    world.worker, checkpoint = "worker-2", world.checkpoint
    if until:
        world.checkpoint = crash_at(until)
        with pytest.raises(Crash):
            world.place(other)
    else:
        world.place(other)
    world.worker, world.checkpoint = "worker-1", checkpoint
    world.erp.buy("1003", buy)


def changed_before_the_check(world: World, order: PurchaseOrder, quantities: dict[int, int]) -> None:
    """Stop an order once it stands in NAV, and have a NAV user change it."""
    world.erp.passing(
        lambda operation: (
            world.erp.fail("stock", OutageError("NAV is down")) if operation == "create_order done" else None
        )
    )
    with pytest.raises(OutageError):
        world.place(order)
    world.erp.passing(lambda _operation: None)
    world.erp.edit(next(iter(world.erp.orders)), quantities)
