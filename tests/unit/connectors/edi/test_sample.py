"""Sample orders: made from a profile, and understood by it."""

from pathlib import Path

import pytest

from edibuyer import NOW
from ediwire import decode_one, profile
from orderwire.canonical.order import ItemId, ItemScheme
from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.edi.sample import known_items, sample_orders
from orderwire.errors import ConfigurationError, MappingError

CONFIG = Path(__file__).parents[4] / "config"
GTIN = ItemId(scheme=ItemScheme.GTIN, value="4099999001019")
THEIRS = ItemId(scheme=ItemScheme.BUYER, value="TB-DRILL")
READING = {"item_codes": {"ZZZ": "buyer"}, "ordered_quantities": ["59"], "requested_dates": ["76"]}


@pytest.mark.parametrize("key", ["baumarkt", "bricolage", "toolbox"])
def test_every_demo_partner_gets_an_order_that_is_sound(key: str) -> None:
    """The profile that made it understands it, without a finding; it is a test."""
    partner = Partners(CONFIG).get(key)
    message = decode_one(sample_orders(partner, known_items(partner) or [GTIN], NOW), partner)

    assert message.findings == ()
    assert message.order is not None, message.error
    assert message.order.test


@pytest.mark.parametrize("version", ["D.96A", "D.01B"])
def test_a_dialect_is_written_as_it_is_read(version: str) -> None:
    """Codes of the partner's own stand in the order that the partner is shown."""
    partner = profile(reading=READING, response_version=version, writing={"decimal_mark": ","}, charset="utf-8")
    content = sample_orders(partner, [GTIN, THEIRS], NOW, test=False)
    message = decode_one(content, partner)

    assert message.findings == ()
    assert message.order is not None
    assert [line.item_ids for line in message.order.lines] == [(GTIN,), (THEIRS,)]
    assert message.order.requested_on is not None
    assert not message.order.test
    assert b"QTY+59:2" in content
    assert b"DTM+76:" in content


def test_items_come_from_the_code_table() -> None:
    """What the partner calls items, as far as a profile knows."""
    assert known_items(Partners(CONFIG).get("toolbox"))[0].scheme is ItemScheme.BUYER


@pytest.mark.parametrize(
    ("partner", "items", "error"),
    [
        (profile(), [], ConfigurationError),
        (PartnerProfile(key="webshop", name="W", customer_no="C4"), [GTIN], ConfigurationError),
        (profile(), [ItemId(scheme=ItemScheme.BUYER, value="x" * 36)], MappingError),
    ],
)
def test_what_cannot_be_written_is_told(partner: PartnerProfile, items: list[ItemId], error: type[Exception]) -> None:
    """No EDIFACT, no item, or a number that no segment takes."""
    with pytest.raises(error):
        sample_orders(partner, items, NOW)
