"""The control endpoint: faults, other users and the state, as JSON under `/simulator/`."""

import json
from collections.abc import Callable
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from orderwire.simulators.nav.chaos import FaultKind, FaultPlan
from orderwire.simulators.nav.connection import CONTROL
from orderwire.simulators.nav.data import Amount
from orderwire.simulators.nav.faults import NavFault
from orderwire.simulators.nav.gateway import Reply, Request
from orderwire.simulators.nav.users import OtherUsers


class Controlled(Protocol):
    """What can be controlled."""

    @property
    def users(self) -> OtherUsers: ...

    def arm(self, plan: FaultPlan) -> None: ...

    def clear_faults(self) -> None: ...

    def away(self, seconds: float) -> None: ...

    def state(self) -> dict[str, Any]: ...

    def calls(self) -> list[dict[str, Any]]: ...

    def load(self, calls: int, seconds: float) -> None: ...


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Place(_Body):
    item_no: str
    location: str = ""
    variant: str = ""


class _Buy(_Place):
    quantity: Amount


class _Stock(_Place):
    inventory: Amount


class _Load(_Body):
    calls: Annotated[int, Field(ge=1, le=1000)]
    seconds: Annotated[float, Field(ge=0, le=600)]


class _Order(_Body):
    order_no: str


class _Post(_Order):
    """What is posted: `lines` gives quantities by NAV's line number; none: all that can be."""

    lines: dict[int, Amount] | None = None


class _Ship(_Post):
    tracking_no: str = Field(default="", max_length=30)


class ControlEndpoint:
    """Answers `/simulator/…` for one simulator."""

    def __init__(self, simulator: Controlled) -> None:
        self._simulator = simulator
        self._routes = self._table()

    def _table(self) -> dict[tuple[str, str], Callable[[bytes], Reply]]:
        return {
            ("GET", "state"): lambda _body: _json(self._simulator.state()),
            ("GET", "calls"): lambda _body: _json({"calls": self._simulator.calls()}),
            ("POST", "load"): self._load,
            ("POST", "faults"): self._faults,
            ("DELETE", "faults"): self._clear,
            ("POST", "buy"): self._buy,
            ("POST", "stock"): self._stock,
            ("POST", "post"): self._post,
            ("POST", "ship"): self._ship,
            ("POST", "invoice"): self._invoice,
        }

    def __call__(self, request: Request) -> Reply:
        route = self._routes.get((request.method, request.path.removeprefix(CONTROL)))
        if route is None:
            return _problem("no such control", status=404)
        try:
            return route(request.body)
        except ValidationError as error:
            return _problem("; ".join(f"{item['loc']}: {item['msg']}" for item in error.errors()))
        except NavFault as fault:
            return _problem(fault.text, status=409)

    def _faults(self, body: bytes) -> Reply:
        """Arm one plan, or a list of them."""
        plans = TypeAdapter(FaultPlan | list[FaultPlan]).validate_json(body)
        listed = plans if isinstance(plans, list) else [plans]
        seconds = max((plan.seconds for plan in listed if plan.kind is FaultKind.AWAY), default=0)
        for plan in listed:
            if plan.kind is not FaultKind.AWAY:
                self._simulator.arm(plan)
        reply = _json({"armed": len(listed)})
        if not seconds:
            return reply
        return Reply(reply.status, reply.body, reply.content_type, then=lambda: self._simulator.away(seconds))

    def _load(self, body: bytes) -> Reply:
        wanted = _Load.model_validate_json(body)
        self._simulator.load(wanted.calls, wanted.seconds)
        return _json({"calls": wanted.calls})

    def _clear(self, _body: bytes) -> Reply:
        self._simulator.clear_faults()
        return _json({"armed": 0})

    def _buy(self, body: bytes) -> Reply:
        wanted = _Buy.model_validate_json(body)
        bought = self._simulator.users.buy(wanted.item_no, wanted.quantity, wanted.location, wanted.variant)
        return _json({"order_no": bought})

    def _stock(self, body: bytes) -> Reply:
        counted = _Stock.model_validate_json(body)
        self._simulator.users.stock(counted.item_no, counted.inventory, counted.location, counted.variant)
        return _json({"item_no": counted.item_no})

    def _post(self, body: bytes) -> Reply:
        return _json({"shipment_no": self._simulator.users.post(_Order.model_validate_json(body).order_no)})

    def _ship(self, body: bytes) -> Reply:
        wanted = _Ship.model_validate_json(body)
        posting = self._simulator.users.posting
        return _json({"shipment_no": posting.ship(wanted.order_no, wanted.lines, tracking_no=wanted.tracking_no)})

    def _invoice(self, body: bytes) -> Reply:
        wanted = _Post.model_validate_json(body)
        return _json({"invoice_no": self._simulator.users.posting.invoice(wanted.order_no, wanted.lines)})


def _json(content: dict[str, Any], status: int = 200) -> Reply:
    return Reply(status, json.dumps(content).encode(), "application/json")


def _problem(text: str, status: int = 400) -> Reply:
    return _json({"error": text}, status)
