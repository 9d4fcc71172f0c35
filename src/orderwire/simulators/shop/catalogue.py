"""What the demo shop sells."""

from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Article:
    item_no: str
    description: str
    unit: str  # UN/ECE Rec 20
    price: Decimal  # net, EUR, per unit
    unspsc: str
    lead_time_days: int | None = None
    manufacturer: str | None = None
    manufacturer_item_no: str | None = None

    def line(self, quantity: Decimal, auxiliary_id: str) -> dict[str, Any]:
        """Return a line of the cart, as Orderwire takes it."""
        line = {
            "item_no": self.item_no,
            "auxiliary_id": auxiliary_id,
            "description": self.description,
            "quantity": str(quantity),
            "unit": self.unit,
            "unit_price": str(self.price),
            "classifications": [{"domain": "UNSPSC", "code": self.unspsc}],
            "lead_time_days": self.lead_time_days,
            "manufacturer": self.manufacturer,
            "manufacturer_item_no": self.manufacturer_item_no,
        }
        return {name: value for name, value in line.items() if value is not None}


def demo_catalogue() -> dict[str, Article]:
    """Read the packaged catalogue, by item number."""
    rows = yaml.safe_load(files(__package__).joinpath("catalogue.yaml").read_text(encoding="utf-8"))
    articles = (Article(**{**row, "price": Decimal(row["price"])}) for row in rows)
    return {article.item_no: article for article in articles}
