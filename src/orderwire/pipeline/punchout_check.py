"""A cart before it leaves: what the buyer's system would drop, or NAV refuse, is stopped with the reason."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from orderwire.canonical.cart import Cart, CartFinding, CartLine
from orderwire.canonical.order import Channel, PurchaseOrder
from orderwire.canonical.response import LineOutcome
from orderwire.canonical.stock import StockKey
from orderwire.config.profile import PartnerProfile
from orderwire.config.punchout import CartRules
from orderwire.errors import PermanentError
from orderwire.pipeline.allocation import Stock, Terms, allocate
from orderwire.pipeline.answer import REASONS
from orderwire.pipeline.plan import Plan, PlannedLine
from orderwire.pipeline.resolve import resolve
from orderwire.pipeline.retrying import patiently
from orderwire.ports.erp import Erp, ErpItem

#: Lines that may leave: stock covers them, or the partner waits for the rest.
_LEAVING: Final = frozenset({LineOutcome.ACCEPTED, LineOutcome.BACKORDERED})
_UNSPSC_DIGITS: Final = 8


def of_buyer(cart: Cart, partner: PartnerProfile, rules: CartRules) -> list[CartFinding]:
    """Return what the buyer's system, or we when its order comes, would not take."""
    findings = [_found(None, code, text) for code, text in _of_cart(cart, rules)]
    for line in cart.lines:
        findings += [_found(line, code, text) for code, text in _of_line(line, partner, rules)]
    return findings


def of_erp(cart: Cart, partner: PartnerProfile, erp: Erp) -> list[CartFinding]:
    """Return the lines that live stock, items and prices do not allow.

    Raises:
        TransientError, OutageError: NAV cannot be asked now.
    """
    order = PurchaseOrder(
        order_no=cart.cart_id,
        partner=cart.partner,
        channel=Channel.PUNCHOUT,
        currency=cart.currency,
        lines=tuple(line.ordered() for line in cart.lines),
    )
    try:
        wanted = resolve(order, partner, erp)
    except PermanentError as error:
        return [_found(None, error.code, "the supplier cannot take orders for this account at the moment")]
    plan = _allocated(wanted, partner, erp)
    nos = {line.item_no for line in plan.lines if line.item_no}
    items = patiently(lambda: erp.items(nos)) if nos else {}
    findings = []
    for line, planned in zip(cart.lines, plan.lines, strict=True):
        item = items.get(planned.item_no or "")
        findings += _stopped(line, planned) or _priced(line, planned, item, cart, partner.price_tolerance_percent)
    return findings


def _of_cart(cart: Cart, rules: CartRules) -> Iterator[tuple[str, str]]:
    if rules.currencies and cart.currency not in rules.currencies:
        yield "currency_not_taken", f"your system does not take carts in {cart.currency}"
    if len(cart.lines) > rules.max_lines:
        yield "too_many_lines", f"your system takes {rules.max_lines} lines in one cart; there are {len(cart.lines)}"
    if rules.max_total is not None and cart.total > rules.max_total:
        yield "total_too_large", f"your system takes carts of {rules.max_total:f} {cart.currency} at most"


def _of_line(line: CartLine, partner: PartnerProfile, rules: CartRules) -> Iterator[tuple[str, str]]:
    if line.unit not in partner.units:
        yield "unit_unknown", f"the supplier's system has no unit of measure for {line.unit}"
    elif rules.units and line.unit not in rules.units:
        yield "unit_not_taken", f"your system does not know the unit of measure {line.unit}"
    if rules.classification and not _classified(line, rules.classification):
        yield "no_classification", f"your system wants each line classified in {rules.classification}"
    if line.price_basis != 1 and not rules.price_basis:
        yield "price_basis", "your system takes prices for one unit only"
    if _decimals(line.unit_price) > rules.price_decimals:
        yield "price_decimals", f"your system takes prices with {rules.price_decimals} decimals"
    if _decimals(line.quantity) > rules.quantity_decimals:
        yield "quantity_decimals", f"your system takes quantities with {rules.quantity_decimals} decimals"
    if len(line.item_no) > rules.max_item_no_chars:
        yield "item_no_too_long", f"your system takes item numbers of {rules.max_item_no_chars} characters"


def _classified(line: CartLine, domain: str) -> bool:
    codes = [one.code for one in line.classifications if one.domain.casefold() == domain.casefold()]
    if domain.casefold() != "unspsc":
        return bool(codes)
    return any(len(code) == _UNSPSC_DIGITS and code.isdecimal() and code.isascii() for code in codes)


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _allocated(wanted: Plan, partner: PartnerProfile, erp: Erp) -> Plan:
    """Decide the lines as the order would be decided now; a cart takes no stock, so nobody's hold counts."""
    nos = sorted({line.item_no for line in wanted.lines if line.item_no and line.reason is None})
    keys = [StockKey(item_no=no, location=partner.location) for no in nos]
    figures = patiently(lambda: erp.stock(keys)) if keys else {}
    stock = Stock({key: figure.free for key, figure in figures.items()}, {})
    return allocate(wanted, stock, Terms.of(partner)) or wanted


def _stopped(line: CartLine, planned: PlannedLine) -> list[CartFinding]:
    if planned.outcome in _LEAVING:
        return []
    reason = planned.reason or "out_of_stock"
    return [_found(line, reason, REASONS.get(reason, "the line cannot be delivered"))]


def _priced(
    line: CartLine, planned: PlannedLine, item: ErpItem | None, cart: Cart, tolerance: Decimal | None
) -> list[CartFinding]:
    """Compare with NAV's list price, where the partner's prices are compared at all and the currency is the same."""
    if tolerance is None or item is None or item.unit_price is None or item.currency != cart.currency:
        return []
    listed, asked = item.unit_price * planned.factor, line.unit_price / line.price_basis
    if abs(asked - listed) * 100 <= listed * tolerance:
        return []
    return [_found(line, "price_differs", f"the price is {listed.normalize():f} {cart.currency} per {line.unit} now")]


def _found(line: CartLine | None, code: str, text: str) -> CartFinding:
    return CartFinding(line_no=line.line_no if line else None, code=code, text=text)
