"""The purchase order, equal whatever syntax it came in."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from orderwire.canonical.model import Amount, Canonical, ChannelRefs, Currency, Quantity
from orderwire.canonical.party import Party, PartyRole


class Channel(StrEnum):
    """The connector a document came through."""

    EDI = "edi"
    PUNCHOUT = "punchout"
    API = "api"
    CSV = "csv"
    ERP = "erp"  # entered in NAV by its users


class Purpose(StrEnum):
    """What the sender wants done with the document (UN/EDIFACT 1225)."""

    ORIGINAL = "original"  # 9, and absent
    CHANGE = "change"  # 4
    REPLACE = "replace"  # 5
    CANCEL = "cancel"  # 1


class ItemScheme(StrEnum):
    """Whose number it is (UN/EDIFACT 7143)."""

    GTIN = "gtin"  # EN, SRV, UP
    SUPPLIER = "supplier"  # SA, VN, VP
    BUYER = "buyer"  # IN, BP
    MANUFACTURER = "manufacturer"  # MF
    ISBN = "isbn"  # IB
    OTHER = "other"


class ItemId(Canonical):
    scheme: ItemScheme
    value: str = Field(min_length=1, max_length=80)


class OrderLine(Canonical):
    line_no: str = Field(min_length=1, description="The buyer's own, echoed verbatim: '1', '00010'")
    item_ids: tuple[ItemId, ...] = Field(
        min_length=1, description="Every number the buyer gave, in order of preference"
    )
    description: str | None = None
    quantity: Quantity = Field(description="In `unit`")
    unit: str | None = Field(default=None, description="UN/ECE Rec 20 code, e.g. PCE; None: the buyer gave none")
    net_price: Amount | None = Field(default=None, description="Per `price_basis` of `price_unit`")
    price_basis: Quantity | None = Field(default=None, description="None: per one")
    price_unit: str | None = Field(default=None, description="UN/ECE Rec 20 code; None: the line's unit")
    line_amount: Amount | None = None
    requested_on: date | None = Field(default=None, description="None: as the order says")
    location: str | None = Field(default=None, description="Place of delivery the buyer named for this line")
    auxiliary_id: str | None = Field(
        default=None, description="The supplier's key of the line in a punch-out cart, verbatim"
    )
    note: str | None = None

    def item_id(self, scheme: ItemScheme) -> str | None:
        """Return the line's item number in `scheme`, or None."""
        return next((item_id.value for item_id in self.item_ids if item_id.scheme == scheme), None)


class PurchaseOrder(Canonical):
    order_no: str = Field(min_length=1, max_length=70, description="The buyer's (BGM 1004, orderID)")
    partner: str = Field(description="Key of the partner profile")
    channel: Channel
    channel_refs: ChannelRefs = Field(default_factory=dict)
    purpose: Purpose = Purpose.ORIGINAL
    test: bool = Field(default=False, description="A test document never makes a production order")
    ordered_on: date | None = None
    requested_on: date | None = Field(default=None, description="Requested delivery (DTM 2)")
    not_before: date | None = Field(default=None, description="Earliest delivery (DTM 64)")
    not_after: date | None = Field(default=None, description="Latest delivery (DTM 63)")
    currency: Currency | None = None
    parties: tuple[Party, ...] = ()
    references: dict[str, str] = Field(default_factory=dict, description="Other numbers by kind: contract, promotion …")
    note: str | None = None
    lines: tuple[OrderLine, ...] = Field(min_length=1)

    def party(self, role: PartyRole) -> Party | None:
        """Return the first party in `role`, or None."""
        return next((party for party in self.parties if party.role is role), None)
