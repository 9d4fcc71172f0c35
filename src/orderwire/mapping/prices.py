"""Prices: the buyer's for one of the unit it ordered in, held against NAV's."""

from decimal import Decimal

from orderwire.canonical.order import OrderLine


def price_of_one(ordered: OrderLine) -> Decimal | None:
    """Return the buyer's price for one of the unit ordered; None where there is none, or it is for another unit."""
    if ordered.net_price is None or ordered.price_unit not in {None, ordered.unit}:
        return None
    return ordered.net_price / (ordered.price_basis or Decimal(1))


def price_differs(price: Decimal | None, ordered: OrderLine, tolerance_percent: Decimal | None) -> bool:
    """Tell whether a price is not the buyer's; without a tolerance, or one of the prices, nothing is compared."""
    wanted = price_of_one(ordered)
    if tolerance_percent is None or price is None or wanted is None:
        return False
    return abs(price - wanted) * 100 > wanted * tolerance_percent
