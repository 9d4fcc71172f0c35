"""An order's whole life as a state machine: orders, changes, cancellations, NAV's users, faults and crashes.

Whatever happens in between, at the end every order stands in NAV as its buyer was told, no more is promised than there
is, nobody was refused what was there all the time, and no stock stays held. Orders are made by the page, and, in the
second machine, by the gateway codeunit.
"""

import tempfile
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from fakes.documents import a_line, an_order, change_event, order_event
from fakes.erp import SLOW
from fakes.rush import ITEMS, Rush
from fakes.witness import Witness
from fakes.world import World, make_template
from orderwire.canonical.change import LineAction, LineChange, OrderChange
from orderwire.canonical.envelope import Event
from orderwire.canonical.order import Channel, ItemId, ItemScheme, PurchaseOrder, Purpose
from orderwire.canonical.response import OrderResponse
from orderwire.canonical.stock import StockKey
from orderwire.config.profile import ShortagePolicy
from orderwire.errors import BusyError, ConflictError, ErpRefusedError, InDoubtError, OutageError
from orderwire.ports.orders import OrderRecord, OrderState

#: What NAV does wrong, and whether it had done what was asked all the same.
TROUBLES: Final = (
    ("create_order", InDoubtError("no answer in time"), False),
    ("create_order", InDoubtError("no answer in time"), True),
    ("create_order", ErpRefusedError("a message box"), True),
    ("change_order", InDoubtError("no answer in time"), False),
    ("change_order", InDoubtError("no answer in time"), True),
    ("change_order", ConflictError("stale key"), False),
    ("change_order", ErpRefusedError("a message box"), False),
    ("change_order", ErpRefusedError("a message box"), True),
    ("change_order", BusyError("deadlock"), False),
    ("set_quantities", InDoubtError("no answer in time"), True),
    ("set_quantities", ErpRefusedError("a message box"), False),
    ("find_order", OutageError("NAV is down"), False),
)
PARTNERS: Final = [policy.value for policy in ShortagePolicy]
ITEM: Final = st.sampled_from(ITEMS)
QUANTITY: Final = st.integers(1, 4)
WHICH: Final = st.integers(0, 99)
#: Less than a worker has an order to itself, and more than it waits for others.
PAUSE_SECONDS: Final = 30


@cache
def template() -> Path:
    return make_template(Path(tempfile.mkdtemp(prefix="orderwire-template-")))


class Life(Rush):
    """Answers are many here: to orders and to changes."""

    def __init__(self, world: World, witness: Witness) -> None:
        super().__init__(world, 0)
        self.witness = witness

    def _note(self, event: Event) -> None:
        if event.type.value == "message.parked":
            self.parked.append(event)

    def turn(self) -> bool:
        self.witness.look()
        went_on = super().turn()
        self.witness.look()
        return went_on


class OrderLife(RuleBasedStateMachine):
    """Rules only put work into the queue or disturb; `work` lets it go on, a step at a time."""

    gateway = False

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="orderwire-life-")))
        self.world = self.stack.enter_context(World.opened(template(), folder))
        self.orders: list[PurchaseOrder] = []
        self.asked = 0
        self.revised: set[str] = set()  # orders of which an earlier form may still be on its way
        self.disturbed = False  # by NAV's users
        self.touched: set[str] = set()  # orders that a NAV user changed after their buyer was answered

    @initialize(stock=st.integers(0, 9), own_number=st.booleans())
    def open_shop(self, stock: int, own_number: bool) -> None:  # noqa: FBT001  hypothesis gives it by name
        """A partner of each policy, and little stock. By the page, only our own numbers refuse what comes late."""
        self.world.erp.checks_stock = self.gateway
        self.world.own_number = own_number or not self.gateway
        for policy in ShortagePolicy:
            self.world.profile(policy, key=policy.value, substitutes={"1003": "1006"})
        self.world.erp.inventory |= {"1003": Decimal(stock), "1006": Decimal(6)}
        self.world.erp.users |= {"1003": Decimal(0)}
        witness = Witness(self.world.store, self.world.erp, ITEMS)
        self.world.watched_by(witness)
        self.life = Life(self.world, witness)

    @rule(partner=st.sampled_from(PARTNERS), lines=st.lists(st.tuples(ITEM, QUANTITY), min_size=1, max_size=2))
    def order(self, partner: str, lines: list[tuple[str, int]]) -> None:
        order = an_order(
            *(a_line(item_no, str(quantity)) for item_no, quantity in lines),
            order_no=f"PO-{len(self.orders)}",
            partner=partner,
        )
        self.orders.append(order)
        self.life.ask(order_event(order))

    @precondition(lambda self: self.orders)
    @rule(which=WHICH, line_no=st.sampled_from("12"), quantity=QUANTITY)
    def resize(self, which: int, line_no: str, quantity: int) -> None:
        self._change(which, LineChange(line_no=line_no, action=LineAction.CHANGED, quantity=Decimal(quantity)))

    @precondition(lambda self: self.orders)
    @rule(which=WHICH, item_no=ITEM, quantity=QUANTITY)
    def add(self, which: int, item_no: str, quantity: int) -> None:
        ids = (ItemId(scheme=ItemScheme.SUPPLIER, value=item_no),)
        line_no = f"n{self.asked}"
        self._change(
            which, LineChange(line_no=line_no, action=LineAction.ADDED, item_ids=ids, quantity=Decimal(quantity))
        )

    @precondition(lambda self: self.orders)
    @rule(which=WHICH, line_no=st.sampled_from("12"))
    def take_away(self, which: int, line_no: str) -> None:
        self._change(which, LineChange(line_no=line_no, action=LineAction.DELETED))

    @precondition(lambda self: self.orders)
    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        self._change(which, purpose=Purpose.CANCEL)

    def _change(self, which: int, *lines: LineChange, purpose: Purpose = Purpose.CHANGE) -> None:
        order, self.asked = self.orders[which % len(self.orders)], self.asked + 1
        change = OrderChange(
            order_no=order.order_no,
            change_no=f"CH-{self.asked}",
            partner=order.partner,
            channel=Channel.EDI,
            purpose=purpose,
            lines=lines,
        )
        self.life.ask(change_event(change))

    @precondition(lambda self: self.orders)
    @rule(which=WHICH)
    def again(self, which: int) -> None:
        """An order comes a second time, as another document."""
        self.asked += 1
        self.life.ask(order_event(self.orders[which % len(self.orders)], f"again-{self.asked}"))

    @precondition(lambda self: self.orders)
    @rule(which=WHICH, item_no=ITEM, quantity=QUANTITY)
    def again_otherwise(self, which: int, item_no: str, quantity: int) -> None:
        """An order of which nothing stands comes again under its number, with other content."""
        records = self.world.read(lambda tx: tx.orders.find())
        ended = [each for each in records if each.state is OrderState.ANSWERED and each.erp_no is None]
        if ended:
            record, self.asked = ended[which % len(ended)], self.asked + 1
            order = an_order(a_line(item_no, str(quantity)), order_no=record.order_no, partner=record.partner)
            self.orders = [order if each.order_no == order.order_no else each for each in self.orders]
            self.revised.add(order.order_no)
            self.life.ask(order_event(order, f"otherwise-{self.asked}"))

    @rule(seed=st.integers(0, 9999), turns=st.integers(1, 60), crashes=st.booleans())
    def work(self, seed: int, turns: int, crashes: bool) -> None:  # noqa: FBT001  hypothesis gives it by name
        self.life.die.seed(seed)
        self.life.crash_rate = 0.02 if crashes else 0.0
        for _ in range(turns):
            self.life.turn()

    @rule(seed=st.integers(0, 9999))
    def calm(self, seed: int) -> None:
        """Everything that was asked for is answered before anything else comes."""
        self.life.die.seed(seed)
        self.life.crash_rate = 0.0
        self.life.run()

    @rule(item_no=ITEM, share=st.integers(1, 4))
    def nav_user_buys(self, item_no: str, share: int) -> None:
        there = int(self.world.erp.available(item_no))
        if there > 0:
            self.disturbed = True
            self.world.erp.buy(item_no, max(1, there * share // 4))

    @rule(which=WHICH, posts=st.booleans())
    def nav_user_ships(self, which: int, posts: bool) -> None:  # noqa: FBT001  hypothesis gives it by name
        """Release an order, and perhaps ship what of it is there."""
        open_orders = [no for no, order in self.world.erp.orders.items() if not order.posted]
        if open_orders:
            no = open_orders[which % len(open_orders)]
            self.disturbed = True
            self.world.erp.release(no)
            if posts:
                self.world.erp.post(no)

    @rule(which=WHICH, quantity=QUANTITY)
    def nav_user_ships_some(self, which: int, quantity: int) -> None:
        """Post a part of an order's first line."""
        open_orders = [no for no, order in self.world.erp.orders.items() if order.lines]
        if open_orders:
            no = open_orders[which % len(open_orders)]
            first = self.world.erp.orders[no].lines[0]
            self.disturbed = True
            self.world.erp.ship(no, min(int(first.quantity - first.shipped), quantity))

    @rule(which=WHICH, left=st.integers(0, 1))
    def nav_user_cuts(self, which: int, left: int) -> None:
        """Take from an order whose buyer has his answer; 0 leaves nothing of its first line."""
        records = self.world.read(lambda tx: tx.orders.find())
        answered = {record.erp_no: record.order_no for record in records if record.state is OrderState.ANSWERED}
        known = [no for no, order in self.world.erp.orders.items() if no in answered and order.lines]
        if known:
            no = known[which % len(known)]
            first = self.world.erp.orders[no].lines[0]
            self.touched.add(answered[no])
            self.disturbed = True
            self.world.erp.edit(no, {first.line_no: max(int(first.shipped), min(int(first.quantity), left))})

    @rule()
    def order_is_made_late(self) -> None:
        """NAV makes the next order after its asker has given up."""
        self.world.erp.fail("create_order", SLOW)

    @rule()
    def nav_user_waits(self) -> None:
        """What NAV was still doing when its asker gave up is done now."""
        self.world.erp.arrive()

    @rule(seed=st.integers(0, 9999), turns=st.integers(1, 100))
    def reply_is_slow(self, seed: int, turns: int) -> None:
        """Somebody waits for an answer while the others go on; what he hears then is old."""
        self.life.die.seed(seed)
        self.life.interleaving.stall(turns)

    @precondition(lambda self: not self.life.interleaving.still & set(self.life.interleaving.tasks))
    @rule()
    def everything_is_slow(self) -> None:
        """Time passes, and nobody goes on."""
        self.life.interleaving.still = set(self.life.interleaving.tasks)
        self.world.clock.sleep(PAUSE_SECONDS)

    @rule(trouble=st.sampled_from(TROUBLES))
    def trouble(self, trouble: tuple[str, Exception, bool]) -> None:
        operation, error, after = trouble
        self.world.erp.fail(operation, error, after=after)

    def teardown(self) -> None:
        """Let everything come to its end in good weather, and look."""
        try:
            self.world.erp.mend()
            self.life.crash_rate = 0.0
            self.life.run()
            self.life.leave()
            self._look()
        finally:
            self.stack.close()

    def _look(self) -> None:
        assert self.life.witness.wrong == []
        parked = [event.data for event in self.life.parked]
        assert [entry for entry in parked if not self._earlier_form(entry)] == []
        records = self.world.read(lambda tx: tx.orders.find())
        assert {record.state for record in records} <= {OrderState.ANSWERED}
        uncovered = defaultdict[str, Decimal](Decimal)
        for record in records:
            self._stands_as_told(record, uncovered)
        for item_no in ITEMS:
            assert self.world.erp.available(item_no) + uncovered[item_no] >= 0, f"{item_no} is oversold"
            assert self.world.pending(item_no) == 0
            assert self.life.leasable(StockKey(item_no=item_no))

    def _earlier_form(self, entry: Mapping[str, Any]) -> bool:
        """Whether it is the earlier form of an order that has come again otherwise."""
        return bool(self.revised) and "with other content" in entry["reason"]

    def _stands_as_told(self, record: OrderRecord, uncovered: dict[str, Decimal]) -> None:
        told = OrderResponse.model_validate_json(record.response or "")
        standing = next((each for each in self.world.erp.orders.values() if each.no == record.erp_no), None)
        ours = [each for each in self.world.erp.orders.values() if each.external_document_no == record.order_no]
        assert len(ours) <= 1
        assert ours == ([standing] if standing else [])
        lines = [(line.substitute_no or line.item_no, line.confirmed_base, line.backordered) for line in told.lines]
        for item_no, _confirmed, backordered in lines:
            uncovered[item_no or ""] += backordered
        assert self.disturbed or "taken_meanwhile" not in {line.reason for line in told.lines}
        if record.order_no in self.touched or (standing and standing.posted):
            return
        promised = sorted((item_no, granted + rest) for item_no, granted, rest in lines if granted + rest)
        assert promised == sorted((line.item_no, line.quantity) for line in (standing.lines if standing else ()))


class GatewayLife(OrderLife):
    """Orders are made by the codeunit; changed and cancelled they are by the page."""

    gateway = True


#: Nothing is explained of what fails: for that, every line of every smaller example is traced.
OrderLife.TestCase.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None, phases=[each for each in Phase if each is not Phase.explain]
)
GatewayLife.TestCase.settings = OrderLife.TestCase.settings
TestOrderLife = OrderLife.TestCase
TestGatewayLife = GatewayLife.TestCase


@pytest.mark.parametrize(("quantity", "confirmed", "backordered"), [(5, 2, 3), (2, 0, 2), (8, 3, 5)])
def test_an_earlier_back_order_is_judged_by_itself(quantity: int, confirmed: int, backordered: int) -> None:
    """A line that stands without stock is resized after another order gave 6 back: 3 are free, and no more."""
    life = OrderLife()
    life.open_shop(stock=6, own_number=True)
    life.order(partner="reject_line", lines=[("1003", 6)])
    life.calm(seed=1)
    life.order(partner="back_order", lines=[("1003", 3)])
    life.calm(seed=1)
    life.cancel(which=0)
    life.calm(seed=1)

    life.resize(which=1, line_no="1", quantity=quantity)
    life.calm(seed=1)

    [record] = life.world.read(lambda tx: [each for each in tx.orders.find() if each.order_no == "PO-1"])
    life.teardown()  # nobody was wrongly refused
    [line] = OrderResponse.model_validate_json(record.response or "").lines
    assert (line.confirmed, line.backordered) == (Decimal(confirmed), Decimal(backordered))
