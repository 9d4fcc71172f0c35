"""An order as a partner would send it."""

import pytest

from cxmlwire import a_buyer
from fakes.documents import MORNING, PartnersOf, a_partner
from orderwire.canonical.order import ItemId, ItemScheme
from orderwire.connectors.punchout.decoder import CxmlDecoder
from orderwire.connectors.punchout.sample import sample_order
from orderwire.errors import ConfigurationError
from orderwire.ports.intake import DecodeHint

ITEMS = [
    ItemId(scheme=scheme, value="4099999001019") for scheme in (ItemScheme.SUPPLIER, ItemScheme.GTIN, ItemScheme.BUYER)
]


@pytest.mark.parametrize("test", [True, False])
def test_a_sample_is_an_order_of_the_partner(test: bool) -> None:  # noqa: FBT001  a parameter of the test
    """It is read as the partner's own, with every item under its scheme, and marked as a test unless it is live."""
    content = sample_order(a_buyer(), ITEMS, MORNING, test=test)

    [interchange] = CxmlDecoder().decode(content, DecodeHint(), PartnersOf(a_buyer())).interchanges

    assert (interchange.partner, interchange.test) == ("procure", test)
    order = interchange.messages[0].order
    assert order is not None
    assert [line.item_ids for line in order.lines] == [(each,) for each in ITEMS]
    assert {line.unit for line in order.lines} == {"PCE"}
    assert b"SharedSecret" not in content


def test_what_a_sample_needs_is_told() -> None:
    """A cXML section, and an item."""
    with pytest.raises(ConfigurationError, match="cxml"):
        sample_order(a_partner(), ITEMS, MORNING)
    with pytest.raises(ConfigurationError, match=r"items\.csv"):
        sample_order(a_buyer(), [], MORNING)
