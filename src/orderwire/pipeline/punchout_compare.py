"""An order held against the carts it came from: identical, drifted within bounds, or a person's business."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from orderwire.canonical.cart import Cart, CartLine
from orderwire.canonical.order import ItemScheme, OrderLine, PurchaseOrder
from orderwire.config.profile import PartnerProfile
from orderwire.config.punchout import OrderRules


class Match(StrEnum):
    IDENTICAL = "identical"
    DRIFTED = "drifted"  # within the profile's bounds
    DIFFERENT = "different"  # beyond them
    NO_CART = "no_cart"  # the line came from no cart of ours


@dataclass(frozen=True, slots=True)
class LineMatch:
    line_no: str
    match: Match
    differences: tuple[str, ...] = ()  # item, unit, price, quantity, currency
    cart_id: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What to do with an order: fulfil it, hold it for a person, or reject it."""

    verdict: str  # accept | hold | reject
    lines: tuple[LineMatch, ...]

    @property
    def reason(self) -> str:
        return "cart_differs" if any(line.match is Match.DIFFERENT for line in self.lines) else "no_cart"


@dataclass(frozen=True)
class Snapshots:
    """The carts an order may have come from."""

    by_auxiliary: Mapping[str, Cart]
    recent: Sequence[Cart] = ()

    def line_of(self, line: OrderLine) -> tuple[Cart, CartLine] | None:
        """Find the cart line by the auxiliary id, else by the item and, of several, the line number."""
        if line.auxiliary_id is not None and (cart := self.by_auxiliary.get(line.auxiliary_id)) is not None:
            return next(((cart, one) for one in cart.lines if one.auxiliary_id == line.auxiliary_id), None)
        item_no = line.item_id(ItemScheme.SUPPLIER)
        if item_no is None:
            return None
        for cart in self.recent:
            same = [one for one in cart.lines if one.item_no == item_no]
            if same:
                return cart, next((one for one in same if one.line_no == line.line_no), same[0])
        return None


_SEVERITY: Final = {"accept": 0, "hold": 1, "reject": 2}


def compare(order: PurchaseOrder, snapshots: Snapshots, partner: PartnerProfile, rules: OrderRules) -> Comparison:
    """Compare line by line. A unit that is not mapped is a difference, whatever it is called."""
    lines = tuple(_matched(order, line, snapshots, partner, rules) for line in order.lines)
    verdicts = {Match.DIFFERENT: rules.beyond, Match.NO_CART: rules.without_cart}
    verdict = max((verdicts.get(line.match, "accept") for line in lines), key=lambda one: _SEVERITY[one])
    return Comparison(verdict, lines)


def _matched(
    order: PurchaseOrder, line: OrderLine, snapshots: Snapshots, partner: PartnerProfile, rules: OrderRules
) -> LineMatch:
    found = snapshots.line_of(line)
    if found is None:
        return LineMatch(line.line_no, Match.NO_CART)
    cart, before = found
    differences = _beyond(order, line, found, partner, rules)
    if differences:
        return LineMatch(line.line_no, Match.DIFFERENT, differences, cart.cart_id)
    same = _price(line) in {None, _cart_price(before)} and line.quantity == before.quantity
    return LineMatch(line.line_no, Match.IDENTICAL if same else Match.DRIFTED, (), cart.cart_id)


def _beyond(
    order: PurchaseOrder, line: OrderLine, found: tuple[Cart, CartLine], partner: PartnerProfile, rules: OrderRules
) -> tuple[str, ...]:
    """Return what differs by more than the profile allows."""
    (cart, before), price = found, _price(line)
    checks = {
        "item": line.item_id(ItemScheme.SUPPLIER) not in {None, before.item_no},
        "unit": not _same_unit(line.unit, before.unit, partner) or line.price_unit not in {None, line.unit},
        "currency": order.currency is not None and order.currency != cart.currency,
        "price": price is not None and not _within(price, _cart_price(before), rules.price_percent),
        "quantity": rules.quantity_percent is not None
        and not _within(line.quantity, before.quantity, rules.quantity_percent),
    }
    return tuple(name for name, differs in checks.items() if differs)


def _same_unit(unit: str | None, before: str, partner: PartnerProfile) -> bool:
    """Compare as NAV sees them; a code that is not mapped is no unit, not even its own equal."""
    mapped = partner.units.get(unit or "")
    return mapped is not None and mapped == partner.units.get(before)


def _price(line: OrderLine) -> Decimal | None:
    return None if line.net_price is None else line.net_price / (line.price_basis or Decimal(1))


def _cart_price(line: CartLine) -> Decimal:
    return line.unit_price / line.price_basis


def _within(now: Decimal, before: Decimal, percent: Decimal) -> bool:
    return abs(now - before) * 100 <= before * percent
