"""The plan of a sales order: what was wanted, granted, and is to stand in NAV. Written down before NAV is called."""

import base64
import hashlib
from datetime import date
from decimal import Decimal
from typing import Final

from pydantic import Field

from orderwire.canonical.model import Canonical, QuantityOrZero
from orderwire.canonical.order import PurchaseOrder
from orderwire.canonical.party import Party, PartyRole
from orderwire.canonical.response import LineOutcome
from orderwire.canonical.stock import StockKey
from orderwire.config.profile import PartnerProfile
from orderwire.mapping.units import to_unit
from orderwire.ports.erp import SalesLineDraft, SalesOrderDraft, ShipTo

#: NAV numbers sales lines in steps of 10000.
LINE_STEP: Final = 10000
#: NAV's External Document No. is Code[35].
EXTERNAL_DOCUMENT_NO_LENGTH: Final = 35


class PlannedLine(Canonical):
    """One line of the buyer's order, in base units."""

    line_no: str
    item_no: str | None = None
    erp_unit: str = ""
    base_unit: str | None = None
    factor: Decimal = Field(default=Decimal(1), gt=0, description="Base units per unit ordered")
    ordered: QuantityOrZero = Field(default=Decimal(0), description="In `erp_unit`, as NAV rounds it")
    wanted: QuantityOrZero = Decimal(0)
    granted: QuantityOrZero = Field(default=Decimal(0), description="Covered by stock")
    backordered: QuantityOrZero = Field(default=Decimal(0), description="Stands in NAV, but not covered by stock")
    outcome: LineOutcome = LineOutcome.REJECTED
    reason: str | None = None
    substitute_no: str | None = None
    erp_line_no: int | None = Field(default=None, description="NAV's line number; None: no line stands")
    hold_no: int | None = Field(default=None, description="Under which its stock is held; None: never held")
    kept: QuantityOrZero = Field(default=Decimal(0), description="Of `granted`: promised before, not to be cut")
    unit_price: Decimal | None = None
    promised_on: date | None = Field(default=None, description="As NAV plans the line")

    @property
    def sold_item_no(self) -> str | None:
        """The NAV item that goes out: the one ordered, or its substitute."""
        return self.substitute_no or self.item_no

    @property
    def standing(self) -> Decimal:
        """What stands in NAV, in base units."""
        return self.granted + self.backordered

    @property
    def erp_quantity(self) -> Decimal:
        """What stands in NAV, in `erp_unit`: as ordered, where nothing was cut, whatever the base unit's rounding."""
        return self.ordered if self.standing == self.wanted else to_unit(self.standing, self.factor)


class Plan(Canonical):
    customer_no: str
    location: str = ""
    refusal: str | None = Field(default=None, description="Why the order as a whole is refused")
    reading: int = Field(default=0, description="Number of the stock reading it was decided on")
    yielding: bool = Field(default=False, description="What stands in NAV is being cut, because others bought it")
    abandoned: bool = Field(default=False, description="A person gave the holds up: carry out no more, decide again")
    lines: tuple[PlannedLine, ...]

    @property
    def standing(self) -> list[PlannedLine]:
        """The lines that stand, or are to stand, in NAV."""
        return [line for line in self.lines if line.standing > 0]

    def numbered(self) -> "Plan":
        """Give NAV line numbers to the lines that are to be made, in order."""
        lines, number = [], 0
        for line in self.lines:
            number += LINE_STEP if line.standing > 0 else 0
            number_or_none = number if line.standing > 0 else None
            lines.append(line.model_copy(update={"erp_line_no": number_or_none, "hold_no": number_or_none}))
        return self.model_copy(update={"lines": tuple(lines)})

    def keys(self) -> list[StockKey]:
        """Return the stock keys of the lines that stand, each once."""
        return sorted({self.key(line) for line in self.standing}, key=lambda key: key.item_no)

    def key(self, line: PlannedLine) -> StockKey:
        return StockKey(item_no=line.sold_item_no or "", location=self.location)


def sales_order_no(partner: str, order_no: str) -> str:
    """Return NAV's No. for an order: the same order always has the same, so NAV's primary key refuses a double.

    Fits Code[20]: OW and 16 characters of base 32, 80 bits of SHA-256.
    """
    digest = hashlib.sha256(f"{partner}\0{order_no}".encode()).digest()
    return "OW" + base64.b32encode(digest[:10]).decode()


def source_key(partner: str, order_no: str, revision: int) -> str:
    """Return what NAV knows the order by for ever: another one when it comes otherwise, after nothing stood of it."""
    no = sales_order_no(partner, order_no)
    return f"{no}-{revision}" if revision else no


def to_draft(
    plan: Plan, order: PurchaseOrder, partner: PartnerProfile, *, own_number: bool, revision: int = 0
) -> SalesOrderDraft:
    """Return the sales order that the plan wants to stand in NAV."""
    return SalesOrderDraft(
        no=sales_order_no(partner.key, order.order_no) if own_number else None,
        external_document_no=order.order_no[:EXTERNAL_DOCUMENT_NO_LENGTH],
        customer_no=plan.customer_no,
        ordered_on=order.ordered_on,
        requested_on=order.requested_on,
        currency=order.currency,
        lines=[
            to_line_draft(line, plan.location, ordered.requested_on or order.requested_on)
            for ordered, line in zip(order.lines, plan.lines, strict=True)
            if line.erp_line_no is not None
        ],
        source_key=source_key(partner.key, order.order_no, revision),
        ship_to=ship_to(order, partner),
    )


def our_number(party: Party, partner: PartnerProfile) -> str | None:
    """Return our number of a party by codes/parties.csv alone: what a sender calls ours may be anybody's."""
    numbers = (partner.parties.get((known.scheme, known.value)) for known in party.ids)
    return next((number for number in numbers if number), None)


def ship_to(order: PurchaseOrder, partner: PartnerProfile) -> ShipTo | None:
    """Return where the order goes: our code of the place, else the address in the order, else the customer's own."""
    place = order.party(PartyRole.DELIVERY)
    if place is None:
        return None
    if code := our_number(place, partner):
        return ShipTo(code=code)
    if not (place.street and place.city):
        return None
    return ShipTo(
        name=place.name or "",
        street=place.street,
        city=place.city,
        postal_code=place.postal_code or "",
        country=place.country or "",
    )


def to_line_draft(line: PlannedLine, location: str, requested_on: date | None) -> SalesLineDraft:
    """Return the sales line that the planned line wants to stand in NAV."""
    return SalesLineDraft(
        line_no=line.erp_line_no or 0,
        item_no=line.sold_item_no or "",
        quantity=line.erp_quantity,
        unit=line.erp_unit,
        requested_on=requested_on,
        location=location,
        covered=line.granted,
    )
