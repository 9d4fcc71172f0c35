"""The despatch advice: what left, packed in what."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator

from orderwire.canonical.model import Canonical, ChannelRefs, QuantityOrZero
from orderwire.canonical.order import Channel, ItemId
from orderwire.canonical.party import Party


class ShipmentLine(Canonical):
    line_no: str = Field(min_length=1, max_length=6, description="In the advice")
    order_line_no: str | None = Field(default=None, description="The buyer's, as ordered")
    order_no: str | None = Field(default=None, description="None: the shipment's order")
    item_ids: tuple[ItemId, ...] = Field(min_length=1, description="Every number, the buyer's preference first")
    description: str | None = None
    unit: str | None = Field(default=None, description="UN/ECE Rec 20 code")
    delivered: QuantityOrZero = Field(description="In `unit`, of this line")
    ordered: QuantityOrZero | None = Field(default=None, description="In `unit`, of the whole order line")
    backordered: QuantityOrZero = Field(default=Decimal(0), description="In `unit`: follows later")
    batch_no: str | None = None
    expires_on: date | None = None


class Package(Canonical):
    """A pallet, a carton: one node of the packing tree."""

    package_no: str = Field(min_length=1, max_length=12, description="In the advice; CPS 7164")
    parent_no: str | None = Field(default=None, description="The package that holds this one; None: stands alone")
    kind: str | None = Field(default=None, description="UN/ECE Rec 21 code or what EANCOM says, e.g. CT, 201")
    sscc: str | None = Field(default=None, pattern=r"^\d{18}$", description="Serial shipping container code")
    lines: tuple[ShipmentLine, ...] = ()


class Shipment(Canonical):
    """Body of shipment.posted. Lines stand in their packages, or in `lines` where nothing is known of packing."""

    partner: str = Field(description="Key of the partner profile")
    channel: Channel = Field(default=Channel.EDI, description="By which the order came")
    channel_refs: ChannelRefs = Field(default_factory=dict)
    shipment_no: str = Field(min_length=1, max_length=35, description="NAV's posted shipment")
    order_no: str = Field(min_length=1, max_length=70, description="The buyer's")
    erp_no: str | None = Field(default=None, description="NAV's sales order number")
    test: bool = False
    despatched_on: date
    expected_on: date | None = None
    parties: tuple[Party, ...] = ()
    packages: tuple[Package, ...] = Field(default=(), description="Parents before what they hold")
    lines: tuple[ShipmentLine, ...] = ()

    @property
    def all_lines(self) -> tuple[ShipmentLine, ...]:
        """Every line, wherever it is packed."""
        return (*self.lines, *(line for package in self.packages for line in package.lines))

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not self.all_lines:
            raise ValueError("a shipment has lines")
        if len({line.line_no for line in self.all_lines}) != len(self.all_lines):
            raise ValueError("a line number occurs twice")
        _check_tree(self.packages)
        return self


def _check_tree(packages: Sequence[Package]) -> None:
    seen: set[str] = set()
    for package in packages:
        if package.package_no in seen:
            raise ValueError("a package number occurs twice")
        if package.parent_no is not None and package.parent_no not in seen:
            raise ValueError("a package stands before the one that holds it")
        seen.add(package.package_no)
