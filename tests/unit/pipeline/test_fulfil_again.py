"""Fulfilling: the same order again, another one under its number, and who may take over whose order."""

import pytest

from fakes.documents import a_line, an_order, order_event
from fakes.world import World
from orderwire.canonical.order import Channel
from orderwire.canonical.response import OrderOutcome
from orderwire.errors import (
    BusyError,
    DuplicateConflictError,
    MappingError,
)


def test_same_content_again_gets_the_same_answer(world: World) -> None:
    """An order sent twice makes one sales order, and the second document gets the first one's answer."""
    order = an_order()
    first = world.place(order)

    second = world.place(order.model_copy(update={"channel": Channel.API}), document_id="another")

    assert second == first
    assert len(world.erp.orders) == 1
    assert world.erp.calls["create_order"] == 1


def test_second_document_is_journalled_as_a_duplicate(world: World) -> None:
    """The journal of the second document tells which one was first; a redelivery of the first tells nothing."""
    order = an_order()
    world.place(order)
    world.journal("another")
    first_document_id = order_event(order).documentid
    world.journal(first_document_id)

    world.place(order, document_id="another")
    world.place(order)

    [step] = world.read(lambda tx: tx.journal.steps("another"))
    assert (step.name, step.detail) == ("duplicate_order", {"first_document_id": first_document_id})
    assert "duplicate_order" not in [step.name for step in world.read(lambda tx: tx.journal.steps(first_document_id))]


def test_other_content_under_a_number_that_stands_is_a_conflict(world: World) -> None:
    """Another order under a number that has a sales order parks; nothing in NAV changes."""
    world.place(an_order(a_line("1001", "1")))

    with pytest.raises(DuplicateConflictError):
        world.place(an_order(a_line("1001", "2")), document_id="another")

    assert [line.quantity for order in world.erp.orders.values() for line in order.lines] == [1]


def test_refused_order_may_be_replaced(world: World) -> None:
    """Once all of an order was refused, another one may take its number."""
    refused = world.place(an_order(a_line("1007", "1")))
    assert refused.outcome is OrderOutcome.REJECTED

    answer = world.place(an_order(a_line("1001", "1")), document_id="another")

    assert answer.outcome is OrderOutcome.ACCEPTED
    record = world.record(an_order())
    assert (record.revision, record.document_id) == (1, "another")
    with pytest.raises(DuplicateConflictError):
        world.place(an_order(a_line("1007", "1")))


def test_same_number_of_two_partners(world: World) -> None:
    """Order numbers are the partner's own."""
    world.profile(key="toolbox", customer_no="C30000")

    world.place(an_order())
    world.place(an_order(partner="toolbox"))

    assert len(world.erp.orders) == 2


def test_order_in_other_hands_is_busy(world: World) -> None:
    """While another worker has the order, this one waits its turn and touches nothing."""
    order = an_order()

    def second_worker(name: str) -> None:
        if name == "stock":
            world.worker = "worker-2"
            with pytest.raises(BusyError):
                world.place(order)
            world.worker = "worker-1"

    world.erp.passing(second_worker)

    world.place(order)

    assert world.erp.calls["create_order"] == 1


def test_failed_try_lets_the_next_worker_in_at_once(world: World) -> None:
    """A worker whose try failed does not keep the order until its lease has run out."""
    world.erp.fail("customer", MappingError("boom"))
    with pytest.raises(MappingError):
        world.place(an_order())
    world.worker = "worker-2"

    assert world.place(an_order()).outcome is OrderOutcome.ACCEPTED


def test_real_order_may_follow_its_refused_test(world: World) -> None:
    """The test under the same number does not stand in the way."""
    world.erp = type(world.erp)(production=True)
    world.place(an_order(test=True))

    assert world.place(an_order(), document_id="another").outcome is OrderOutcome.ACCEPTED
