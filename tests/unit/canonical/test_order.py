"""The purchase order and its parties."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from orderwire.canonical.order import Channel, ItemId, ItemScheme, OrderLine, PurchaseOrder
from orderwire.canonical.party import Party, PartyId, PartyRole

LINE = OrderLine(
    line_no="1",
    item_ids=(ItemId(scheme=ItemScheme.BUYER, value="TB-1"), ItemId(scheme=ItemScheme.BUYER, value="TB-2")),
    quantity=Decimal(1),
)
BUYER = Party(role=PartyRole.BUYER, ids=(PartyId(scheme="gln", value="4099998000044"),))
ORDER = PurchaseOrder(order_no="1", partner="toolbox", channel=Channel.EDI, parties=(BUYER,), lines=(LINE,))


def test_the_first_number_of_a_scheme_is_taken() -> None:
    """The buyer's order of preference holds."""
    assert LINE.item_id(ItemScheme.BUYER) == "TB-1"
    assert LINE.item_id(ItemScheme.GTIN) is None


def test_a_party_is_found_by_role_and_its_number_by_scheme() -> None:
    """What is not there is None."""
    assert ORDER.party(PartyRole.BUYER) is BUYER
    assert ORDER.party(PartyRole.SUPPLIER) is None
    assert BUYER.id_of("gln") == "4099998000044"
    assert BUYER.id_of("duns") is None


@pytest.mark.parametrize("update", [{"lines": []}, {"order_no": ""}, {"order_no": "  "}, {"order_no": "1" * 71}])
def test_an_order_has_a_number_and_a_line(update: dict[str, object]) -> None:
    """Without them there is nothing to answer."""
    with pytest.raises(ValidationError):
        PurchaseOrder.model_validate({**ORDER.model_dump(), **update})
