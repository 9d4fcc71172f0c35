"""An order's whole life as a state machine: orders, changes, cancellations, NAV's users, faults and crashes.

Whatever happens in between, at the end every order stands in NAV as its buyer was told, no more is promised than there
is, and no stock stays held.
"""

import tempfile
from collections import defaultdict
from contextlib import ExitStack
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from fakes.documents import a_line, an_order, change_event, order_event
from fakes.rush import ITEMS, Rush
from fakes.world import World, make_template
from orderwire.canonical.change import LineAction, LineChange, OrderChange
from orderwire.canonical.envelope import Event
from orderwire.canonical.order import Channel, ItemId, ItemScheme, PurchaseOrder, Purpose
from orderwire.canonical.response import OrderResponse
from orderwire.canonical.stock import StockKey
from orderwire.config.partners import ShortagePolicy
from orderwire.errors import BusyError, ConflictError, ErpRefusedError, InDoubtError, OutageError
from orderwire.ports.store import OrderRecord, OrderState

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
    ("find_order", OutageError("NAV is down"), False),
)
PARTNERS: Final = [policy.value for policy in ShortagePolicy]
ITEM: Final = st.sampled_from(ITEMS)
QUANTITY: Final = st.integers(1, 4)


@cache
def template() -> Path:
    return make_template(Path(tempfile.mkdtemp(prefix="orderwire-template-")))


class Life(Rush):
    """Answers are many here: to orders and to changes."""

    def _note(self, event: Event) -> None:
        if event.type.value == "message.parked":
            self.parked.append(event)


class OrderLife(RuleBasedStateMachine):
    """Rules only put work into the queue or disturb; `work` lets it go on, a step at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="orderwire-life-")))
        self.world = self.stack.enter_context(World.opened(template(), folder))
        self.orders: list[PurchaseOrder] = []
        self.asked = 0

    @initialize(stock=st.integers(0, 9))
    def open_shop(self, stock: int) -> None:
        """A partner of each policy, and little stock."""
        for policy in ShortagePolicy:
            self.world.profile(policy, key=policy.value, substitutes={"1003": "1006"})
        self.world.erp.inventory |= {"1003": Decimal(stock), "1006": Decimal(6)}
        self.world.erp.users |= {"1003": Decimal(0)}
        self.life = Life(self.world, 0)

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
    @rule(which=st.integers(0, 99), line_no=st.sampled_from("12"), quantity=QUANTITY)
    def resize(self, which: int, line_no: str, quantity: int) -> None:
        self._change(which, LineChange(line_no=line_no, action=LineAction.CHANGED, quantity=Decimal(quantity)))

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99), item_no=ITEM, quantity=QUANTITY)
    def add(self, which: int, item_no: str, quantity: int) -> None:
        ids = (ItemId(scheme=ItemScheme.SUPPLIER, value=item_no),)
        line_no = f"n{self.asked}"
        self._change(
            which, LineChange(line_no=line_no, action=LineAction.ADDED, item_ids=ids, quantity=Decimal(quantity))
        )

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99), line_no=st.sampled_from("12"))
    def take_away(self, which: int, line_no: str) -> None:
        self._change(which, LineChange(line_no=line_no, action=LineAction.DELETED))

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 99))
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
    @rule(which=st.integers(0, 99))
    def again(self, which: int) -> None:
        """An order comes a second time, as another document."""
        self.asked += 1
        self.life.ask(order_event(self.orders[which % len(self.orders)], f"again-{self.asked}"))

    @rule(seed=st.integers(0, 9999), turns=st.integers(1, 60), crashes=st.booleans())
    def work(self, seed: int, turns: int, crashes: bool) -> None:  # noqa: FBT001  hypothesis gives it by name
        self.life.die.seed(seed)
        self.life.crash_rate = 0.02 if crashes else 0.0
        for _ in range(turns):
            self.life.turn()

    @rule(item_no=ITEM, share=st.integers(1, 4))
    def nav_user_buys(self, item_no: str, share: int) -> None:
        there = int(self.world.erp.available(item_no))
        if there > 0:
            self.world.erp.buy(item_no, max(1, there * share // 4))

    @rule(which=st.integers(0, 99), posts=st.booleans())
    def nav_user_ships(self, which: int, posts: bool) -> None:  # noqa: FBT001  hypothesis gives it by name
        """Release an order, and perhaps ship what of it is there."""
        open_orders = [no for no, order in self.world.erp.orders.items() if not order.posted]
        if open_orders:
            no = open_orders[which % len(open_orders)]
            self.world.erp.release(no)
            if posts:
                self.world.erp.post(no)

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
        assert [event.data["reason"] for event in self.life.parked] == []
        records = self.world.read(lambda tx: tx.orders.find())
        assert {record.state for record in records} <= {OrderState.ANSWERED}
        uncovered = defaultdict[str, Decimal](Decimal)
        for record in records:
            self._stands_as_told(record, uncovered)
        for item_no in ITEMS:
            assert self.world.erp.available(item_no) + uncovered[item_no] >= 0, f"{item_no} is oversold"
            assert self.world.pending(item_no) == 0
            assert self.life.leasable(StockKey(item_no=item_no))

    def _stands_as_told(self, record: OrderRecord, uncovered: dict[str, Decimal]) -> None:
        told = OrderResponse.model_validate_json(record.response or "")
        standing = next((each for each in self.world.erp.orders.values() if each.no == record.erp_no), None)
        ours = [each for each in self.world.erp.orders.values() if each.external_document_no == record.order_no]
        assert len(ours) == (1 if standing else 0)
        lines = [(line.substitute_no or line.item_no, line.confirmed_base, line.backordered) for line in told.lines]
        for item_no, _confirmed, backordered in lines:
            uncovered[item_no or ""] += backordered
        if standing and standing.posted:
            return
        promised = sorted((item_no, granted + rest) for item_no, granted, rest in lines if granted + rest)
        assert promised == sorted((line.item_no, line.quantity) for line in (standing.lines if standing else ()))


OrderLife.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestOrderLife = OrderLife.TestCase
