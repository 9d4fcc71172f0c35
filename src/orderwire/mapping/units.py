"""Units of measure: the buyer's code to NAV's, and quantities to NAV's base unit."""

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Final

from orderwire.config.partners import PartnerProfile
from orderwire.errors import MappingError
from orderwire.ports.erp import ErpItem

#: NAV rounds Quantity (Base) to five decimals.
NAV_ROUNDING: Final = Decimal("0.00001")


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
    return Decimal(1) if erp_unit == item.base_unit else item.units.get(erp_unit)


def to_base(quantity: Decimal, factor: Decimal) -> Decimal:
    """Convert to base units, with NAV's rounding."""
    return (quantity * factor).quantize(NAV_ROUNDING, ROUND_HALF_UP)


def whole_units(base: Decimal, factor: Decimal) -> Decimal:
    """Return the largest number of whole units, in base units, that `base` covers; 0 for a shortage."""
    if base <= 0:
        return Decimal(0)
    return (base / factor).to_integral_value(ROUND_FLOOR) * factor
