"""Faults on demand: what is to go wrong, where, and how often."""

from collections import Counter
from enum import StrEnum
from random import Random
from threading import Lock
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from orderwire.simulators.nav.data import Amount

WRITES: Final = frozenset(
    {"Create", "CreateMultiple", "Update", "UpdateMultiple", "Delete", "Delete_SalesLines", "PlaceOrder"}
)
#: The operation of a GET that asks for the service's WSDL.
WSDL: Final = "WSDL"


class FaultKind(StrEnum):
    """What can be made to go wrong; a call meets at most one of those that end it."""

    SLOW = "slow"  # the call takes `seconds` longer
    BUY_BETWEEN = "buy_between"  # another user buys `quantity` of `item_no` right before the next Create
    STALE_KEY = "stale_key"  # another user saves the records that the call is about to change
    REFUSED = "refused"  # the connection is closed at once, nothing is done
    AWAY = "away"  # nobody listens for `seconds`, and open connections are cut
    HTTP_401 = "http_401"  # the credentials are refused, whatever they are
    HTML_503 = "html_503"  # a proxy's page instead of NAV
    HTML_200 = "html_200"  # a portal's page with a cheerful status, nothing is done
    STATUS = "status"  # an HTTP `status`, with a proxy's page
    FAULT = "fault"  # NAV says no with `exception` and `text`, nothing is done
    LOCK_TIMEOUT = "lock_timeout"  # another user locks the table
    DEADLOCK = "deadlock"  # SQL Server chose this call as the victim
    FAULT_AFTER_COMMIT = "fault_after_commit"  # done and committed, then a fault
    REPLY_LOST = "reply_lost"  # done and committed, then the connection breaks
    HANG_AFTER_COMMIT = "hang_after_commit"  # done and committed, answered `seconds` later
    TRUNCATED_REPLY = "truncated_reply"  # done and committed, half an answer


_ADDITIVE: Final = frozenset({FaultKind.SLOW, FaultKind.BUY_BETWEEN, FaultKind.STALE_KEY})
#: Where a plan strikes if it names no operation; kinds that are not listed strike at any request.
_DEFAULT_OPERATIONS: Final = {
    FaultKind.BUY_BETWEEN: frozenset({"Create", "PlaceOrder"}),
    FaultKind.STALE_KEY: WRITES - {"Create", "CreateMultiple", "PlaceOrder"},
    FaultKind.FAULT_AFTER_COMMIT: WRITES,
    FaultKind.REPLY_LOST: WRITES,
    FaultKind.HANG_AFTER_COMMIT: WRITES,
}
_OF_A_CALL: Final = frozenset({FaultKind.LOCK_TIMEOUT, FaultKind.DEADLOCK, FaultKind.FAULT, *_DEFAULT_OPERATIONS})


class FaultPlan(BaseModel):
    """One line of the plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    times: Annotated[int, Field(ge=1)] | None = Field(default=1, description="None: until cleared")
    service: str | None = Field(default=None, description="None: any")
    operation: str | None = Field(default=None, description="None: where the kind makes sense; WSDL: the description")
    seconds: Annotated[float, Field(ge=0, le=600)] = 1.0
    item_no: str | None = None
    quantity: Amount | None = None
    text: str | None = Field(default=None, description="fault, fault_after_commit: the fault's sentence")
    exception: str | None = Field(default=None, description="fault: the .NET exception's short name")
    status: Annotated[int, Field(ge=300, le=599)] = 500
    rate: Annotated[float, Field(gt=0, le=1)] = Field(default=1.0, description="The share of calls that it strikes")
    retry_after_seconds: Annotated[int, Field(ge=0)] | None = Field(default=None, description="html_503")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind is FaultKind.BUY_BETWEEN and (self.item_no is None or self.quantity is None):
            raise ValueError("buy_between needs item_no and quantity")
        return self

    def strikes(self, service: str, operation: str) -> bool:
        """Whether a request of this service and operation meets the fault."""
        if self.service not in {None, service}:
            return False
        if self.operation is not None:
            return self.operation == operation
        if operation == WSDL:
            return self.kind not in _OF_A_CALL
        return operation in _DEFAULT_OPERATIONS.get(self.kind, {operation})

    @property
    def at_the_door(self) -> bool:
        """Whether the connection is refused before anything is read from it."""
        return self.kind is FaultKind.REFUSED and self.operation is None and self.service is None


#: What goes wrong by itself in a bad network, before and after the commit.
WEATHER: Final = (
    FaultKind.LOCK_TIMEOUT,
    FaultKind.DEADLOCK,
    FaultKind.HTML_503,
    FaultKind.REFUSED,
    FaultKind.FAULT_AFTER_COMMIT,
    FaultKind.REPLY_LOST,
    FaultKind.TRUNCATED_REPLY,
)


def weather(rate: float) -> list[FaultPlan]:
    """Return plans under which about this share of calls meets a fault, until they are cleared."""
    return [FaultPlan(kind=kind, times=None, rate=rate / len(WEATHER)) for kind in WEATHER]


class Chaos:
    """The plans that are armed, in order."""

    def __init__(self, seed: int | None = None) -> None:
        self._lock = Lock()
        self._armed: list[FaultPlan] = []
        self._struck: Counter[str] = Counter()
        self._dice = Random(seed)

    def arm(self, plan: FaultPlan) -> None:
        with self._lock:
            self._armed.append(plan)

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    @property
    def armed(self) -> tuple[FaultPlan, ...]:
        with self._lock:
            return tuple(self._armed)

    @property
    def struck(self) -> dict[str, int]:
        """How often each kind struck."""
        with self._lock:
            return dict(self._struck)

    def take(self, service: str, operation: str) -> list[FaultPlan]:
        """Use up what this request meets: all additive plans, then at most one other."""
        with self._lock:
            meeting = [plan for plan in self._armed if plan.strikes(service, operation) and self._falls(plan)]
            additive = [plan for plan in meeting if plan.kind in _ADDITIVE]
            ending = [plan for plan in meeting if plan.kind not in _ADDITIVE][:1]
            for plan in additive + ending:
                self._use(plan)
            return additive + ending

    def _falls(self, plan: FaultPlan) -> bool:
        return plan.rate >= 1 or self._dice.random() < plan.rate

    def refuse(self) -> bool:
        """Use up a refusal at the door, if one is armed."""
        with self._lock:
            plan = next((plan for plan in self._armed if plan.at_the_door and self._falls(plan)), None)
            if plan:
                self._use(plan)
            return plan is not None

    def _use(self, plan: FaultPlan) -> None:
        self._struck[plan.kind.value] += 1
        if plan.times is None:
            return
        # By identity: two plans may be equal.
        at = next(index for index, armed in enumerate(self._armed) if armed is plan)
        if plan.times == 1:
            del self._armed[at]
        else:
            self._armed[at] = plan.model_copy(update={"times": plan.times - 1})
