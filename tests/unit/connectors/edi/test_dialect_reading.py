"""What a profile makes of an order: codes that the partner uses in its own way, and parties by our numbers."""

from datetime import date
from decimal import Decimal

from ediwire import SENDER, decode_one, interchange, order, profile
from orderwire.canonical.order import ItemScheme, PurchaseOrder
from orderwire.canonical.party import PartyRole
from orderwire.config.profile import PartnerProfile

READING = {
    "item_codes": {"ZZZ": "buyer"},
    "ordered_quantities": ["59", "21"],
    "requested_dates": ["76", "2"],
}
HEADING = (
    "BGM+220+PO-1+9",
    "DTM+137:20260302:102",
    "DTM+76:20260310:102",
    "DTM+2:20260320:102",
    f"NAD+BY+{SENDER}::9",
    "NAD+DP+STORE-7::92",
)
LINE = ("LIN+1", "PIA+5+X1:ZZZ", "QTY+21:1:CT", "QTY+59:12:PCE", "DTM+2:20260401:102", "DTM+76:20260402:102")


def read(partner: PartnerProfile) -> PurchaseOrder:
    message = decode_one(interchange(order(*LINE, heading=HEADING)), partner)
    assert message.order is not None, message.error
    return message.order


def test_a_profile_changes_what_codes_mean() -> None:
    """Item codes, the quantity and the dates that count are the partner's, by its profile alone."""
    made = read(profile(reading=READING))
    [line] = made.lines
    assert line.item_id(ItemScheme.BUYER) == "X1"
    assert (line.quantity, line.unit) == (Decimal(12), "PCE")
    assert (made.requested_on, line.requested_on) == (date(2026, 3, 10), date(2026, 4, 2))


def test_without_a_profile_codes_mean_what_they_mean_to_most() -> None:
    """21 is ordered, 2 is requested, ZZZ is nobody's number."""
    made = read(profile())
    [line] = made.lines
    assert line.item_id(ItemScheme.OTHER) == "X1"
    assert (line.quantity, line.unit) == (Decimal(1), "CT")
    assert (made.requested_on, line.requested_on) == (date(2026, 3, 20), date(2026, 4, 1))


def test_a_party_gets_our_number() -> None:
    """codes/parties.csv: the partner's number of a store leads to ours, which goes with the order."""
    partner = profile().model_copy(update={"parties": {("buyer", "STORE-7"): "S-0007"}})
    delivery = read(partner).party(PartyRole.DELIVERY)
    assert delivery is not None
    assert (delivery.id_of("buyer"), delivery.id_of("supplier")) == ("STORE-7", "S-0007")
