"""Units of measure: the buyer's code to NAV's, and quantities to NAV's base unit."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from orderwire.config.profile import PartnerProfile
from orderwire.errors import MappingError
from orderwire.ports.erp import ErpItem

#: NAV keeps five decimals of a quantity, in whatever unit.
NAV_ROUNDING: Final = Decimal("0.00001")
#: Far above any order, and below what NAV and our own models hold.
MAX_QUANTITY: Final = Decimal(10) ** 12


def to_erp_unit(unit: str | None, item: ErpItem, partner: PartnerProfile) -> str:
    """Return NAV's unit code for the buyer's, or the partner's default, or the item's base unit.

    Raises:
        MappingError: no code list has the unit; a unit is never guessed.
    """
    code = unit or partner.default_unit
    if code is None:
        return item.base_unit
    erp_unit = partner.units.get(code)
    if erp_unit is None:
        raise MappingError("no unit of measure for the buyer's code: add it to codes/units.csv", unit=code)
    return erp_unit


def base_per_unit(erp_unit: str, item: ErpItem) -> Decimal | None:
    """Return how many base units one `erp_unit` of the item holds; None: the item has no such unit."""
    factor = Decimal(1) if erp_unit == item.base_unit else item.units.get(erp_unit)
    return None if factor is None or factor < NAV_ROUNDING else factor


def rounded(quantity: Decimal) -> Decimal:
    """Round as NAV does."""
    return quantity.quantize(NAV_ROUNDING, ROUND_HALF_UP)


def in_range(quantity: Decimal, factor: Decimal) -> bool:
    """Whether NAV can hold the quantity, in its unit and in base units, and sees more than zero in both."""
    return all(NAV_ROUNDING <= amount <= MAX_QUANTITY for amount in (quantity, quantity * factor))


def to_base(quantity: Decimal, factor: Decimal) -> Decimal:
    """Convert to base units."""
    return rounded(quantity * factor)


def to_unit(base: Decimal, factor: Decimal) -> Decimal:
    """Convert from base units."""
    return rounded(base / factor)


def whole_units(base: Decimal, factor: Decimal) -> Decimal:
    """Return the largest number of whole units, in base units, that `base` covers; 0 for a shortage."""
    return base // factor * factor if base > 0 else Decimal(0)
