"""Fulfilling: every shortage policy, units, refusals, and stock that is uncertain."""

from dataclasses import replace
from decimal import Decimal

import pytest

from fakes.documents import a_line, an_order, order_event
from fakes.erp import an_item
from fakes.world import World
from orderwire.canonical.envelope import EventType, event_id
from orderwire.canonical.order import ItemId, ItemScheme, PurchaseOrder, Purpose
from orderwire.canonical.response import LineOutcome, OrderOutcome
from orderwire.config.profile import ShortagePolicy
from orderwire.errors import (
    DuplicateConflictError,
    ErpRefusedError,
    MappingError,
    OutageError,
    UnknownPartnerError,
    UnsettledError,
)
from orderwire.pipeline.plan import sales_order_no
from orderwire.ports.orders import OrderState

GTIN, BUYER = ItemScheme.GTIN, ItemScheme.BUYER
D = Decimal


def test_covered_order_is_accepted(world: World) -> None:
    """An order that stock covers stands in NAV as ordered, with NAV's number and prices in the answer."""
    order = an_order(a_line("1001", "4"), a_line("1002", "2"))

    answer = world.place(order)

    assert answer.outcome is OrderOutcome.ACCEPTED
    assert [line.outcome for line in answer.lines] == [LineOutcome.ACCEPTED] * 2
    assert [line.confirmed for line in answer.lines] == [4, 2]
    assert [line.unit_price for line in answer.lines] == [Decimal("9.9")] * 2
    [standing] = world.erp.orders.values()
    assert answer.erp_no == standing.no
    assert [(line.line_no, line.item_no, line.quantity) for line in standing.lines] == [
        (10000, "1001", D(4)),
        (20000, "1002", D(2)),
    ]
    assert world.record(order).state is OrderState.ANSWERED
    assert world.pending() == 0


@pytest.mark.parametrize(
    ("policy", "outcome", "line_outcome", "confirmed", "backordered", "reason", "in_nav"),
    [
        (ShortagePolicy.REJECT_LINE, OrderOutcome.REJECTED, LineOutcome.REJECTED, 0, 0, "out_of_stock", None),
        (ShortagePolicy.PART_DELIVERY, OrderOutcome.CHANGED, LineOutcome.CHANGED, 5, 0, "part_delivery", 5),
        (ShortagePolicy.BACK_ORDER, OrderOutcome.CHANGED, LineOutcome.BACKORDERED, 5, 4, "back_ordered", 9),
        (ShortagePolicy.SUBSTITUTE, OrderOutcome.REJECTED, LineOutcome.REJECTED, 0, 0, "out_of_stock", None),
        (ShortagePolicy.REJECT_ORDER, OrderOutcome.REJECTED, LineOutcome.REJECTED, 0, 0, "out_of_stock", None),
    ],
)
def test_short_line(
    world: World,
    policy: ShortagePolicy,
    outcome: OrderOutcome,
    line_outcome: LineOutcome,
    confirmed: int,
    backordered: int,
    reason: str,
    in_nav: int | None,
) -> None:
    """A line that stock does not cover ends as the partner's policy says, and so does NAV's order."""
    world.profile(policy)

    answer = world.place(an_order(a_line("1003", "9")))  # 8 there, 3 sold: 5 free

    [line] = answer.lines
    assert (answer.outcome, line.outcome, line.reason) == (outcome, line_outcome, reason)
    assert (line.confirmed, line.backordered) == (D(confirmed), D(backordered))
    assert [line.quantity for order in world.erp.orders.values() for line in order.lines] == (
        [in_nav] if in_nav else []
    )
    assert (answer.erp_no is None) == (in_nav is None)


@pytest.mark.parametrize("policy", ShortagePolicy)
@pytest.mark.parametrize(("ordered", "tolerated"), [("101", True), ("106", False)])
def test_slightly_short(world: World, policy: ShortagePolicy, ordered: str, *, tolerated: bool) -> None:
    """Short by no more than the tolerance, what is there is confirmed and nothing follows, under every policy."""
    world.profile(policy, quantity_tolerance_percent="5")

    [line] = world.place(an_order(a_line("1001", ordered))).lines  # 100 are free

    assert (line.reason == "within_tolerance") is tolerated
    if tolerated:
        assert (line.outcome, line.confirmed, line.backordered) == (LineOutcome.CHANGED, D(100), D(0))


@pytest.mark.parametrize("policy", [ShortagePolicy.PART_DELIVERY, ShortagePolicy.BACK_ORDER])
def test_nothing_there(world: World, policy: ShortagePolicy) -> None:
    """With nothing in stock, part delivery refuses the line and back-order takes it all on order."""
    world.profile(policy)

    [line] = world.place(an_order(a_line("1007", "2"))).lines

    refused = policy is ShortagePolicy.PART_DELIVERY
    assert line.outcome is (LineOutcome.REJECTED if refused else LineOutcome.BACKORDERED)
    assert (line.confirmed, line.backordered) == (D(0), D(0) if refused else D(2))


def test_reject_line_lets_the_others_stand(world: World) -> None:
    """A refused line leaves the others as they are, and NAV gets those alone."""
    answer = world.place(an_order(a_line("1003", "9"), a_line("1002", "1")))

    assert answer.outcome is OrderOutcome.CHANGED
    assert [line.outcome for line in answer.lines] == [LineOutcome.REJECTED, LineOutcome.ACCEPTED]
    [standing] = world.erp.orders.values()
    assert [(line.line_no, line.item_no) for line in standing.lines] == [(10000, "1002")]


def test_reject_order_refuses_all_lines(world: World) -> None:
    """All or nothing: one short line refuses the order, and the others say that it is because of another."""
    world.profile(ShortagePolicy.REJECT_ORDER)

    answer = world.place(an_order(a_line("1002", "1"), a_line("1003", "9")))

    assert (answer.outcome, answer.reason) == (OrderOutcome.REJECTED, "all_or_nothing")
    assert [line.reason for line in answer.lines] == ["order_refused", "out_of_stock"]
    assert not world.erp.orders


def test_reject_order_with_an_unknown_item(world: World) -> None:
    """All or nothing counts for items that are not known, too."""
    world.profile(ShortagePolicy.REJECT_ORDER)

    answer = world.place(an_order(a_line("1002", "1"), a_line("no such", "1")))

    assert [line.reason for line in answer.lines] == ["order_refused", "unknown_item"]


def test_substitute_is_sent(world: World) -> None:
    """The partner's substitute goes out, at its own price, when it is there."""
    world.profile(ShortagePolicy.SUBSTITUTE, substitutes={"1007": "1006"})
    world.erp.prices["1006"] = Decimal("18.30")

    answer = world.place(an_order(a_line("1007", "2")))

    [line] = answer.lines
    assert (answer.outcome, line.outcome, line.reason) == (OrderOutcome.CHANGED, LineOutcome.SUBSTITUTED, "substituted")
    assert (line.item_no, line.substitute_no, line.confirmed, line.unit_price) == ("1007", "1006", D(2), D("18.3"))
    [standing] = world.erp.orders.values()
    assert standing.lines[0].item_no == "1006"


@pytest.mark.parametrize(
    ("substitute", "quantity", "unit"),
    [("1006", "41", None), ("1008", "1", None), ("9999", "1", None), ("1001", "1", "CT")],
    ids=["short too", "blocked", "unknown", "other carton"],
)
def test_no_substitute_fits(world: World, substitute: str, quantity: str, unit: str | None) -> None:
    """A substitute that is short, blocked, unknown or packed otherwise is not sent."""
    world.erp.put(an_item("1009", CARTON=12))
    world.profile(ShortagePolicy.SUBSTITUTE, substitutes={"1007": substitute, "1009": substitute})

    [line] = world.place(an_order(a_line("1009" if unit else "1007", quantity, unit))).lines

    assert (line.outcome, line.reason, line.substitute_no) == (LineOutcome.REJECTED, "out_of_stock", None)


def test_lines_of_one_item_share_its_stock(world: World) -> None:
    """Two lines of one item are decided one after the other, out of one stock."""
    world.profile(ShortagePolicy.PART_DELIVERY)

    answer = world.place(an_order(a_line("1003", "4"), a_line("1003", "4"), a_line("1003", "4")))

    assert [line.confirmed for line in answer.lines] == [4, 1, 0]
    assert world.erp.available("1003") == 0
    assert world.erp.calls["set_quantities"] == 0  # decided so, not cut afterwards


def test_repeated_line_numbers_hold_each(world: World) -> None:
    """A buyer's line number that comes twice loses no hold: 3 + 3 of 5 leave the second one short."""
    first = an_order(a_line("1003", "3", line_no="10"), a_line("1003", "2", line_no="10"), order_no="PO-1")
    world.erp.passing(lambda name: held.append(world.pending("1003")) if name == "create_order" else None)
    held: list[Decimal] = []

    answer = world.place(first)

    assert held == [5]
    assert [line.confirmed for line in answer.lines] == [3, 2]


def test_cartons_are_held_in_base_units(world: World) -> None:
    """A carton is ordered as a carton and held in pieces; the answer speaks of both."""
    answer = world.place(an_order(a_line("1001", "3", "CT")))

    [line] = answer.lines
    assert (line.unit, line.ordered, line.confirmed) == ("CT", D(3), D(3))
    assert (line.base_unit, line.ordered_base, line.confirmed_base) == ("PCS", D(18), D(18))
    [standing] = world.erp.orders.values()
    assert [(line.quantity, line.unit) for line in standing.lines] == [(D(3), "CARTON")]
    assert world.erp.available("1001") == 100 - 18


def test_part_delivery_in_whole_cartons(world: World) -> None:
    """Part of a carton is never promised."""
    world.profile(ShortagePolicy.PART_DELIVERY)

    [line] = world.place(an_order(a_line("1001", "20", "CT"))).lines  # 100 free: 16 cartons and 4 pieces

    assert (line.confirmed, line.confirmed_base) == (D(16), D(96))


def test_back_order_of_cartons(world: World) -> None:
    """The back-ordered rest is counted in the buyer's unit."""
    world.profile(ShortagePolicy.BACK_ORDER)

    [line] = world.place(an_order(a_line("1001", "20", "CT"))).lines

    assert (line.confirmed, line.backordered) == (D(16), D(4))


def test_odd_factor_stays_as_ordered(world: World) -> None:
    """A quantity that NAV rounds in its base unit is confirmed as the buyer wrote it, and not taken for a cut."""
    world.erp.put(an_item("2001", "KG", CARTON=3), 100)
    world.erp.known["2001"].units["CARTON"] = Decimal("0.33333")  # type: ignore[index]

    [line] = world.place(an_order(a_line("2001", "1.2345678", "CT"))).lines

    assert (line.outcome, line.confirmed, line.reason) == (LineOutcome.ACCEPTED, Decimal("1.2345678"), None)
    [standing] = world.erp.orders.values()
    assert standing.lines[0].quantity == Decimal("1.23457")


@pytest.mark.parametrize("quantity", ["0.000001", "9999999999999", "999999999999999999"])
def test_quantity_out_of_range(world: World, quantity: str) -> None:
    """A quantity that NAV would round to nothing, or cannot hold, is refused, not parked."""
    [line] = world.place(an_order(a_line("1001", quantity))).lines

    assert (line.outcome, line.reason, line.ordered) == (
        LineOutcome.REJECTED,
        "quantity_out_of_range",
        Decimal(quantity),
    )


@pytest.mark.parametrize(("item_no", "reason"), [("no such", "unknown_item"), ("1008", "item_blocked")])
def test_item_that_is_not_sold(world: World, item_no: str, reason: str) -> None:
    """An unknown or blocked item is refused to the buyer, and nothing is asked of stock."""
    answer = world.place(an_order(a_line(item_no)))

    assert (answer.outcome, answer.reason, answer.lines[0].reason) == (
        OrderOutcome.REJECTED,
        "nothing_to_deliver",
        reason,
    )
    assert answer.lines[0].ordered_base is None
    assert world.erp.calls["stock"] == 0


def test_unit_the_item_is_not_sold_in(world: World) -> None:
    """A unit we know, but not for this item, is refused to the buyer."""
    [line] = world.place(an_order(a_line("1003", "1", "CT"))).lines

    assert line.reason == "unit_not_sold"


def test_unknown_unit_parks_with_its_line(world: World) -> None:
    """A unit that no code list has is our own gap: the order parks, naming the line."""
    with pytest.raises(MappingError) as caught:
        world.place(an_order(a_line("1001"), a_line("1002", "1", "ZZ")))

    assert caught.value.facts == {"unit": "ZZ", "line_no": "2"}
    assert not world.erp.orders


def test_default_unit_of_the_partner(world: World) -> None:
    """A line without a unit is in the partner's default unit."""
    world.profile(default_unit="CT")

    [line] = world.place(an_order(a_line("1001", "1"))).lines

    assert line.confirmed_base == 6


def test_item_by_cross_reference_and_gtin(world: World) -> None:
    """An item is found by the partner's cross reference, else by the supplier's number, else by GTIN."""
    world.profile(items={(BUYER, "TB-DRILL"): "1001"})
    lines = [
        a_line(item_ids=(ItemId(scheme=BUYER, value="TB-DRILL"),)),
        a_line(item_ids=(ItemId(scheme=GTIN, value="4099999001026"),)),
        a_line(item_ids=(ItemId(scheme=ItemScheme.SUPPLIER, value="old"), ItemId(scheme=GTIN, value="4099999001033"))),
        a_line(item_ids=(ItemId(scheme=GTIN, value="4000000000000"),)),
    ]

    answer = world.place(an_order(*lines))

    assert [line.item_no for line in answer.lines] == ["1001", "1002", "1003", None]


def test_customer_that_nav_does_not_know(world: World) -> None:
    """That is our own matter: the order parks."""
    del world.erp.customers["C10000"]

    with pytest.raises(MappingError):
        world.place(an_order())


def test_test_order_never_meets_production(world: World) -> None:
    """A production company refuses a test order, and NAV is not even asked."""
    world.erp = type(world.erp)(production=True)

    answer = world.place(an_order(test=True))

    assert (answer.outcome, answer.reason, answer.test) == (OrderOutcome.REJECTED, "test_refused", True)
    assert not world.erp.calls


def test_test_order_is_made_in_a_test_company(world: World) -> None:
    """Elsewhere a test order is an order like any other."""
    assert world.place(an_order(test=True)).outcome is OrderOutcome.ACCEPTED


def test_long_order_number_is_cut_for_nav_alone(world: World) -> None:
    """NAV's External Document No. takes 35 characters; two that differ behind them stay two orders."""
    stem = "4500012345" * 4
    world.place(an_order(order_no=f"{stem}-1"))
    world.place(an_order(order_no=f"{stem}-2"))

    assert {order.external_document_no for order in world.erp.orders.values()} == {stem[:35]}
    assert len(world.erp.orders) == 2


@pytest.mark.parametrize("purpose", [Purpose.CHANGE, Purpose.REPLACE, Purpose.CANCEL])
def test_change_requests_are_for_a_person(world: World, purpose: Purpose) -> None:
    """A change or cancellation parks: nobody's sales order is touched by a machine."""
    with pytest.raises(MappingError):
        world.place(an_order(purpose=purpose))


def test_partner_that_is_gone(world: World) -> None:
    """An order of a partner without a profile parks, and no row is made for it."""
    with pytest.raises(UnknownPartnerError):
        world.place(an_order(partner="nobody"))

    assert world.read(lambda tx: tx.orders.find()) == []


def test_refusal_by_nav_gives_the_stock_back(world: World) -> None:
    """When NAV says no and no order stands, the hold ends, and the order can be tried again."""
    world.erp.fail("create_order", ErpRefusedError("the customer is over the limit"))

    with pytest.raises(ErpRefusedError):
        world.place(an_order())

    assert world.pending() == 0
    assert world.record(an_order()).state is OrderState.NEW
    assert world.place(an_order()).outcome is OrderOutcome.ACCEPTED


def test_refusal_after_commit_is_an_order_all_the_same(world: World) -> None:
    """NAV's fault is no proof: the order that stands is taken, and not made again."""
    world.erp.fail("create_order", ErpRefusedError("a message box"), after=True)

    answer = world.place(an_order())

    assert answer.outcome is OrderOutcome.ACCEPTED
    assert [answer.erp_no] == list(world.erp.orders)


def test_number_taken_by_another_order(world: World) -> None:
    """Another order under our number in NAV parks ours, without its hold."""
    stranger = replace(world.erp.orders[world.place(an_order()).erp_no or ""], no="stranger")

    def occupy(name: str) -> None:
        if name == "create_order":
            world.erp.orders[sales_order_no("baumarkt", "PO-2")] = stranger

    world.erp.passing(occupy)

    with pytest.raises(DuplicateConflictError):
        world.place(an_order(order_no="PO-2"))

    assert world.pending() == 0
    assert world.record(an_order(order_no="PO-2")).state is OrderState.NEW


def test_uncertain_stock_is_read_again_until_settled(world: World) -> None:
    """Short only because of a hold in flight: the order waits for it, and gets what it left."""
    other = an_order(a_line("1003", "3"), order_no="PO-2")
    _hold(world, other)
    seen: list[str] = []

    def settle(name: str) -> None:
        seen.append(name)
        if seen.count("stock") == 3:
            world.read(lambda tx: tx.holds.release(event_id("baumarkt", 0, "order:PO-2"), "refused by NAV"))

    world.erp.passing(settle)

    answer = world.place(an_order(a_line("1003", "5")))

    assert answer.outcome is OrderOutcome.ACCEPTED
    assert seen.count("stock") >= 3


def test_stock_that_does_not_settle(world: World) -> None:
    """A hold that stays in flight is waited for no longer than the limit; then the ladder has it."""
    _hold(world, an_order(a_line("1003", "3"), order_no="PO-2"))
    before = world.clock()

    with pytest.raises(UnsettledError):
        world.place(an_order(a_line("1003", "5")))

    assert 5 <= (world.clock() - before).total_seconds() < 7
    assert not world.erp.orders


def test_lower_bound_suffices(world: World) -> None:
    """What is covered even if the hold in flight is not yet in NAV's figure is granted at once."""
    _hold(world, an_order(a_line("1003", "3"), order_no="PO-2"))

    assert world.place(an_order(a_line("1003", "2"))).outcome is OrderOutcome.ACCEPTED


def test_uncertain_substitute_is_waited_for(world: World) -> None:
    """A substitute that is short only because of a hold in flight is not given up."""
    world.profile(ShortagePolicy.SUBSTITUTE, substitutes={"1007": "1003"})
    _hold(world, an_order(a_line("1003", "3"), order_no="PO-2"))

    with pytest.raises(UnsettledError):
        world.place(an_order(a_line("1007", "5")))


def test_answer_event_says_what_came_of_it(world: World) -> None:
    """The event's type is the outcome, and its id is the same whenever the same work is done."""
    event = order_event(an_order(a_line("1003", "9"), a_line("1001")))

    [first] = world.commit(world.fulfil(event))
    [again] = world.commit(world.fulfil(event))

    assert first.type is EventType.ORDER_CHANGED
    assert first.id == again.id
    assert (first.documentid, first.causationid, first.subject) == (event.documentid, event.id, "PO-1")


def _hold(world: World, order: PurchaseOrder) -> None:
    """Leave an order behind that holds stock and waits for NAV."""
    world.erp.fail("create_order", OutageError("NAV is down"))
    with pytest.raises(OutageError):
        world.place(order)
