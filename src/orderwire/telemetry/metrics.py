"""Metrics for Prometheus, in a registry of their own."""

from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from itertools import repeat
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    start_http_server,
)

from orderwire.ports.queue import QueueDepth

#: Media type of `Metrics.exposition`.
MEDIA_TYPE: Final = CONTENT_TYPE_LATEST

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_CRITICAL_SECONDS: Final = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0)


class Times(Histogram):
    """A histogram that takes many at a time: one by one, each would take two locks."""

    def observe_all(self, seconds: Sequence[float]) -> None:
        self._sum.inc(sum(map(max, seconds, repeat(0.0))))
        for place, count in Tally(map(partial(bisect_left, self._upper_bounds), seconds)).items():
            self._buckets[place].inc(count)


class Metrics:
    """All figures of one process. It is a `Meter`, and more: what only the edges know."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._messages = Counter(
            "orderwire_messages", "Messages that left a flow", ["flow", "outcome"], registry=registry
        )
        self._in_flight = Gauge("orderwire_in_flight", "Messages being worked on", ["flow"], registry=registry)
        self._handling = Times(
            "orderwire_handling_seconds", "Work on one message", ["flow"], buckets=_SECONDS, registry=registry
        )
        self._critical = Times(
            "orderwire_critical_seconds",
            "From the making of an event until its flow was done with it",
            ["flow"],
            buckets=_CRITICAL_SECONDS,
            registry=registry,
        )
        self._retries = Counter("orderwire_retries", "Messages put on the ladder", ["flow"], registry=registry)
        self._parked = Counter(
            "orderwire_parked", "Messages put into the parking lot", ["flow", "code"], registry=registry
        )
        self._erp_calls = Counter(
            "orderwire_erp_calls", "Calls to the ERP", ["operation", "outcome"], registry=registry
        )
        self._erp_seconds = Histogram(
            "orderwire_erp_seconds", "Calls to the ERP", ["operation"], buckets=_SECONDS, registry=registry
        )
        self._breaker = Gauge(
            "orderwire_breaker_open", "1: the flow is paused, the other side is down", ["flow"], registry=registry
        )
        self._late = Counter(
            "orderwire_acknowledgements_late",
            "Acknowledgements owed or awaited that became late",
            ["side", "kind"],
            registry=registry,
        )
        self._followed = Counter(
            "orderwire_followed", "Events told of what happened in the ERP", ["list"], registry=registry
        )
        self._followed_at = Gauge(
            "orderwire_followed_at_seconds",
            "When a look began that read the list to its end, in seconds since 1970",
            ["list"],
            registry=registry,
        )
        self._outbox = Gauge("orderwire_outbox_unsent", "Events committed but not yet published", registry=registry)
        self._depth = Gauge("orderwire_queue_depth", "Messages in a queue", ["queue", "state"], registry=registry)
        # Asked for with every message, and made anew, but for this, each time.
        self._messages_of = cache(self._messages.labels)
        self._handling_of = cache(self._handling.labels)
        self._critical_of = cache(self._critical.labels)

    def handled(self, flow: str, outcome: str, seconds: Sequence[float]) -> None:
        """Count messages that left the flow, and what each took."""
        self._messages_of(flow, outcome).inc(len(seconds))
        self._handling_of(flow).observe_all(seconds)

    def retried(self, flow: str) -> None:
        """Count a message put on the ladder."""
        self._retries.labels(flow).inc()

    def parked(self, flow: str, code: str) -> None:
        """Count a message put into the parking lot."""
        self._parked.labels(flow, code).inc()

    def paused(self, flow: str, *, open: bool) -> None:  # noqa: A002  the breaker's own word
        """Show the flow's breaker."""
        self._breaker.labels(flow).set(1 if open else 0)

    @contextmanager
    def working(self, flow: str, messages: int = 1) -> Iterator[None]:
        """Count messages as in flight while the block runs."""
        self._in_flight.labels(flow).inc(messages)
        try:
            yield
        finally:
            self._in_flight.labels(flow).dec(messages)

    def ended(self, flow: str, seconds: Sequence[float]) -> None:
        """Observe messages' critical times: from the making of its event until its flow was done with it."""
        self._critical_of(flow).observe_all(seconds)

    def erp_called(self, operation: str, outcome: str, seconds: float) -> None:
        """Count a call to the ERP; `outcome` is ok or an error's code."""
        self._erp_calls.labels(operation, outcome).inc()
        self._erp_seconds.labels(operation).observe(max(seconds, 0.0))

    def late(self, side: str, kind: str) -> None:
        """Count an acknowledgement that has become late."""
        self._late.labels(side, kind).inc()

    def followed(self, what: str, told: int, at: float) -> None:
        """Note that one of the ERP's lists was read to its end."""
        self._followed.labels(what).inc(told)
        self._followed_at.labels(what).set(at)

    def outbox(self, unsent: int) -> None:
        """Show how many events wait to be published."""
        self._outbox.set(unsent)

    def depths(self, depths: Sequence[QueueDepth]) -> None:
        """Show every queue's depth."""
        for depth in depths:
            self._depth.labels(depth.queue, "ready").set(depth.ready)
            self._depth.labels(depth.queue, "unacked").set(depth.unacked)

    def exposition(self) -> bytes:
        """Return all figures in Prometheus' text format, for `/metrics`."""
        return generate_latest(self.registry)


@contextmanager
def served(metrics: Metrics, host: str, port: int) -> Iterator[int]:
    """Answer `/metrics` on a port of its own while the block runs, for processes without a web server."""
    server, thread = start_http_server(port, host, metrics.registry)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
