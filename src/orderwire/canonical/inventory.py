"""Stock and sales figures as partners report them to each other."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from orderwire.canonical.model import Canonical, SignedQuantity
from orderwire.canonical.order import Channel, ItemId
from orderwire.canonical.party import Party


class FigureKind(StrEnum):
    """What a figure counts (UN/EDIFACT 6063)."""

    ON_HAND = "on_hand"  # 17
    ACTUAL = "actual"  # 145
    IN_TRANSIT = "in_transit"  # 198
    COMMITTED = "committed"  # 66
    BACKORDERED = "backordered"  # 83
    SOLD = "sold"  # 153
    RETURNED = "returned"  # 61
    OTHER = "other"


class InventoryFigure(Canonical):
    kind: FigureKind
    quantity: SignedQuantity = Field(description="In `unit`")
    unit: str | None = Field(default=None, description="UN/ECE Rec 20 code")
    location: str | None = Field(default=None, max_length=25, description="GLN or the reporter's own code")


class InventoryLine(Canonical):
    line_no: str = Field(min_length=1, max_length=6)
    item_ids: tuple[ItemId, ...] = Field(min_length=1)
    figures: tuple[InventoryFigure, ...] = Field(min_length=1)


class InventoryReport(Canonical):
    """Body of inventory.reported, an INVRPT or SLSRPT of a partner, and of stock.reported, what we tell a partner."""

    partner: str = Field(description="Key of the partner profile")
    channel: Channel = Channel.EDI
    report_no: str = Field(min_length=1, max_length=35)
    test: bool = False
    reported_on: date
    from_on: date | None = Field(default=None, description="First day of the period, for sales")
    to_on: date | None = Field(default=None, description="Last day of the period, for sales")
    parties: tuple[Party, ...] = ()
    lines: tuple[InventoryLine, ...] = Field(min_length=1)
