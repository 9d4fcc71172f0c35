"""What must not leave the shop: lines the buyer's system would drop, and what NAV would refuse."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from canonicals import a_cart, a_cart_line
from fakes.erp import FakeErp, an_item
from orderwire.canonical.cart import CartLine
from orderwire.config.profile import ShortagePolicy
from orderwire.config.punchout import CartRules
from orderwire.errors import OutageError
from orderwire.pipeline.punchout_check import of_buyer, of_erp
from shopping import a_shopper

D = Decimal


def dropped(line: CartLine, **rules: Any) -> list[tuple[str | None, str]]:
    """Return what is found about a cart with that line."""
    found = of_buyer(a_cart(line), a_shopper(), CartRules.model_validate(rules))
    return [(finding.line_no, finding.code) for finding in found]


def test_a_line_within_the_rules_leaves() -> None:
    """The demo's line, under the rules that a profile has of itself."""
    assert dropped(a_cart_line()) == []


@pytest.mark.parametrize(
    ("line", "rules", "code"),
    [
        ({"unit": "XYZ"}, {}, "unit_unknown"),
        ({"unit": "PR"}, {"units": ["PCE"]}, "unit_not_taken"),
        ({"classifications": ()}, {}, "no_classification"),
        ({"classifications": ({"domain": "UNSPSC", "code": "27.11.27.00"},)}, {}, "no_classification"),
        ({"classifications": ({"domain": "eClass", "code": "21"},)}, {"classification": "UNSPSC"}, "no_classification"),
        ({"price_basis": 100}, {"price_basis": False}, "price_basis"),
        ({"unit_price": "1.234"}, {"price_decimals": 2}, "price_decimals"),
        ({"quantity": "1.5"}, {"quantity_decimals": 0}, "quantity_decimals"),
        ({"item_no": "1" * 41}, {}, "item_no_too_long"),
    ],
)
def test_a_line_that_would_be_dropped_is_stopped(line: dict[str, Any], rules: dict[str, Any], code: str) -> None:
    """With its number and the reason."""
    assert dropped(a_cart_line("7", **line), **rules) == [("7", code)]


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ({"classifications": ()}, {"classification": None}),
        ({"classifications": ({"domain": "ECLASS", "code": "21"},)}, {"classification": "eClass"}),
        ({"unit_price": "100"}, {"price_decimals": 0}),
        ({"unit_price": "1.20"}, {"price_decimals": 1}),
        ({"unit": "PCE"}, {"units": ["PCE"]}),
        ({"price_basis": 100}, {}),
    ],
)
def test_a_line_at_the_edge_of_the_rules_leaves(line: dict[str, Any], rules: dict[str, Any]) -> None:
    """Trailing zeros are no decimals, and domains know no case."""
    assert dropped(a_cart_line(**line), **rules) == []


def test_a_cart_as_a_whole_has_limits() -> None:
    """Currency, lines and total; the total counts what a price is for."""
    lines = (a_cart_line(), a_cart_line("2", unit_price="1000", price_basis=100))  # 179.80 + 20
    found = of_buyer(a_cart(*lines), a_shopper(), CartRules(currencies=("USD",), max_lines=1, max_total=D("199.79")))

    assert [(one.line_no, one.code) for one in found] == [
        (None, "currency_not_taken"),
        (None, "too_many_lines"),
        (None, "total_too_large"),
    ]
    assert of_buyer(a_cart(*lines), a_shopper(), CartRules(max_lines=2, max_total=D("199.80"))) == []


def stopped(*lines: CartLine, erp: FakeErp | None = None, **changes: Any) -> list[tuple[str | None, str]]:
    """Return what NAV finds."""
    found = of_erp(a_cart(*lines), a_shopper(partner=changes), erp or FakeErp())
    return [(one.line_no, one.code) for one in found]


def test_lines_that_nav_would_refuse_are_stopped() -> None:
    """Unknown, blocked, not sold in that unit, short; several lines of an item count together."""
    found = stopped(
        a_cart_line("1", item_no="9999"),
        a_cart_line("2", item_no="1008"),
        a_cart_line("3", item_no="1003", unit="CT"),
        a_cart_line("4", item_no="1003", quantity=3),
        a_cart_line("5", item_no="1003", quantity=3),
        a_cart_line("6", item_no="1002"),
    )

    assert found == [("1", "unknown_item"), ("2", "item_blocked"), ("3", "unit_not_sold"), ("5", "out_of_stock")]


def test_who_waits_for_the_rest_may_have_it_in_the_cart() -> None:
    """Back-orders leave; part deliveries and substitutes are no surprise to make here."""
    short = a_cart_line(item_no="1003", quantity=9)

    assert stopped(short, shortage=ShortagePolicy.BACK_ORDER) == []
    assert stopped(short, shortage=ShortagePolicy.PART_DELIVERY) == [("1", "part_delivery")]
    assert stopped(short, shortage=ShortagePolicy.SUBSTITUTE, substitutes={"1003": "1002"}) == [("1", "out_of_stock")]
    assert stopped(short, a_cart_line("2"), shortage=ShortagePolicy.REJECT_ORDER) == [
        ("1", "out_of_stock"),
        ("2", "order_refused"),
    ]


def test_an_account_that_cannot_order_stops_the_cart() -> None:
    """The shopper is told no more than that."""
    assert stopped(a_cart_line(), customer_no="C77777") == [(None, "mapping")]


def test_nav_away_is_no_finding() -> None:
    """The cart waits."""
    erp = FakeErp()
    erp.fail("stock", OutageError("NAV is away"))

    with pytest.raises(OutageError):
        stopped(a_cart_line(), erp=erp)


@pytest.mark.parametrize(
    ("line", "tolerance", "currency", "differs"),
    [
        ({"unit_price": "89.90"}, "0", "EUR", False),
        ({"unit_price": "89.91"}, "0", "EUR", True),
        ({"unit_price": "80.91"}, "10", "EUR", False),
        ({"unit_price": "80.90"}, "10", "EUR", True),
        ({"unit_price": "539.40", "unit": "CT"}, "0", "EUR", False),
        ({"unit_price": "8990", "price_basis": 100}, "0", "EUR", False),
        ({"unit_price": "1"}, None, "EUR", False),
        ({"unit_price": "1"}, "0", "USD", False),
        ({"unit_price": "1"}, "0", None, False),
    ],
)
def test_a_price_is_held_against_navs(
    line: dict[str, Any], tolerance: str | None, currency: str | None, *, differs: bool
) -> None:
    """Per unit ordered, within the partner's tolerance; not where currencies differ or are not known."""
    erp = FakeErp()
    item = replace(an_item("1001", CARTON=6), unit_price=D("89.90"), currency=currency)
    erp.put(item, 120)

    found = stopped(a_cart_line(**line), erp=erp, price_tolerance_percent=tolerance)

    assert found == ([("1", "price_differs")] if differs else [])


def test_an_item_without_a_price_is_not_compared() -> None:
    """NAV has none to hold against it."""
    assert stopped(a_cart_line(unit_price="1"), price_tolerance_percent="0") == []
