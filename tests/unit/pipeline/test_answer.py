"""Prices in the answer: another one than the buyer's is told, as far as the partner wants to know."""

from decimal import Decimal
from typing import Any

import pytest

from fakes.documents import MORNING, a_line, a_partner, an_order
from fakes.world import World
from orderwire.canonical.response import LineOutcome, OrderOutcome, OrderResponse
from orderwire.pipeline.answer import to_response
from orderwire.pipeline.plan import Plan, PlannedLine


def answer(tolerance: str | None, price: str | None = "10.00", **ordered: Any) -> OrderResponse:
    """Answer an order of one line that stands in NAV at `price`."""
    line = a_line(unit="PCE", **{"net_price": Decimal(10), **ordered})
    planned = PlannedLine(
        line_no="1",
        item_no="1001",
        wanted=Decimal(1),
        granted=Decimal(1),
        outcome=LineOutcome.ACCEPTED,
        unit_price=Decimal(price) if price else None,
    )
    plan = Plan(customer_no="C10000", lines=(planned,))
    return to_response(an_order(line), plan, "SO-1", MORNING, a_partner(price_tolerance_percent=tolerance))


@pytest.mark.parametrize(
    ("tolerance", "price", "ordered"),
    [
        (None, "99", {}),
        ("0", "10.00", {}),
        ("5", "10.50", {}),
        ("5", "9.50", {}),
        ("0", None, {}),
        ("0", "99", {"net_price": None}),
        ("0", "10", {"net_price": Decimal(1000), "price_basis": Decimal(100)}),
        ("0", "99", {"price_unit": "CT"}),
    ],
)
def test_a_price_within_the_tolerance_is_accepted(
    tolerance: str | None, price: str | None, ordered: dict[str, Any]
) -> None:
    """Nothing is said where nobody asked, no price was given, it is for another unit, or it is near enough."""
    response = answer(tolerance, price, **ordered)

    assert (response.outcome, response.lines[0].reason) == (OrderOutcome.ACCEPTED, None)


@pytest.mark.parametrize(("tolerance", "price"), [("0", "10.01"), ("5", "10.51"), ("5", "9.49")])
def test_another_price_is_told(tolerance: str, price: str) -> None:
    """The line stands at NAV's price; the buyer learns that it is not the one of the order."""
    response = answer(tolerance, price)

    [line] = response.lines
    assert (response.outcome, response.erp_no) == (OrderOutcome.CHANGED, "SO-1")
    assert (line.outcome, line.reason, line.confirmed) == (LineOutcome.CHANGED, "price_differs", Decimal(1))


def test_the_partner_says_how_much_may_differ(world: World) -> None:
    """The tolerance of the profile is the one that counts."""
    world.partners.profiles["baumarkt"] = a_partner(price_tolerance_percent=Decimal(1))

    response = world.place(an_order(a_line("1001", net_price=Decimal(5))))

    assert response.lines[0].reason == "price_differs"
