"""What every canonical model shares: frozen, closed, decimal, UTC."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


class Canonical(BaseModel):
    """A frozen, closed value; JSON carries decimals as strings and time in UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _plain(value: Decimal) -> Decimal:
    """Drop trailing zeros, so that 10, 10.0 and 1E+1 are one value with one JSON text."""
    if not value.is_finite():
        raise ValueError("must be a finite number")
    whole = value.to_integral_value()
    return whole.quantize(Decimal(1)) if value == whole else value.normalize()


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


#: Greater than zero; at most 18 digits as a purchase order's QTY 6060 allows, and 6 decimals.
Quantity = Annotated[Decimal, Field(gt=0, max_digits=18), AfterValidator(_plain)]
#: Zero or more.
QuantityOrZero = Annotated[Decimal, Field(ge=0, max_digits=18), AfterValidator(_plain)]
#: A signed quantity: stock may stand below zero.
SignedQuantity = Annotated[Decimal, Field(max_digits=24), AfterValidator(_plain)]
#: An amount or price in the document's currency.
Amount = Annotated[Decimal, Field(max_digits=24), AfterValidator(_plain)]
#: An instant, always UTC.
Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
#: ISO 4217 alphabetic code.
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code, e.g. EUR")]
