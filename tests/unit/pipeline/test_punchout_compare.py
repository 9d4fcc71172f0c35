"""An order beside the cart it came from."""

from decimal import Decimal
from typing import Any

import pytest

from canonicals import a_cart, a_cart_line
from fakes.documents import an_order
from orderwire.canonical.cart import CartLine
from orderwire.canonical.order import ItemId, ItemScheme, OrderLine
from orderwire.config.punchout import OrderRules
from orderwire.pipeline.punchout_compare import Comparison, Match, Snapshots, compare
from shopping import a_shopper

D = Decimal
CART = a_cart(a_cart_line("1"), a_cart_line("2", item_no="1002"), a_cart_line("3", item_no="1002", unit="CT"))
KNOWN = Snapshots({line.auxiliary_id or "": CART for line in CART.lines})
RECENT = Snapshots({}, [CART])


def ordered(line: CartLine = CART.lines[0], **changes: Any) -> OrderLine:
    return line.ordered().model_copy(update=changes)


def compared(*lines: OrderLine, snapshots: Snapshots = KNOWN, currency: str | None = "EUR", **rules: Any) -> Comparison:
    order = an_order(*lines, partner="officeworks", currency=currency)
    return compare(order, snapshots, a_shopper(), OrderRules.model_validate(rules))


def test_an_order_of_the_whole_cart_is_identical() -> None:
    """Line by line, found by the shop's keys."""
    found = compared(*(line.ordered() for line in CART.lines))

    assert found.verdict == "accept"
    assert [(line.match, line.cart_id) for line in found.lines] == [(Match.IDENTICAL, "cart-1")] * 3


@pytest.mark.parametrize(
    ("changes", "rules", "match", "differences"),
    [
        ({"quantity": D(1)}, {}, Match.DRIFTED, ()),
        ({"quantity": D(200)}, {}, Match.DRIFTED, ()),
        ({"quantity": D(3)}, {"quantity_percent": 50}, Match.DRIFTED, ()),
        ({"quantity": D(4)}, {"quantity_percent": 50}, Match.DIFFERENT, ("quantity",)),
        ({"net_price": D("90.79")}, {"price_percent": 1}, Match.DRIFTED, ()),
        ({"net_price": D("90.80")}, {"price_percent": 1}, Match.DIFFERENT, ("price",)),
        ({"net_price": D("89.89")}, {}, Match.DIFFERENT, ("price",)),
        ({"net_price": D(8990), "price_basis": D(100)}, {}, Match.IDENTICAL, ()),
        ({"net_price": None}, {}, Match.IDENTICAL, ()),
        ({"unit": "EA"}, {}, Match.DIFFERENT, ("unit",)),
        ({"unit": None}, {}, Match.DIFFERENT, ("unit",)),
        ({"unit": "CT"}, {}, Match.DIFFERENT, ("unit",)),
        ({"price_unit": "CT"}, {}, Match.DIFFERENT, ("unit",)),
        ({"item_ids": CART.lines[1].ordered().item_ids}, {}, Match.DIFFERENT, ("item",)),
    ],
)
def test_a_line_drifts_within_bounds_or_differs(
    changes: dict[str, Any], rules: dict[str, Any], match: Match, differences: tuple[str, ...]
) -> None:
    """Per unit and per cent; a unit that is not mapped is never taken for another."""
    found = compared(ordered(**changes), **rules)

    assert [(line.match, line.differences) for line in found.lines] == [(match, differences)]
    assert found.verdict == ("hold" if match is Match.DIFFERENT else "accept")


def test_an_unmapped_unit_is_not_even_its_own_equal() -> None:
    """A cart from when it was mapped does not make it a unit now."""
    cart = a_cart(a_cart_line(unit="XYZ"))

    found = compared(cart.lines[0].ordered(), snapshots=Snapshots({"quote-1/1": cart}))

    assert found.lines[0].differences == ("unit",)


def test_units_are_equal_when_they_mean_the_same_in_nav() -> None:
    """PCE and H87, say, where a partner's table maps both."""
    partner = a_shopper(partner={"units": {"PCE": "PCS", "H87": "PCS"}})

    found = compare(an_order(ordered(unit="H87")), KNOWN, partner, OrderRules())

    assert found.lines[0].match is Match.IDENTICAL


def test_another_currency_is_a_difference() -> None:
    """An order that names none is taken to be in the cart's."""
    assert compared(ordered(), currency="USD").lines[0].differences == ("currency",)
    assert compared(ordered(), currency=None).lines[0].match is Match.IDENTICAL


def test_without_a_key_item_and_line_number_find_the_cart() -> None:
    """The last cart with the item; of two such lines the one with that number, else the first."""
    both = [ordered(CART.lines[index], auxiliary_id=None) for index in (1, 2)]

    found = compared(*both, snapshots=RECENT)
    elsewhere = compared(ordered(CART.lines[1], auxiliary_id=None, line_no="9"), snapshots=RECENT)

    assert [line.match for line in found.lines] == [Match.IDENTICAL] * 2
    assert elsewhere.lines[0].match is Match.IDENTICAL


def test_a_key_that_is_not_ours_falls_back_to_the_item() -> None:
    """And a line that names no number of ours has no cart."""
    theirs = ItemId(scheme=ItemScheme.BUYER, value="B-1")
    other_cart = Snapshots({"quote-1/1": a_cart(a_cart_line("5"))})

    assert compared(ordered(auxiliary_id="theirs"), snapshots=RECENT).lines[0].match is Match.IDENTICAL
    assert compared(ordered(auxiliary_id=None, item_ids=(theirs,)), snapshots=RECENT).lines[0].match is Match.NO_CART
    assert compared(ordered(), snapshots=other_cart).lines[0].match is Match.NO_CART


@pytest.mark.parametrize(
    ("beyond", "without_cart", "verdict", "reason"),
    [
        ("hold", "accept", "hold", "cart_differs"),
        ("reject", "accept", "reject", "cart_differs"),
        ("hold", "reject", "reject", "cart_differs"),
    ],
)
def test_the_strictest_line_decides(beyond: str, without_cart: str, verdict: str, reason: str) -> None:
    """One line that differs, one without a cart."""
    stranger = ordered(a_cart_line("8", item_no="1006"), auxiliary_id=None)

    found = compared(ordered(net_price=D(1)), stranger, beyond=beyond, without_cart=without_cart)

    assert (found.verdict, found.reason) == (verdict, reason)


def test_a_line_without_a_cart_may_be_a_reason_of_its_own() -> None:
    """Where the profile says so; by itself it is an order from a catalogue."""
    stranger = ordered(auxiliary_id=None)

    assert compared(stranger, snapshots=Snapshots({})).verdict == "accept"
    held = compared(stranger, snapshots=Snapshots({}), without_cart="hold")
    assert (held.verdict, held.reason) == ("hold", "no_cart")
