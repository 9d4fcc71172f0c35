"""The receiving advice: what of a delivery the buyer took in."""

from datetime import date
from decimal import Decimal

from pydantic import Field

from orderwire.canonical.model import Canonical, QuantityOrZero
from orderwire.canonical.order import Channel, ItemId
from orderwire.canonical.party import Party


class ReceiptLine(Canonical):
    line_no: str = Field(min_length=1)
    order_line_no: str | None = None
    item_ids: tuple[ItemId, ...] = Field(min_length=1)
    unit: str | None = Field(default=None, description="UN/ECE Rec 20 code")
    received: QuantityOrZero = Field(description="In `unit`")
    despatched: QuantityOrZero | None = Field(default=None, description="What the buyer was told would come")
    accepted: QuantityOrZero | None = Field(default=None, description="None: the buyer does not say")
    rejected: QuantityOrZero = Decimal(0)
    discrepancy: str | None = Field(default=None, description="Code of the reason (4221), as the buyer gave it")


class Receipt(Canonical):
    """Body of receipt.advised."""

    partner: str = Field(description="Key of the partner profile")
    channel: Channel = Channel.EDI
    receipt_no: str = Field(min_length=1)
    order_no: str | None = None
    shipment_no: str | None = Field(default=None, description="The despatch advice or delivery note it is about")
    test: bool = False
    received_on: date | None = None
    parties: tuple[Party, ...] = ()
    lines: tuple[ReceiptLine, ...] = Field(min_length=1)
