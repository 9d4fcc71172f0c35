"""Stock as the ERP told it, with the time and the source of every figure."""

from decimal import Decimal

from pydantic import Field

from orderwire.canonical.model import Canonical, Instant, SignedQuantity


class StockKey(Canonical):
    """What a stock figure is about."""

    item_no: str
    location: str = Field(default="", description="NAV location code; empty: all locations")
    variant: str = Field(default="", description="NAV variant code; empty: none")

    def includes(self, other: "StockKey") -> bool:
        """Whether all of the other's pieces are its own: without a location it is about all, of every variant."""
        return self == other or (self.item_no == other.item_no and not self.location)

    def meets(self, other: "StockKey") -> bool:
        """Whether the two may be of the same pieces."""
        return self.includes(other) or other.includes(self)


class StockFigure(Canonical):
    key: StockKey
    inventory: SignedQuantity = Field(description="In the item's base unit")
    on_sales_orders: SignedQuantity = Field(description="Outstanding on sales orders, base unit")
    receipts: SignedQuantity = Field(default=Decimal(0), description="Expected in time and counted in, base unit")
    safety_stock: SignedQuantity = Field(default=Decimal(0), description="Kept back, base unit")
    base_unit: str
    as_of: Instant
    source: str = Field(description="Which service answered, e.g. nav:Item")

    @property
    def available(self) -> SignedQuantity:
        """Inventory + receipts - on sales orders: what the demo and the API show."""
        return self.inventory + self.receipts - self.on_sales_orders

    @property
    def free(self) -> SignedQuantity:
        """Available - safety stock: what an order may take."""
        return self.available - self.safety_stock
