"""Orders that NAV's users enter, change or delete are told of; what we did ourselves is not."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from fakes.documents import a_line, an_order
from fakes.follower import FakeFollower, a_posted_line, a_posting, an_open_order
from fakes.world import World
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.order import Channel
from orderwire.canonical.party import Party, PartyId, PartyRole
from orderwire.canonical.response import AnsweredOrder, LineOutcome, OrderOutcome
from orderwire.config.follow import FollowSettings
from orderwire.errors import ContractError, OrderwireError
from orderwire.pipeline.follow_orders import OrdersLook
from orderwire.pipeline.follow_posted import PostedLook
from orderwire.pipeline.follow_watch import Watch
from orderwire.pipeline.work import body_of
from orderwire.ports.follow import OpenLine, OpenOrder, PostedKind
from orderwire.ports.following import FollowedState


@pytest.fixture
def nav() -> FakeFollower:
    return FakeFollower()


class Rounds:
    """Rounds through the open orders, with the shipments looked at before, as the follower does."""

    def __init__(self, world: World, nav: FakeFollower, **rules: Any) -> None:
        self.world, self.nav = world, nav
        self.watch = watch = Watch(
            world.store, nav, world.erp, world.partners, world.clock, "follower", FollowSettings(**rules), "EUR"
        )
        self.orders, self.shipments = OrdersLook(watch), PostedLook(watch, PostedKind.SHIPMENT)
        self.problem: OrderwireError | None = None
        self.turn()

    def turn(self) -> list[Event]:
        self.world.clock.sleep(30)
        with self.world.store.begin() as tx:
            fence = tx.following.lease("follower", self.world.clock(), 600)
        assert fence is not None
        if self.watch.rules.shipments:
            self.shipments.look(fence)
        looked = self.orders.look(fence)
        self.problem = looked.problem
        return looked.told

    def bodies(self) -> list[AnsweredOrder]:
        return [body_of(event) for event in self.turn()]


def placed(world: World, nav: FakeFollower, *quantities: str) -> str:
    """Have an order fulfilled, and stand in NAV; return its number there."""
    lines = [a_line(str(1001 + number), quantity) for number, quantity in enumerate(quantities)]
    response = world.place(an_order(*lines))
    assert response.erp_no is not None
    nav.open[response.erp_no] = an_open_order(world.erp.orders[response.erp_no])
    return response.erp_no


def edit(nav: FakeFollower, no: str, **quantities: dict[int, int]) -> None:
    """Change an order as a person at NAV; a line of 0 is deleted."""
    order = nav.open[no]
    wanted = quantities.get("ordered", {})
    lines = [replace(line, quantity=Decimal(wanted.get(line.line_no, line.quantity))) for line in order.lines]
    nav.open[no] = replace(order, lines=tuple(line for line in lines if line.quantity))


def test_an_order_as_it_was_made_is_no_news(world: World, nav: FakeFollower) -> None:
    """Neither the first look nor any other tells of it; deliveries alone change nothing either."""
    rounds = Rounds(world, nav)
    erp_no = placed(world, nav, "10", "5")
    assert rounds.turn() == []
    nav.open[erp_no] = an_open_order(world.erp.orders[erp_no], shipped={10000: 4}, invoiced={10000: 2})
    assert rounds.turn() == []
    with world.store.begin() as tx:
        first, _ = tx.following.lines(erp_no)
    assert (first.delivered, first.backordered, first.invoiced) == (Decimal(4), Decimal(6), Decimal(2))


def test_a_quantity_cut_in_nav_is_told_once(world: World, nav: FakeFollower) -> None:
    """The buyer's line says what stands now, and why; the same again is no news, and back again is."""
    rounds = Rounds(world, nav)
    erp_no = placed(world, nav, "10", "5")
    rounds.turn()
    edit(nav, erp_no, ordered={10000: 7})

    (event,) = rounds.turn()

    answer = body_of(event).response
    assert (event.type, answer.outcome, answer.erp_no) == (EventType.ORDER_CHANGED, OrderOutcome.CHANGED, erp_no)
    assert [(line.line_no, line.outcome, line.confirmed, line.reason) for line in answer.lines] == [
        ("1", LineOutcome.CHANGED, Decimal(7), "changed_in_erp"),
        ("2", LineOutcome.ACCEPTED, Decimal(5), None),
    ]
    assert rounds.turn() == []
    edit(nav, erp_no, ordered={10000: 10})
    assert rounds.turn() == []  # as it was made: the buyer's answer of then is right again
    edit(nav, erp_no, ordered={10000: 7})
    assert len(rounds.turn()) == 1


def test_a_line_deleted_in_nav_is_refused_to_the_buyer(world: World, nav: FakeFollower) -> None:
    """And a price that is another one is told with the line."""
    rounds = Rounds(world, nav)
    erp_no = placed(world, nav, "10", "5")
    edit(nav, erp_no, ordered={10000: 0})
    order = nav.open[erp_no]
    nav.open[erp_no] = replace(order, lines=(replace(order.lines[0], unit_price=Decimal("8.50")),))

    (body,) = rounds.bodies()

    first, second = body.response.lines
    assert (first.outcome, first.confirmed, first.reason_text) == (
        LineOutcome.REJECTED, Decimal(0), "the order was changed by the supplier",
    )  # fmt: skip
    assert (second.outcome, second.unit_price) == (LineOutcome.CHANGED, Decimal("8.50"))


def test_another_unit_is_told_in_the_buyers_one(world: World, nav: FakeFollower) -> None:
    """Pieces instead of cartons of six: quantity and price per carton, in as many decimals as NAV keeps."""
    world.profile()
    rounds = Rounds(world, nav)
    erp_no = world.place(an_order(a_line("1001", "5", "CT"))).erp_no or ""
    order = an_open_order(world.erp.orders[erp_no])
    piece = replace(order.lines[0], unit="PCS", quantity=Decimal(29), unit_price=Decimal("14.98"))
    nav.open[erp_no] = replace(order, lines=(piece,))

    (body,) = rounds.bodies()

    (line,) = body.response.lines
    assert (line.unit, line.confirmed, line.unit_price) == ("CT", Decimal("4.83333"), Decimal("89.88"))


def test_another_item_is_a_substitute(world: World, nav: FakeFollower) -> None:
    """A person at NAV may send something else instead."""
    rounds = Rounds(world, nav)
    erp_no = placed(world, nav, "10")
    order = nav.open[erp_no]
    nav.open[erp_no] = replace(order, lines=(replace(order.lines[0], item_no="1006"),))
    (body,) = rounds.bodies()
    (line,) = body.response.lines
    assert (line.outcome, line.substitute_no) == (LineOutcome.SUBSTITUTED, "1006")


def test_an_order_deleted_in_nav_is_refused(world: World, nav: FakeFollower) -> None:
    """It is believed gone when it was missing for a whole round, and told once."""
    rounds = Rounds(world, nav)
    erp_no = placed(world, nav, "10")
    rounds.turn()
    del nav.open[erp_no]
    assert rounds.turn() == []
    told = [event for _ in range(3) for event in rounds.turn()]
    (event,) = told
    assert (event.type, body_of(event).response.outcome) == (EventType.ORDER_REJECTED, OrderOutcome.REJECTED)
    with world.store.begin() as tx:
        assert tx.following.orders([erp_no])[erp_no].state is FollowedState.DELETED


def test_a_rest_deleted_in_nav_is_told(world: World, nav: FakeFollower) -> None:
    """What was delivered stays confirmed; the rest will not come."""
    rounds = Rounds(world, nav)
    erp_no = placed(world, nav, "10")
    nav.post(a_posting("S-1", a_posted_line(10000, "4"), order_no=erp_no))
    nav.open[erp_no] = an_open_order(world.erp.orders[erp_no], shipped={10000: 4}, invoiced={10000: 4})
    rounds.turn()
    del nav.open[erp_no]
    told = [event for _ in range(4) for event in rounds.turn()]
    (event,) = told
    (line,) = body_of(event).response.lines
    assert (event.type, line.outcome, line.confirmed) == (EventType.ORDER_CHANGED, LineOutcome.CHANGED, Decimal(4))


def test_an_order_invoiced_in_full_ends_quietly(world: World, nav: FakeFollower) -> None:
    """NAV deletes it; it is complete, and nobody is told that it is gone."""
    rounds = Rounds(world, nav)
    erp_no = placed(world, nav, "10")
    rounds.turn()
    nav.post(a_posting("S-1", a_posted_line(10000, "10"), order_no=erp_no))
    del nav.open[erp_no]
    assert [event for _ in range(4) for event in rounds.turn()] == []
    with world.store.begin() as tx:
        assert tx.following.orders([erp_no])[erp_no].state is FollowedState.COMPLETE
        (line,) = tx.following.lines(erp_no)
    assert line.invoiced == Decimal(10)


def test_what_was_shipped_unseen_is_not_refused(world: World, nav: FakeFollower) -> None:
    """Nobody told us of the shipments: NAV is asked for them before an order is believed deleted."""
    rounds = Rounds(world, nav, shipments=False)
    erp_no = placed(world, nav, "10", "5")
    rounds.turn()
    nav.post(a_posting("S-1", a_posted_line(10000, "10"), order_no=erp_no))
    nav.post(a_posting("S-2", a_posted_line(20000, "5", "1002"), order_no=erp_no))
    del nav.open[erp_no]
    assert [event for _ in range(4) for event in rounds.turn()] == []
    with world.store.begin() as tx:
        assert tx.following.orders([erp_no])[erp_no].state is FollowedState.COMPLETE
        assert [line.delivered for line in tx.following.lines(erp_no)] == [Decimal(10), Decimal(5)]


def test_what_was_shipped_unseen_in_part_stays_confirmed(world: World, nav: FakeFollower) -> None:
    """Only the rest is told as gone; a shipment that was undone did not leave the house."""
    rounds = Rounds(world, nav, shipments=False)
    erp_no = placed(world, nav, "10", "5")
    rounds.turn()
    undone = (a_posted_line(20000, "5", "1002"), a_posted_line(30000, "-5", "1002"))
    nav.post(a_posting("S-1", a_posted_line(10000, "4"), *undone, order_no=erp_no))
    del nav.open[erp_no]
    (event,) = [event for _ in range(4) for event in rounds.turn()]
    confirmed = [line.confirmed for line in body_of(event).response.lines]
    assert (event.type, confirmed) == (EventType.ORDER_CHANGED, [Decimal(4), Decimal(0)])


def test_an_order_is_not_refused_while_its_shipments_cannot_be_read(world: World, nav: FakeFollower) -> None:
    """Nothing is told of it, and what is in the way is; the other orders go on, and it is ended once NAV says how."""
    rounds = Rounds(world, nav, shipments=False)
    erp_no = placed(world, nav, "10")
    rounds.turn()
    nav.lacking.add(PostedKind.SHIPMENT)
    nav.post(a_posting("S-1", a_posted_line(10000, "10"), order_no=erp_no))
    del nav.open[erp_no]
    assert [event for _ in range(4) for event in rounds.turn()] == []
    assert isinstance(rounds.problem, ContractError)
    nav.open["SO-1"] = entered()
    assert [event.subject for event in rounds.turn()] == ["PHONE-1"]
    nav.lacking.clear()
    assert rounds.turn() == []
    assert rounds.problem is None
    with world.store.begin() as tx:
        assert tx.following.orders([erp_no])[erp_no].state is FollowedState.COMPLETE


def test_an_order_that_is_worked_on_is_left_alone(world: World, nav: FakeFollower) -> None:
    """Our own change may be half done: whoever has the order's lease is waited for."""
    rounds = Rounds(world, nav)
    erp_no = placed(world, nav, "10")
    record_id = world.record_id(an_order(a_line()))
    edit(nav, erp_no, ordered={10000: 7})
    with world.store.begin() as tx:
        fence = tx.orders.lease(record_id, "worker-9", world.clock(), 600)
    assert rounds.turn() == []
    with world.store.begin() as tx:
        tx.orders.free(record_id, fence or 0)
    assert len(rounds.turn()) == 1


def test_what_we_changed_ourselves_is_no_news(world: World, nav: FakeFollower) -> None:
    """NAV shows what our own plan says: the buyer was told by whoever made that plan."""
    rounds = Rounds(world, nav)
    erp_no = placed(world, nav, "10")
    rounds.turn()
    record = world.record(an_order(a_line()))
    plan = (record.draft or "").replace('"10"', '"7"').replace('"10.00000"', '"7"')
    with world.store.begin() as tx:
        fence = tx.orders.lease(record.id, "worker-9", world.clock(), 600) or 0
        tx.orders.save(record.id, fence, draft=plan)
        tx.orders.free(record.id, fence)
    edit(nav, erp_no, ordered={10000: 7})
    assert rounds.turn() == []


def entered(no: str = "SO-1", *lines: OpenLine, external_no: str = "PHONE-1", currency: str = "") -> OpenOrder:
    line = OpenLine(10000, "1001", "Drill", Decimal(3), "PCS", Decimal("89.90"), Decimal(0), Decimal(0))
    return OpenOrder(no, external_no, "C10000", None, None, currency, lines or (line,))


def test_an_order_entered_in_nav_is_told(world: World, nav: FakeFollower) -> None:
    """It is accepted as it stands, its lines have NAV's numbers, and nobody sends the buyer an answer."""
    rounds = Rounds(world, nav)
    nav.open["SO-1"] = entered(currency="US dollar")

    (event,) = rounds.turn()

    body = body_of(event)
    assert (event.type, event.subject, body.order.channel) == (EventType.ORDER_CHANGED, "PHONE-1", Channel.ERP)
    (line,) = body.response.lines
    assert (body.response.outcome, line.line_no, line.confirmed, line.unit) == (
        OrderOutcome.ACCEPTED, "10000", Decimal(3), "PCE",
    )  # fmt: skip
    assert body.order.currency is None
    assert rounds.turn() == []
    edit(nav, "SO-1", ordered={10000: 2})
    (changed,) = rounds.bodies()
    assert changed.response.lines[0].ordered == Decimal(2)
    with world.store.begin() as tx:
        assert tx.following.orders(["SO-1"])["SO-1"].entered


def test_what_stands_when_following_begins_is_nobodys_news(world: World, nav: FakeFollower) -> None:
    """Orders entered before are known from then on, and told of when they change."""
    nav.open["SO-1"] = entered()
    rounds = Rounds(world, nav)
    assert rounds.turn() == []
    edit(nav, "SO-1", ordered={10000: 2})
    assert [event.subject for event in rounds.turn()] == ["PHONE-1"]


def test_an_entered_order_that_is_deleted_ends_quietly(world: World, nav: FakeFollower) -> None:
    """The buyer was never promised anything by us."""
    rounds = Rounds(world, nav)
    nav.open["SO-1"] = entered()
    rounds.turn()
    del nav.open["SO-1"]
    assert [event for _ in range(4) for event in rounds.turn()] == []


@pytest.mark.parametrize(
    "order",
    [
        replace(entered(), customer_no="C99999"),
        entered("OW3PBNBASXPEY6LMMN"),
        replace(entered(), lines=()),
        replace(entered(), lines=tuple(replace(line, quantity=Decimal(0)) for line in entered().lines)),
    ],
    ids=["another customer", "being made by us", "no lines yet", "nothing ordered yet"],
)
def test_what_is_no_order_of_a_partner_yet_is_not_told(world: World, nav: FakeFollower, order: OpenOrder) -> None:
    """Another customer's, one that we are making, and one whose lines are still to come."""
    rounds = Rounds(world, nav)
    nav.open[order.no] = order
    assert rounds.turn() == []


def test_an_order_of_a_branch_is_followed(world: World, nav: FakeFollower) -> None:
    """A branch that codes/parties.csv makes a NAV customer of its own; what people enter for it is nobody's."""
    world.profile(parties={("gln", "4099998000037"): "C20000"})
    rounds = Rounds(world, nav)
    branch = Party(role=PartyRole.BUYER, ids=(PartyId(scheme="gln", value="4099998000037"),))
    erp_no = world.place(an_order(a_line("1001", "10"), parties=(branch,))).erp_no or ""
    assert world.erp.orders[erp_no].customer_no == "C20000"
    nav.open[erp_no] = an_open_order(world.erp.orders[erp_no])
    nav.open["SO-1"] = replace(entered(), customer_no="C20000")
    assert rounds.turn() == []

    edit(nav, erp_no, ordered={10000: 7})
    assert [event.type for event in rounds.turn()] == [EventType.ORDER_CHANGED]
    del nav.open[erp_no]
    assert [event.type for _ in range(4) for event in rounds.turn()] == [EventType.ORDER_REJECTED]


def test_customers_are_taken_in_turn(world: World, nav: FakeFollower) -> None:
    """However many partners and orders there are, one look asks once, and a round sees them all."""
    for number in range(45):
        world.profile(key=f"partner-{number:02}", customer_no=f"K{number:02}")
    rounds = Rounds(world, nav, rows=2)
    rounds.turn()
    for no, customer_no in (("SO-1", "K00"), ("SO-2", "K01"), ("SO-3", "K02"), ("SO-4", "K44")):
        nav.open[no] = replace(entered(no), customer_no=customer_no)
    told: list[str] = []
    for _ in range(6):
        nav.asked.clear()
        told += [body_of(event).response.erp_no or "" for event in rounds.turn()]
        assert sum(question.startswith("orders of") for question in nav.asked) == 1
    assert sorted(told) == ["SO-1", "SO-2", "SO-3", "SO-4"]
