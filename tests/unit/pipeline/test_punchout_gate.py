"""Orders from procurement systems before they are fulfilled: as in the cart, or held for a person."""

from decimal import Decimal
from typing import Any

import pytest

from canonicals import a_cart_line
from fakes.documents import an_order, order_event
from fakes.world import World
from orderwire.canonical.cart import Cart
from orderwire.canonical.envelope import Event, EventType
from orderwire.canonical.order import Channel, PurchaseOrder
from orderwire.canonical.response import AnsweredOrder, OrderOutcome
from orderwire.ports.journal import DocumentState
from orderwire.ports.parking import Parked
from shopping import Mall, a_shopper, the_cart


@pytest.fixture
def mall(world: World) -> Mall:
    return Mall(world, a_shopper())


def returned(mall: Mall, *, quantity: int = 2) -> Cart:
    """Return a cart that is in the buyer's system."""
    record = mall.carts.post(mall.visit(), the_cart(a_cart_line(quantity=quantity)))
    form = mall.carts.hand_over(record.id).form
    assert form is not None
    return Cart.model_validate_json(form.fields[0][1])


def an_order_of(cart: Cart, **changes: Any) -> PurchaseOrder:
    lines = [line.ordered().model_copy(update=changes) for line in cart.lines]
    return an_order(*lines, partner="officeworks", channel=Channel.PUNCHOUT)


def fulfilled(mall: Mall, order: PurchaseOrder, document_id: str = "message-1") -> list[Event]:
    mall.world.journal(document_id, order_no=order.order_no, partner=order.partner)
    return mall.world.commit(mall.world.fulfil(order_event(order, document_id)))


def parked(mall: Mall) -> list[Parked]:
    with mall.world.store.begin() as tx:
        return tx.parked.find()


def test_an_order_as_in_the_cart_is_fulfilled(mall: Mall) -> None:
    """And what was compared stands in the journal."""
    order = an_order_of(returned(mall))

    [event] = fulfilled(mall, order)

    assert event.type is EventType.ORDER_ACCEPTED
    with mall.world.store.begin() as tx:
        [step] = [step for step in tx.journal.steps("message-1") if step.name == "cart_compared"]
    assert step.detail == {"verdict": "accept", "lines": [{"line_no": "1", "match": "identical"}]}


def test_an_order_at_another_price_is_held(mall: Mall) -> None:
    """Parked for a person and told of; nothing is made in NAV, and the order's lock is free."""
    order = an_order_of(returned(mall), net_price=Decimal(1))

    events = fulfilled(mall, order)

    assert [event.type for event in events] == [EventType.MESSAGE_PARKED, EventType.ORDER_HELD]
    held = AnsweredOrder.model_validate(events[1].data).response
    assert (held.outcome, held.reason) == (OrderOutcome.HELD, "cart_differs")
    assert mall.world.erp.orders == {}
    [entry] = parked(mall)
    assert (entry.code, entry.order_no) == ("cart_differs", order.order_no)
    assert '"differences": ["price"]' in entry.facts["lines"]
    with mall.world.store.begin() as tx:
        document = tx.journal.get("message-1")
    assert document is not None
    assert document.state is DocumentState.PARKED
    assert [event.type for event in fulfilled(mall, order, "message-2")][1] is EventType.ORDER_HELD


def test_a_person_lets_it_through(mall: Mall) -> None:
    """By replaying it; the same order comes through then, and no other of that number."""
    order = an_order_of(returned(mall), net_price=Decimal(1))
    fulfilled(mall, order)
    [entry] = parked(mall)
    with mall.world.store.begin() as tx:
        tx.parked.settle(entry.id, "replayed", "ada: agreed by phone")

    dearer = an_order_of(returned(mall), net_price=Decimal(2))
    held = fulfilled(mall, dearer, "message-2")
    [event] = fulfilled(mall, order, "message-3")

    assert held[1].type is EventType.ORDER_HELD
    assert event.type is EventType.ORDER_ACCEPTED


def test_the_profile_may_reject_instead(mall: Mall) -> None:
    """The buyer is told that the order is not what was in the cart."""
    mall.partner = a_shopper(order={"beyond": "reject"})

    [event] = fulfilled(mall, an_order_of(returned(mall), net_price=Decimal(1)))

    assert event.type is EventType.ORDER_REJECTED
    assert AnsweredOrder.model_validate(event.data).response.reason == "cart_differs"
    assert mall.world.erp.orders == {}


def test_a_line_without_key_is_found_among_the_last_carts(mall: Mall) -> None:
    """Systems that drop the auxiliary id are compared all the same."""
    cart = returned(mall)

    events = fulfilled(mall, an_order_of(cart, auxiliary_id=None, net_price=Decimal(1)))

    assert events[1].type is EventType.ORDER_HELD


def test_an_order_without_any_cart_goes_on(mall: Mall) -> None:
    """It came from a catalogue."""
    mall.means  # noqa: B018  the partner is known by it
    order = an_order(partner="officeworks", channel=Channel.PUNCHOUT)

    [event] = fulfilled(mall, order)

    assert event.type is EventType.ORDER_ACCEPTED


def test_an_answered_order_is_not_compared_again(mall: Mall) -> None:
    """Sent again, it gets its answer, whatever carts there are by then."""
    order = an_order_of(returned(mall))
    [first] = fulfilled(mall, order)
    mall.partner = a_shopper(order={"without_cart": "reject"})
    mall.means  # noqa: B018  the partner is known by it

    [again] = fulfilled(mall, order, "message-2")

    assert again.data == first.data


def test_orders_of_other_channels_have_no_cart(mall: Mall) -> None:
    """Nothing is compared."""
    cart = returned(mall)
    order = an_order_of(cart, net_price=Decimal(1)).model_copy(update={"channel": Channel.EDI})

    [event] = fulfilled(mall, order)

    assert event.type is EventType.ORDER_ACCEPTED
