"""The topology on a RabbitMQ broker: create it, compare it, count it. Short calls on a connection of their own."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import pika  # type: ignore[import-untyped]

from orderwire.errors import ConfigurationError, UnavailableError
from orderwire.queue.rabbit_connection import reason_of
from orderwire.queue.topology import Exchange, Queue, Topology

_ACCESS_REFUSED: Final = 403
_NOT_FOUND: Final = 404


def declare(nodes: Sequence[Any], topology: Topology) -> None:
    """Create everything.

    Raises:
        ConfigurationError: something of that name exists with other arguments; all of them at once.
        UnavailableError: no broker, or it closed the connection.
    """
    problems: list[str] = []
    with _connected(nodes) as connection:
        for exchange in topology.exchanges():
            problems += _problem(connection, partial(_declare_exchange, exchange))
        for queue in topology.queues():
            problems += _problem(connection, partial(_declare_queue, queue))
        if not problems:
            with connection.channel() as channel:
                for binding in topology.bindings():
                    channel.queue_bind(binding.queue, binding.exchange, binding.routing_key)
    if problems:
        raise ConfigurationError("queue topology:\n  " + "\n  ".join(problems))


def check(nodes: Sequence[Any], topology: Topology) -> list[str]:
    """Return what is missing or has other arguments. Creates nothing; bindings cannot be read over AMQP 0-9-1.

    Raises:
        UnavailableError: no broker, or it closed the connection.
    """
    problems: list[str] = []
    with _connected(nodes) as connection:
        for exchange in topology.exchanges():
            problems += _problem(connection, partial(_compare_exchange, exchange))
        for queue in topology.queues():
            problems += _problem(connection, partial(_compare_queue, queue))
    return problems


def ready_counts(nodes: Sequence[Any], topology: Topology) -> dict[str, int]:
    """Return the number of waiting messages per queue; 0 for a missing one.

    Raises:
        UnavailableError: no broker, or it closed the connection.
    """
    counts: dict[str, int] = {}

    def count(queue: str, channel: Any) -> None:
        counts[queue] = channel.queue_declare(queue, passive=True).method.message_count

    with _connected(nodes) as connection:
        for queue in topology.queues():
            counts[queue.name] = 0
            _problem(connection, partial(count, queue.name))
    return counts


@contextmanager
def _connected(nodes: Sequence[Any]) -> Iterator[Any]:
    try:
        connection = pika.BlockingConnection(nodes)
    except (pika.exceptions.AMQPError, OSError, ValueError) as error:  # ValueError: a socket that was reset at once
        raise UnavailableError("the broker is out of reach", reason=reason_of(error)) from error
    try:
        try:
            yield connection
        finally:
            if connection.is_open:
                connection.close()
    except (pika.exceptions.AMQPError, OSError) as error:
        raise UnavailableError("the broker closed the connection", reason=reason_of(error)) from error


def _problem(connection: Any, act: Callable[[Any], object]) -> list[str]:
    """Act on a channel of its own, for a refusal closes it. Returns the refusal's sentence, if any."""
    channel = connection.channel()
    try:
        act(channel)
    except pika.exceptions.ChannelClosedByBroker as error:
        return [] if error.reply_code == _ACCESS_REFUSED else [reason_of(error)]
    channel.close()
    return []


def _declare_exchange(exchange: Exchange, channel: Any) -> None:
    channel.exchange_declare(exchange.name, exchange.kind, durable=True, arguments=dict(exchange.arguments))


def _declare_queue(queue: Queue, channel: Any) -> None:
    channel.queue_declare(queue.name, durable=True, arguments=dict(queue.arguments))


def _compare_exchange(exchange: Exchange, channel: Any) -> None:
    """See that it is there; then declare it, which compares and can create nothing."""
    channel.exchange_declare(exchange.name, passive=True)
    _declare_exchange(exchange, channel)


def _compare_queue(queue: Queue, channel: Any) -> None:
    channel.queue_declare(queue.name, passive=True)
    _declare_queue(queue, channel)
