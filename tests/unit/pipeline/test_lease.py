"""The lease of an order."""

from dataclasses import replace

import pytest

from fakes.documents import an_order
from fakes.world import World
from orderwire.errors import BusyError
from orderwire.pipeline.fulfil import Fulfil, order_id
from orderwire.pipeline.lease import Lease
from orderwire.ports.orders import OrderRecord, OrderState


@pytest.fixture
def fulfil(world: World) -> Fulfil:
    return world.fulfil


@pytest.fixture
def lease(world: World, fulfil: Fulfil) -> Lease:
    """One that worker-1 has just taken."""
    order = an_order()
    record = OrderRecord(
        id=order_id(order), partner=order.partner, order_no=order.order_no, content_hash="x", document_id="d",
        state=OrderState.NEW, order=order.model_dump_json(), created_at=world.clock(),
    )  # fmt: skip
    with world.store.begin() as tx:
        tx.orders.open(record)
        fence = tx.orders.lease(record.id, "worker-1", world.clock(), fulfil.lease_seconds)
    assert fence is not None
    return Lease(fulfil, replace(record, fence=fence), intended=False)


def taken_over(world: World, lease: Lease) -> bool:
    with world.store.begin() as tx:
        return tx.orders.lease(lease.record.id, "worker-2", world.clock(), 90) is not None


def test_a_lease_is_prolonged_over_the_next_call(world: World, lease: Lease) -> None:
    """Each call has nearly the whole lease before it, however long the ones before it took."""
    for _ in range(5):
        world.clock.sleep(60)
        lease.prolong()
    world.clock.sleep(80)
    assert not taken_over(world, lease)


def test_a_lease_that_has_hardly_begun_is_left_as_it_is(world: World, lease: Lease, fulfil: Fulfil) -> None:
    """Most orders are done long before: they cost no transaction for it, and never lack more than a tenth."""
    world.clock.sleep(8.9)
    lease.prolong()
    world.clock.sleep(fulfil.lease_seconds - 9)
    assert not taken_over(world, lease)
    world.clock.sleep(0.2)
    assert taken_over(world, lease)


@pytest.mark.parametrize("seconds", [91, -3600])
def test_a_lease_that_somebody_else_took_is_no_more(world: World, lease: Lease, seconds: int) -> None:
    """A clock that was set back is no proof that the lease is young."""
    world.clock.sleep(91)
    assert taken_over(world, lease)
    world.clock.sleep(seconds - 91)
    with pytest.raises(BusyError, match="ran out"):
        lease.prolong()
