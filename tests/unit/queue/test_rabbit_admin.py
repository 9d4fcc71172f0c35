"""Short calls to the broker: whatever becomes of the connection, it is the broker that is away."""

from types import SimpleNamespace
from typing import Any

import pika  # type: ignore[import-untyped]
import pytest

from orderwire.errors import UnavailableError
from orderwire.queue.rabbit_admin import check, ready_counts
from orderwire.queue.topology import DEFAULT_TOPOLOGY


def test_a_socket_that_is_reset_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library finds it unconnected between two of its steps, and raises ValueError."""

    def reset(_nodes: Any) -> None:
        raise ValueError("Expected connected socket, but getpeername() failed")

    monkeypatch.setattr(pika, "BlockingConnection", reset)

    with pytest.raises(UnavailableError, match="out of reach"):
        check([], DEFAULT_TOPOLOGY)


def test_a_connection_that_is_lost_while_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end is waited for, and may be another than was asked for."""

    def lost() -> None:
        raise pika.exceptions.StreamLostError("reset by peer")

    counted = SimpleNamespace(method=SimpleNamespace(message_count=0))
    channel = SimpleNamespace(queue_declare=lambda *_, **__: counted, close=lambda: None)
    connection = SimpleNamespace(channel=lambda: channel, is_open=True, close=lost)
    monkeypatch.setattr(pika, "BlockingConnection", lambda _nodes: connection)

    with pytest.raises(UnavailableError, match="closed the connection"):
        ready_counts([], DEFAULT_TOPOLOGY)
