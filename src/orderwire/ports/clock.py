"""Time and fault points, handed in so that tests need not wait."""

from collections.abc import Callable
from datetime import UTC, datetime

#: The current instant, UTC.
Clock = Callable[[], datetime]

#: Called with a fault point's name as work passes it. Does nothing in production; chaos tests kill the process there.
Checkpoint = Callable[[str], None]


def system_clock() -> datetime:
    """Return now, aware and UTC."""
    return datetime.now(UTC)


def no_checkpoint(_name: str) -> None:
    """Pass the fault point."""
