"""Held orders: what NAV's customer says against an order, and the person who decides."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from fakes.documents import a_line, an_order, change_event, order_event
from fakes.world import World
from orderwire.canonical.change import LineAction, LineChange, OrderChange
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.order import Channel, Purpose
from orderwire.canonical.response import OrderOutcome
from orderwire.config.trading import TrustProfile
from orderwire.errors import AlreadyDoneError, BusyError, MappingError
from orderwire.pipeline.held import HeldOrders
from orderwire.pipeline.respond import Respond
from orderwire.ports.erp import ErpCustomer
from orderwire.ports.journal import DocumentState
from orderwire.ports.orders import OrderState

ORDER = an_order(a_line("1001", "4"))
FIGURES: dict[str, Decimal] = {"credit_limit": Decimal(0), "balance": Decimal(0), "balance_due": Decimal(0)}


def customer(world: World, blocked: str = "", **figures: int) -> None:
    given: dict[str, Any] = FIGURES | {name: Decimal(figure) for name, figure in figures.items()}
    world.erp.customers["C10000"] = ErpCustomer("C10000", "Baumarkt", blocked, **given)


def trust(world: World, **policies: str) -> None:
    world.profile(trust=TrustProfile.model_validate(policies))


class Desk:
    """A person with the command line, and what was announced."""

    def __init__(self, world: World) -> None:
        self.announced: list[Event] = []
        self.orders = HeldOrders(world.store, self.announced.extend, world.clock)


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


@pytest.mark.parametrize("blocked", ["Ship", "Invoice", "All"])
def test_an_order_of_a_blocked_customer_is_held(world: World, blocked: str) -> None:
    """NAV takes no order of a customer that is blocked for anything: nothing is tried, and no stock is held."""
    customer(world, blocked)

    answer = world.place(ORDER)

    assert (answer.outcome, answer.reason) == (OrderOutcome.HELD, "customer_blocked")
    assert world.record(ORDER).state is OrderState.HELD
    assert (world.erp.orders, world.pending(), world.erp.calls["stock"]) == ({}, 0, 0)


@pytest.mark.parametrize(
    ("policies", "figures", "reason"),
    [
        ({"overdue": "hold"}, {"balance_due": 1}, "overdue"),
        ({"overdue": "hold"}, {"balance_due": 0, "balance": 900}, None),
        ({"overdue": "ignore"}, {"balance_due": 1}, None),
        ({"credit_limit": "hold"}, {"credit_limit": 100, "balance": 61}, "credit_limit"),
        ({"credit_limit": "hold"}, {"credit_limit": 100, "balance": 51, "outstanding": 10}, "credit_limit"),
        ({"credit_limit": "hold"}, {"credit_limit": 100, "balance": 60}, None),
        ({"credit_limit": "hold"}, {"credit_limit": 0, "balance": 999}, None),
    ],
)
def test_credit(world: World, policies: dict[str, str], figures: dict[str, int], reason: str | None) -> None:
    """What is owed, what is on order and this order at list prices, 40 in all, against the limit; 0 is no limit."""
    trust(world, **policies)
    customer(world, "", **figures)
    world.erp.known["1001"] = replace(world.erp.known["1001"], unit_price=Decimal(10))

    assert world.place(ORDER).reason == reason


def test_what_refuses_goes_before_what_holds(world: World) -> None:
    """A profile that rejects for one reason and holds for another rejects."""
    trust(world, blocked="hold", overdue="reject")
    customer(world, "All", balance_due=5)

    answer = world.place(ORDER)

    assert (answer.outcome, answer.reason) == (OrderOutcome.REJECTED, "overdue")


def test_figures_that_the_page_does_not_show(world: World) -> None:
    """A limit that cannot be read is not taken for kept."""
    trust(world, credit_limit="hold")

    with pytest.raises(MappingError):
        world.place(ORDER)


def test_a_held_order_that_comes_again(world: World) -> None:
    """It gets the same answer."""
    customer(world, "All")
    first = world.place(ORDER)

    assert world.place(ORDER, "again") == first


def test_release(world: World, desk: Desk) -> None:
    """The order goes on with the stock of that moment, is not held a second time, and the act is in the audit."""
    customer(world, "All")
    world.place(ORDER)
    world.journal(order_event(ORDER).documentid, DocumentState.HELD)
    customer(world)
    trust(world, overdue="hold")
    customer(world, balance_due=1)  # still, and the person knows

    desk.orders.release(world.record_id(ORDER), who="anna", why="paid today")

    [event] = desk.announced
    [answered] = world.commit(world.fulfil(event))
    assert answered.type is EventType.ORDER_ACCEPTED
    assert [order.lines[0].quantity for order in world.erp.orders.values()] == [4]
    assert world.record(ORDER).released == "anna: paid today"
    assert world.document(event.documentid).state is DocumentState.WAITING


def test_the_answers_of_a_released_order_are_two(world: World, desk: Desk) -> None:
    """That it is held and how it was decided are events of their own, so that neither is taken for the other."""
    customer(world, "All")
    [held] = world.commit(world.fulfil(order_event(ORDER)))
    customer(world)
    desk.orders.release(world.record_id(ORDER), who="anna", why="paid")

    [answered] = world.commit(world.fulfil(desk.announced[0]))

    assert held.type is EventType.ORDER_HELD
    assert (answered.documentid, answered.id != held.id) == (held.documentid, True)


def test_refuse(world: World, desk: Desk) -> None:
    """The buyer is told, and the number is free for another order."""
    customer(world, "All")
    world.place(ORDER)

    desk.orders.refuse(world.record_id(ORDER), who="anna", why="insolvent")

    [event] = desk.announced
    assert (event.type, event.data["response"]["reason"]) == (EventType.ORDER_REJECTED, "refused_by_supplier")
    assert "insolvent" not in event.model_dump_json()
    assert world.record(ORDER).state is OrderState.ANSWERED


@pytest.mark.parametrize("act", ["release", "refuse"])
def test_only_what_is_held_can_be_decided(world: World, desk: Desk, act: str) -> None:
    """Two people at once: the second is told."""
    customer(world, "All")
    world.place(ORDER)
    desk.orders.refuse(world.record_id(ORDER), who="anna", why="no")

    with pytest.raises(AlreadyDoneError):
        getattr(desk.orders, act)(world.record_id(ORDER), who="bert", why="yes")
    with pytest.raises(AlreadyDoneError):
        getattr(desk.orders, act)("no such order", who="bert", why="yes")


def test_an_order_that_is_being_worked_on(world: World, desk: Desk) -> None:
    """A person waits as any worker does."""
    customer(world, "All")
    world.place(ORDER)
    with world.store.begin() as tx:
        tx.orders.lease(world.record_id(ORDER), "somebody", world.clock(), 60)

    with pytest.raises(BusyError):
        desk.orders.release(world.record_id(ORDER), who="anna", why="paid")


def test_a_held_document_is_shown_as_held(world: World) -> None:
    """Its row waits for a person, and has no end."""
    customer(world, "All")
    [event] = world.commit(world.fulfil(order_event(ORDER)))
    world.journal(event.documentid)

    world.commit(Respond({}, world.partners, world.clock)(event))

    document = world.document(event.documentid)
    assert (document.state, document.code, document.finished_at) == (DocumentState.HELD, "customer_blocked", None)


def test_a_held_order_is_replaced_by_a_corrected_one(world: World) -> None:
    """The buyer sends other content under the number before anybody decided."""
    customer(world, "All")
    world.place(ORDER)
    customer(world)

    assert world.place(an_order(a_line("1001", "1")), "corrected").outcome is OrderOutcome.ACCEPTED


def test_a_held_order_is_cancelled(world: World, desk: Desk) -> None:
    """The buyer takes it back, and nobody has to decide any more."""
    customer(world, "All")
    world.place(ORDER)
    cancel = OrderChange(order_no="PO-1", partner="baumarkt", channel=Channel.EDI, purpose=Purpose.CANCEL)

    [event] = world.commit(world.fulfil(change_event(cancel)))

    assert event.type is EventType.ORDER_ACCEPTED
    assert world.record(ORDER).state is OrderState.ANSWERED
    with pytest.raises(AlreadyDoneError):
        desk.orders.release(world.record_id(ORDER), who="anna", why="paid")


def test_a_held_order_is_not_changed(world: World) -> None:
    """Until it is decided there is nothing to change; it stays held."""
    customer(world, "All")
    world.place(ORDER)
    line = LineChange(line_no="1", action=LineAction.CHANGED, quantity=Decimal(1))
    change = OrderChange(order_no="PO-1", partner="baumarkt", channel=Channel.EDI, lines=(line,))

    [event] = world.commit(world.fulfil(change_event(change)))

    assert (event.type, event.data["response"]["reason"]) == (EventType.ORDER_REJECTED, "held")
    assert world.record(ORDER).state is OrderState.HELD
