"""Recovery is one pure function: what to do about an error."""

from dataclasses import dataclass
from typing import Final

from orderwire.errors import AlreadyDoneError, OrderwireError, OutageError, TransientError

#: Each delay is so many times the one before: 5 s, 30 s, 3 min, 18 min, then the cap.
GROWTH: Final = 6


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    max_attempts: int
    first_delay_seconds: float
    max_delay_seconds: float
    pause_seconds: float


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after a delay; the attempt counts."""

    delay_seconds: float


@dataclass(frozen=True, slots=True)
class Park:
    """A person must act."""

    code: str


@dataclass(frozen=True, slots=True)
class Pause:
    """The other side is down: stop the lane, count nothing."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Discard:
    """Nothing is left to do."""

    reason: str


Decision = Retry | Park | Pause | Discard


def decide(error: Exception, *, attempt: int, policy: RetryPolicy, jitter: float = 0.0) -> Decision:
    """Decide by the kind of error and the attempts so far (0 the first time).

    `jitter` in [0, 1) lengthens a delay by up to a fifth, so that what failed together does not return together.
    """
    match error:
        case AlreadyDoneError():
            return Discard(error.message)
        case OutageError():
            return Pause(policy.pause_seconds)
        case TransientError() if attempt + 1 < policy.max_attempts:
            delay = min(policy.first_delay_seconds * GROWTH**attempt, policy.max_delay_seconds)
            return Retry(delay * (1 + jitter / 5))
        case OrderwireError():
            return Park(error.code)
        case _:
            return Park("internal")
