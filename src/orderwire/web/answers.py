"""What the REST API says of an order: the same document from POST and GET, at every stage."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from orderwire.canonical.change import OrderChange
from orderwire.canonical.model import Amount, Canonical, Currency, Instant, Quantity, QuantityOrZero, SignedQuantity
from orderwire.canonical.response import LineOutcome, OrderOutcome, OrderResponse, ResponseLine
from orderwire.ports.following import FollowedLine
from orderwire.web import problems
from orderwire.web.context import PREFIX
from orderwire.web.standing import Standing, State


class LineProgress(Canonical):
    """How far a line has come in NAV. Quantities are in `erp_unit`, in which the sales order stands."""

    erp_unit: str = Field(description="NAV's unit of measure code")
    ordered: SignedQuantity
    delivered: SignedQuantity
    backordered: SignedQuantity = Field(description="Still to be delivered")
    invoiced: SignedQuantity


class LineAnswer(Canonical):
    """One line, as it was decided on live stock."""

    line_no: str
    item_no: str | None = Field(description="The supplier's (NAV's) number; null: not found")
    unit: str | None = Field(description="As ordered")
    ordered: Quantity
    confirmed: QuantityOrZero = Field(description="In `unit`")
    backordered: QuantityOrZero = Field(default=Decimal(0), description="In `unit`; follows when it is in stock")
    outcome: LineOutcome
    reason: str | None = Field(description="Stable code: out_of_stock, unknown_item, item_blocked …")
    reason_text: str | None
    unit_price: Amount | None = Field(description="Net, per `unit`")
    promised_on: date | None
    substitute_no: str | None = Field(description="Item sent instead")
    base_unit: str | None
    confirmed_base: QuantityOrZero = Field(description="In `base_unit`")
    progress: LineProgress | None = Field(default=None, description="null: not seen in NAV yet")


class OrderAnswer(Canonical):
    """An order and, once it is decided, the answer to it."""

    id: str = Field(description="Stands in the path of `links.self`")
    order_no: str | None = Field(default=None, description="The buyer's; null: not read yet")
    state: State
    code: str | None = Field(default=None, description="parked, refused: why, as an error code")
    outcome: OrderOutcome | None = None
    erp_no: str | None = Field(default=None, description="Number of NAV's sales order; null: none stands")
    reason: str | None = None
    reason_text: str | None = None
    currency: Currency | None = None
    test: bool = False
    decided_at: Instant | None = None
    lines: tuple[LineAnswer, ...] = ()
    links: dict[str, str] = Field(default_factory=dict, description="self: where this order can be read")


class ChangeAnswer(OrderAnswer):
    """A request to change or cancel an order and, once it is decided, how the order stands."""

    action: Literal["change", "cancel"]
    change_no: str = Field(description="The buyer's number of the request")


def to_change_answer(standing: Standing, change: OrderChange, document_id: str) -> ChangeAnswer:
    """Say where a request stands; decided, its lines are all of the order's, as they stood then."""
    links = {"self": f"{PREFIX}/order-changes/{document_id}"}
    if standing.record is not None:
        links["order"] = f"{PREFIX}/orders/{standing.record.id}"
    known: dict[str, object] = {"id": document_id, "state": standing.state, "links": links}
    shown = to_answer(replace(standing, record=None), document_id)
    if standing.change is not None and standing.change.response is not None:
        shown = _decided(OrderResponse.model_validate_json(standing.change.response), known, ())
    asked = {"action": change.purpose.value, "change_no": change.change_no, "order_no": change.order_no}
    return ChangeAnswer.model_validate({**shown.model_dump(), **known, **asked})


def to_answer(standing: Standing, document_id: str = "") -> OrderAnswer:
    """Say where an order stands; `document_id` leads to it as long as nothing else is known."""
    record, document = standing.record, standing.document
    some_id = record.id if record else (document.parent_id or document.id) if document else document_id
    known: dict[str, object] = {"id": some_id, "state": standing.state, "links": {"self": f"{PREFIX}/orders/{some_id}"}}
    if standing.state is State.DECIDED and record is not None and record.response is not None:
        return _decided(OrderResponse.model_validate_json(record.response), known, standing.lines)
    order_no = record.order_no if record else document.order_no if document else None
    if standing.state is State.WAITING or document is None:
        return OrderAnswer.model_validate({**known, "order_no": order_no})
    reason_text = document.reason if problems.told(document.code or "") else None
    return OrderAnswer.model_validate(
        {**known, "order_no": order_no, "code": document.code, "reason_text": reason_text, "test": document.test}
    )


def _decided(response: OrderResponse, known: dict[str, object], followed: Sequence[FollowedLine]) -> OrderAnswer:
    progress = {line.buyer_line_no: line for line in followed if line.buyer_line_no}
    shared = {name: getattr(response, name) for name in OrderAnswer.model_fields if name in OrderResponse.model_fields}
    lines = tuple(_line(line, progress.get(line.line_no)) for line in response.lines)
    return OrderAnswer.model_validate({**shared, **known, "lines": lines})


def _line(line: ResponseLine, followed: FollowedLine | None) -> LineAnswer:
    told = {name: getattr(line, name) for name in LineAnswer.model_fields if name in ResponseLine.model_fields}
    return LineAnswer.model_validate({**told, "progress": _progress(followed)})


def _progress(line: FollowedLine | None) -> LineProgress | None:
    if line is None:
        return None
    return LineProgress(
        erp_unit=line.unit,
        ordered=line.ordered,
        delivered=line.delivered,
        backordered=line.backordered,
        invoiced=line.invoiced,
    )
