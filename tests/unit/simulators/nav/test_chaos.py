"""Plans strike where and as often as they say."""

import pytest
from pydantic import ValidationError

from orderwire.simulators.nav.chaos import WSDL, Chaos, FaultKind, FaultPlan, weather


def armed(*plans: dict[str, object]) -> Chaos:
    chaos = Chaos()
    for plan in plans:
        chaos.arm(FaultPlan.model_validate(plan))
    return chaos


def kinds(plans: list[FaultPlan]) -> list[str]:
    return [plan.kind.value for plan in plans]


def test_a_plan_counts_down() -> None:
    """A plan strikes `times` and is then gone; the count of strikes stays."""
    chaos = armed({"kind": "deadlock", "times": 2})
    assert [kinds(chaos.take("Item", "Read")) for _ in range(3)] == [["deadlock"], ["deadlock"], []]
    assert chaos.struck == {"deadlock": 2}


def test_a_plan_without_end_is_cleared() -> None:
    """`times: null` strikes until cleared."""
    chaos = armed({"kind": "deadlock", "times": None})
    assert all(chaos.take("Item", "Read") for _ in range(5))
    chaos.clear()
    assert chaos.take("Item", "Read") == []


@pytest.mark.parametrize(
    ("plan", "hits", "misses"),
    [
        ({"kind": "slow", "service": "Item"}, ("Item", "Read"), ("Customer", "Read")),
        ({"kind": "slow", "operation": "Read"}, ("Item", "Read"), ("Item", "ReadMultiple")),
        ({"kind": "reply_lost"}, ("SalesOrder", "Delete_SalesLines"), ("SalesOrder", "Read")),
        ({"kind": "reply_lost", "operation": "Read"}, ("SalesOrder", "Read"), ("SalesOrder", "Create")),
        ({"kind": "stale_key"}, ("SalesOrder", "Update"), ("SalesOrder", "Create")),
        ({"kind": "buy_between", "item_no": "1", "quantity": 1}, ("SalesOrder", "Create"), ("SalesOrder", "Update")),
        ({"kind": "html_503"}, ("Item", WSDL), ("Item", "none")),
        ({"kind": "lock_timeout"}, ("Item", "Read"), ("Item", WSDL)),
    ],
)
def test_a_plan_strikes_where_it_makes_sense(
    plan: dict[str, object], hits: tuple[str, str], misses: tuple[str, str]
) -> None:
    """A plan keeps to its service and operation, or to the operations that its kind is about."""
    fault = FaultPlan.model_validate(plan)
    assert fault.strikes(*hits)
    assert not fault.strikes(*misses) or misses[1] == "none"


def test_one_call_meets_one_ending_and_all_additions() -> None:
    """Slow and bought-between add up; of faults that end a call the first is met, the second waits."""
    chaos = armed(
        {"kind": "reply_lost"}, {"kind": "slow"}, {"kind": "buy_between", "item_no": "1", "quantity": 1},
        {"kind": "deadlock"},
    )  # fmt: skip
    assert kinds(chaos.take("SalesOrder", "Create")) == ["slow", "buy_between", "reply_lost"]
    assert kinds(chaos.take("SalesOrder", "Create")) == ["deadlock"]


def test_equal_plans_are_two() -> None:
    """The same plan twice strikes twice."""
    chaos = armed({"kind": "deadlock"}, {"kind": "deadlock"})
    assert [len(chaos.take("Item", "Read")) for _ in range(3)] == [1, 1, 0]


def test_a_rate_strikes_a_share_of_the_calls() -> None:
    """The same seed strikes the same calls, so that a run can be repeated."""

    def struck() -> list[bool]:
        chaos = Chaos(seed=1)
        chaos.arm(FaultPlan(kind=FaultKind.REPLY_LOST, times=None, rate=0.2))
        return [bool(chaos.take("SalesOrder", "Create")) for _ in range(1000)]

    assert struck() == struck()
    assert 150 < sum(struck()) < 250


def test_weather_is_of_every_kind() -> None:
    """Lost replies are in it as well as faults before anything is done, until it is cleared."""
    plans = weather(0.7)
    assert {FaultKind.REPLY_LOST, FaultKind.LOCK_TIMEOUT} < {plan.kind for plan in plans}
    assert {(plan.times, round(plan.rate, 6)) for plan in plans} == {(None, 0.1)}


def test_a_refusal_without_place_is_met_at_the_door() -> None:
    """Refused connections are refused before a request is read; with an operation, at the request."""
    chaos = armed({"kind": "refused"}, {"kind": "refused", "operation": "Create"})
    assert [chaos.refuse(), chaos.refuse()] == [True, False]
    assert kinds(chaos.take("SalesOrder", "Create")) == ["refused"]


@pytest.mark.parametrize(
    "plan",
    [{"kind": "buy_between"}, {"kind": "slow", "seconds": -1}, {"kind": "nonsense"}, {"kind": "slow", "times": 0},
     {"kind": "slow", "colour": "red"}, {"kind": "buy_between", "item_no": "1", "quantity": "1e99"}],
)  # fmt: skip
def test_a_plan_that_makes_no_sense_is_refused(plan: dict[str, object]) -> None:
    """A plan is checked when it is made, not when it strikes."""
    with pytest.raises(ValidationError):
        FaultPlan.model_validate(plan)


def test_each_kind_has_a_name_of_its_own() -> None:
    """Kinds are named as the control endpoint takes them."""
    assert FaultKind("fault_after_commit") is FaultKind.FAULT_AFTER_COMMIT
