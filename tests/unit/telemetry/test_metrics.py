"""The figures that operations watch."""

import pytest
from prometheus_client import REGISTRY, Histogram

from orderwire.ports.meter import Meter, NoMeter
from orderwire.ports.queue import QueueDepth
from orderwire.telemetry.metrics import Metrics, Times


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_metrics_are_a_meter() -> None:
    """What the pipeline counts through its port arrives in the registry."""
    metrics = Metrics()
    meter: Meter = metrics

    meter.handled("fulfil", "done", [0.2, 0.3])
    meter.retried("fulfil")
    meter.parked("decode", "mapping")
    meter.paused("fulfil", open=True)

    assert value(metrics, "orderwire_messages_total", flow="fulfil", outcome="done") == 2
    assert value(metrics, "orderwire_handling_seconds_sum", flow="fulfil") == 0.5
    assert value(metrics, "orderwire_retries_total", flow="fulfil") == 1
    assert value(metrics, "orderwire_parked_total", flow="decode", code="mapping") == 1
    assert value(metrics, "orderwire_breaker_open", flow="fulfil") == 1


def test_many_times_at_once_are_as_many_one_by_one() -> None:
    """Bounds belong to the bucket below them, what is above the last to the last; a clock set back counts as zero."""
    seconds = [0.0, 0.05, 0.1, 0.1, 0.11, 1.0, 7.0, float("inf"), -3.0]
    one_by_one = Histogram("seconds", "each", buckets=(0.1, 1.0, 5.0), registry=None)
    at_once = Times("seconds", "each", buckets=(0.1, 1.0, 5.0), registry=None)

    for each in seconds:
        one_by_one.observe(max(each, 0.0))
    at_once.observe_all(seconds[:4])
    at_once.observe_all([])
    at_once.observe_all(seconds[4:])

    assert values_of(at_once) == values_of(one_by_one)


def values_of(histogram: Histogram) -> list[tuple[str, str | None, float]]:
    samples = [sample for metric in histogram.collect() for sample in metric.samples]
    return [(each.name, each.labels.get("le"), each.value) for each in samples if not each.name.endswith("_created")]


def test_a_breaker_that_closed_is_shown_closed() -> None:
    """The alarm ends when the flow takes up work again."""
    metrics = Metrics()

    metrics.paused("fulfil", open=True)
    metrics.paused("fulfil", open=False)

    assert value(metrics, "orderwire_breaker_open", flow="fulfil") == 0


def test_in_flight_counts_only_inside_the_block_even_when_it_fails() -> None:
    """A handler that raises is no longer in flight."""
    metrics = Metrics()
    during: list[float | None] = []

    def fail() -> None:
        with metrics.working("fulfil", 3):
            during.append(value(metrics, "orderwire_in_flight", flow="fulfil"))
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert during == [3]
    assert value(metrics, "orderwire_in_flight", flow="fulfil") == 0


def test_depths_and_outbox_show_the_last_figure() -> None:
    """Gauges are set, not added."""
    metrics = Metrics()

    metrics.depths([QueueDepth("ow.fulfil", ready=7, unacked=2)])
    metrics.depths([QueueDepth("ow.fulfil", ready=5, unacked=1)])
    metrics.outbox(4)

    assert value(metrics, "orderwire_queue_depth", queue="ow.fulfil", state="ready") == 5
    assert value(metrics, "orderwire_queue_depth", queue="ow.fulfil", state="unacked") == 1
    assert value(metrics, "orderwire_outbox_unsent") == 4


def test_time_that_ran_backwards_counts_as_none() -> None:
    """A clock set back never makes a histogram fall."""
    metrics = Metrics()

    metrics.handled("fulfil", "done", [-1])
    metrics.ended("fulfil", [-5])

    assert value(metrics, "orderwire_handling_seconds_sum", flow="fulfil") == 0
    assert value(metrics, "orderwire_critical_seconds_sum", flow="fulfil") == 0


def test_two_instances_share_nothing() -> None:
    """Each has a registry of its own, and the library's global one stays empty of ours."""
    first, second = Metrics(), Metrics()

    first.retried("fulfil")

    assert value(second, "orderwire_retries_total", flow="fulfil") is None
    assert REGISTRY.get_sample_value("orderwire_retries_total", {"flow": "fulfil"}) is None


def test_exposition_is_prometheus_text() -> None:
    """`/metrics` gives what Prometheus reads."""
    metrics = Metrics()
    metrics.parked("decode", "mapping")

    assert b'orderwire_parked_total{code="mapping",flow="decode"} 1.0' in metrics.exposition()


def test_no_meter_counts_nothing_and_fits_the_port() -> None:
    """Code under test may be metered without a registry."""
    meter: Meter = NoMeter()

    meter.handled("fulfil", "done", [0.1])
    meter.retried("fulfil")
    meter.parked("fulfil", "mapping")
    meter.paused("fulfil", open=True)
