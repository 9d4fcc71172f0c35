"""The table of what is done about which error."""

from typing import Final

import pytest

from orderwire import errors
from orderwire.errors import OrderwireError
from orderwire.pipeline.recovery import Discard, Park, Pause, Retry, RetryPolicy, decide

POLICY = RetryPolicy(max_attempts=12, first_delay_seconds=5, max_delay_seconds=3600, pause_seconds=7)


#: Never raised as they are.
GROUPS: Final = (errors.TransientError, errors.PermanentError)
DECISIONS: Final = (
    (errors.UnavailableError("x"), Retry(5)),
    (errors.BusyError("x"), Retry(5)),
    (errors.ConflictError("x"), Retry(5)),
    (errors.InDoubtError("x"), Retry(5)),
    (errors.UnsettledError("x"), Retry(5)),
    (errors.StockTakenError("x"), Retry(5)),
    (errors.LeaseLostError("x"), Retry(5)),
    (errors.OutOfOrderError("x"), Retry(5)),
    (errors.ImplausibleError("x"), Retry(5)),
    (errors.OutageError("x"), Pause(7)),
    (errors.CredentialsError("x"), Pause(7)),
    (errors.BrokenContractError("x"), Pause(7)),
    (errors.AccessRefusedError("x"), Park("access_refused")),
    (errors.DecodeError("x"), Park("decode")),
    (errors.MappingError("x"), Park("mapping")),
    (errors.UnknownPartnerError("x"), Park("unknown_partner")),
    (errors.DuplicateConflictError("x"), Park("duplicate_conflict")),
    (errors.TestRefusedError("x"), Park("test_refused")),
    (errors.ErpRefusedError("x"), Park("erp_refused")),
    (errors.ContractError("x"), Park("erp_contract")),
    (errors.DeliveryRefusedError("x"), Park("delivery_refused")),
    (errors.LimitError("x"), Park("limit")),
    (errors.CartDiffersError("x"), Park("cart_differs")),
    (errors.SessionClosedError("x"), Park("session_closed")),
    (errors.DeadLetterError("x"), Park("dead_letter")),
    (errors.ConfigurationError("x"), Park("configuration")),
    (errors.AlreadyDoneError("told before"), Discard("told before")),
    (OrderwireError("x"), Park("internal")),
    (KeyError("x"), Park("internal")),
)


@pytest.mark.parametrize(("error", "decision"), DECISIONS, ids=lambda value: type(value).__name__)
def test_decision_by_error(error: Exception, decision: object) -> None:
    """Every kind of error has its decision; what is none of ours is a defect, and parks."""
    assert decide(error, attempt=0, policy=POLICY) == decision


def test_every_error_is_in_the_table() -> None:
    """A new class of error gets its line above."""
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, OrderwireError)}

    assert kinds <= {type(error) for error, _decision in DECISIONS} | {*GROUPS}


def test_delays_grow_to_the_cap() -> None:
    """5 s, 20 s, 80 s, 320 s, 1280 s, then an hour."""
    delays = [_delay(errors.UnavailableError("x"), attempt) for attempt in range(7)]

    assert delays == [5, 20, 80, 320, 1280, 3600, 3600]


def test_contention_is_tried_often_before_it_grows() -> None:
    """What others wait for comes again soon: half a dozen short delays go ahead."""
    delays = [_delay(errors.BusyError("x"), attempt) for attempt in range(11)]

    assert delays == [5, 20, 20, 20, 20, 20, 20, 80, 320, 1280, 3600]


@pytest.mark.parametrize(("attempt", "parks"), [(10, False), (11, True), (12, True)])
def test_last_attempt_parks(attempt: int, parks: bool) -> None:  # noqa: FBT001  the table's column
    """The twelfth failure parks with the error's own code."""
    decision = decide(errors.UnavailableError("x"), attempt=attempt, policy=POLICY)

    assert (decision == Park("unavailable")) is parks


def test_outage_never_counts() -> None:
    """However often the other side was down, the message waits."""
    assert decide(errors.OutageError("x"), attempt=10_000, policy=POLICY) == Pause(7)


def test_jitter_shortens_by_a_fifth() -> None:
    """Jitter spreads what failed together, and never lifts a delay over its rung of the ladder."""
    decision = decide(errors.UnavailableError("x"), attempt=0, policy=POLICY, jitter=0.999)

    assert isinstance(decision, Retry)
    assert 4 <= decision.delay_seconds < 4.01


def test_thousandth_attempt() -> None:
    """No number of attempts is too large to calculate with."""
    patient = RetryPolicy(max_attempts=10_000, first_delay_seconds=5, max_delay_seconds=3600, pause_seconds=7)

    assert decide(errors.UnavailableError("x"), attempt=5000, policy=patient) == Retry(3600)


def _delay(error: Exception, attempt: int) -> float:
    decision = decide(error, attempt=attempt, policy=POLICY)
    assert isinstance(decision, Retry)
    return decision.delay_seconds
