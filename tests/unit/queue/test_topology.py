"""The table holds for every event type and on every broker version."""

import pytest

from orderwire.canonical.envelope import EventType
from orderwire.queue.topology import DEFAULT_TOPOLOGY, NO_DELIVERY_LIMIT, NO_LENGTH_LIMIT, Flow, Topology


@pytest.mark.parametrize("kind", list(EventType))
def test_every_event_type_has_a_work_queue(kind: EventType) -> None:
    """Nothing that Orderwire says itself is ever unrouted."""
    assert DEFAULT_TOPOLOGY.unrouted not in DEFAULT_TOPOLOGY.routes(kind)


def test_routes_say_what_the_bindings_do() -> None:
    """The embedded transport delivers where the broker would."""
    for kind in EventType:
        bound = {item.queue for item in DEFAULT_TOPOLOGY.bindings() if item.routing_key == kind.value}
        assert set(DEFAULT_TOPOLOGY.routes(kind)) == bound


def test_what_no_flow_wants_goes_to_the_unrouted() -> None:
    """As the alternate exchange does it."""
    topology = Topology(flows=(Flow("fulfil", (EventType.ORDER_RECEIVED,)),))

    assert topology.routes(EventType.ORDER_ACCEPTED) == ("ow.unrouted",)


@pytest.mark.parametrize(
    ("delay", "rung"),
    [(0, "5s"), (5, "5s"), (5.1, "30s"), (31, "2m"), (600, "10m"), (601, "1h"), (3600, "1h"), (90_000, "1h")],
)
def test_a_retry_takes_the_nearest_rung_not_shorter(delay: float, rung: str) -> None:
    """A retry is never early; beyond the ladder it takes the longest rung."""
    assert DEFAULT_TOPOLOGY.rung_for(delay) == f"ow.retry.{rung}"


def test_names_carry_the_prefix() -> None:
    """Two topologies share a broker when their prefixes differ."""
    topology = Topology(prefix="test.", rung_seconds=(0.2, 90))

    names = {queue.name for queue in topology.queues()} | {exchange.name for exchange in topology.exchanges()}

    assert all(name.startswith("test.") for name in names)
    assert {"test.retry.200ms", "test.retry.90s", "test.fulfil", "test.dead", "test.dlx", "test.events"} <= names


def test_every_queue_is_replicated_and_says_its_limits() -> None:
    """Where nothing is said, RabbitMQ 4 drops after 20 deliveries, and 3.10 forgets whom it refused by a policy."""
    for queue in DEFAULT_TOPOLOGY.queues():
        assert queue.arguments["x-queue-type"] == "quorum"
        if "x-message-ttl" not in queue.arguments:
            assert queue.arguments["x-delivery-limit"] == queue.delivery_limit
        assert queue.arguments["x-max-length"] == NO_LENGTH_LIMIT
    limits = {queue.name: queue.delivery_limit for queue in DEFAULT_TOPOLOGY.queues()}
    assert limits["ow.fulfil"] == 100
    assert limits["ow.dead"] == limits["ow.unrouted"] == NO_DELIVERY_LIMIT


def test_dead_letters_are_never_lost_on_the_way() -> None:
    """At-least-once dead-lettering works only with reject-publish, and keeps the work queue's name."""
    for queue in DEFAULT_TOPOLOGY.queues():
        if "x-dead-letter-exchange" in queue.arguments:
            assert queue.arguments["x-dead-letter-strategy"] == "at-least-once"
            assert queue.arguments["x-overflow"] == "reject-publish"
    work = {queue.name: queue.arguments for queue in DEFAULT_TOPOLOGY.queues()}["ow.fulfil"]
    assert work["x-dead-letter-routing-key"] == "ow.fulfil"


@pytest.mark.parametrize("rungs", [(), (5.0, 1.0), (1.0, 1.0)])
def test_a_ladder_must_grow(rungs: tuple[float, ...]) -> None:
    """A ladder without rungs, or with rungs out of order, is refused."""
    with pytest.raises(ValueError, match="grow"):
        Topology(rung_seconds=rungs)
