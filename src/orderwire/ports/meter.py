"""What the pipeline counts, without knowing what counts it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Meter(Protocol):
    """Called from any worker thread. Never raises, never waits."""

    def handled(self, flow: str, outcome: str, seconds: Sequence[float]) -> None:
        """Count messages that left the flow (done, rejected, discarded, retried, parked), and what each took."""
        ...

    def ended(self, flow: str, seconds: Sequence[float]) -> None:
        """Observe messages' critical times: from the making of its event until its flow was done with it."""
        ...

    def working(self, flow: str, messages: int) -> AbstractContextManager[None]:
        """Show messages as in flight while the block runs."""
        ...

    def retried(self, flow: str) -> None:
        """Count a message put on the ladder."""
        ...

    def parked(self, flow: str, code: str) -> None:
        """Count a message put into the parking lot, by error code."""
        ...

    def paused(self, flow: str, *, open: bool) -> None:  # noqa: A002  the breaker's own word
        """Say whether the flow's breaker is open: True when it pauses, False when it takes up work again."""
        ...

    def late(self, side: str, kind: str) -> None:
        """Count an acknowledgement that has become late."""
        ...

    def followed(self, what: str, told: int, at: float) -> None:
        """Note that one of the ERP's lists was read to its end, by what began at `at` (seconds since 1970)."""
        ...


class NoMeter:
    """Counts nothing: for tests and one-off commands."""

    def handled(self, flow: str, outcome: str, seconds: Sequence[float]) -> None:
        pass

    def ended(self, flow: str, seconds: Sequence[float]) -> None:
        pass

    def working(self, flow: str, messages: int) -> AbstractContextManager[None]:  # noqa: ARG002  the port
        return nullcontext()

    def retried(self, flow: str) -> None:
        pass

    def parked(self, flow: str, code: str) -> None:
        pass

    def paused(self, flow: str, *, open: bool) -> None:  # noqa: A002  the breaker's own word
        pass

    def late(self, side: str, kind: str) -> None:
        pass

    def followed(self, what: str, told: int, at: float) -> None:
        pass
