"""Recovery is one pure function: what to do about an error."""

from dataclasses import dataclass, field
from typing import Final

from orderwire.errors import (
    AlreadyDoneError,
    BusyError,
    ConflictError,
    InDoubtError,
    LeaseLostError,
    OrderwireError,
    OutageError,
    TransientError,
    UnsettledError,
)

#: Each delay is so many times the one before: 5 s, 20 s, 80 s, 5 min, 21 min, then the cap.
GROWTH: Final = 4
#: As a rule soon over, and while an order waits with stock held, others wait for it: so many short delays go ahead.
_SHORT: Final = (BusyError, ConflictError, InDoubtError, UnsettledError, LeaseLostError)
_SHORT_TRIES: Final = 5
#: Beyond this every delay is at any cap.
_MAX_EXPONENT: Final = 16


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
    reason: str = field(default="", compare=False)  # for people


@dataclass(frozen=True, slots=True)
class Discard:
    """Nothing is left to do."""

    reason: str


Decision = Retry | Park | Pause | Discard


def decide(error: Exception, *, attempt: int, policy: RetryPolicy, jitter: float = 0.0) -> Decision:
    """Decide by the kind of error and the attempts so far (0 the first time).

    `jitter` in [0, 1) shortens a delay by up to a fifth, so that what failed together does not return together; longer
    it would miss its rung of the ladder.
    """
    match error:
        case AlreadyDoneError():
            return Discard(error.message)
        case OutageError():
            return Pause(policy.pause_seconds, str(error))
        case TransientError() if attempt + 1 < policy.max_attempts:
            return Retry(_delay(error, attempt, policy) * (1 - jitter / 5))
        case OrderwireError():
            return Park(error.code)
        case _:
            return Park("internal")


def _delay(error: TransientError, attempt: int, policy: RetryPolicy) -> float:
    grown = max(min(attempt, 1), attempt - _SHORT_TRIES) if isinstance(error, _SHORT) else attempt
    return min(policy.first_delay_seconds * float(GROWTH ** min(grown, _MAX_EXPONENT)), policy.max_delay_seconds)
