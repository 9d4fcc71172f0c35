"""What a simulated company holds at the start, read from YAML."""

from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orderwire.errors import ConfigurationError

#: As NAV keeps them: at most five decimals.
Amount = Annotated[Decimal, Field(max_digits=16, decimal_places=5)]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlaceData(_Data):
    """What of an item's inventory lies at one location, in one variant or in none."""

    location: str
    variant: str = ""
    inventory: Amount = Decimal(0)
    safety_stock: Amount = Decimal(0)


class ItemData(_Data):
    no: str
    description: str = ""
    base_unit: str = "PCS"
    units: dict[str, Amount] = Field(default_factory=dict, description="Other units: base units in each")
    gtin: str = ""
    inventory: Amount = Field(default=Decimal(0), description="At all locations together")
    places: tuple[PlaceData, ...] = Field(default=(), description="Its stockkeeping units")
    variants: tuple[str, ...] = Field(default=(), description="Besides those of its places")
    safety_stock: Amount = Decimal(0)
    unit_price: Amount = Decimal(0)
    blocked: bool = False


class CustomerData(_Data):
    no: str
    name: str = ""
    gln: str = ""
    blocked: Literal["_blank_", "Ship", "Invoice", "All"] = "_blank_"
    credit_limit: Amount = Decimal(0)
    balance: Amount = Decimal(0)
    balance_due: Amount = Decimal(0)
    outstanding_orders: Amount = Decimal(0)
    shipped_not_invoiced: Amount = Decimal(0)
    ship_to: tuple[str, ...] = Field(default=(), description="Codes of its delivery addresses")


class LineData(_Data):
    item_no: str
    quantity: Amount
    unit: str = Field(default="", description="Blank: the item's base unit")


class OrderData(_Data):
    customer_no: str
    external_document_no: str = ""
    no: str = Field(default="", description="Blank: the number series decides")
    order_date: date | None = None
    lines: tuple[LineData, ...] = ()


class PurchaseData(_Data):
    """A line of a purchase order that has not come yet."""

    item_no: str
    quantity: Amount
    unit: str = Field(default="", description="Blank: the item's base unit")
    location: str = ""
    variant: str = ""
    vendor_no: str = "V10000"
    expected_in_days: int | None = Field(default=None, description="From today; none: nobody said")


class NavData(_Data):
    """A company: masters, and the sales orders that stand before Orderwire comes."""

    items: tuple[ItemData, ...] = ()
    customers: tuple[CustomerData, ...] = ()
    currencies: tuple[str, ...] = ("EUR", "USD", "GBP", "CHF")
    locations: tuple[str, ...] = Field(default=(), description="Besides those of the items' places")
    vat_percent: Amount = Field(default=Decimal(19), description="Of every invoice line")
    walk_in_customer_no: str = Field(default="C99999", description="In whose name other NAV users buy")
    sales_orders: tuple[OrderData, ...] = ()
    purchases: tuple[PurchaseData, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a YAML file.

        Raises:
            ConfigurationError: with every problem, one a line.
        """
        try:
            return cls._parse(path.read_text(encoding="utf-8"))
        except ValidationError as error:
            problems = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            problems = [str(error)]
        raise ConfigurationError(f"simulator data {path}:\n  " + "\n  ".join(problems))

    @classmethod
    def demo(cls) -> Self:
        """Read the packaged demo company."""
        return cls._parse(files(__package__).joinpath("demo.yaml").read_text(encoding="utf-8"))

    @classmethod
    def _parse(cls, text: str) -> Self:
        # BaseLoader keeps every scalar as text: `no` is a key, not False, and a price never is a float.
        return cls.model_validate(yaml.load(text, Loader=yaml.BaseLoader) or {})  # noqa: S506  it builds text only
